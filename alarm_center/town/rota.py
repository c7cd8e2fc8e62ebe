"""The town's shifts: a week's pattern in the file, a row for each night in the database."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from alarm_center.core import calendar
from alarm_center.town.changes import Run
from alarm_center.town.model import Shift, Town
from schemas import timeline
from schemas.vocabulary import ImportAction

NIGHTS_AHEAD: Final = 62
"""How far ahead the pattern is made into shifts; importing again moves it on."""

_Key = tuple[Any, ...]
"""Area, carer, patrol, role, beginning: what makes a shift this one. Its end may be moved."""


async def keep(run: Run, town: Town) -> None:
    """Make the shifts from now on those of the file; a file that has none leaves them alone."""
    if town.shifts is None:
        return
    wanted: dict[_Key, tuple[datetime, str]] = {}
    for shift in town.shifts:
        ids = (run.areas[shift.area], run.carers[shift.carer], shift.patrol, shift.role)
        for starts_at, ends_at in _spans(run, shift):
            wanted[(*ids, starts_at)] = (ends_at, _label(shift.area, shift.patrol, shift.role))
    done: Counter[tuple[str, ImportAction]] = Counter()
    for row in await _coming(run):
        key = (row["area_id"], row["carer_id"], row["patrol"], row["role"], row["starts_at"])
        label = _label(row["code"], row["patrol"], row["role"])
        span = wanted.pop(key, None)
        if span is None:
            await _end(run, row)
            done[label, ImportAction.ENDED] += 1
        elif span[0] != row["ends_at"]:
            await run.tx.execute("update shifts set ends_at = $2 where shift_id = $1", row["shift_id"], span[0])
            done[label, ImportAction.CHANGED] += 1
    await run.tx.executemany(
        """
        insert into shifts (org, area_id, carer_id, patrol, role, starts_at, ends_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        [(run.org, *key, ends_at) for key, (ends_at, _) in wanted.items()],
    )
    done.update((label, ImportAction.ADDED) for _, label in wanted.values())
    for (label, action), count in sorted(done.items()):
        await run.note("shift", label, action, f"{count} times", payload=timeline.ShiftImported(action, count))


def _label(area: str, patrol: str, role: str) -> str:
    return f"{area} {patrol} ({role})"


def _spans(run: Run, shift: Shift) -> Iterator[tuple[datetime, datetime]]:
    """Yield the shift's beginnings and ends from now on; one that has begun and goes on is among them."""
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


async def _coming(run: Run) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = await run.tx.fetch(
        """
        select s.shift_id, s.area_id, s.carer_id, s.patrol, s.role, s.starts_at, s.ends_at, a.code from shifts s join areas a using (area_id)
        where s.org = $1 and s.ends_at > $2
        order by s.starts_at, s.shift_id for update of s
        """,
        run.org,
        run.now,
    )
    return rows


async def _end(run: Run, row: Mapping[str, Any]) -> None:
    """End a shift that has begun, now; take one away that has not."""
    if row["starts_at"] < run.now:
        await run.tx.execute("update shifts set ends_at = $2 where shift_id = $1", row["shift_id"], run.now)
    else:
        await run.tx.execute("delete from shifts where shift_id = $1", row["shift_id"])
