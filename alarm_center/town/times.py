"""A resident's slots: never edited, each ends and another begins, on a night that loses no check."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from alarm_center.casework import steps
from alarm_center.core import calendar
from alarm_center.core.case import CheckState
from alarm_center.core.happenings import Cancel
from alarm_center.store import checks
from alarm_center.town.changes import Run
from alarm_center.town.model import DAYS, EVERY_DAY, Resident, Slot
from schemas import timeline
from schemas.vocabulary import CancelReason, ImportAction, Instead

SOON: Final = timedelta(minutes=15)
"""A time that is nearer than this stays as it was tonight: the device may be on its way already."""

_DAY: Final = timedelta(days=1)
_Row = Mapping[str, Any]


async def keep(run: Run, resident: Resident, resident_id: UUID) -> None:
    """Make the resident's slots those of the file, from tonight or, where tonight has begun, from the next night."""
    wanted = [slot for slot in resident.slots if slot.until_night is None or slot.until_night > run.tonight]
    leaving: list[_Row] = []
    ending: list[_Row] = []
    for row in await _in_force(run, resident_id):
        until = row["valid_until"]
        slot = next((each for each in wanted if _same(run, row, each)), None)
        if slot is not None and until == slot.until_night:
            wanted.remove(slot)
        elif until is not None and until <= run.tonight + _DAY:
            leaving.append(row)
        elif slot is not None and slot.until_night is not None and (until is None or slot.until_night < until):
            wanted.remove(slot)
            await _end(run, resident, row, max(slot.until_night, row["valid_from"]))
        else:
            ending.append(row)
    first = await _first_night(run, leaving, ending, wanted)
    for row in ending:
        await _end(run, resident, row, max(first, row["valid_from"]))
    for slot in wanted:
        own = first if leaving or ending else await _first_night(run, [], [], [slot])
        night = max(own, slot.from_night or own)
        if slot.until_night is None or slot.until_night > night:
            await _begin(run, resident, resident_id, slot, night)


async def _in_force(run: Run, resident_id: UUID) -> list[_Row]:
    """Return the slots that owe something tonight or later, held."""
    rows: list[_Row] = await run.tx.fetch(
        """
        select slot_id, resident_id, weekdays, local_time, window_minutes, seconds, by_visit, valid_from, valid_until
        from slots where resident_id = $1 and (valid_until is null or (valid_until > $2 and valid_until > valid_from))
        order by valid_from, slot_id for update
        """,
        resident_id,
        run.tonight,
    )
    return rows


def _same(run: Run, row: _Row, slot: Slot) -> bool:
    """Whether the row is what the file means: the same pattern, and not to begin on another night."""
    pattern = (
        tuple(sorted(row["weekdays"])),
        row["local_time"],
        row["window_minutes"],
        row["seconds"],
        row["by_visit"],
    )
    if pattern != (slot.weekdays, slot.time, slot.window_minutes, slot.seconds, slot.by_visit):
        return False
    if slot.from_night is None or slot.from_night <= run.tonight:
        # What was imported after tonight's time had passed begins tomorrow; it is the same slot nevertheless.
        return bool(row["valid_from"] <= run.tonight + _DAY)
    return bool(row["valid_from"] == slot.from_night)


async def _first_night(run: Run, leaving: list[_Row], ending: list[_Row], beginning: list[Slot]) -> date:
    """Return tonight if neither what ends nor what begins has had its time tonight, else the night after.

    Ended before its time and begun after it, a slot and its successor would leave the night without their check; what
    is *leaving* after tonight has tonight's check still.
    """
    tonight = run.tonight
    begun = await run.tx.fetchval(
        "select exists (select from checks where slot_id = any ($1) and night = $2 and state <> 'planned')",
        [row["slot_id"] for row in ending],
        tonight,
    )
    times = [(row["local_time"], tuple(row["weekdays"])) for row in ending]
    times += [(slot.time, slot.weekdays) for slot in beginning]
    passed = any(
        tonight.weekday() in weekdays and calendar.instant_of(tonight, local_time, run.zone) < run.now + SOON
        for local_time, weekdays in times
    )
    kept = any(tonight.weekday() in row["weekdays"] for row in leaving)
    return tonight + _DAY if begun or passed or kept else tonight


async def _end(run: Run, resident: Resident, row: _Row, night: date) -> None:
    """End a slot on *night*, and cancel the checks that it has made for that night and later."""
    await run.tx.execute("update slots set valid_until = $2 where slot_id = $1", row["slot_id"], night)
    coming = await run.tx.fetch(
        "select check_id from checks where slot_id = $1 and night >= $2 and state = $3 order by check_id",
        row["slot_id"], night, CheckState.PLANNED,
    )  # fmt: skip
    for each in coming:
        await cancel(run, each["check_id"], CancelReason.REPLANNED, Instead.NOTHING)
    label = _label(row["local_time"], tuple(row["weekdays"]), row["window_minutes"])
    await run.note(
        "slot", f"{resident.number} {label}", ImportAction.ENDED, f"from {night}", resident_id=row["resident_id"],
        payload=timeline.SlotImported(ImportAction.ENDED, row["slot_id"], night),
    )  # fmt: skip


async def _begin(run: Run, resident: Resident, resident_id: UUID, slot: Slot, night: date) -> None:
    slot_id = await run.tx.fetchval(
        """
        insert into slots (org, resident_id, weekdays, local_time, window_minutes, seconds, by_visit, valid_from, valid_until)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning slot_id
        """,
        run.org, resident_id, list(slot.weekdays), slot.time, slot.window_minutes, slot.seconds, slot.by_visit, night,
        slot.until_night,
    )  # fmt: skip
    label = _label(slot.time, slot.weekdays, slot.window_minutes)
    await run.note(
        "slot", f"{resident.number} {label}", ImportAction.ADDED, f"from {night}", resident_id=resident_id,
        payload=timeline.SlotImported(ImportAction.ADDED, slot_id, night),
    )  # fmt: skip


async def cancel(run: Run, check_id: UUID, reason: CancelReason, instead: Instead) -> None:
    """Cancel one coming check through the core, with all that follows from it."""
    check = await checks.lock(run.tx, check_id)
    if check is not None:
        await steps.step_check(run.tx, check, Cancel(reason, instead, run.actor), run.actor)


def _label(local_time: Any, weekdays: tuple[int, ...], window_minutes: int) -> str:
    days = "" if weekdays == EVERY_DAY else " " + ",".join(DAYS[day] for day in weekdays)
    return f"{local_time:%H:%M}" + (f"+{window_minutes}" if window_minutes else "") + days
