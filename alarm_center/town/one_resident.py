"""One resident as a page writes them: a part is built and checked as a town's file has it, and applied alone, in one transaction.

The rows, the history and what follows are those of the import (`residents.py`, `slots.py`); the actor is the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from alarm_center.casework.editing import ChangedMeanwhile, Editor, take_turn
from alarm_center.core import calendar
from alarm_center.store import drafts, plans, towns
from alarm_center.store import residents as stored_residents
from alarm_center.store.changes import ChangedPart
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.town_export import town_names
from alarm_center.town import crosschecks, residents, slots
from alarm_center.town.bed_checks import FIELD
from alarm_center.town.beds import apply_bed
from alarm_center.town.export import resident_table
from alarm_center.town.field_errors import field_errors
from alarm_center.town.model import ResidentEntry
from alarm_center.town.problems import Found
from alarm_center.town.town_import import Importer, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence

_GATED: Final = frozenset({town_words.CONSENT_MISSING, town_words.OTHER_CONSENT_MISSING, town_words.LETS_NOTHING_LOOK})
"""Errors of a file that a page lets through: the gate of each night keeps the camera dark (docs/planning-data.md#the-gate)."""

DEVICE_TAKEN: Final = ("devices", 0, "id")
REFERENCE_TAKEN: Final = ("decision", "reference")
DECISION_OVER: Final = ("decision", "ends_on")
SAID_BEFORE: Final = ("consent", "given_on")
"""Places of errors that the database alone knows of."""


class PartErrors(Exception):
    """The part cannot be so; nothing has changed. ``found`` are places in the resident's table, and what is wrong there."""

    def __init__(self, found: list[Found]) -> None:
        super().__init__(f"{len(found)} errors")
        self.found = found


@dataclass(frozen=True, slots=True)
class ChangedTable:
    """Values of a resident's table that a page changes, and the part that is applied; *who* where it is a consent."""

    part: ChangedPart
    values: Mapping[str, Any]
    who: str = "resident"


async def change_part(tx: Tx, resident_id: UUID, change: ChangedTable, *, editor: Editor) -> None:
    """Change one part of a resident, in the caller's transaction.

    Raises:
        PartErrors: it cannot be so.
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor does not see the resident.
    """
    await take_turn(tx, resident_id, editor)
    home = await towns.of_resident(tx, resident_id)
    run = await begin_page(tx, home.town, editor)
    stored = await resident_table(tx, home.town.org, resident_id, run.tonight, run.zone)
    entry = await checked_table(run, {**stored, **change.values}, stored)
    await _apply(run, resident_id, entry, change, stored)
    await residents.refresh_devices(resident_id, tx)
    await plans.ask_to_plan(tx, resident_id, run.now)


async def _apply(
    run: TownImport, resident_id: UUID, entry: ResidentEntry, change: ChangedTable, stored: Mapping[str, Any]
) -> None:
    match change.part:
        case ChangedPart.CONSENT:
            wanted = entry.consent if change.who == "resident" else entry.cohabitant_consent
            before = len(run.changes)
            await residents.apply_consent(run, entry, resident_id, change.who, wanted)
            if any(each.action == "left" for each in run.changes[before:]):
                raise PartErrors([(SAID_BEFORE, sentence(town_words.CONSENT_WITHDRAWN_SINCE, day=""))])
        case ChangedPart.DECISION:
            await _refuse_decision(run, resident_id, entry, stored.get("decision"))
            await residents.apply_decision(run, entry, resident_id)
        case ChangedPart.PLAN:
            await residents.apply_plan(run, entry, resident_id)
        case _:
            await residents.apply_resident(run, entry, has_performers=True)
            if FIELD in change.values and change.values[FIELD] != stored.get(FIELD):
                await apply_bed(run, entry, resident_id, entry.shares_bed_with)


async def _refuse_decision(
    run: TownImport, resident_id: UUID, entry: ResidentEntry, stored: Mapping[str, Any] | None
) -> None:
    assert entry.decision is not None, "a page of decisions sends one"
    if await drafts.reference_is_taken(run.tx, run.org, entry.decision.reference, resident_id):
        raise PartErrors(
            [(REFERENCE_TAKEN, sentence(town_words.DECISION_TWICE, value=entry.decision.reference, owner=""))]
        )
    if stored is not None and stored["reference"] == entry.decision.reference:
        over = stored.get("ends_on")
        if over is not None and over < run.tonight and entry.decision.ends_on != over:
            # The end of a decision has no undo: supervision begins again by another one.
            raise PartErrors([(DECISION_OVER, sentence(town_words.DECISION_OVER, day=over))])


@dataclass(frozen=True, slots=True)
class NewResident:
    """A resident to add in a town, from a draft of a revision; *table* is theirs in a town's file, but for the number."""

    org: str
    draft_id: UUID
    draft_revision: int
    table: Mapping[str, Any]


async def add_resident(memory: Memory, new: NewResident, *, editor: Editor) -> UUID:
    """Add a resident, whole, and remove their draft; return the id. Their first checks are made by the service's next round.

    Raises:
        PartErrors: they cannot be so.
        ChangedMeanwhile: somebody else has changed the draft, or it is gone.
    """

    async def work(tx: Tx) -> UUID:
        if not await drafts.remove(tx, new.draft_id, new.draft_revision):
            raise ChangedMeanwhile
        run = await begin_page(tx, await towns.town(tx, new.org), editor)
        number = await drafts.next_number(tx, new.org)
        entry = await checked_table(run, {**new.table, "number": number}, None)
        for device in entry.devices:
            if await drafts.device_is_taken(tx, new.org, device.id):
                raise PartErrors([(DEVICE_TAKEN, sentence(town_words.DEVICE_TWICE, value=device.id, owner=""))])
        if entry.decision is not None and await drafts.reference_is_taken(tx, new.org, entry.decision.reference, None):
            said = sentence(town_words.DECISION_TWICE, value=entry.decision.reference, owner="")
            raise PartErrors([(REFERENCE_TAKEN, said)])
        resident_id = await residents.apply_resident(run, entry, has_performers=True)
        if entry.shares_bed_with is not None:
            await apply_bed(run, entry, resident_id, entry.shares_bed_with)
        await residents.apply_paperwork(run, entry, resident_id)
        for device in entry.devices:
            await residents.bind_device(run, entry, resident_id, device)
        await slots.apply_slots(run, entry, resident_id)
        return resident_id

    resident_id = await memory.attempt(work, editor.viewer)
    memory.hint()
    return resident_id


async def table_of_number(tx: Tx, org: str, number: int | None, tonight: date, zone: ZoneInfo) -> dict[str, Any] | None:
    """Return the table of the town's resident of that number who lives there; ``None`` if the transaction sees none."""
    found = await stored_residents.id_of_number(tx, org, number) if isinstance(number, int) else None
    return None if found is None else await resident_table(tx, org, found, tonight, zone)


async def check_new(tx: Tx, org: str, table: Mapping[str, Any], editor: Editor) -> list[Found]:
    """Return everything that keeps a draft from being a resident, as far as the file's own checks tell; only reads."""
    run = await begin_page(tx, await towns.town(tx, org), editor, writes=False)
    try:
        await checked_table(run, {**table, "number": 1}, None)
    except PartErrors as errors:
        return errors.found
    return []


async def begin_page(tx: Tx, town: towns.Town, editor: Editor, *, writes: bool = True) -> TownImport:
    """Return the state of a person's change on a page, which is one import of one part."""
    importer = Importer(editor.actor, editor.actor, by_page=True)
    run = TownImport(tx, town.org, town.zone, await now(tx), importer, writes)
    run.areas.update(await towns.area_ids(tx, town.org))
    return run


async def checked_table(run: TownImport, table: Mapping[str, Any], stored: Mapping[str, Any] | None) -> ResidentEntry:
    """Return the resident of *table*; what was wrong in *stored* already keeps nobody from changing another part.

    Raises:
        PartErrors: it cannot be so.
    """
    names = await town_names(run.tx, run.org)
    before = set() if stored is None else {_known(each) for each in (await _errors(names, stored, run))[1]}
    entry, found = await _errors(names, table, run)
    new = [each for each in found if _known(each) not in before]
    if new or entry is None:
        raise PartErrors(new or found)
    return entry


async def _beside(run: TownImport, table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the table of the one with whom the resident is to share a bed, who says nothing of this bed."""
    number = table.get(FIELD)
    found = await table_of_number(run.tx, run.org, number, run.tonight, run.zone)
    if found is None or number == table.get("number"):
        return []
    return [{name: value for name, value in found.items() if name != FIELD or value != table.get("number")}]


def _known(found: Found) -> tuple[object, str]:
    place, said = found
    return place, said.text


async def _errors(
    names: Mapping[str, Any], table: Mapping[str, Any], run: TownImport
) -> tuple[ResidentEntry | None, list[Found]]:
    data = {**names, "residents": [dict(table), *await _beside(run, table)]}
    found: list[Found] = []
    entry = None
    try:
        entry = ResidentEntry.model_validate(table)
    except ValidationError as error:
        found += [(("residents", 0, *place), said) for place, said in field_errors(error, dict(table))]
    crossed = crosschecks.cross_errors(data, "SE", calendar.night_of(run.now, run.zone))
    found += [each for each in crossed if each[1].text not in _GATED]
    return entry, [(place[2:], said) for place, said in found if place[:2] == ("residents", 0)]
