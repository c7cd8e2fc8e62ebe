"""The import of a town's file: the order of its parts; organisation, areas, performers and carers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core.phone_numbers import national
from alarm_center.store import plans, staff, town_rows, towns, users
from alarm_center.store.carers import FormerCarer, former_carers
from alarm_center.store.memory import Tx
from alarm_center.store.residents import numbers_in, numbers_of_performer
from alarm_center.store.town_rows import TownTable
from alarm_center.town import beds, page_areas, people, reader, residents, shifts, slots
from alarm_center.town.model import OrganisationEntry, ResidentEntry, TownFile
from alarm_center.town.problems import Problem, TownErrors, problem_at
from alarm_center.town.town_import import ChangeLine, ImportedChange, Importer, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas import timeline
from schemas.vocabulary import ImportAction

ACTOR: Final = "import"
_MOST_NAMED: Final = 10
"""Residents that an error names by number."""


FILE: Final = Importer(ACTOR, ACTOR)
"""An import that no person is behind, as the demo's."""


async def apply(connection: Tx, town: TownFile, now: datetime, *, importer: Importer = FILE) -> list[ImportedChange]:
    """Apply *town* to the database, all in one transaction; return the changes that this made.

    *connection* is one of :class:`alarm_center.store.memory.Memory`, as ``fjt_worker``. Nothing is ended because the file lacks it, but for what stands inside
    something that it has: a resident's slots and devices, and the town's shifts. A slot is never edited: it ends, its coming
    checks are cancelled as ``replanned``, and another begins on the same night. A consent that the file revokes stops the
    resident's coming checks at once.

    The checks that new slots owe are made by the clockwork's next round, as for every slot.

    Raises:
        TownErrors: a decision has ended by *now*, or residents have a performer that the file lacks; nothing has changed.
        asyncpg.PostgresError: of class 40, when another writer was in the way: try again, whole.
    """
    run = begin_import(connection, town, now, importer, writes=True)
    await take_turn(run)
    await apply_town(run, town)
    await apply_residents(run, town, town.residents or ())
    await note_absent_residents(run, town)
    return run.changes


def begin_import(tx: Tx, town: TownFile, now: datetime, importer: Importer, *, writes: bool) -> TownImport:
    """Return the import of *town* that begins in *tx*; one that does not write only says what it would change."""
    return TownImport(tx, town.organisation.id, ZoneInfo(town.organisation.zone), now, importer, writes)


async def take_turn(run: TownImport) -> None:
    """Wait until nobody else imports this town, and no check is made of a slot that is just ending."""
    await town_rows.lock_import(run.tx, run.org)
    await plans.lock_planned_until(run.tx, run.org)


async def apply_town(run: TownImport, town: TownFile) -> None:
    """Apply everything but the residents, after all that can be refused.

    Raises:
        TownErrors: a decision has ended, residents have a performer that the file lacks, or somebody is in an area that a page has closed;
            nothing has changed.
    """
    reader.refuse_ended_decisions(town, run.tonight)
    lost = await _lost_performers(run, town)
    await page_areas.refuse_closed_areas(run, town)
    await _apply_organisation(run, town.organisation)
    await page_areas.apply_areas(run, town)
    await _apply_performers(run, town, lost)
    await _apply_legal_positions(run, town)
    await people.apply_people(run, town)
    await _apply_carers(run, town)
    await shifts.apply_shifts(run, town)


async def apply_residents(run: TownImport, town: TownFile, some: Sequence[ResidentEntry]) -> None:
    """Apply *some* of the file's residents, whole: those among them who exchange a device have to be together."""
    has_performers = town.performers is not None
    ids = {one.number: await residents.apply_resident(run, one, has_performers=has_performers) for one in some}
    await beds.apply_beds(run, town, some, ids)
    await residents.apply_devices(run, some, ids, beds.device_holders(some, beds.pairs_in(town)))
    for resident in some:
        await slots.apply_slots(run, resident, ids[resident.number])
        await residents.apply_paperwork(run, resident, ids[resident.number])


async def note_absent_residents(run: TownImport, town: TownFile) -> None:
    """Note the residents who are not in the file: they are left as they are."""
    if town.residents is None or town.has_some_residents:
        return
    numbers = {resident.number for resident in town.residents}
    for number in await numbers_in(run.tx, run.org):
        if number not in numbers:
            await _note_left(run, "resident", str(number))


async def _note_left(run: TownImport, what: str, name: str) -> None:
    await run.note_change(ImportedChange(what, name, ImportAction.LEFT, sentence(town_words.NOT_IN_FILE)))


