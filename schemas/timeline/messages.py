"""The lines of SMS, calls and replies. The words themselves stand in tables of their own, never here."""

from uuid import UUID

from schemas.timeline.base import Code, Payload, payload
from schemas.timeline.kinds import EventKind
from schemas.vocabulary import Duty, Heed


@payload(EventKind.SMS_SENT)
class SmsSent(Payload):
    """The provider took an SMS, *seconds* after it was queued; perhaps for the second time."""

    message_id: UUID
    wording: Code
    rank: int
    seconds: float
    sent_twice: bool = False
    notice_id: UUID | None = None


@payload(EventKind.SMS_DELIVERED)
class SmsDelivered(Payload):
    """An SMS reached the phone."""

    message_id: UUID
    wording: Code
    rank: int
    notice_id: UUID | None = None


@payload(EventKind.SMS_FAILED)
class SmsFailed(Payload):
    """An SMS will never reach the phone; *error* is the provider's code, or ours."""

    message_id: UUID
    wording: Code
    rank: int
    error: Code | None = None
    notice_id: UUID | None = None


@payload(EventKind.SMS_UNKNOWN)
class SmsUnknown(Payload):
    """Nobody can say whether an SMS was sent."""

    message_id: UUID
    wording: Code
    rank: int
    error: Code | None = None
    notice_id: UUID | None = None


@payload(EventKind.SMS_NOT_NEEDED)
class SmsNotNeeded(Payload):
    """An SMS was not sent: its question was answered before."""

    message_id: UUID
    wording: Code
    rank: int
    notice_id: UUID | None = None


@payload(EventKind.CALL_SENT)
class CallSent(Payload):
    """The provider took a call, *seconds* after it was queued; perhaps for the second time."""

    message_id: UUID
    wording: Code
    rank: int
    seconds: float
    sent_twice: bool = False
    notice_id: UUID | None = None


@payload(EventKind.CALL_DELIVERED)
class CallDelivered(Payload):
    """A call was answered."""

    message_id: UUID
    wording: Code
    rank: int
    notice_id: UUID | None = None


@payload(EventKind.CALL_FAILED)
class CallFailed(Payload):
    """A call was not answered; *error* is the provider's code, or ours."""

    message_id: UUID
    wording: Code
    rank: int
    error: Code | None = None
    notice_id: UUID | None = None


@payload(EventKind.CALL_UNKNOWN)
class CallUnknown(Payload):
    """Nobody can say whether a call was made."""

    message_id: UUID
    wording: Code
    rank: int
    error: Code | None = None
    notice_id: UUID | None = None


@payload(EventKind.CALL_NOT_NEEDED)
class CallNotNeeded(Payload):
    """A call was not made: its question was answered before."""

    message_id: UUID
    wording: Code
    rank: int
    notice_id: UUID | None = None


@payload(EventKind.REPLY)
class ReplyTaken(Payload):
    """A carer answered with a word or a key that is known; *digit* is the key's, *case_no* the number that was given."""

    meaning: Code
    heed: Heed
    digit: Code | None = None
    case_no: int | None = None
    notice_id: UUID | None = None
    call: bool = False


@payload(EventKind.REPLY_TEXT)
class ReplyUnread(Payload):
    """A carer wrote something that a person has to read."""

    meaning: Code
    heed: Heed
    notice_id: UUID | None = None


@payload(EventKind.MUSTER_ASKED)
class MusterAsked(Payload):
    """A shift has begun, and its phone is asked whether somebody holds it."""

    shift_id: UUID
    duty: Duty


@payload(EventKind.MUSTER_UNANSWERED)
class MusterUnanswered(Payload):
    """Nobody holds a shift's phone: it *said* ``no`` or ``nothing``. *covered*: another patrol of the area is there."""

    shift_id: UUID
    duty: Duty
    said: Code
    covered: bool
    told: int


@payload(EventKind.MUSTERED)
class Mustered(Payload):
    """A shift's phone is held by its carer, or by somebody else."""

    shift_id: UUID
    holds: bool
