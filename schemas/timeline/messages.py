"""The lines of SMS, calls, carers' replies and musters. The words themselves stand in tables of their own, never here."""

from dataclasses import dataclass
from uuid import UUID

from schemas.timeline.base import Code, Payload, payload
from schemas.timeline.kinds import EventKind
from schemas.vocabulary import Duty, Heed, SubstituteReason


@dataclass(frozen=True, slots=True)
class MessageLine(Payload):
    """Base of the lines of one SMS or call: which message, with what words, and its rank in the outbox."""

    message_id: UUID
    wording: Code
    rank: int


@dataclass(frozen=True, slots=True)
class MessageTaken(MessageLine):
    """Base of the lines of a message that the provider took, *seconds* after it was queued; perhaps for the second time."""

    seconds: float
    sent_twice: bool = False
    notice_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MessageEnded(MessageLine):
    """Base of the lines of a message that needs nothing more."""

    notice_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MessageLost(MessageLine):
    """Base of the lines of a message that did not arrive, or may not have; *error* is the provider's code, or ours."""

    error: Code | None = None
    notice_id: UUID | None = None


@payload(EventKind.SMS_SENT)
class SmsSent(MessageTaken):
    """The provider took an SMS, *seconds* after it was queued; perhaps for the second time."""


@payload(EventKind.SMS_DELIVERED)
class SmsDelivered(MessageEnded):
    """An SMS reached the phone."""


@payload(EventKind.SMS_FAILED)
class SmsFailed(MessageLost):
    """An SMS will never reach the phone; *error* is the provider's code, or ours."""


@payload(EventKind.SMS_UNKNOWN)
class SmsUnknown(MessageLost):
    """An SMS may have been sent: the provider cannot say."""


@payload(EventKind.SMS_NOT_NEEDED)
class SmsNotNeeded(MessageEnded):
    """An SMS was not sent: its question was answered before."""


@payload(EventKind.CALL_SENT)
class CallSent(MessageTaken):
    """The provider took a call, *seconds* after it was queued; perhaps for the second time."""


@payload(EventKind.CALL_DELIVERED)
class CallDelivered(MessageEnded):
    """A call was answered."""


@payload(EventKind.CALL_FAILED)
class CallFailed(MessageLost):
    """A call was not answered; *error* is the provider's code, or ours."""


@payload(EventKind.CALL_UNKNOWN)
class CallUnknown(MessageLost):
    """A call may have been made: the provider cannot say."""


@payload(EventKind.CALL_NOT_NEEDED)
class CallNotNeeded(MessageEnded):
    """A call was not made: its question was answered before."""


@payload(EventKind.REPLY)
class ReplyTaken(Payload):
    """A carer answered with a word or a key that is known; *digit* is the key's, *case_no* the number that was given.

    *late_minutes*: it was written so long before it reached us.
    """

    meaning: Code
    heed: Heed
    digit: Code | None = None
    case_no: int | None = None
    notice_id: UUID | None = None
    call: bool = False
    late_minutes: int | None = None


@payload(EventKind.REPLY_TEXT)
class ReplyUnread(Payload):
    """A carer wrote something that a person has to read, *late_minutes* before it reached us."""

    meaning: Code
    heed: Heed
    notice_id: UUID | None = None
    late_minutes: int | None = None


@payload(EventKind.SMS_STOPPED)
class SmsStopped(Payload):
    """A phone takes no SMS any more, by its carer's STOP or as the provider says: it is called instead."""

    by_provider: bool
    shift_id: UUID | None = None


@payload(EventKind.SMS_STARTED)
class SmsStarted(Payload):
    """A phone takes SMS again."""

    shift_id: UUID | None = None


@payload(EventKind.MUSTER_ASKED)
class MusterAsked(Payload):
    """A shift has begun, and its phone is asked whether somebody holds it."""

    shift_id: UUID
    duty: Duty


@payload(EventKind.MUSTER_UNANSWERED)
class MusterUnanswered(Payload):
    """A shift's phone is held by nobody: it *said* ``no`` or ``nothing``. *covered*: another patrol of the area is there."""

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


@payload(EventKind.SHIFT_SUBSTITUTED)
class ShiftSubstituted(Payload):
    """Another carer stands in on a shift, or nobody (*filled* is false); *cases* were handed on with it."""

    shift_id: UUID
    why: SubstituteReason
    filled: bool
    cases: int


@payload(EventKind.PHONE_LOST)
class PhoneLost(Payload):
    """A carer's phone is lost, and off duty: *shifts* were handed on, to another phone (*replaced*) or to nobody, and *cases* with them."""

    carer_id: UUID
    shifts: int
    cases: int
    replaced: bool


@payload(EventKind.PHONE_FOUND)
class PhoneFound(Payload):
    """A phone that was lost is there again."""

    carer_id: UUID


@payload(EventKind.RESIDENT_CALLED)
class ResidentCalled(Payload):
    """The resident was called for the operator who holds the case, for *rings* at most; *answer* is ``answered``, ``no_answer``, ``busy`` or ``failed``."""

    message_id: UUID
    answer: Code
    rings: int


@payload(EventKind.PROVIDER_LOST)
class ProviderLost(Payload):
    """The town's own *provider* of SMS and calls is away: they go through *instead* from now on, if that one works."""

    provider: Code
    instead: Code | None = None


@payload(EventKind.PROVIDER_BACK)
class ProviderBack(Payload):
    """The town's own *provider* is back: SMS and calls go through it again."""

    provider: Code


@payload(EventKind.ADDRESS_HEARD)
class AddressHeard(Payload):
    """A carer called, gave their personal code, and was told the address and the door of the case that is theirs."""

    notice_id: UUID
    carer_id: UUID | None = None


@payload(EventKind.CODES_REFUSED)
class CodesRefused(Payload):
    """A caller gave *wrong* codes that nobody has, from a phone that is *known* or not: nothing was said, and *told* phones were."""

    wrong: int
    known: bool
    told: int


@payload(EventKind.MUSTER_CODE_UNKNOWN)
class MusterCodeUnknown(Payload):
    """A shift's phone was answered for by *codes* personal codes that nobody has."""

    shift_id: UUID
    codes: int
