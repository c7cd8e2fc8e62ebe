"""Closed lists of words that messages, tables and decisions share, each with one meaning (docs/glossary.md)."""

from enum import IntEnum, StrEnum


class Answer(StrEnum):
    """The answer of a detector, or of a person, about one session."""

    IN_BED = "in_bed"
    NOT_SEEN = "not_seen"
    SOMETHING_WRONG = "something_wrong"
    CANNOT_TELL = "cannot_tell"


class Reason(StrEnum):
    """The reason of an answer; the plan acts on it, so a finding carries exactly one as its first."""

    # something_wrong
    ON_FLOOR = "on_floor"
    HALF_OUT = "half_out"
    VIOLENT = "violent"
    UP = "up"
    AT_EDGE = "at_edge"
    # cannot_tell: the camera cannot see
    COVERED = "covered"
    PARTLY_COVERED = "partly_covered"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    DEFOCUSED = "defocused"
    MOVED = "moved"
    # cannot_tell: the session is not to be trusted
    FROZEN = "frozen"
    TOO_SHORT = "too_short"
    OUT_OF_RANGE = "out_of_range"
    CONTRADICTORY = "contradictory"
    REJECTED = "rejected"
    FAULT = "fault"
    # cannot_tell: the picture is good and the answer is not in it
    COUNT = "count"
    STILL = "still"
    # a person looked and could not say; or nothing came at all
    PERSON_UNSURE = "person_unsure"
    NO_SESSION = "no_session"
    NOBODY_LOOKED = "nobody_looked"


REASONS: dict[Answer, frozenset[Reason]] = {
    Answer.IN_BED: frozenset(),
    Answer.NOT_SEEN: frozenset(),
    Answer.SOMETHING_WRONG: frozenset({Reason.ON_FLOOR, Reason.HALF_OUT, Reason.VIOLENT, Reason.UP, Reason.AT_EDGE}),
    Answer.CANNOT_TELL: frozenset({
        Reason.COVERED, Reason.PARTLY_COVERED, Reason.DARK, Reason.OVEREXPOSED, Reason.DEFOCUSED, Reason.MOVED, Reason.FROZEN, Reason.TOO_SHORT,
        Reason.OUT_OF_RANGE, Reason.CONTRADICTORY, Reason.REJECTED, Reason.FAULT, Reason.COUNT, Reason.STILL, Reason.PERSON_UNSURE,
    }),
}  # fmt: skip
"""Reasons that belong to each answer. ``in_bed`` and ``not_seen`` take none."""


class AlarmKind(StrEnum):
    """The kind of an alarm. Somebody must act."""

    SOMETHING_WRONG = "something_wrong"
    NOT_SEEN = "not_seen"
    CANNOT_TELL = "cannot_tell"
    NOBODY_LOOKED = "nobody_looked"
    TECHNICAL = "technical"
    SERVICE = "service"
    MANUAL = "manual"
    TEST = "test"


class Priority(IntEnum):
    """Urgency of an alarm; 1 is the most urgent."""

    FIRST = 1
    SECOND = 2
    THIRD = 3


class Outcome(StrEnum):
    """The outcome that ends an alarm. ``other`` needs a note."""

    HELPED_UP = "helped_up"
    WELL_IN_BED = "well_in_bed"
    WELL_ELSEWHERE = "well_elsewhere"
    MOVED_TO_HOSPITAL = "moved_to_hospital"
    EMERGENCY_CALLED = "emergency_called"
    TECHNICAL_FIXED = "technical_fixed"
    FALSE_ALARM = "false_alarm"
    NOT_AT_HOME_KNOWN = "not_at_home_known"
    DIED = "died"
    OTHER = "other"


class Condition(StrEnum):
    """The condition by the evidence so far; kept apart from what people do about it."""

    ACTIVE = "active"
    CLEARED = "cleared"


class TroubleKind(StrEnum):
    """A trouble that keeps a case from ending, apart from its state and its condition; the gravest first."""

    HELP = "help"
    CANNOT_GET_IN = "cannot_get_in"
    NOBODY_HOME = "nobody_home"
    SILENT = "silent"
    UNDELIVERED = "undelivered"
    LATE = "late"
    NOT_TAKEN = "not_taken"
    OUTCOME_MISSING = "outcome_missing"


