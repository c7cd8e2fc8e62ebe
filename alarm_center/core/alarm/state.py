"""Values of an alarm, its dispatch and its notices. They are frozen; all instants are aware and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from alarm_center.core.alarm.alarm_kinds import POLICY, KindPolicy
from alarm_center.core.alarm.alarm_parts import Acceptance, Limits, ScreenClaim, ShiftHandOver, Trouble
from alarm_center.core.alarm.lease import Lease
from alarm_center.core.plan import Step, Wording
from schemas.vocabulary import AlarmKind, Channel, Condition, Outcome, Priority, Reason, TroubleKind, Who


class AlarmState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    CLOSED = "closed"


class DispatchState(StrEnum):
    RUNNING = "running"
    ACCEPTED = "accepted"
    STOOD_DOWN = "stood_down"
    EXHAUSTED = "exhausted"
    """Every round was made; the lead, the fixed number and the red board have it."""


class NoticeState(StrEnum):
    """A carer's answer to one notice (how its SMS fared is the outbox's)."""

    ASKED = "asked"
    TOOK = "took"
    DECLINED = "declined"
    STOOD_DOWN = "stood_down"
    EXPIRED = "expired"


class DispatchPurpose(StrEnum):
    """The purpose of a dispatch: the alarm itself, or a trouble of the carer who has it."""

    CALL_OUT = "call_out"
    LATE = "late"
    SILENCE = "silence"
    ACCESS = "access"
    HELP = "help"

    @property
    def rank(self) -> int:
        """The gravity of the purpose, from 0; a search in progress begins anew only for a graver one."""
        return _PURPOSE_RANK[self]


_PURPOSE_RANK: Final[Mapping[DispatchPurpose, int]] = MappingProxyType(
    {
        DispatchPurpose.CALL_OUT: 0,
        DispatchPurpose.LATE: 1,
        DispatchPurpose.SILENCE: 2,
        DispatchPurpose.ACCESS: 3,
        DispatchPurpose.HELP: 4,
    }
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One SMS or call to one carer in a dispatch. ``shift_id`` is ``None`` for the town's fixed number."""

    notice_id: UUID
    round: int
    step: int
    who: Who
    channel: Channel
    wording: Wording
    phone: str
    shift_id: UUID | None
    patrol: str
    asked_at: datetime
    state: NoticeState = NoticeState.ASKED
    answered_at: datetime | None = None
    done_at: datetime | None = None
    """Its carer has said done, and no word from the address since. A release before 0.3.0 leaves it out when it writes."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sending staff for one alarm or visit: the chain as it was when it started, and whom it has asked."""

    dispatch_id: UUID
    chain: tuple[Step, ...]
    started_at: datetime
    round_started_at: datetime
    round: int = 1
    step: int = 0
    """The index in ``chain`` of the next step."""
    state: DispatchState = DispatchState.RUNNING
    notices: tuple[Notice, ...] = ()
    last_round: int = 3
    """After this round it is exhausted."""
    needed: int = 1
    """Number of carers who have to accept before it stops asking."""
    seeking: DispatchPurpose = DispatchPurpose.CALL_OUT
    repeat_at: datetime | None = None
    """Exhausted: when the lead and the fixed number are asked again."""
    on_duty_at: datetime | None = None
    """The end of the shift of a carer who does not stay: until then the shifts on duty at that time are asked first. A release
    before 0.3.0 leaves it out when it writes, and asks those on duty now."""
    replaced: tuple[UUID, ...] = ()
    """Notices of carers in whose stead a person at a screen has sent another: those phones are asked only where nobody else is
    there to ask. A release before 0.3.0 leaves them out when it writes, and asks them in the next round."""

    @property
    def seeks(self) -> bool:
        """True while somebody is still sought."""
        return self.state in (DispatchState.RUNNING, DispatchState.EXHAUSTED)

    @property
    def takers(self) -> tuple[Notice, ...]:
        """One notice for each phone that has accepted, the first acceptance first."""
        taken: dict[str, Notice] = {}
        for notice in sorted(self.notices, key=lambda n: n.answered_at or n.asked_at):
            if notice.state is NoticeState.TOOK:
                taken.setdefault(notice.phone, notice)
        return tuple(taken.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlarm:
    """An alarm to be opened: the resident or the area, the cause, and the urgency.

    A ``visit`` is calm, and is to be made by ``arrive_by``. An alarm without ``arrive_by`` has the area's target.
    """

    alarm_id: UUID
    org: str
    area_id: UUID
    resident_id: UUID | None
    device_id: str | None
    case_no: int
    kind: AlarmKind
    priority: Priority
    reason: Reason | None = None
    visit: bool = False
    arrive_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Somebody must act. ``visit`` alarms are calm: a planned visit, dispatched and answered the same way.

    Its sub-machines are values of their own (`alarm_parts`). While it is open, ``next_step_at`` is the earliest of every limit that it carries, and never ``None``.
    """

    alarm_id: UUID
    org: str
    area_id: UUID
    resident_id: UUID | None
    device_id: str | None
    case_no: int
    kind: AlarmKind
    priority: Priority
    reason: Reason | None
    opened_at: datetime
    visit: bool = False
    state: AlarmState = AlarmState.OPEN
    condition: Condition = Condition.ACTIVE
    next_step_at: datetime | None = None
    claim: ScreenClaim = ScreenClaim()  # noqa: RUF009 - frozen
    acceptance: Acceptance | None = None
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    dispatch: Dispatch | None = None
    incident_id: UUID | None = None
    outcome: Outcome | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    visit_overdue: bool = False
    """A visit that nobody had accepted by its latest time: an alarm from then on. The row stays a visit's: the resident's open case is another."""
    troubles: tuple[Trouble, ...] = ()
    """At most one of a kind. A release before 0.3.0 leaves them out when it writes: its own search goes on without them."""

    hand_over: ShiftHandOver | None = None
    """A release before 0.3.0 leaves it out when it writes: the next tick begins it anew."""

    @property
    def is_calm(self) -> bool:
        """True of a visit that is no alarm yet."""
        return self.visit and not self.visit_overdue

    @property
    def policy(self) -> KindPolicy:
        """The policy of its kind."""
        return POLICY[self.kind]

    @property
    def lease(self) -> Lease:
        """The lease of whoever has it at a screen."""
        return self.claim.lease

    def is_held(self, now: datetime) -> bool:
        """Tell whether anybody has it at a screen at *now*."""
        return self.lease.is_held(now)

    def is_held_by(self, user: UUID, now: datetime) -> bool:
        """Tell whether *user* has it at a screen at *now*."""
        return self.lease.is_held_by(user, now)

    def is_held_by_other(self, user: UUID, now: datetime) -> bool:
        """Tell whether somebody other than *user* has it at a screen at *now*."""
        return self.lease.is_held_by_other(user, now)

    @property
    def seeks(self) -> bool:
        """True while a carer is still sought."""
        return self.dispatch is not None and self.dispatch.seeks

    @property
    def takers(self) -> tuple[Notice, ...]:
        """One notice for each phone that has it, the owner's first."""
        return () if self.dispatch is None else self.dispatch.takers

    @property
    def staff_inside(self) -> bool:
        """True while a carer is with the resident: the device makes nothing."""
        return self.acceptance is not None and self.acceptance.staff_inside

    @property
    def accepted_at(self) -> datetime | None:
        """The instant at which a carer took it, ``None`` while none has it."""
        return None if self.acceptance is None else self.acceptance.accepted_at

    @property
    def done_at(self) -> datetime | None:
        """The instant at which the carer said done; how it ended is then still owed."""
        return None if self.acceptance is None else self.acceptance.done_at

    @property
    def unacknowledged(self) -> tuple[Trouble, ...]:
        """The troubles that no person has acknowledged, in the order in which they began."""
        return tuple(trouble for trouble in self.troubles if not trouble.acknowledged)

    def is_seen_to_by(self, notice_id: UUID) -> bool:
        """Tell whether the carer of the notice has acknowledged a trouble."""
        return any(trouble.acknowledged_by == str(notice_id) for trouble in self.troubles)

    def phones_in_need(self) -> frozenset[str]:
        """Return the phones of the carers who have cried for help: nobody asks them to come."""
        cries = (trouble for trouble in self.troubles if trouble.kind is TroubleKind.HELP)
        crying = {word.notice_id for cry in cries for word in cry.words}
        notices = () if self.dispatch is None else self.dispatch.notices
        return frozenset(notice.phone for notice in notices if notice.notice_id in crying)

    def where_asked_at(self, notice_id: UUID) -> datetime | None:
        """Return when the carer of the notice was last asked where a person is who is not at home; ``None``: no longer asked."""
        asking = [each for each in self.troubles if each.where_asked and notice_id in each.carers]
        return max(
            (word.said_at for each in asking for word in each.words), default=asking[0].began_at if asking else None
        )

    def asks_staying(self, notice_id: UUID) -> bool:
        """Tell whether the carer of the notice was asked if they stay after their shift, and has not answered."""
        held = self.hand_over
        if held is None or not held.asked or held.at is None:
            return False
        notices = () if self.dispatch is None else self.dispatch.notices
        return len({each.phone for each in notices if each.notice_id in (held.notice_id, notice_id)}) == 1

    @property
    def has_nobody_home(self) -> bool:
        """Tell whether a carer has found nobody at home, and the person is neither found nor known to be elsewhere."""
        return any(each.kind is TroubleKind.NOBODY_HOME for each in self.troubles)

    def taken_by(self, phone: str) -> bool:
        """Tell whether the carer with *phone* has it."""
        return any(notice.phone == phone for notice in self.takers)
