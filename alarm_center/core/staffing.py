"""Holes of a rota: the nights ahead on which an area has times and no patrol, or nobody leads.

An area's work begins with its first time of the night and ends an hour after its last (reconciliation counts the same).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.core.roster import DutyShift, Roster
from schemas.vocabulary import Duty

_AFTER: Final = timedelta(hours=1)
"""A patrol is still needed for so long after the last time."""


@dataclass(frozen=True, slots=True)
class AreaTimes:
    """A time of some residents of an area: the nights of the week, and the nights from and before which it holds."""

    area_id: UUID
    local_time: time
    window_minutes: int
    weekdays: frozenset[int]
    valid_from: date
    valid_until: date | None

    def holds_on(self, night: date) -> bool:
        """Tell whether somebody is looked after at this time on *night*."""
        begun = self.valid_from <= night and (self.valid_until is None or night < self.valid_until)
        return begun and night.weekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class RotaHole:
    """A stretch of a night without a patrol in an area."""

    area_id: UUID
    from_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class StaffedNight:
    """One night ahead: its holes, and whether a lead is missing."""

    night: date
    holes: tuple[RotaHole, ...]
    leaderless: bool

    @property
    def is_whole(self) -> bool:
        """Tell whether nobody is missing."""
        return not self.holes and not self.leaderless


def staffed_nights(
    nights: Sequence[date], times: Iterable[AreaTimes], shifts: Sequence[DutyShift], zone: ZoneInfo, *, needs_lead: bool
) -> list[StaffedNight]:
    """Return each of *nights* with its holes. ``needs_lead``: no fixed number answers when nobody leads."""
    by_area: dict[UUID, list[AreaTimes]] = {}
    for each in times:
        by_area.setdefault(each.area_id, []).append(each)
    found = []
    for night in nights:
        spans = {area: span for area, of_area in by_area.items() if (span := _span(of_area, night, zone))}
        holes = tuple(
            RotaHole(area, *gap)
            for area, (begins, ends) in sorted(spans.items())
            for gap in _roster_of(shifts, area, begins, ends).uncovered_stretches(area, begins, ends)
        )
        leaderless = needs_lead and bool(spans) and not _has_lead(shifts, list(spans.values()))
        found.append(StaffedNight(night, holes, leaderless))
    return found


def _span(times: Iterable[AreaTimes], night: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    tonight = [each for each in times if each.holds_on(night)]
    if not tonight:
        return None
    opens = [(calendar.instant_of(night, each.local_time, zone), each.window_minutes) for each in tonight]
    return min(at for at, _ in opens), max(at + timedelta(minutes=window) for at, window in opens) + _AFTER


def _roster_of(shifts: Sequence[DutyShift], area: UUID, begins: datetime, ends: datetime) -> Roster:
    return Roster(tuple(s for s in shifts if s.area_id == area and s.starts_at < ends and s.ends_at > begins))


def _has_lead(shifts: Sequence[DutyShift], spans: Sequence[tuple[datetime, datetime]]) -> bool:
    begins, ends = min(begin for begin, _ in spans), max(end for _, end in spans)
    return any(s.duty is Duty.LEAD and s.starts_at < ends and s.ends_at > begins for s in shifts)
