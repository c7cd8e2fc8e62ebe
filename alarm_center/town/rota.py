"""Patterns of shifts from the nights that are laid: each carer's weekdays, with a first and a last night where it has them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alarm_center.core import calendar

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class ShiftOfNight:
    """One carer's shift on one night, from and to times on the wall."""

    area: str
    carer: str
    patrol: str
    role: str
    starts: time
    ends: time
    night: date

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """Return when it ends."""
        starts_at = calendar.instant_of(self.night, self.starts, zone)
        ends_at = calendar.instant_of(self.night, self.ends, zone)
        return ends_at if ends_at > starts_at else calendar.instant_of(self.night + _DAY, self.ends, zone)


@dataclass(frozen=True, slots=True)
class ShiftPattern:
    """Weekdays of one shift; ``until_night`` is the first night without it."""

    shift: ShiftOfNight
    weekdays: tuple[int, ...]
    from_night: date | None
    until_night: date | None


def patterns(nights: Iterable[ShiftOfNight], now: datetime, zone: ZoneInfo) -> list[ShiftPattern]:
    """Return the patterns that make just *nights*, which have not ended, up to the last night of all."""
    of_shift: dict[tuple[str, str, str, str, time, time], dict[date, ShiftOfNight]] = defaultdict(dict)
    for one in nights:
        of_shift[one.area, one.carer, one.patrol, one.role, one.starts, one.ends][one.night] = one
    if not of_shift:
        return []
    first = calendar.night_of(now, zone) - _DAY
    last = max(max(each) for each in of_shift.values())
    found: list[ShiftPattern] = []
    for key in sorted(of_shift):
        laid = of_shift[key]
        could = [first + _DAY * n for n in range((last - first).days + 1)]
        could = [night for night in could if ShiftOfNight(*key, night).ends_at(zone) > now]
        found += _runs(laid, sorted(laid), could)
    return found


def _runs(laid: dict[date, ShiftOfNight], nights: list[date], could: list[date]) -> Iterator[ShiftPattern]:
    """Yield the patterns of *nights*: one that goes on by its weekdays, or one before and one after the first gap."""
    weekdays = {night.weekday() for night in nights}
    missing = (n for n in could if nights[0] < n < nights[-1] and n.weekday() in weekdays and n not in laid)
    gap = next(missing, None)
    if gap is not None:
        yield from _runs(laid, [night for night in nights if night < gap], could)
        yield from _runs(laid, [night for night in nights if night > gap], could)
        return
    begins = any(night < nights[0] and night.weekday() in weekdays for night in could)
    ends = any(night > nights[-1] and night.weekday() in weekdays for night in could)
    yield ShiftPattern(
        laid[nights[0]],
        tuple(sorted(weekdays)),
        nights[0] if begins else None,
        nights[-1] + _DAY if ends else None,
    )
