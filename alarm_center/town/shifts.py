"""The town's shifts: a week's pattern in the file, a row for each night in the database."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from alarm_center.core import calendar
from alarm_center.store import shifts
from alarm_center.store.shifts import NewShift, StoredShift
from alarm_center.town.model import ShiftEntry, TownFile
from alarm_center.town.town_import import ChangeLine, ImportedChange, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas import timeline
from schemas.vocabulary import ImportAction

NIGHTS_AHEAD: Final = 62
"""Nights ahead for which an import makes shifts of the pattern; a later import adds the nights since."""

_ShiftKey = tuple[UUID, UUID, str, str, datetime]
"""Area, carer, patrol, role and beginning, which identify a shift. Its end may be moved."""


async def apply_shifts(run: TownImport, town: TownFile) -> None:
    """Apply the file's shifts from now on; a file that has none leaves them alone."""
    if town.shifts is None:
        return
    wanted: dict[_ShiftKey, tuple[NewShift, str]] = {}
    for shift in town.shifts:
        label = _shift_label(shift.area, shift.patrol, shift.role, shift.carer)
        for starts_at, ends_at in _spans(run, shift):
            new = NewShift(run.areas[shift.area], run.carers[shift.carer], shift.patrol, shift.role, starts_at, ends_at)
            wanted[_shift_key(new)] = new, label
    done: Counter[tuple[str, ImportAction]] = Counter()
    for stored in await shifts.unended(run.tx, run.org, run.now, lock=run.writes):
        label = _shift_label(stored.area, stored.patrol, stored.role, stored.carer)
        found = wanted.pop(_shift_key(stored), None)
        if found is None:
            await _end_shift(run, stored)
            done[label, ImportAction.ENDED] += 1
        elif found[0].ends_at != stored.ends_at:
            await run.write(partial(shifts.set_end, shift_id=stored.shift_id, ends_at=found[0].ends_at))
            done[label, ImportAction.CHANGED] += 1
    coming = [one for one, _ in wanted.values()]
    await run.write(lambda tx: shifts.add_all(tx, run.org, coming))
    done.update((label, ImportAction.ADDED) for _, label in wanted.values())
    for (label, action), count in sorted(done.items()):
        await run.note_change(
            ImportedChange("shift", label, action, sentence(town_words.NIGHTS, count=count)),
            ChangeLine(timeline.ShiftImported(action, count)),
        )


def _shift_key(shift: NewShift | StoredShift) -> _ShiftKey:
    return shift.area_id, shift.carer_id, shift.patrol, shift.role, shift.starts_at


def _shift_label(area: str, patrol: str, role: str, carer: str) -> str:
    return f"{area} {patrol} ({role}), {carer}"


def _spans(run: TownImport, shift: ShiftEntry) -> Iterator[tuple[datetime, datetime]]:
    """Yield beginning and end of each shift that has not ended; one that goes on now is among them."""
    for ahead in range(-1, NIGHTS_AHEAD):
        night = run.tonight + timedelta(days=ahead)
        if night.weekday() not in shift.weekdays:
            continue
        if shift.from_night is not None and night < shift.from_night:
            continue
        if shift.until_night is not None and night >= shift.until_night:
            continue
        starts_at = calendar.instant_of(night, shift.starts, run.zone)
        ends_at = calendar.instant_of(night, shift.ends, run.zone)
        if ends_at <= starts_at:  # from the morning into the next night
            ends_at = calendar.instant_of(night + timedelta(days=1), shift.ends, run.zone)
        if ends_at > run.now:
            yield starts_at, ends_at


async def _end_shift(run: TownImport, shift: StoredShift) -> None:
    """End a shift that has begun; delete one that has not."""
    if shift.starts_at < run.now:
        await run.write(lambda tx: shifts.set_end(tx, shift.shift_id, run.now))
    else:
        await run.write(lambda tx: shifts.delete(tx, shift.shift_id))
