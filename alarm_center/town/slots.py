"""A resident's slots as in the file: none is edited, one ends and another begins, on a night that loses no check."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from uuid import UUID, uuid4

from alarm_center.casework import slot_changes, steps
from alarm_center.core import calendar
from alarm_center.core.check import Cancel
from alarm_center.core.slot_changes import SlotInForce, SlotPattern, WantedSlot, change_slots, pattern_facts
from alarm_center.store import checks, plans
from alarm_center.store.changes import ChangedPart
from alarm_center.town.model import ResidentEntry, SlotEntry
from alarm_center.town.times import DAYS, EVERY_DAY
from alarm_center.town.town_import import ChangeLine, ImportedChange, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas import timeline
from schemas.vocabulary import CancelReason, ImportAction, Instead


async def apply_slots(run: TownImport, resident: ResidentEntry, resident_id: UUID) -> None:
    """Apply the file's slots of a resident, from tonight or, where tonight has begun, from the next night."""
    read = plans.lock_slots_in_force if run.writes else plans.slots_in_force
    in_force = await read(run.tx, resident_id, run.tonight)
    begun = await checks.begun_slots(run.tx, resident_id, run.tonight)
    changes = change_slots(in_force, [_wanted(slot) for slot in resident.slots], begun, run.now, run.zone)
    if not changes:
        return
    await run.write(lambda tx: plans.ask_to_plan(tx, resident_id, run.now))
    for slot, night in changes.ended:
        await _end_slot(run, resident, resident_id, slot, night)
    for wanted, night in changes.begun:
        await _begin_slot(run, resident, resident_id, wanted, night)
    await _log_times(run, resident, resident_id, in_force, changes.first_night)


def _wanted(slot: SlotEntry) -> WantedSlot:
    return WantedSlot(_pattern(slot), slot.from_night, slot.until_night)


def _pattern(slot: SlotEntry) -> SlotPattern:
    return SlotPattern(slot.time, slot.window_minutes, slot.weekdays, slot.by_visit, slot.seconds)


async def _log_times(
    run: TownImport, resident: ResidentEntry, resident_id: UUID, in_force: Sequence[SlotInForce], first: date
) -> None:
    """Keep in the history which times there were, and which there are from the night *first*."""
    was: Iterable[SlotPattern] = (slot.pattern for slot in in_force if slot.valid_until is None)
    before = {"times": pattern_facts(was)} if in_force else None
    after = {"times": pattern_facts(map(_pattern, resident.slots)), "from_night": first}
    begins = calendar.night_bounds(first, run.zone)[0]
    await run.log_change(resident_id, ChangedPart.TIMES, before, after, max(run.now, begins))


async def _end_slot(
    run: TownImport, resident: ResidentEntry, resident_id: UUID, slot: SlotInForce, night: date
) -> None:
    await run.write(partial(slot_changes.end_slot, slot_id=slot.slot_id, night=night, actor=run.actor))
    change = ImportedChange(
        "slot", f"{resident.number} {_label(slot.pattern)}", ImportAction.ENDED, sentence(town_words.FROM_NIGHT, night=night),
        number=resident.number,
    )  # fmt: skip
    line = ChangeLine(timeline.SlotImported(ImportAction.ENDED, slot.slot_id, night), resident_id=resident_id)
    await run.note_change(change, line)


async def _begin_slot(
    run: TownImport, resident: ResidentEntry, resident_id: UUID, wanted: WantedSlot, night: date
) -> None:
    added = await run.write(
        lambda tx: plans.add_slot(tx, run.org, resident_id, wanted.pattern, night, wanted.until_night)
    )
    change = ImportedChange(
        "slot", f"{resident.number} {_label(wanted.pattern)}", ImportAction.ADDED, sentence(town_words.FROM_NIGHT, night=night),
        number=resident.number,
    )  # fmt: skip
    # A dry run adds none, and its line is not written.
    line = ChangeLine(timeline.SlotImported(ImportAction.ADDED, added or uuid4(), night), resident_id=resident_id)
    await run.note_change(change, line)


async def cancel_check(run: TownImport, check_id: UUID, reason: CancelReason, instead: Instead) -> None:
    """Cancel one coming check through the core, with all that follows from it."""
    check = await checks.lock(run.tx, check_id)
    if check is not None:
        await steps.step_check(run.tx, check, Cancel(reason, instead, run.actor), run.actor)


def _label(pattern: SlotPattern) -> str:
    days = "" if pattern.weekdays == EVERY_DAY else " " + ",".join(DAYS[day] for day in pattern.weekdays)
    window = f"+{pattern.window_minutes}" if pattern.window_minutes else ""
    return f"{pattern.local_time:%H:%M}{window}{days}"
