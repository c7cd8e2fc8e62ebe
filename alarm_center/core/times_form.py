"""The form of a resident's times: what a planner has filled in as times, with every fault at once, and a quieter time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Final

from alarm_center.core.slot_changes import SlotPattern, WantedSlot
from schemas.limits import SECONDS_MAX, SECONDS_MIN

MOST_TIMES: Final = 12
"""Times of one resident; a visit that never leaves is another service."""
WINDOW_MOST: Final = 480
"""Minutes of the longest window, as the database has it."""
EVERY_DAY: Final = (0, 1, 2, 3, 4, 5, 6)
BUSY: Final = 8
"""Looks within ten minutes above which another time is offered: one person looks at some fifty an hour (docs/domain.md#numbers)."""

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")
_DAY_MINUTES: Final = 24 * 60
_STEP: Final = 10


class TimeFault(StrEnum):
    """A fault of one line of the form."""

    UNREADABLE = "unreadable"
    WINDOW_UNREADABLE = "window_unreadable"
    WINDOW_TOO_LONG = "window_too_long"
    NO_NIGHTS = "no_nights"
    TWICE = "twice"
    DATE_UNREADABLE = "date_unreadable"
    NONE_LEFT = "none_left"
    """Supervision ends by a decision, a pause or the person's own no, never by a form without times."""
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class TimesLine:
    """One line of the form, as it was filled in; *between* is the window's end, empty for an exact time."""

    at: str = ""
    between: str = ""
    by_visit: bool = False
    nights: tuple[int, ...] = EVERY_DAY
    seconds: int = 10
    from_night: str = ""
    until_night: str = ""
    ends: bool = False
    """The line's time is taken away."""


def parse_clock(text: str) -> time | None:
    """Read ``0300``, ``3.00`` or ``03:00``; ``None`` if it is no time of day."""
    match = _CLOCK.fullmatch(text.strip())
    return time(int(match[1]), int(match[2])) if match else None


def parse_times(lines: Sequence[TimesLine]) -> tuple[list[WantedSlot], list[tuple[int, TimeFault]]]:
    """Return the wanted times, in the lines' order, and each fault with the number of its line, from 0.

    A line without a time is passed over; at least one has to be left.
    """
    wanted: list[WantedSlot] = []
    faults: list[tuple[int, TimeFault]] = []
    for number, line in enumerate(lines):
        if line.ends or not (line.at.strip() or line.between.strip()):
            continue
        slot = _parse_line(number, line, faults)
        if slot is not None and slot in wanted:
            faults.append((number, TimeFault.TWICE))
        elif slot is not None:
            wanted.append(slot)
    if not wanted and not faults:
        faults.append((0, TimeFault.NONE_LEFT))
    if len(wanted) > MOST_TIMES:
        faults.append((MOST_TIMES, TimeFault.TOO_MANY))
    return wanted, faults


def _parse_line(number: int, line: TimesLine, faults: list[tuple[int, TimeFault]]) -> WantedSlot | None:
    at, window, found = parse_clock(line.at), 0, len(faults)
    if at is None:
        faults.append((number, TimeFault.UNREADABLE))
    if line.between.strip():
        end = parse_clock(line.between)
        if end is None:
            faults.append((number, TimeFault.WINDOW_UNREADABLE))
        elif at is not None:
            window = (_minutes(end) - _minutes(at)) % _DAY_MINUTES
            if window > WINDOW_MOST:
                faults.append((number, TimeFault.WINDOW_TOO_LONG))
    if not line.nights:
        faults.append((number, TimeFault.NO_NIGHTS))
    first, last = _date(line.from_night), _date(line.until_night)
    if (line.from_night.strip() and first is None) or (line.until_night.strip() and last is None):
        faults.append((number, TimeFault.DATE_UNREADABLE))
    if len(faults) > found or at is None:
        return None
    seconds = min(max(line.seconds, SECONDS_MIN), SECONDS_MAX)
    return WantedSlot(SlotPattern(at, window, tuple(sorted(line.nights)), line.by_visit, seconds), first, last)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def ten_minutes_of(at: time) -> time:
    """Return the beginning of the ten minutes that *at* is in."""
    return time(at.hour, at.minute // _STEP * _STEP)


def quieter_time(looks: Mapping[time, int], at: time) -> tuple[time, int] | None:
    """Return the quietest ten minutes within half an hour of a busy time, with their looks; ``None`` where *at* is not busy.

    *looks* is the number of looks of a night by the beginning of their ten minutes.
    """
    here = _minutes(ten_minutes_of(at))
    if looks.get(ten_minutes_of(at), 0) <= BUSY:
        return None
    steps = sorted(range(-30, 31, _STEP), key=lambda step: (abs(step), -step))
    near = [time(*divmod((here + step) % _DAY_MINUTES, 60)) for step in steps if step]
    best = min(near, key=lambda each: looks.get(each, 0))
    count = looks.get(best, 0)
    return (best, count) if count < looks[ten_minutes_of(at)] else None