class CancelReason(StrEnum):
    """The reason for not making an owed check."""

    PAUSE_AWAY = "pause_away"
    PAUSE_HOSPITAL = "pause_hospital"
    PAUSE_GUESTS = "pause_guests"
    PAUSE_OWN_WISH = "pause_own_wish"
    CONSENT_REVOKED = "consent_revoked"
    DECISION_ENDED = "decision_ended"
    MOVED = "moved"
    DIED = "died"
    REPLANNED = "replanned"
    TOWN_STOP = "town_stop"


class EndReason(StrEnum):
    """The reason why supervision ends for good."""

    MOVED = "moved"
    NOT_NEEDED = "not_needed"
    DIED = "died"


class Instead(StrEnum):
    """The replacement of a cancelled check."""

    VISIT = "visit"
    NOTHING = "nothing"


class HandledBy(StrEnum):
    """The organisation that runs the supervision: an alarm centre with operators, or the home care itself."""

    ALARM_CENTRE = "alarm_centre"
    HOME_CARE = "home_care"


class GreenBy(StrEnum):
    """The right to turn this resident's checks green: a person's, or the detector's once a planner has signed."""

    OPERATOR = "operator"
    DETECTOR = "detector"


class Show(StrEnum):
    """Sessions whose pictures a person may have to look at: all, or those that are not in bed."""

    ALWAYS = "always"
    DEVIATION = "deviation"


class DeviceKind(StrEnum):
    """A device's senses; one with a camera is ``camera``, whatever sensors it has beside it."""

    CAMERA = "camera"
    SENSORS = "sensors"


class JudgePlace(StrEnum):
    """The place of the judge of a device's sessions: beside its gateway, or among the centre's detectors."""

    CENTRE = "centre"
    HOME = "home"


class ConsentState(StrEnum):
    """The consent of a resident, or a cohabitant, to being looked after from afar. A limited one allows what it names."""

    GIVEN = "given"
    LIMITED = "limited"
    REVOKED = "revoked"


class CohabitantSleeps(StrEnum):
    """A cohabitant's sleeping place, as seen from the room that the resident's device looks into."""

    SAME_BED = "same_bed"
    SAME_ROOM = "same_room"
    ELSEWHERE = "elsewhere"


class Mark(StrEnum):
    """A mark on a resident that those who look, ring or drive have to know."""

    HEARS_BADLY = "hears_badly"
    SEES_BADLY = "sees_badly"
    LANGUAGE = "language"
    """Speaks little or no Swedish; which language stands in the notes."""
    MAY_GO_OUT = "may_go_out"
    """May leave the home at night."""
    DOG = "dog"
    THREAT = "threat"
    """Staff have been threatened there."""
    ELECTRICITY_DEPENDENT = "electricity_dependent"
    """Depends on a device that a power cut stops."""


class ContactHours(StrEnum):
    """The hours at which a contact may be rung."""

    ANY = "any"
    DAY = "day"
    NIGHT = "night"


class DecisionKind(StrEnum):
    """The ground for supervision: a decision, or an offer without an individual test (social services act of 1 July 2025)."""

    DECISION = "decision"
    OFFER_WITHOUT_TEST = "offer_without_test"


class AfterTrial(StrEnum):
    """A person's word about what comes after the trial."""

    GOES_ON = "goes_on"
    VISITS = "visits"


class GivenHow(StrEnum):
    """The way in which a consent was given."""

    SPOKEN = "spoken"
    WRITTEN = "written"
    SHOWN = "shown"
    """By signs, gestures or pictures."""


class Capacity(StrEnum):
    """The person's capacity to decide about this, as whoever asked found it."""

    ABLE = "able"
    IN_DOUBT = "in_doubt"


class ConsentTo(StrEnum):
    """A use that a limited consent may allow: a device with a camera, one with sensors only, that people see the pictures."""

    CAMERA = "camera"
    SENSORS = "sensors"
    SHOWN_TO_PEOPLE = "shown_to_people"


