"""The import of a town's file in one transaction: the order of its parts; organisation, areas, performers and carers."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.store import plans, town_rows, towns, users
from alarm_center.store.memory import Tx
from alarm_center.store.residents import numbers_in, numbers_of_performer
from alarm_center.store.town_rows import TownTable
from alarm_center.town import people, reader, residents, shifts, slots
from alarm_center.town.model import OrganisationEntry, ResidentEntry, TownFile
from alarm_center.town.problems import Problem, TownErrors, problem_at
from alarm_center.town.town_import import ChangeLine, ImportedChange, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas import timeline
from schemas.vocabulary import ImportAction

ACTOR: Final = "import"
_MOST_NAMED: Final = 10
"""Residents that an error names by number."""


class _DryRunEnds(Exception):
    """The end of a dry run, which rolls its transaction back."""


async def apply(
    connection: Tx, town: TownFile, now: datetime, dry_run: bool = False, *, actor: str = ACTOR
) -> list[ImportedChange]:
    """Apply *town* to the database; return the changes that this made, or would make with *dry_run*.

    *connection* is one of :class:`alarm_center.store.memory.Memory`, as ``fjt_worker``. Nothing is ended because the file
    lacks it, but for what stands inside something that it has: a resident's slots and devices, and the town's shifts.
    A slot is never edited: it ends, its coming checks are cancelled as ``replanned``, and another begins on the same
    night. A consent that the file revokes stops the resident's coming checks at once.

    The checks that new slots owe are made by the clockwork's next round, as for every slot.

    Raises:
        TownErrors: a decision has ended by *now*, or residents have a performer that the file lacks; nothing has changed.
        asyncpg.PostgresError: of class 40, when another writer was in the way: try again, whole.
    """
    zone = ZoneInfo(town.organisation.zone)
    reader.refuse_ended_decisions(town, calendar.night_of(now, zone))
    run = TownImport(connection, town.organisation.id, zone, now, actor, town.organisation.spread_seconds)
    try:
        async with connection.transaction():
            await town_rows.lock_import(connection, run.org)
            await plans.lock_planned_until(
                connection, run.org
            )  # locked: no check is made of a slot that is just ending
            await _apply_all(run, town)
            if dry_run:
                raise _DryRunEnds
    except _DryRunEnds:
        pass
    return run.changes


async def _apply_all(run: TownImport, town: TownFile) -> None:
    await _apply_organisation(run, town.organisation)
    await _apply_areas(run, town)
    await _apply_performers(run, town)
    await _apply_legal_positions(run, town)
    await people.apply_people(run, town)
    await _apply_carers(run, town)
    await shifts.apply_shifts(run, town)
    if town.residents is not None:
        await _apply_residents(run, town, town.residents)
    await _refuse_lost_performers(run, town)


async def _apply_residents(run: TownImport, town: TownFile, wanted: tuple[ResidentEntry, ...]) -> None:
    has_performers = town.performers is not None
    ids = {one.number: await residents.apply_resident(run, one, has_performers=has_performers) for one in wanted}
    await residents.apply_devices(run, wanted, ids)
    for resident in wanted:
        await slots.apply_slots(run, resident, ids[resident.number])
        await residents.apply_paperwork(run, resident, ids[resident.number])
    for number in await numbers_in(run.tx, run.org):
        if number not in ids:
            await run.note_change(ImportedChange("resident", str(number), ImportAction.LEFT, "not in the file"))


async def _apply_organisation(run: TownImport, wanted: OrganisationEntry) -> None:
    values = wanted.model_dump(exclude={"id", "country"})
    kept = await run.keep(TownTable.ORGANISATIONS, {"org": run.org}, values)
    if kept.action:
        await run.note_change(
            ImportedChange("organisation", run.org, kept.action, kept.detail),
            ChangeLine(timeline.OrganisationImported(kept.action)),
        )


async def _apply_areas(run: TownImport, town: TownFile) -> None:
    for area in town.areas:
        kept = await run.keep(TownTable.AREAS, {"org": run.org, "code": area.code}, {"plan": area.plan})
        assert kept.id is not None, "an area has an id"
        run.areas[area.code] = kept.id
        if kept.action:
            payload = timeline.AreaImported(kept.action)
            await run.note_change(
                ImportedChange("area", area.code, kept.action, kept.detail), ChangeLine(payload, area_id=kept.id)
            )
    for code in await towns.area_codes(run.tx, run.org):
        if code not in run.areas:
            await run.note_change(ImportedChange("area", code, ImportAction.LEFT, "not in the file"))


async def _apply_performers(run: TownImport, town: TownFile) -> None:
    for performer in town.performers or ():
        key = {"org": run.org, "code": performer.code}
        kept = await run.keep(TownTable.PERFORMERS, key, {"name": performer.name})
        if kept.action:
            payload = timeline.PerformerImported(kept.action, performer.code)
            await run.note_change(
                ImportedChange("performer", performer.code, kept.action, kept.detail), ChangeLine(payload)
            )


async def _apply_legal_positions(run: TownImport, town: TownFile) -> None:
    """Apply the town's legal positions; one that the file lacks stays, since a consent may rest on it."""
    for position in town.legal_positions or ():
        values = position.model_dump(exclude={"code"})
        kept = await run.keep(TownTable.LEGAL_POSITIONS, {"org": run.org, "code": position.code}, values)
        if kept.action:
            line = ChangeLine(timeline.OrganisationImported(ImportAction.CHANGED))
            await run.note_change(ImportedChange("legal position", position.code, kept.action, kept.detail), line)


async def _refuse_lost_performers(run: TownImport, town: TownFile) -> None:
    """Raise where residents have a performer that the file lacks; one that nobody has is left as it is, and told.

    Its row stays: a code never comes to mean another company to those who are limited to it.
    """
    if town.performers is None:
        return
    named = {performer.code for performer in town.performers}
    lost: list[Problem] = []
    for code in await towns.performers(run.tx, run.org):
        if code in named:
            continue
        await run.note_change(ImportedChange("performer", code, ImportAction.LEFT, "not in the file"))
        numbers = await numbers_of_performer(run.tx, run.org, code)
        if numbers:
            having = ", ".join(map(str, numbers[:_MOST_NAMED])) + (", …" if len(numbers) > _MOST_NAMED else "")
            said = sentence(town_words.PERFORMER_LOST, code=code, numbers=having)
            lost.append(problem_at(town.lines, (("performers",), said)))
    if lost:
        raise TownErrors(lost, town.organisation.language)


async def _apply_carers(run: TownImport, town: TownFile) -> None:
    logins = await users.logins_in(run.tx, run.org)
    for carer in town.carers or ():
        # A person who has not answered yet is this carer once they have (revision 0004).
        values = {
            "name": carer.name, "protected": carer.protected, "login": carer.login, "user_id": logins.get(carer.login) if carer.login else None,
        }  # fmt: skip
        kept = await run.keep(TownTable.CARERS, {"org": run.org, "phone": carer.phone}, values)
        assert kept.id is not None, "a carer has an id"
        run.carers[carer.name] = kept.id
        if kept.action:
            payload = timeline.CarerImported(kept.action)
            await run.note_change(ImportedChange("carer", carer.name, kept.action, kept.detail), ChangeLine(payload))
