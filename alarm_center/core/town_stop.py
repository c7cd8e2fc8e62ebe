"""Rules of a town's stop: two people, how long a word waits, until when it holds, and what the patrols on duty have time for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.core.pausing import ENDS_AT

CONFIRM_WITHIN: Final = timedelta(minutes=15)
"""So long does a proposal wait for a second person (docs/adr/0044-a-town-stops-by-two.md)."""
VISIT: Final = timedelta(minutes=23)
"""Time of a patrol for one visit with its drive: 200 visits a night by 8 areas' patrols between 21:30 and 07:00 (docs/domain.md#on-the-staffs-side)."""
_MORNING: Final = timedelta(hours=5)
"""From seven in the morning a stop is for the night that comes."""
WHY_MOST: Final = 500


class StopState(StrEnum):
    """The state of a town's newest stop."""

    NONE = "none"
    """There is none, or it is over, or nobody has confirmed it in time."""
    PROPOSED = "proposed"
    HOLDS = "holds"
    RETURN_PROPOSED = "return_proposed"


class StopDeed(StrEnum):
    """A thing that a person does about a town's stop."""

    PROPOSE = "propose"
    CONFIRM = "confirm"
    PROPOSE_RETURN = "propose_return"
    CONFIRM_RETURN = "confirm_return"


class StopFault(StrEnum):
    """A reason why a person's deed about a town's stop changes nothing."""

    OTHERWISE_NOW = "otherwise_now"
    """Somebody else was first, or the proposal has waited too long."""
    SAME_PERSON = "same_person"


_FROM: Final = {
    StopDeed.PROPOSE: (StopState.NONE,),
    StopDeed.CONFIRM: (StopState.PROPOSED,),
    StopDeed.PROPOSE_RETURN: (StopState.HOLDS,),
    StopDeed.CONFIRM_RETURN: (StopState.RETURN_PROPOSED,),
}


def fault_of(deed: StopDeed, state: StopState, proposed_by: str | None, actor: str) -> StopFault | None:
    """Return why *actor* may not do the *deed* in that state; *proposed_by* is who proposed what it confirms."""
    if state not in _FROM[deed]:
        return StopFault.OTHERWISE_NOW
    confirms = deed in (StopDeed.CONFIRM, StopDeed.CONFIRM_RETURN)
    return StopFault.SAME_PERSON if confirms and proposed_by == actor else None


@dataclass(frozen=True, slots=True)
class TownStop:
    """A proposal, or a stop. People are users' ids; what ended it may be the service itself."""

    stop_id: UUID
    org: str
    why: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    to_at: datetime | None
    """Its last hour."""
    back_by: str | None
    """The person who last proposed to go back to looks, at ``back_at``."""
    back_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    dark_at: datetime | None
    """Every device has been given its empty list."""
    visits_at: datetime | None
    """Every look has become a visit."""

    def state_at(self, now: datetime) -> StopState:
        """Return its state at *now*."""
        if self.ended_at is not None:
            return StopState.NONE
        if self.confirmed_at is None:
            return StopState.PROPOSED if now <= self.proposed_at + CONFIRM_WITHIN else StopState.NONE
        waits = self.back_at is not None and now <= self.back_at + CONFIRM_WITHIN
        return StopState.RETURN_PROPOSED if waits else StopState.HOLDS


@dataclass(frozen=True, slots=True)
class DeviceCount:
    """A town's devices at homes: how many there are, and how many have said that they have the list that they should have."""

    devices: int
    confirmed: int


def last_end(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when a stop that begins at *at* ends by itself: 16:00 on the day after the night that it is for."""
    night = calendar.night_of(at + _MORNING, zone)
    return datetime.combine(night + timedelta(days=1), ENDS_AT, zone)


# ---- what the patrols have time for ----


@dataclass(frozen=True, slots=True)
class Round:
    """One look that would be a visit, or (``visit``) a visit that is to be made anyway, with its area and hour. Risk 1 is the highest."""

    case_id: UUID
    area: str
    due_at: datetime
    risk: int
    visit: bool


@dataclass(frozen=True, slots=True)
class Patrol:
    """A patrol on duty in an area, by its neutral label."""

    area: str
    patrol: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ForeseenVisit:
    """A visit and when a patrol would begin it; ``begins_at`` is ``None`` where none has time for it."""

    round: Round
    patrol: str | None
    begins_at: datetime | None


def foresee(
    rounds: Iterable[Round], patrols: Sequence[Patrol], now: datetime, within: timedelta
) -> tuple[ForeseenVisit, ...]:
    """Return each visit with the patrol of its area that would make it, in the order in which they would be begun.

    A patrol that is free takes, of the visits whose hour has come, the one of the highest risk, and of those the oldest. One that
    would not be begun *within* its hour is not made. Those that no patrol has time for come last, by area and hour.
    """
    made: list[ForeseenVisit] = []
    left: list[ForeseenVisit] = []
    by_area: dict[str, list[Round]] = {}
    for each in rounds:
        by_area.setdefault(each.area, []).append(each)
    for area, here in by_area.items():
        done = _foresee_area(here, _spans(p for p in patrols if p.area == area), now, within)
        made += done
        begun = {visit.round.case_id for visit in done}
        left += [ForeseenVisit(each, None, None) for each in here if each.case_id not in begun]
    made.sort(key=lambda visit: (visit.begins_at or now, visit.round.risk, visit.round.case_id))
    left.sort(key=lambda visit: (visit.round.area, visit.round.due_at, visit.round.risk, visit.round.case_id))
    return (*made, *left)


def _spans(patrols: Iterable[Patrol]) -> list[Patrol]:
    """Return a patrol's shifts of its area as one each: two phones of it are still one car."""
    spans: list[Patrol] = []
    for each in sorted(patrols, key=lambda p: (p.patrol, p.starts_at)):
        last = spans[-1] if spans else None
        if last is not None and last.patrol == each.patrol and each.starts_at <= last.ends_at:
            spans[-1] = Patrol(last.area, last.patrol, last.starts_at, max(last.ends_at, each.ends_at))
        else:
            spans.append(each)
    return spans


def _foresee_area(rounds: list[Round], patrols: list[Patrol], now: datetime, within: timedelta) -> list[ForeseenVisit]:
    left = sorted(rounds, key=lambda each: (each.risk, each.due_at, each.case_id))
    free = [(max(p.starts_at, now), p.patrol, p.ends_at) for p in patrols]
    heapify(free)
    made: list[ForeseenVisit] = []
    while free and left:
        at, patrol, ends_at = heappop(free)
        left = [each for each in left if at <= each.due_at + within]
        at = max(at, min((each.due_at for each in left), default=at))
        if at + VISIT > ends_at:
            continue
        taken = next((each for each in left if each.due_at <= at), None)
        if taken is not None:
            left.remove(taken)
            made.append(ForeseenVisit(taken, patrol, at))
            at += VISIT
        heappush(free, (at, patrol, ends_at))
    return made