class Role(StrEnum):
    """A user's role in a town (rights: ``core/roles.py``). 0.2.0 wrote ``planner`` and ``engineer`` for coordinator and installer."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    LEAD = "lead"
    CARER = "carer"
    CASE_OFFICER = "case_officer"
    COORDINATOR = "coordinator"
    INSTALLER = "installer"
    AUDITOR = "auditor"
    ADMIN = "admin"

    @classmethod
    def _missing_(cls, value: object) -> "Role | None":
        return {"planner": cls.COORDINATOR, "engineer": cls.INSTALLER}.get(str(value))


class InvitationAnswer(StrEnum):
    """End of an invitation to a town's people."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Channel(StrEnum):
    """The channel by which a notice reaches a carer."""

    SMS = "sms"
    CALL = "call"


class ReceiptState(StrEnum):
    """The end of a session for the gateway: either one ends it."""

    COMMITTED = "committed"
    REFUSED = "refused"


class LinkState(StrEnum):
    """The state of a device's link, as its status or its last will says."""

    UP = "up"
    GONE = "gone"


class Refusal(StrEnum):
    """The reason for refusing a message. Counted and logged under these words, nowhere else."""

    NOT_CBOR = "not_cbor"
    NOT_JSON = "not_json"
    NOT_VALID = "not_valid"
    SEALED = "sealed"
    VERSION_UNKNOWN = "version_unknown"
    TOO_LARGE = "too_large"
    TOO_MANY_FRAMES = "too_many_frames"
    TOO_MANY_SAMPLES = "too_many_samples"
    FRAME_TOO_LARGE = "frame_too_large"
    NOT_JPEG = "not_jpeg"
    FRAMES_OUT_OF_ORDER = "frames_out_of_order"
    TOPIC_MISMATCH = "topic_mismatch"
    RETAINED = "retained"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_ATTEMPT = "unknown_attempt"
    OTHER_JUDGE = "other_judge"
    CONSENT_REVOKED = "consent_revoked"
    COMMAND_EXPIRED = "command_expired"


class Cause(StrEnum):
    """Reason for an attempt. The first is on the device's list; the others come by command."""

    SCHEDULED = "scheduled"
    RECHECK = "recheck"
    RETRY = "retry"
    CATCH_UP = "catch_up"
    ASKED = "asked"
    """A person asked to look again."""


class Who(StrEnum):
    """Part of the staff that a step of a dispatch asks."""

    PATROL = "patrol"
    SECOND_PATROL = "second_patrol"
    LEAD = "lead"
    FIXED = "fixed"


class RaisedFor(StrEnum):
    """Reason for which a person raises an alarm; ``other`` needs a note."""

    CALLED = "called"
    RELATIVE = "relative"
    STAFF = "staff"
    """Staff ask for help, or for somebody to go there."""
    NO_ANSWER = "no_answer"
    OTHER = "other"


class ClearFor(StrEnum):
    """The reason for a clear picture where the town shows it blurred first. A clear look without one is refused."""

    NOT_ENOUGH = "not_enough"
    """The blurred picture does not say whether somebody is there, or how they lie."""
    WORRIED = "worried"
    """Something in it, or around it, gives cause for worry."""
    ASKED = "asked_for"
    """The person has asked for it."""


class Heed(StrEnum):
    """The way of a reply to an operator (a lead, where the home care answers): none, on the screen, or with a sound."""

    NOTHING = "nothing"
    SHOW = "show"
    SOUND = "sound"


class Duty(StrEnum):
    """Task of a shift."""

    PATROL = "patrol"
    LEAD = "lead"


class SubstituteReason(StrEnum):
    """Reason why another stands in on a shift."""

    SWAP = "swap"
    SICK = "sick"
    PHONE = "phone"


class ImportAction(StrEnum):
    """Effect of an import on one row."""

    ADDED = "added"
    CHANGED = "changed"
    ENDED = "ended"
    LEFT = "left"
    """In the database and not in the file: left as it is, since forgetting a line ends nobody's supervision."""
