"""Values of a check and its attempts. They are frozen; all instants are aware and in UTC."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from schemas.vocabulary import Answer, CancelReason, Cause, GreenBy, Instead, Reason, Show


class CheckState(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    WAITING = "waiting"
    TO_LOOK = "to_look"
    SEEN = "seen"
    ALARMED = "alarmed"
    CANCELLED = "cancelled"


ENDED: frozenset[CheckState] = frozenset({CheckState.SEEN, CheckState.ALARMED, CheckState.CANCELLED})
"""Every owed check ends in exactly one of these (docs/guarantees.md#1-no-check-can-vanish)."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCheck:
    """A check to be planned: one look that a slot owes on ``night``. ``show`` says when a person sees it."""

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
    staff_inside: bool = False
    """Staff are on site: the device is not woken until they are done."""
    fault_known: bool = False
    """A fault of the device is known and alarmed, while the check is planned. One that is not to be alarmed yet has put
    ``next_step_at`` before ``opens_at``."""
    cancel_reason: CancelReason | None = None
    instead: Instead | None = None
    agreed_by: str | None = None
    visit_beside: bool = False
    """A patrol goes too, however the look ends: a night of the run-in. Where the look is cancelled for a visit, this is that visit."""
