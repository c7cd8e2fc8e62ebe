"""Messages between home, detector and centre, as pydantic models (docs/contract.md).

What we build ourselves may have no unknown field; what we receive may (see :mod:`schemas.wire`), so that an
older part goes on working beside a newer one. Instants are aware and in UTC; picture coordinates are
fractions of width and height, origin top left.
"""

from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from schemas import limits
from schemas.parts import Fraction as Fraction
from schemas.parts import Instant, Number, Seconds, Short
from schemas.parts import Name as Name
from schemas.parts import Part as Part
from schemas.room import Profile as Profile
from schemas.room import Quantity
from schemas.room import RestlessMap as RestlessMap
from schemas.room import Row as Row
from schemas.room import Zone as Zone
from schemas.vocabulary import REASONS, Answer, DeviceKind, JudgePlace, LinkState, Reason, ReceiptState, Show


class Message(Part):
    """One message. ``v`` is the version of its form."""

    binary: ClassVar[bool] = False
    """CBOR in an envelope when true, JSON when not."""
    limit: ClassVar[int] = limits.MESSAGE_BYTES
    """Bytes on the wire at most."""

    v: Literal[1] = 1


class Envelope(Part):
    """The envelope of a binary message: ``body`` is the CBOR of the message, or its sealed form.

    With ``sealed``, ``key_id`` says with which key and ``nonce`` is the cipher's own. Nothing seals yet; who
    has no key refuses.
    """

    v: Literal[1] = 1
    sealed: bool = False
    key_id: Name | None = None
    nonce: bytes | None = None
    body: bytes


class Pulse(Message):
    """The centre's time, sent to all devices each 20 s; without it no device wakes."""

    now: Instant


class Capture(Part):
    """A camera's settings for its sessions."""

    fps: float = Field(default=5.0, ge=1.0, le=12.0)
    width: int = Field(default=640, ge=160, le=limits.FRAME_WIDTH)
    height: int = Field(default=480, ge=120, le=limits.FRAME_HEIGHT)
    jpeg_quality: int = Field(default=80, ge=30, le=95)


class ScheduledAttempt(Part):
    """One look that the device has to make by itself."""

    check_id: UUID
    attempt: int = Field(ge=1, le=20)
    opens_at: Instant
    closes_at: Instant
    seconds: Seconds
    show: Show

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens_at >= self.closes_at:
            raise ValueError(
                f"check {self.check_id}: opens_at {self.opens_at} is not before closes_at {self.closes_at}"
            )
        return self


class Config(Message):
    """A device's wanted state for the next 36 hours: an explicit list, no schedule logic on the device.

    ``withdrawn`` says that nobody may look: no consent, or bound to nobody. An empty list alone says only that
    nothing is owed; commands may still come. ``judge`` is ``home`` where only findings of the home's own judge are
    believed, and left out where only the centre's detectors' are.
    """

    version: int = Field(ge=1)
    judge: JudgePlace | None = None
    withdrawn: bool = False
    attempts: tuple[ScheduledAttempt, ...] = Field(default=(), max_length=500)
    capture: Capture = Capture()
    profile: Profile = Profile()


class Command(Message):
    """Order to look now, for an open case: ``attempt`` is one more session, ``live`` is frames to a screen.

    A mounting is a case too: ``lamp`` lights the lamp and opens no camera, ``empty`` takes the room with nobody in it,
    ``trial`` is a session that no check waits for. A gateway of before 0.3.0 refuses these three.
    ``case`` is the id of the check, alarm or mounting that it is tied to; a device does nothing without one.
    """

    command_id: UUID
    kind: Literal["attempt", "live", "lamp", "empty", "trial"]
    case: UUID
    check_id: UUID | None = None
    attempt: int | None = Field(default=None, ge=1, le=20)
    seconds: Seconds
    show: Show = Show.ALWAYS
    expires_at: Instant

    @model_validator(mode="after")
    def _an_attempt_says_whose(self) -> Self:
        if self.kind == "attempt" and (self.check_id is None or self.attempt is None):
            raise ValueError(f"command {self.command_id}: kind attempt needs check_id and attempt")
        return self


class Preflight(Part):
    """Trial of the camera shortly before an attempt; no picture is kept or sent."""

    check_id: UUID
    attempt: int = Field(ge=1, le=20)
    fault: Short | None = None


