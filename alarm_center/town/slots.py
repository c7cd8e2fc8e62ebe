"""A resident's slots as in the file: none is edited, one ends and another begins, on a night that loses no check."""

from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4
from datetime import date
from uuid import UUID

from alarm_center.casework import steps
from alarm_center.casework.slot_changes import end_slot
from alarm_center.core.check import Cancel
from alarm_center.core.slot_changes import SlotInForce, SlotPattern, WantedSlot, change_slots
from alarm_center.store import checks, plans
from alarm_center.store.changes import ChangedPart
from alarm_center.store.memory import Tx
from alarm_center.store.plans import StoredSlot
from alarm_center.town.model import DAYS, EVERY_DAY, ResidentEntry, SlotEntry
from alarm_center.town.town_import import ChangeLine, ImportedChange, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas import timeline
from schemas.vocabulary import CancelReason, ImportAction, Instead


async def apply_slots(run: TownImport, resident: ResidentEntry, resident_id: UUID) -> None:
    """Apply the file's slots of a resident, from tonight or, where tonight has begun, from the next night."""
    wanted = [slot for slot in resident.slots if slot.until_night is None or slot.until_night > run.tonight]
    leaving: list[StoredSlot] = []
    ending: list[StoredSlot] = []
    in_force = await plans.slots_in_force(run.tx, resident_id, run.tonight, lock=run.writes)
    nights: list[date] = []
    for row in in_force:
        until = row.valid_until
        slot = next((each for each in wanted if _is_same_slot(run, row, each)), None)
        if slot is not None and until == slot.until_night:
            wanted.remove(slot)
        elif until is not None and until <= run.tonight + _DAY:
            leaving.append(row)
        elif slot is not None and slot.until_night is not None and (until is None or slot.until_night < until):
            wanted.remove(slot)
            nights.append(max(slot.until_night, row.valid_from))
            await _end_slot(run, resident, row, nights[-1])
        else:
            ending.append(row)
    first = await _first_night(run, leaving, ending, wanted)
    for row in ending:
        nights.append(max(first, row.valid_from))
        await _end_slot(run, resident, row, nights[-1])
    for slot in wanted:
        own = first if leaving or ending else await _first_night(run, [], [], [slot])
        night = max(own, slot.from_night or own)
        if slot.until_night is None or slot.until_night > night:
            nights.append(night)
            await _begin_slot(run, resident, resident_id, slot, night)
    if nights:
        await _log_times(run, resident, resident_id, in_force, min(nights))


async def _log_times(
    run: TownImport, resident: ResidentEntry, resident_id: UUID, in_force: Sequence[StoredSlot], first: date
) -> None:
    """Keep in the history which times there were, and which there are from the night *first*."""
    was = (
        (row.local_time, row.window_minutes, row.weekdays, row.by_visit, row.seconds)
        for row in in_force
        if row.valid_until is None
    )
    becomes = ((slot.time, slot.window_minutes, slot.weekdays, slot.by_visit, slot.seconds) for slot in resident.slots)
    before = {"times": _facts(was)} if in_force else None
    after = {"times": _facts(becomes), "from_night": first}
    begins = calendar.night_bounds(first, run.zone)[0]
    await run.log_change(resident_id, ChangedPart.TIMES, before, after, max(run.now, begins))


def _facts(patterns: Iterable[tuple[time, int, tuple[int, ...], bool, int]]) -> list[dict[str, object]]:
    """Return patterns in the order of a night, which begins at noon, as the history keeps them."""
    return [
        {"time": f"{at:%H:%M}", "window_minutes": window, "weekdays": days, "by_visit": by_visit, "seconds": seconds}
        for at, window, days, by_visit, seconds in sorted(patterns, key=lambda each: (each[0] < calendar.NOON, each[0]))
    ]
    in_force = await plans.lock_slots_in_force(run.tx, resident_id, run.tonight)
    begun = await checks.begun_slots(run.tx, resident_id, run.tonight)
    changes = change_slots(in_force, [_wanted(slot) for slot in resident.slots], begun, run.now, run.zone)
    if changes:
        await plans.ask_to_plan(run.tx, resident_id, run.now)
    for slot, night in changes.ended:
        await _end_slot(run, resident, resident_id, slot, night)
    for wanted, night in changes.begun:
        await _begin_slot(run, resident, resident_id, wanted, night)


def _wanted(slot: SlotEntry) -> WantedSlot:
    pattern = SlotPattern(slot.time, slot.window_minutes, slot.weekdays, slot.by_visit, slot.seconds)
    return WantedSlot(pattern, slot.from_night, slot.until_night)


