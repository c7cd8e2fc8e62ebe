"""Morning report of a night: how the owed looks, alarms and visits of each area and performer ended, and times to think over.

The counting rules are these functions; pages, print and file show the same rows (docs/adr/0078-what-the-reports-count.md).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.alarm.alarm_kinds import POLICY
from alarm_center.core.past_night import PastAlarm, PastCheck
from schemas.vocabulary import AlarmKind

ANSWER_TARGET: Final = timedelta(minutes=3)
"""Time from an alarm's opening in which a person should have it: the longest that Swedish towns promise for contact (docs/domain.md)."""
MORNING: Final = time(5)
"""The wall time from which the night that ends is reported; it comes once on either night when the clock is moved."""
EMPTY_NIGHTS: Final = 14
"""Nights back, the reported one included, that a suggestion is worked out from."""
EMPTY_LEAST: Final = 4
"""Nights on which a bed was empty at one time, below which nothing is suggested: fewer are chance."""
EMPTY_SHARE: Final = 1 / 3
"""The least share of the nights looked at."""


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """An area by its code and a performer by its name, empty for the town's own care: one row of the report."""

    area: str
    performer: str


@dataclass(frozen=True, slots=True)
class ReportLook:
    """One look that was owed, as it stands; one that is a visit from the start is counted with the visits."""

    group: ReportGroup
    state: str
    by_visit: bool


@dataclass(frozen=True, slots=True)
class ReportCase:
    """One alarm or visit of the night, with the first instant at which each was reached; ``None``: it was not."""

    group: ReportGroup
    kind: AlarmKind
    visit: bool
    opened_at: datetime
    arrive_by: datetime | None
    """The town's own target, as it was when the case was opened."""
    closed_at: datetime | None
    answered_at: datetime | None
    """A person has it: an operator at a screen, or a carer who goes."""
    sent_at: datetime | None
    on_site_at: datetime | None

    @property
    def called_off(self) -> bool:
        """True of a visit that was over by its time with nobody there: it was not owed any more."""
        over = self.closed_at is not None and self.arrive_by is not None and self.closed_at <= self.arrive_by
        return self.visit and self.on_site_at is None and over

    @property
    def of_device(self) -> bool:
        """True of a technical fault: it says nothing of the person."""
        return POLICY[self.kind].of_device


@dataclass(frozen=True, slots=True)
class ReportResident:
    """A resident as the report names them: ``name`` is empty for protected identity, but for those with the right."""

    number: int
    name: str
    group: ReportGroup


@dataclass(frozen=True, slots=True)
class ReportedLook:
    """An owed look with the resident, who is ``None`` where the viewer does not see them."""

    resident_id: UUID
    resident: ReportResident | None
    check: PastCheck

    @property
    def counted(self) -> ReportLook:
        """The look as it is counted."""
        group = self.resident.group if self.resident else ReportGroup("", "")
        return ReportLook(group, self.check.state, self.check.by_visit)


@dataclass(frozen=True, slots=True)
class ReportedCase:
    """An alarm or visit, as it is told and as it is counted, with the resident; ``None`` where it is about nobody whom the viewer sees."""

    resident: ReportResident | None
    alarm: PastAlarm
    counted: ReportCase


@dataclass(frozen=True, slots=True)
class ReportedNight:
    """A town's night: looks by their time, cases by their opening."""

    looks: list[ReportedLook]
    cases: list[ReportedCase]


@dataclass(frozen=True, slots=True)
class Kept:
    """Cases that met a target, of those that it applies to."""

    kept: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class ReportCounts:
    """Counts of one row. ``owed`` is ``seen + alarmed + cancelled + unfinished``."""

    owed: int
    seen: int
    alarmed: int
    cancelled: int
    unfinished: int
    visits: Kept
    """Visits that were made, of those that were owed; one that was called off before its time is in neither."""
    alarms: int
    """Alarms about a person, by whomever they were raised."""
    answered: Kept
    arrived: Kept
    faults: int


def night_to_report(at: datetime, zone: ZoneInfo) -> date:
    """Return the night that is reported at *at*: this morning's from :data:`MORNING` on the wall, before it the one before."""
    local = at.astimezone(zone)
    return local.date() - timedelta(days=1 if local.time() >= MORNING else 2)


