"""The closed lists of the service: one word, one meaning, used by every part and every table."""

from enum import IntEnum, StrEnum


class Answer(StrEnum):
    """What a detector, or a person, says of one session."""

    IN_BED = "in_bed"
    NOT_SEEN = "not_seen"
    SOMETHING_WRONG = "something_wrong"
    CANNOT_TELL = "cannot_tell"


class Reason(StrEnum):
    """Why that answer; the plan acts on the reason, so a finding carries exactly one as its first."""

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
    Answer.CANNOT_TELL: frozenset(
        {
            Reason.COVERED,
            Reason.PARTLY_COVERED,
            Reason.DARK,
            Reason.OVEREXPOSED,
            Reason.DEFOCUSED,
            Reason.MOVED,
            Reason.FROZEN,
            Reason.TOO_SHORT,
            Reason.OUT_OF_RANGE,
            Reason.CONTRADICTORY,
            Reason.REJECTED,
            Reason.FAULT,
            Reason.COUNT,
            Reason.STILL,
            Reason.PERSON_UNSURE,
        }
    ),
}
"""Which reasons go with which answer. ``in_bed`` and ``not_seen`` need none."""


class AlarmKind(StrEnum):
    """What an alarm is about. Somebody must act."""

    SOMETHING_WRONG = "something_wrong"
    NOT_SEEN = "not_seen"
    CANNOT_TELL = "cannot_tell"
    NOBODY_LOOKED = "nobody_looked"
    TECHNICAL = "technical"
    SERVICE = "service"
    MANUAL = "manual"
    TEST = "test"


class Priority(IntEnum):
    """1 is the most urgent."""

    FIRST = 1
    SECOND = 2
    THIRD = 3


class Outcome(StrEnum):
    """How an alarm ended. ``other`` needs a note."""

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


class Obstacle(StrEnum):
    """What a carer met at the door: not an outcome, it keeps the alarm open."""

    CANNOT_GET_IN = "cannot_get_in"
    NOBODY_HOME = "nobody_home"


class Condition(StrEnum):
    """What the evidence says now; kept apart from what people do about it."""

    ACTIVE = "active"
    CLEARED = "cleared"


class CancelReason(StrEnum):
    """Why an owed check is not made."""

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


class Instead(StrEnum):
    """What comes in a cancelled check's stead."""

    VISIT = "visit"
    NOTHING = "nothing"


class HandledBy(StrEnum):
    """Who runs the supervision: an alarm centre with operators, or the home care itself."""

    ALARM_CENTRE = "alarm_centre"
    HOME_CARE = "home_care"


class GreenBy(StrEnum):
    """Who may turn this resident's checks green: a person, or the detector once a planner has signed."""

    OPERATOR = "operator"
    DETECTOR = "detector"


class Show(StrEnum):
    """Which sessions' pictures a person may have to look at."""

    ALWAYS = "always"
    DEVIATION = "deviation"


class DeviceKind(StrEnum):
    """What a device senses with; one with a camera is ``camera``, whatever sensors it has beside it."""

    CAMERA = "camera"
    SENSORS = "sensors"


class ConsentState(StrEnum):
    """The consent of a resident, or a cohabitant, to being looked after from afar. A limited one allows what it names."""

    GIVEN = "given"
    LIMITED = "limited"
    REVOKED = "revoked"


class CohabitantSleeps(StrEnum):
    """Where a resident's cohabitant sleeps, as seen from the room that the resident's device looks into."""

    SAME_BED = "same_bed"
    SAME_ROOM = "same_room"
    ELSEWHERE = "elsewhere"


class ConsentTo(StrEnum):
    """A use that a limited consent may allow: a device with a camera, one with sensors only, that people see the pictures."""

    CAMERA = "camera"
    SENSORS = "sensors"
    SHOWN_TO_PEOPLE = "shown_to_people"


class Role(StrEnum):
    """What a user may do."""

    OPERATOR = "operator"
    CARER = "carer"
    LEAD = "lead"
    PLANNER = "planner"
    ADMIN = "admin"
    ENGINEER = "engineer"


class Channel(StrEnum):
    """How a notice reaches a carer."""

    SMS = "sms"
    CALL = "call"


class ReceiptState(StrEnum):
    """What became of a session; either ends it for the gateway."""

    COMMITTED = "committed"
    REFUSED = "refused"


class Link(StrEnum):
    """The state of a device's link, as its status or its last will says."""

    UP = "up"
    GONE = "gone"


class Refusal(StrEnum):
    """Why a message was not taken. Counted and logged under these words, nowhere else."""

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
    """The resident has called, or pressed a button of another system's."""
    RELATIVE = "relative"
    """Somebody close, or a neighbour, has called."""
    STAFF = "staff"
    """Staff ask for help, or for somebody to go there."""
    NO_ANSWER = "no_answer"
    """The resident doesn't answer as was agreed."""
    OTHER = "other"


class ClearFor(StrEnum):
    """Why somebody sees a picture clear where the town shows it blurred first. A clear look without a reason is refused."""

    NOT_ENOUGH = "not_enough"
    """The blurred picture does not say whether somebody is there, or how they lie."""
    WORRIED = "worried"
    """Something in it, or around it, gives cause for worry."""
    ASKED = "asked_for"
    """The person has asked for it."""


class Heed(StrEnum):
    """How a reply reaches an operator (a lead, where the home care answers): not at all, on the screen, or with a sound."""

    NOTHING = "nothing"
    SHOW = "show"
    SOUND = "sound"


class Duty(StrEnum):
    """Task of a shift."""

    PATROL = "patrol"
    LEAD = "lead"


class ImportAction(StrEnum):
    """Effect of an import on one row."""

    ADDED = "added"
    CHANGED = "changed"
    ENDED = "ended"
    LEFT = "left"
    """In the database and not in the file: left as it is, since forgetting a line ends nobody's supervision."""
