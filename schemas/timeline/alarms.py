"""The lines of an alarm: its holders, dispatch, carers' words and end."""

from dataclasses import dataclass
from uuid import UUID

from schemas.timeline.base import Code, Payload, payload
from schemas.timeline.kinds import EventKind
from schemas.vocabulary import AlarmKind, Channel, ClearFor, Outcome, Priority, RaisedFor, Reason, TroubleKind, Who


@payload(EventKind.ALARM_OPENED)
class AlarmOpened(Payload):
    """A case began. A visit is calm: planned, dispatched and answered the same way."""

    alarm_kind: AlarmKind
    priority: Priority
    case_no: int
    reason: Reason | None = None
    visit: bool = False


@payload(EventKind.RAISED_BY_HAND)
class RaisedByHand(Payload):
    """A person raised it. *note* says whether words were written; they stand with the alarm, never here."""

    reason: RaisedFor
    priority: Priority
    note: bool


@payload(EventKind.JOINED)
class CaseJoined(Payload):
    """Another reason joined the open case."""

    alarm_kind: AlarmKind
    priority: Priority


@payload(EventKind.WORSENED)
class CaseWorsened(Payload):
    """A later session shows that something is wrong after all."""

    reason: Reason | None = None


@payload(EventKind.CLEARED)
class CaseCleared(Payload):
    """A later session shows the person in bed."""


@payload(EventKind.OUTCOME_MISSING)
class OutcomeMissing(Payload):
    """The outcome is owed: nobody needs to go any more, and nobody has said how it ended."""


@payload(EventKind.CLOSED)
class AlarmClosed(Payload):
    """The case ended. *by* is a user's or a notice's id, or a rule's name."""

    outcome: Outcome
    by: Code


@payload(EventKind.STUCK)
class CaseStuck(Payload):
    """The service cannot step the case; *of* is ``check`` or ``alarm``, *told* the number of phones that were told."""

    of: Code
    told: int


# ---- a person at a screen ----


@payload(EventKind.CLAIMED)
class CaseClaimed(Payload):
    """*user* holds the case."""

    user: UUID


@payload(EventKind.TAKEN_OVER)
class CaseTakenOver(Payload):
    """*user* took the case from *from_user*; *reason* is the code that was chosen."""

    user: UUID
    from_user: UUID
    reason: Code


@payload(EventKind.RELEASED)
class CaseReleased(Payload):
    """*user* let go of the case."""

    user: UUID


@payload(EventKind.LEASE_LAPSED)
class LeaseLapsed(Payload):
    """*user* was not at the screen for as long as a lease lasts."""

    user: UUID


@payload(EventKind.IN_CALL)
class CallNoted(Payload):
    """*user* begins (*on*) or ends a call with the resident."""

    user: UUID
    on: bool


@payload(EventKind.PATROL_SENT)
class PatrolSent(Payload):
    """*user* had a patrol sent."""

    user: UUID


@payload(EventKind.CARER_REPLACED)
class CarerReplaced(Payload):
    """*user* had somebody else sought in the stead of the carer of the notice."""

    user: UUID
    notice_id: UUID


@payload(EventKind.ASKED_AGAIN)
class CarersAskedAgain(Payload):
    """*user* had the carers asked again."""

    user: UUID


@payload(EventKind.DISPATCH_CANCELLED)
class DispatchCancelled(Payload):
    """*user* called the carers back."""

    user: UUID


@payload(EventKind.LIVE_ASKED)
class LiveAsked(Payload):
    """The holder looks through the resident's camera for *seconds*."""

    command_id: UUID
    seconds: int


@payload(EventKind.SHOWN_CLEAR)
class ShownClear(Payload):
    """A person saw clear what the town shows blurred. *command_id* is that of a live look."""

    reason: ClearFor
    command_id: UUID | None = None


# ---- the dispatch ----


@payload(EventKind.DISPATCHED)
class DispatchStarted(Payload):
    """A patrol is sought."""

    dispatch_id: UUID
    priority: Priority


@payload(EventKind.ASKED)
class CarerAsked(Payload):
    """One carer was asked, in the given round of the chain."""

    notice_id: UUID
    who: Who
    channel: Channel
    round: int


@payload(EventKind.NOBODY_ON_DUTY)
class NobodyOnDuty(Payload):
    """A step of the chain had nobody to ask."""

    who: Who
    area_id: UUID


@payload(EventKind.EXHAUSTED)
class DispatchExhausted(Payload):
    """Every round of the chain is over, and nobody has accepted."""

    rounds: int


@payload(EventKind.UNDELIVERED)
class NoticeUndelivered(Payload):
    """A question failed, or did not arrive in time."""

    notice_id: UUID


@payload(EventKind.CALLED_OFF)
class DispatchCalledOff(Payload):
    """Evidence says that nobody needs to go."""

    dispatch_id: UUID


@payload(EventKind.ARRIVAL_LATE)
class ArrivalLate(Payload):
    """The carer who accepted is not on site in time."""

    notice_id: UUID | None = None