def is_kept(due: datetime, reached: datetime | None, closed_at: datetime | None, now: datetime) -> bool | None:
    """Tell whether something was reached by *due*; ``None`` where nothing can be said: it was over before, or *due* is still to come."""
    if reached is not None:
        return reached <= due
    return False if (closed_at or now) > due else None


def is_answered_within(case: ReportCase, limit: timedelta, now: datetime) -> bool | None:
    """Tell whether a person had the case within *limit*; ``None`` for visits and technical faults too, which nobody rings about."""
    if case.visit or case.of_device:
        return None
    return is_kept(case.opened_at + limit, case.answered_at, case.closed_at, now)


def is_arrived_in_time(case: ReportCase, now: datetime) -> bool | None:
    """Tell whether somebody was on site by the area's target; ``None`` where nobody was sent, and for visits."""
    if case.visit or case.sent_at is None or case.arrive_by is None:
        return None
    return is_kept(case.arrive_by, case.on_site_at, case.closed_at, now)


def share(answers: Iterable[bool | None]) -> Kept:
    """Count those that are true, of those that say anything."""
    said = [each for each in answers if each is not None]
    return Kept(sum(said), len(said))


def report_rows(
    looks: Iterable[ReportLook], cases: Iterable[ReportCase], now: datetime
) -> dict[ReportGroup, ReportCounts]:
    """Return the counts of each area and performer that had anything, in order of both."""
    looks_of: defaultdict[ReportGroup, list[ReportLook]] = defaultdict(list)
    cases_of: defaultdict[ReportGroup, list[ReportCase]] = defaultdict(list)
    for look in looks:
        looks_of[look.group].append(look)
    for case in cases:
        cases_of[case.group].append(case)
    groups = sorted(looks_of.keys() | cases_of.keys(), key=lambda group: (group.area, group.performer))
    return {group: counted(looks_of[group], cases_of[group], now) for group in groups}


def counted(looks: Iterable[ReportLook], cases: Iterable[ReportCase], now: datetime) -> ReportCounts:
    """Return the counts of these looks and cases."""
    states = [look.state for look in looks if not look.by_visit]
    seen, alarmed, cancelled = (states.count(state) for state in ("seen", "alarmed", "cancelled"))
    cases = list(cases)
    visits = [case for case in cases if case.visit and not case.called_off]
    alarms = [case for case in cases if not case.visit and not case.of_device]
    return ReportCounts(
        owed=len(states),
        seen=seen,
        alarmed=alarmed,
        cancelled=cancelled,
        unfinished=len(states) - seen - alarmed - cancelled,
        visits=Kept(sum(visit.on_site_at is not None for visit in visits), len(visits)),
        alarms=len(alarms),
        answered=share(is_answered_within(case, ANSWER_TARGET, now) for case in alarms),
        arrived=share(is_arrived_in_time(case, now) for case in cases),
        faults=sum(case.of_device and not case.visit for case in cases),
    )


@dataclass(frozen=True, slots=True)
class PastTime:
    """One look of an earlier night at a time that the resident still has; ``empty``: nobody was in the bed at an attempt."""

    resident_id: UUID
    at: time
    night: date
    empty: bool


@dataclass(frozen=True, slots=True)
class EmptyTime:
    """A resident's time at which the bed is often empty: a suggestion to look at another time."""

    resident_id: UUID
    at: time
    empty: int
    nights: int
    """Nights on which a look at that time gave an answer."""


def often_empty(times: Iterable[PastTime]) -> list[EmptyTime]:
    """Return the times at which the bed is often empty, the most often first."""
    nights: defaultdict[tuple[UUID, time], dict[date, bool]] = defaultdict(dict)
    for past in times:
        told = nights[past.resident_id, past.at]
        told[past.night] = past.empty or told.get(past.night, False)
    found = [
        EmptyTime(resident_id, at, sum(told.values()), len(told))
        for (resident_id, at), told in nights.items()
        if sum(told.values()) >= max(EMPTY_LEAST, len(told) * EMPTY_SHARE)
    ]
    return sorted(found, key=lambda each: (-each.empty / each.nights, each.at, each.resident_id))