async def _apply_organisation(run: TownImport, wanted: OrganisationEntry) -> None:
    values = wanted.model_dump(exclude={"id", "country"})
    kept = await run.keep(TownTable.ORGANISATIONS, {"org": run.org}, values)
    if kept.action:
        await run.note_change(
            ImportedChange("organisation", run.org, kept.action, kept.detail),
            ChangeLine(timeline.OrganisationImported(kept.action)),
        )


async def _apply_performers(run: TownImport, town: TownFile, unnamed: Sequence[str]) -> None:
    for performer in town.performers or ():
        key = {"org": run.org, "code": performer.code}
        kept = await run.keep(TownTable.PERFORMERS, key, {"name": performer.name})
        if kept.action:
            payload = timeline.PerformerImported(kept.action, performer.code)
            await run.note_change(
                ImportedChange("performer", performer.code, kept.action, kept.detail), ChangeLine(payload)
            )
    # Their rows stay: a code never comes to mean another company to those who are limited to it.
    for code in unnamed:
        await _note_left(run, "performer", code)


async def _apply_legal_positions(run: TownImport, town: TownFile) -> None:
    """Apply the town's legal positions; one that the file lacks stays, since a consent may rest on it."""
    for position in town.legal_positions or ():
        values = position.model_dump(exclude={"code"})
        kept = await run.keep(TownTable.LEGAL_POSITIONS, {"org": run.org, "code": position.code}, values)
        if kept.action:
            line = ChangeLine(timeline.OrganisationImported(ImportAction.CHANGED))
            await run.note_change(ImportedChange("legal position", position.code, kept.action, kept.detail), line)


async def _lost_performers(run: TownImport, town: TownFile) -> list[str]:
    """Return the performers that the file lacks; raise where residents would still have one."""
    if town.performers is None:
        return []
    named = {performer.code for performer in town.performers}
    moved = {resident.number for resident in town.residents or ()}
    unnamed = [code for code in await towns.performers(run.tx, run.org) if code not in named]
    lost: list[Problem] = []
    for code in unnamed:
        numbers = [each for each in await numbers_of_performer(run.tx, run.org, code) if each not in moved]
        if numbers:
            having = ", ".join(map(str, numbers[:_MOST_NAMED])) + (", …" if len(numbers) > _MOST_NAMED else "")
            said = sentence(town_words.PERFORMER_LOST, code=code, numbers=having)
            lost.append(problem_at(town.lines, (("performers",), said)))
    if lost:
        raise TownErrors(lost, town.organisation.language)
    return unnamed


async def _apply_carers(run: TownImport, town: TownFile) -> None:
    logins = await users.logins_in(run.tx, run.org)
    known = await former_carers(run.tx, run.org) if town.carers else []
    kept_phones: set[str] = set()
    for carer in town.carers or ():
        # A person who has not answered yet is this carer once they have (revision 0004).
        values = {
            "name": carer.name, "protected": carer.protected, "login": carer.login, "user_id": logins.get(carer.login) if carer.login else None,
        }  # fmt: skip
        phone = await _keep_page_values(run, carer.name, carer.phone, values, known)
        kept_phones.add(phone)
        kept = await run.keep(TownTable.CARERS, {"org": run.org, "phone": phone}, values)
        assert kept.id is not None, "a carer has an id"
        run.carers[carer.name] = kept.id
        if kept.action:
            payload = timeline.CarerImported(kept.action)
            await run.note_change(ImportedChange("carer", carer.name, kept.action, kept.detail), ChangeLine(payload))
    await run.write(lambda tx: staff.own_borrowed(tx, run.org, kept_phones))
    if town.carers is not None:
        for phone, name in await town_rows.carer_names(run.tx, run.org):
            if phone not in kept_phones:
                await _note_left(run, "carer", name)


async def _keep_page_values(
    run: TownImport, name: str, phone: str, values: dict[str, object], known: Sequence[FormerCarer]
) -> str:
    """Return the number that a page has given to the carer whom the file has with an earlier one, and let the name be the page's too.

    What only the file has, as a name that nobody had before, is the file's to change. Each difference is noted.
    """
    was = next((each for each in known if each.phone == phone), None)
    if was is None and all(each_phone != phone for each_phone, _ in await town_rows.carer_names(run.tx, run.org)):
        was = next((each for each in known if phone in each.former_phones), None)
    if was is None:
        return phone
    if phone != was.phone:
        said = sentence(town_words.NUMBER_OF_PAGE, page=national(was.phone), file=national(phone))
        await run.note_change(ImportedChange("carer", was.name, ImportAction.LEFT, said))
    if name in was.former_names:
        values["name"] = was.name
        said = sentence(town_words.NAME_OF_PAGE, page=was.name, file=name)
        await run.note_change(ImportedChange("carer", was.name, ImportAction.LEFT, said))
    return was.phone