async def _first_night(
    run: TownImport, leaving: list[StoredSlot], ending: list[StoredSlot], beginning: list[SlotEntry]
) -> date:
    """Return tonight if neither what ends nor what begins has had its time tonight, else the night after.

    Ended before its time and begun after it, a slot and its successor would leave the night without their check; what
    is *leaving* after tonight has tonight's check still.
    """
    tonight = run.tonight
    begun = await checks.has_any_begun(run.tx, [row.slot_id for row in ending], tonight)
    times = [(row.local_time, row.weekdays) for row in ending]
    times += [(slot.time, slot.weekdays) for slot in beginning]
    passed = any(
        tonight.weekday() in weekdays and calendar.instant_of(tonight, local_time, run.zone) < run.now + SOON
        for local_time, weekdays in times
    )
    kept = any(tonight.weekday() in row.weekdays for row in leaving)
    return tonight + _DAY if begun or passed or kept else tonight


async def _end_slot(run: TownImport, resident: ResidentEntry, row: StoredSlot, night: date) -> None:
    """End a slot on *night*, and cancel the checks that it has made for that night and later."""

    async def work(tx: Tx) -> None:
        await plans.end_slot(tx, row.slot_id, night)
        for check_id in await checks.planned_ids_of_slot(tx, row.slot_id, night):
            await cancel_check(run, check_id, CancelReason.REPLANNED, Instead.NOTHING)

    await run.write(work)
    label = _slot_label(row.local_time, row.weekdays, row.window_minutes)
    await run.note_change(ImportedChange("slot", f"{resident.number} {label}", ImportAction.ENDED, sentence(town_words.FROM_NIGHT, night=night)), ChangeLine(timeline.SlotImported(ImportAction.ENDED, row.slot_id, night), resident_id=row.resident_id))  # fmt: skip
async def _end_slot(
    run: TownImport, resident: ResidentEntry, resident_id: UUID, slot: SlotInForce, night: date
) -> None:
    await end_slot(run.tx, slot.slot_id, night, run.actor)
    change = ImportedChange("slot", f"{resident.number} {_label(slot.pattern)}", ImportAction.ENDED, f"from {night}")
    payload = timeline.SlotImported(ImportAction.ENDED, slot.slot_id, night)
    await run.note_change(change, ChangeLine(payload, resident_id=resident_id))


async def _begin_slot(
    run: TownImport, resident: ResidentEntry, resident_id: UUID, wanted: WantedSlot, night: date
) -> None:
    new = plans.NewSlot(
        org=run.org,
        resident_id=resident_id,
        weekdays=slot.weekdays,
        local_time=slot.time,
        window_minutes=slot.window_minutes,
        seconds=slot.seconds,
        by_visit=slot.by_visit,
        valid_from=night,
        valid_until=slot.until_night,
    )
    slot_id = await run.write(lambda tx: plans.add_slot(tx, new)) or uuid4()
    label = _slot_label(slot.time, slot.weekdays, slot.window_minutes)
    await run.note_change(ImportedChange("slot", f"{resident.number} {label}", ImportAction.ADDED, sentence(town_words.FROM_NIGHT, night=night)), ChangeLine(timeline.SlotImported(ImportAction.ADDED, slot_id, night), resident_id=resident_id))  # fmt: skip
    slot_id = await plans.add_slot(run.tx, run.org, resident_id, wanted.pattern, night, wanted.until_night)
    change = ImportedChange("slot", f"{resident.number} {_label(wanted.pattern)}", ImportAction.ADDED, f"from {night}")
    payload = timeline.SlotImported(ImportAction.ADDED, slot_id, night)
    await run.note_change(change, ChangeLine(payload, resident_id=resident_id))


async def cancel_check(run: TownImport, check_id: UUID, reason: CancelReason, instead: Instead) -> None:
    """Cancel one coming check through the core, with all that follows from it."""
    check = await checks.lock(run.tx, check_id)
    if check is not None:
        await steps.step_check(run.tx, check, Cancel(reason, instead, run.actor), run.actor)


def _label(pattern: SlotPattern) -> str:
    days = "" if pattern.weekdays == EVERY_DAY else " " + ",".join(DAYS[day] for day in pattern.weekdays)
    window = f"+{pattern.window_minutes}" if pattern.window_minutes else ""
    return f"{pattern.local_time:%H:%M}{window}{days}"