class Status(Message):
    """A device's state, each minute and on change; ``gone`` is its last will.

    ``boot`` is random at each start of the gateway, ``connection`` counts its connects from 1, ``sequence`` its statuses
    from 1. A will has its own connection's numbers and comes after all else of that connection. A gateway of before
    0.2.0 sends no ``boot``.
    ``wall_offset_s`` is the device's own clock minus the pulse's, seconds; it is only reported. ``judge_ok`` says whether
    the judge beside the gateway is alive; a gateway without one leaves it out. ``signal_dbm`` is its radio's strength; on a
    cable it is left out.
    """

    link: LinkState
    config_version: int | None = None
    software: Short = ""
    camera_ok: bool | None = None
    fault: Short | None = None
    wall_offset_s: Number | None = None
    pending_sessions: int = Field(default=0, ge=0)
    preflight: tuple[Preflight, ...] = Field(default=(), max_length=50)
    judge_ok: bool | None = None
    signal_dbm: int | None = Field(default=None, ge=-150, le=0)
    boot: Name | None = None
    connection: int = Field(default=0, ge=0, le=limits.COUNTER)
    sequence: int = Field(default=0, ge=0, le=limits.COUNTER)


class Frame(Part):
    """One JPEG, ``ms`` after the session's start."""

    ms: int = Field(ge=0, le=120_000)
    jpeg: bytes


class SensorChannel(Part):
    """One sensor's series: ``values[i]`` was read ``ms[i]`` after the start, one number a cell, row by row.

    ``quantity`` says what and in which unit: ``thermal_c`` (°C, rows × columns), ``ambient_c`` (°C),
    ``bed_load_kg``, ``bed_pressure`` (0–1), ``presence`` (0 or 1), ``door_open`` (0 or 1), ``movement``
    (0–1). A reading that failed is left out, time and value: NaN is not a reading.
    """

    name: Name
    quantity: Quantity
    rows: int = Field(default=1, ge=1, le=64)
    columns: int = Field(default=1, ge=1, le=64)
    ms: tuple[Annotated[int, Field(ge=0, le=120_000)], ...] = Field(max_length=limits.SAMPLES)
    values: tuple[tuple[Number, ...], ...] = Field(max_length=limits.SAMPLES)

    @model_validator(mode="after")
    def _a_whole_series_in_order(self) -> Self:
        if len(self.ms) != len(self.values):
            raise ValueError(f"channel {self.name}: {len(self.ms)} times but {len(self.values)} values")
        cells = self.rows * self.columns
        if any(len(row) != cells for row in self.values):
            raise ValueError(f"channel {self.name}: each value needs {cells} cells ({self.rows}x{self.columns})")
        if any(later <= earlier for earlier, later in pairwise(self.ms)):
            raise ValueError(f"channel {self.name}: its times are not in order")
        return self


class Session(Message):
    """One recording: a header, and frames or samples or both, or a ``fault`` in their stead.

    A home with a camera and sensors sends both in one session; ``kind`` is then ``camera``. Where one of them failed,
    ``fault`` says so beside what the other gave. ``replayed`` says that the frames are a short recording played forwards
    and backwards, as a demonstration plays it: from a camera, pictures that come again mean a stuck device. ``purpose`` is that
    of a mounting's session, which no check waits for and nobody is shown: the room with nobody in it, or a trial.
    """

    binary: ClassVar[bool] = True
    limit: ClassVar[int] = limits.SESSION_BYTES

    session_id: Name
    org: Name
    device: Name
    kind: DeviceKind
    check_id: UUID | None = None
    attempt: int | None = Field(default=None, ge=1, le=20)
    command_id: UUID | None = None
    started_at: Instant
    seconds: Seconds
    show: Show = Show.DEVIATION
    software: Short = ""
    profile: Profile = Profile()
    fault: Short | None = None
    replayed: bool = False
    purpose: Literal["empty", "trial"] | None = None
    frames: tuple[Frame, ...] = Field(default=(), max_length=limits.FRAMES)
    channels: tuple[SensorChannel, ...] = Field(default=(), max_length=32)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.fault is not None and self.frames and self.channels:
            raise ValueError(f"session {self.session_id}: a fault comes in the stead of frames or of samples")
        if (self.check_id is None) != (self.attempt is None):
            raise ValueError(f"session {self.session_id}: check_id and attempt belong together")
        return self


class Evidence(Part):
    """One thing that the detector saw: what, in which zone, how much."""

    what: Name
    zone: Name | None = None
    value: Number | None = None


