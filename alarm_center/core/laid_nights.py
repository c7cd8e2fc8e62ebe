"""Patterns from the nights that an earlier release laid: each carer's weekdays, without an end where the nights go on to the last."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.core.shift_patterns import DutyPost, ShiftPattern, ShiftRow, span_of

_DAY: Final = timedelta(days=1)


def patterns_of(rows: Iterable[ShiftRow], now: datetime, zone: ZoneInfo) -> list[ShiftPattern]:
    """Return the patterns that make just the nights of *rows*, which have not ended, up to the last night of all.

    Each has the id of its first row.
    """
    of_shift: dict[tuple[DutyPost, time, time], dict[date, ShiftRow]] = defaultdict(dict)
    for row in sorted(rows, key=lambda each: (each.starts_at, each.shift_id)):
        starts, ends = row.starts_at.astimezone(zone).time(), row.ends_at.astimezone(zone).time()
        of_shift[row.post, starts, ends][row.night] = row
    if not of_shift:
        return []
    first = calendar.night_of(now, zone) - _DAY
    last = max(max(each) for each in of_shift.values())
    every = [first + _DAY * n for n in range((last - first).days + 1)]
    found: list[ShiftPattern] = []
    for (_, starts, ends), laid in of_shift.items():
        could = [night for night in every if span_of(night, starts, ends, zone)[1] > now]
        found += _runs(laid, sorted(laid), (starts, ends), could)
    return found


def _runs(
    laid: dict[date, ShiftRow], nights: list[date], times: tuple[time, time], could: list[date]
) -> Iterator[ShiftPattern]:
    """Yield the patterns of *nights*: one that goes on by its weekdays, or one before and one after the first gap."""
    weekdays = {night.weekday() for night in nights}
    missing = (n for n in could if nights[0] < n < nights[-1] and n.weekday() in weekdays and n not in laid)
    gap = next(missing, None)
    if gap is not None:
        yield from _runs(laid, [night for night in nights if night < gap], times, could)
        yield from _runs(laid, [night for night in nights if night > gap], times, could)
        return
    row = laid[nights[0]]
    ends = any(night > nights[-1] and night.weekday() in weekdays for night in could)
    until = nights[-1] + _DAY if ends else None
    yield ShiftPattern(row.shift_id, row.shift_id, row.post, *times, tuple(sorted(weekdays)), nights[0], until)
