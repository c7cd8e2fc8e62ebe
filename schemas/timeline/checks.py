"""The lines of a check, from planned to its end, and of its sessions: findings, answers of people, kept or refused."""

from datetime import date, datetime

from schemas.timeline.base import Code, Payload, payload
from schemas.timeline.kinds import EventKind
from schemas.vocabulary import AlarmKind, Answer, CancelReason, Cause, Instead, Priority, Reason, Refusal


@payload(EventKind.CHECK_PLANNED)
class CheckPlanned(Payload):
    """A slot owes a check on *night*, between two instants."""

    opens_at: datetime
    closes_at: datetime
    night: date


@payload(EventKind.CHECK_OPENED)
class CheckOpened(Payload):
    """The check's first attempt may be made."""

    attempt: int


@payload(EventKind.CHECK_MISSED)
class CheckMissed(Payload):
    """The time of *attempt* is over and nothing came."""

    attempt: int


@payload(EventKind.CHECK_LATE)
class CheckLate(Payload):
    """The check was opened after its window, by so many minutes."""

    minutes: int


@payload(EventKind.CHECK_HELD)
class CheckHeld(Payload):
    """Staff are with the resident: the check waits for them."""


@payload(EventKind.CHECK_RELEASED)
class CheckReleased(Payload):
    """Staff are done: a check that had waited for them goes on."""


@payload(EventKind.CHECK_ATTEMPT)
class CheckAttempt(Payload):
    """A look by command. *user* asked for it, where a person did."""

    attempt: int
    cause: Cause
    user: Code | None = None


@payload(EventKind.CHECK_WAITING)
class CheckWaiting(Payload):
    """The check waits for its second look, because of this answer."""

    answer: Answer | None = None
    reason: Reason | None = None


@payload(EventKind.CHECK_TO_LOOK)
class CheckToLook(Payload):
    """A person has to say what the session of *attempt* shows."""

    attempt: int


@payload(EventKind.CHECK_SEEN)
class CheckSeen(Payload):
    """The check ended green. *by* is ``detector`` or a user's id."""

    by: Code


@payload(EventKind.CHECK_ALARMED)
class CheckAlarmed(Payload):
    """The check ended in an alarm."""

    alarm_kind: AlarmKind
    priority: Priority
    reason: Reason | None = None
    late: bool = False


@payload(EventKind.CHECK_CANCELLED)
class CheckCancelled(Payload):
    """The check is not to be made."""

    reason: CancelReason
    instead: Instead


@payload(EventKind.CHECK_RESTORED)
class CheckRestored(Payload):
    """The check is owed again; *reason* and *instead* are those of the cancellation that holds no longer."""

    reason: CancelReason | None = None
    instead: Instead | None = None


@payload(EventKind.CHECK_VISIT_BESIDE)
class CheckVisitBeside(Payload):
    """A patrol goes too, however the look ends; not *wanted*: it need not any more."""

    wanted: bool


@payload(EventKind.CHECK_CONSENT_REVOKED)
class CheckConsentRevoked(Payload):
    """Consent was withdrawn when the check was an alarm already: people go on, cameras do not."""


@payload(EventKind.VISIT_STAYS)
class VisitStays(Payload):
    """The check is owed again, and the visit in its stead is somebody's already: both are made."""

    case_no: int
    state: Code


@payload(EventKind.FINDING)
class FindingTaken(Payload):
    """A session was judged in its attempt's time."""

    session_id: Code
    attempt: int
    answer: Answer | None = None
    reason: Reason | None = None


@payload(EventKind.EVIDENCE)
class EvidenceTaken(Payload):
    """A session that does not decide: *when* says why, as ``too_late`` or ``answered`` (`core.check.late_sessions.Circumstance`)."""

    when: Code
    session_id: Code
    attempt: int
    answer: Answer | None = None
    reason: Reason | None = None


@payload(EventKind.FINDING_DROPPED)
class FindingDropped(Payload):
    """A session came without consent: what it showed is not kept."""

    session_id: Code
    attempt: int


@payload(EventKind.PERSON_SAID)
class PersonAnswered(Payload):
    """A person looked and answered."""

    answer: Answer
    user: Code
    session_id: Code | None = None
    reason: Reason | None = None


@payload(EventKind.FAULT_KNOWN)
class FaultAlarmed(Payload):
    """The device will not be able to look, and that has been alarmed before the check opens."""

    reason: Reason


@payload(EventKind.FAULT_GONE)
class FaultMended(Payload):
    """The device is well again before the check opens."""


@payload(EventKind.SESSION_COMMITTED)
class SessionCommitted(Payload):
    """A session is kept, and its gateway may forget it. *priority* is that of the alarm it belongs to."""

    needs_human: bool
    pictures: int
    answer: Answer | None = None
    priority: Priority | None = None


@payload(EventKind.SESSION_REFUSED)
class SessionRefused(Payload):
    """A session is not kept, and its gateway may forget it."""

    refusal: Refusal
