"""The file's shifts as patterns of the core, and single nights of them by the names that the file has."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.shift_patterns import DutyPost, ShiftPattern, span_of
from alarm_center.town.model import ShiftEntry
from schemas.vocabulary import Duty

DAY: Final = timedelta(days=1)
_NO_ID: Final = UUID(int=0)


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
        return span_of(self.night, self.starts, self.ends, zone)[1]


@dataclass(frozen=True, slots=True)
class NamedPattern:
    """A pattern with the names that the file has for its area and its carer."""

    area: str
    carer: str
    pattern: ShiftPattern

    def of_night(self, night: date) -> ShiftOfNight:
        """Return its shift of a night on which it holds."""
        one = self.pattern
        return ShiftOfNight(self.area, self.carer, one.post.patrol, one.post.duty.value, one.starts, one.ends, night)


def pattern_of(entry: ShiftEntry, post: DutyPost, tonight: date) -> ShiftPattern:
    """Return the file's shift as a pattern that has no id yet. One without a first night holds from the night that goes on."""
    return ShiftPattern(
        _NO_ID,
        _NO_ID,
        post,
        entry.starts,
        entry.ends,
        entry.weekdays,
        entry.from_night or tonight - DAY,
        entry.until_night,
        entry.every_weeks,
        entry.week_of or (entry.from_night if entry.every_weeks > 1 else None),
    )


def named_pattern(entry: ShiftEntry, tonight: date) -> NamedPattern:
    """Return the file's shift as a pattern by its names alone."""
    post = DutyPost(_NO_ID, _NO_ID, entry.patrol, Duty(entry.role))
    return NamedPattern(entry.area, entry.carer, pattern_of(entry, post, tonight))


def nights_of(
    patterns: Iterable[NamedPattern], nights: Iterable[date], now: datetime, zone: ZoneInfo
) -> Iterator[ShiftOfNight]:
    """Yield the shifts of *nights* that have not ended by *now*."""
    days = list(nights)
    for each in patterns:
        for night in days:
            if each.pattern.holds_on(night) and (one := each.of_night(night)).ends_at(zone) > now:
                yield one