class Finding(Message):
    """The detector's answer to one session.

    ``reasons`` are the most telling first; the plan acts on the first. ``measures`` are named numbers for
    people who ask why. ``pictures`` is how many frames were published for a person to see. ``signature`` is the structure of
    the room, where the session showed it with nobody in it for a mounting, and ``restless`` what moved in it all the same.
    """

    session_id: Name
    org: Name
    device: Name
    check_id: UUID | None = None
    attempt: int | None = Field(default=None, ge=1, le=20)
    command_id: UUID | None = None
    answer: Answer
    reasons: tuple[Reason, ...] = Field(default=(), max_length=limits.REASONS)
    people: int | None = Field(default=None, ge=0, le=limits.PEOPLE)
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=limits.EVIDENCE)
    measures: dict[Name, Number] = Field(default_factory=dict, max_length=limits.MEASURES)
    started_at: Instant | None = None
    timings_ms: dict[Name, Number] = Field(default_factory=dict, max_length=200)
    pictures: int = Field(default=0, ge=0, le=limits.FRAMES)
    detail: Short = ""
    profile_version: int = Field(default=1, ge=1)
    signature: tuple[Row, ...] = Field(default=(), max_length=64)
    restless: RestlessMap | None = None
    detector: Short = ""

    @model_validator(mode="after")
    def _reasons_fit_the_answer(self) -> Self:
        allowed = REASONS[self.answer]
        if not allowed and self.reasons:
            raise ValueError(f"finding {self.session_id}: {self.answer} takes no reason, got {self.reasons[0]}")
        if allowed and (not self.reasons or self.reasons[0] not in allowed):
            raise ValueError(f"finding {self.session_id}: {self.answer} needs one of its own reasons first")
        if self.answer is Answer.IN_BED and not (self.evidence and self.people):
            # Green needs evidence (docs/guarantees.md#2-green-needs-evidence): the contract itself has no other green.
            raise ValueError(f"finding {self.session_id}: in_bed needs evidence and the number of people seen")
        return self


class Picture(Message):
    """Frames of a session that a person may have to see. Memory only, never stored."""

    binary: ClassVar[bool] = True
    limit: ClassVar[int] = limits.SESSION_BYTES

    session_id: Name
    org: Name
    device: Name
    frames: tuple[Frame, ...] = Field(max_length=limits.FRAMES)


class HomeFinding(Finding):
    """A finding of the judge beside a gateway.

    ``pictures`` is how many frames are sent with it, unasked; ``frames_kept`` how many the home holds that it may be asked for.
    """

    frames_kept: int = Field(default=0, ge=0, le=limits.FRAMES)


class HomeSession(Session):
    """A session that the judge beside its gateway could not judge: a person has to look."""


class HomePicture(Picture):
    """Frames from the home itself, of a session that was judged there."""


def is_for_people(show: Show, answer: Answer) -> bool:
    """Return whether people are shown the frames of a session so answered: each that is not in bed, or all of them."""
    return show is Show.ALWAYS or answer is not Answer.IN_BED


def leave_home_unasked(show: Show, answer: Answer, reasons: tuple[Reason, ...]) -> bool:
    """Return whether the frames of a session that a home has judged so go before the centre asks for them.

    Not while the number of people is the doubt: it is looked at once more first, and until then no person is shown them.
    """
    return is_for_people(show, answer) and reasons[:1] != (Reason.COUNT,)


class LiveFrame(Message):
    """One frame of a live look; ``last`` closes it."""

    binary: ClassVar[bool] = True
    limit: ClassVar[int] = limits.SESSION_BYTES

    command_id: UUID
    org: Name
    device: Name
    sequence: int = Field(ge=0)
    frame: Frame | None = None
    last: bool = False


class Receipt(Message):
    """Acknowledgement of a session: the centre has its finding in the database, or never takes it. Either ends the session.

    ``frames_wanted`` asks a home that has judged it for its frames, which it keeps for a minute: a person has to look.
    """

    session_id: Name
    state: ReceiptState
    reason: Short | None = None
    frames_wanted: bool | None = None

    @model_validator(mode="after")
    def _a_refusal_says_why(self) -> Self:
        if self.state is ReceiptState.REFUSED and not self.reason:
            raise ValueError(f"receipt {self.session_id}: refused needs a reason")
        return self


class DetectorStatus(Message):
    """Sign of life of a detector, sent each 20 s; ``gone`` is its last will."""

    detector_id: Name
    version: Short
    link: LinkState


MESSAGES: dict[str, type[Message]] = {
    "pulse": Pulse,
    "config": Config,
    "command": Command,
    "status": Status,
    "session": Session,
    "finding": Finding,
    "picture": Picture,
    "live": LiveFrame,
    "receipt": Receipt,
    "home_finding": HomeFinding,
    "home_session": HomeSession,
    "home_picture": HomePicture,
    "detector": DetectorStatus,
}
"""Messages by the word that names them in their topic."""
