"""The values that decisions are made over: a check, an alarm, its dispatch, and what is asked for because of them.

Frozen, without behaviour beyond reading themselves; `check`, `alarm` and `dispatch` decide, the store keeps.
All instants are aware and in UTC.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from alarm_center.core.alarm_kinds import POLICY, KindPolicy
from alarm_center.core.alarm_parts import Acceptance, Limits, ScreenClaim
from alarm_center.core.lease import Lease
from alarm_center.core.plan import Step, Wording
from schemas.timeline import Payload
from schemas.vocabulary import (
    AlarmKind,
    Answer,
    CancelReason,
    Cause,
    Channel,
    Condition,
    GreenBy,
    Instead,
    Outcome,
    Priority,
    Reason,
    Show,
    Who,
)


class IllegalMove(ValueError):
    """That cannot happen in this state; nothing has changed."""


class CheckState(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    WAITING = "waiting"
    TO_LOOK = "to_look"
    SEEN = "seen"
    ALARMED = "alarmed"
    CANCELLED = "cancelled"


ENDED: frozenset[CheckState] = frozenset({CheckState.SEEN, CheckState.ALARMED, CheckState.CANCELLED})
"""Every owed check ends in exactly one of these (design §2.1)."""


class AttemptState(StrEnum):
    OWED = "owed"
    ANSWERED = "answered"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One look that is owed or was made; *number* counts from 1 within its check."""

    number: int
    cause: Cause
    opens_at: datetime
    closes_at: datetime
    seconds: int
    state: AttemptState = AttemptState.OWED
    session_id: str | None = None
    answer: Answer | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One owed look at one resident, with its attempts.

    ``deadline`` is the last possible attempt's end, written when the check opens. ``next_step_at`` is when the clockwork
    has to come back; it is ``None`` only once the check has ended.
    """

    check_id: UUID
    org: str
    resident_id: UUID
    device_id: str | None
    night: date
    slot_id: UUID
    opens_at: datetime
    closes_at: datetime
    seconds: int
    green_by: GreenBy
    show: Show
    state: CheckState = CheckState.PLANNED
    next_step_at: datetime | None = None
    deadline: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    rechecks_left: int = 0
    retries_left: int = 1
    answer: Answer | None = None
    reason: Reason | None = None
    seen_by: str | None = None
    """``detector``, or the id of the user who confirmed."""
    alarm_id: UUID | None = None
    late: bool = False
    held: bool = False
    """Staff are on site: the device is not woken until they are done."""
    fault_known: bool = False
    """A fault of the device is known and alarmed, while the check is planned. One that is not to be alarmed yet has put
    ``next_step_at`` before ``opens_at``."""
    cancel_reason: CancelReason | None = None
    instead: Instead | None = None
    agreed_by: str | None = None


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
    """What a carer made of one notice (how its SMS fared is the outbox's)."""

    ASKED = "asked"
    TOOK = "took"
    DECLINED = "declined"
    STOOD_DOWN = "stood_down"
    EXPIRED = "expired"


class Seeking(StrEnum):
    """What a dispatch seeks somebody for: the alarm itself, or its owner's trouble, the gravest last."""

    CALL_OUT = "call_out"
    LATE = "late"
    SILENCE = "silence"
    ACCESS = "access"
    HELP = "help"


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
    """How many carers have to accept before it stops asking."""
    seeking: Seeking = Seeking.CALL_OUT
    repeat_at: datetime | None = None
    """Exhausted: when the lead and the fixed number are asked again."""

    @property
    def seeks(self) -> bool:
        """Whether somebody is still sought."""
        return self.state in (DispatchState.RUNNING, DispatchState.EXHAUSTED)

    @property
    def takers(self) -> tuple[Notice, ...]:
        """One notice for each phone that has accepted, the first acceptance first."""
        taken: dict[str, Notice] = {}
        for notice in sorted(self.notices, key=lambda n: n.answered_at or n.asked_at):
            if notice.state is NoticeState.TOOK:
                taken.setdefault(notice.phone, notice)
        return tuple(taken.values())


@dataclass(frozen=True, slots=True)
class Alarm:
    """Somebody must act. ``visit`` alarms are calm: a planned visit, dispatched and receipted the same way.

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
        """Whether a carer is still sought."""
        return self.dispatch is not None and self.dispatch.seeks

    @property
    def takers(self) -> tuple[Notice, ...]:
        """One notice for each phone that has it, the owner's first."""
        return () if self.dispatch is None else self.dispatch.takers

    @property
    def staff_inside(self) -> bool:
        """Whether somebody is with the resident: the device makes nothing."""
        return self.acceptance is not None and self.acceptance.staff_inside

    @property
    def accepted_at(self) -> datetime | None:
        """When a carer took it, ``None`` while none has it."""
        return None if self.acceptance is None else self.acceptance.accepted_at

    @property
    def done_at(self) -> datetime | None:
        """When the carer said done; how it ended is then still owed."""
        return None if self.acceptance is None else self.acceptance.done_at

    def taken_by(self, phone: str) -> bool:
        """Tell whether the carer with *phone* has it."""
        return any(notice.phone == phone for notice in self.takers)


# ---- effects: what has to happen because of a decision; each becomes a row in the decision's own transaction ----


@dataclass(frozen=True, slots=True)
class Write:
    """A line in the timeline."""

    payload: Payload


@dataclass(frozen=True, slots=True)
class Look:
    """Have the device make *attempt* by command."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Raise:
    """Open an alarm, or join the open one that this belongs to."""

    kind: AlarmKind
    priority: Priority
    reason: Reason | None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned visit comes in the check's stead, at *at*."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CallOff:
    """The visit that was to come in the check's stead is not needed, unless somebody has it already."""


@dataclass(frozen=True, slots=True)
class Clear:
    """What raised the alarm holds no longer: tell the open one, if its kind is *only* that."""

    only: AlarmKind | None = None


@dataclass(frozen=True, slots=True)
class NewConfig:
    """The device's list has changed: make a new version."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Ask or tell one carer; the outbox carries it out."""

    notice: Notice
    first: bool = False
    """The first SMS of an alarm goes before reminders."""


@dataclass(frozen=True, slots=True)
class Tell:
    """An SMS that asks for nothing new, to the phone of a notice."""

    wording: Wording
    notice: Notice


@dataclass(frozen=True, slots=True)
class Hold:
    """Staff are on site (*on*), or done: the resident's other checks wait, or go on."""

    on: bool


@dataclass(frozen=True, slots=True)
class RedBoard:
    """Every chain is exhausted: the board turns red and the heartbeat fails until somebody has it."""


Effect = Write | Look | Raise | Visit | CallOff | Clear | NewConfig | Notify | Tell | Hold | RedBoard


@dataclass(frozen=True, slots=True)
class CheckDecision:
    """What a check becomes, and what has to happen because of it."""

    check: Check
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class AlarmDecision:
    """What an alarm becomes, and what has to happen because of it."""

    alarm: Alarm
    effects: tuple[Effect, ...] = ()