@payload(EventKind.SILENT)
class SiteSilent(Payload):
    """The carer on site has said nothing for as long as the plan allows."""

    notice_id: UUID


@payload(EventKind.SHIFT_ENDING)
class ShiftEnding(Payload):
    """The shift of the carer who has it ends soon: they were asked whether they stay."""

    notice_id: UUID


@payload(EventKind.HAND_OVER_SOUGHT)
class HandOverSought(Payload):
    """The shift of the carer who has it is over, and they have not said that they stay: somebody on duty is sought."""

    notice_id: UUID


@payload(EventKind.TROUBLE_LOUD)
class TroubleLoud(Payload):
    """Nobody has acknowledged the trouble: the board is red, and the outside heartbeat fails."""

    trouble: TroubleKind


@payload(EventKind.TROUBLE_ACKNOWLEDGED)
class TroubleAcknowledged(Payload):
    """A person sees to the trouble; *by* is a user's id, or that of the notice that was answered."""

    trouble: TroubleKind
    by: Code


@payload(EventKind.ADDRESS_UNDELIVERED)
class AddressUndelivered(Payload):
    """The SMS with the address did not reach the carer who took it: somebody has to ring and read it out."""

    notice_id: UUID


@payload(EventKind.LINK_USED)
class LinkUsed(Payload):
    """A carer opened the link in the SMS, and the address was shown."""

    notice_id: UUID


# ---- a carer's words ----


@dataclass(frozen=True, slots=True)
class CarerLine(Payload):
    """The base of the lines of a carer's own word, said in answer to a notice."""

    notice_id: UUID


@payload(EventKind.ACCEPTED)
class CarerAccepted(CarerLine):
    """A carer takes it, and said to be there in *eta_minutes*, if at all."""

    eta_minutes: int | None = None


@payload(EventKind.ETA)
class EtaChanged(CarerLine):
    """A carer who has it gave a new time of arrival."""

    eta_minutes: int


@payload(EventKind.STAYS_AFTER_SHIFT)
class StaysAfterShift(CarerLine):
    """A carer on the way keeps the case after the end of their shift."""


@payload(EventKind.HANDED_OVER)
class HandedOver(CarerLine):
    """The carer of the notice has the case now, from one whose shift is over."""


@payload(EventKind.DECLINED)
class CarerDeclined(CarerLine):
    """A carer cannot."""


@payload(EventKind.TOOK_TOO_LATE)
class TookTooLate(CarerLine):
    """A carer said yes to what somebody else had taken, or what was called off."""


@payload(EventKind.NOT_THEIRS)
class CaseNotTheirs(CarerLine):
    """A carer spoke from the site of a case that is somebody else's."""


@payload(EventKind.ON_SITE)
class CarerOnSite(CarerLine):
    """A carer is with the resident."""


@payload(EventKind.STAYING)
class CarerStaying(CarerLine):
    """A carer stays with the resident."""


@payload(EventKind.CANNOT_GET_IN)
class CarerLockedOut(CarerLine):
    """A carer is at the door and cannot get in."""


@payload(EventKind.NOBODY_HOME)
class CarerFoundNobody(CarerLine):
    """A carer is in, and nobody is there."""


@payload(EventKind.HEARD_NO)
class CarerHeardNo(CarerLine):
    """A carer in the home says by SMS that the resident does not want to be looked at: the consent is withdrawn."""


@payload(EventKind.SAID_HOSPITAL)
class CarerSaidHospital(CarerLine):
    """A carer who found nobody home says that the person is in hospital."""


@payload(EventKind.SAID_RELATIVE)
class CarerSaidRelative(CarerLine):
    """A carer who found nobody home says that the person is with a relative, or away."""


@payload(EventKind.KNOWS_NOT_WHERE)
class CarerKnowsNot(CarerLine):
    """A carer who found nobody home does not know where the person is."""


@payload(EventKind.FOUND_PERSON)
class CarerFoundPerson(CarerLine):
    """A carer has found the person who was not at home."""


@payload(EventKind.SAID_MISMATCH)
class CarerSaidMismatch(CarerLine):
    """A carer says that key, door code, address or phone do not match the home: the report says which."""


@payload(EventKind.SAID_DEVIATION)
class CarerSaidDeviation(CarerLine):
    """A carer says that the care was not as it should be; their words stand in the report alone."""


@payload(EventKind.CARER_REPORT_DONE)
class CarerReportDone(CarerLine):
    """A person has seen to what the carer of the notice had reported."""


@payload(EventKind.NEEDS_HELP)
class CarerNeedsHelp(CarerLine):
    """A carer needs help."""


@payload(EventKind.DONE)
class CarerDone(CarerLine):
    """A carer is done on site."""


@payload(EventKind.WORD_AFTER_CLOSE)
class WordAfterClose(CarerLine):
    """A carer replied (*word*, a code) about a case that was closed."""

    word: Code
