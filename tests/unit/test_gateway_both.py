"""A home with a camera and sensors: one look takes both, and what one of them lacks is said beside the other."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import cv2
import numpy as np
import pytest

from gateway import sensors
from gateway.eye import Eye
from gateway.session import pack_session
from gateway.sources import BadSource, open_sources
from gateway.taken import CannotCapture, Taken
from gateway.waking import Waking
from schemas import limits
from schemas.messages import Capture, Frame, SensorChannel, Session
from schemas.vocabulary import DeviceKind, Show
from schemas.wire import decode

SMALL = Capture(fps=2, width=160, height=120)
NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
HEADER = Session(session_id="s1", org="ekby", device="b27", kind=DeviceKind.CAMERA, started_at=NOW, seconds=10)
LOOK = Waking("attempt", 10, Show.ALWAYS, NOW, uuid4(), 1)


def noise(size: int, seed: int) -> bytes:
    picture = np.random.default_rng(seed).integers(0, 255, (size, size), np.uint8)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())


PICTURES = Taken(frames=tuple(Frame(ms=n * 200, jpeg=noise(32, n)) for n in range(4)))
LOAD = Taken(channels=(SensorChannel(name="bed", quantity="bed_load_kg", ms=(0, 200), values=((71.0,), (71.2,))),))


class Half:
    """A camera or sensors that do as they are told."""

    def __init__(self, kind: DeviceKind, gives: Taken | Exception, fault: str | None = None) -> None:
        self.kind = kind
        self.gives = gives
        self.why = fault

    def take(self, seconds: int, capture: Capture, stopped: Callable[[], bool]) -> Taken:
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives

    def fault(self) -> str | None:
        return self.why

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        return iter(PICTURES.frames)


class Meets(Half):
    """One that gives what it has only once the other has begun as well."""

    def __init__(self, kind: DeviceKind, gives: Taken, both: threading.Barrier) -> None:
        super().__init__(kind, gives)
        self.both = both

    def take(self, seconds: int, capture: Capture, stopped: Callable[[], bool]) -> Taken:
        self.both.wait(20)
        return super().take(seconds, capture, stopped)


class Hangs(Half):
    """One that gives no answer until it is let go."""

    def __init__(self, kind: DeviceKind) -> None:
        super().__init__(kind, Taken())
        self.let_go = threading.Event()

    def take(self, seconds: int, capture: Capture, stopped: Callable[[], bool]) -> Taken:
        self.let_go.wait(20)
        return super().take(seconds, capture, stopped)


def camera(gives: Taken | Exception = PICTURES, fault: str | None = None) -> Half:
    return Half(DeviceKind.CAMERA, gives, fault)


def load(gives: Taken | Exception = LOAD, fault: str | None = None) -> Half:
    return Half(DeviceKind.SENSORS, gives, fault)


async def look(*sources: Half, lamp: Callable[[bool], None] = lambda lit: None) -> Taken:
    return await Eye(sources, lamp).take(5, SMALL, threading.Event())


def test_one_setting_names_a_camera_and_sensors() -> None:
    both = open_sources("scene:asleep + sensor:asleep", seed=3)
    assert [source.kind for source in both] == [DeviceKind.CAMERA, DeviceKind.SENSORS]
    assert [source.kind for source in open_sources("sensor:asleep")] == [DeviceKind.SENSORS]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("scene:asleep + camera:0", "one camera"),
        ("sensor:asleep + sensor:empty", "one camera"),
        ("scene:asleep + ", "use camera:N"),
        ("scene:asleep + ghost", "ghost"),
    ],
)
def test_what_is_no_camera_with_sensors_is_said(text: str, says: str) -> None:
    with pytest.raises(BadSource, match=says):
        open_sources(text)


async def test_camera_and_sensors_are_read_over_the_same_seconds() -> None:
    met, shown = threading.Barrier(2), list[bool]()
    taken = await look(Meets(DeviceKind.CAMERA, PICTURES, met), Meets(DeviceKind.SENSORS, LOAD, met), lamp=shown.append)
    assert taken == Taken(frames=PICTURES.frames, channels=LOAD.channels)
    assert shown == [True, False]


SILENT = Taken(channels=(SensorChannel(name="bed", quantity="bed_load_kg", ms=(), values=()),))


@pytest.mark.parametrize(
    ("sources", "taken"),
    [
        (
            (camera(CannotCapture("camera does not open")), load()),
            Taken(channels=LOAD.channels, fault="camera does not open"),
        ),
        (
            (camera(), load(CannotCapture("samples not readable"))),
            Taken(frames=PICTURES.frames, fault="sensors: samples not readable"),
        ),
        ((camera(), load(OSError("driver"))), Taken(frames=PICTURES.frames, fault="sensors failed: OSError")),
        ((camera(Taken()), load()), Taken(channels=LOAD.channels, fault="camera gave nothing")),
        ((camera(), load(SILENT)), Taken(frames=PICTURES.frames, fault="sensors gave nothing")),
        (
            (camera(CannotCapture("recording not found")), load(CannotCapture("no such series of samples"))),
            Taken(fault="camera: recording not found; sensors: no such series of samples"),
        ),
    ],
)
async def test_what_fails_is_named_beside_what_the_other_gave(sources: tuple[Half, Half], taken: Taken) -> None:
    assert await look(*sources) == taken


@pytest.mark.parametrize("kind", [DeviceKind.CAMERA, DeviceKind.SENSORS])
async def test_a_hanging_source_delays_no_other_and_keeps_the_lamp(
    monkeypatch: pytest.MonkeyPatch, kind: DeviceKind
) -> None:
    monkeypatch.setattr("gateway.eye.SLACK_S", -4.5)
    monkeypatch.setattr("gateway.eye.FREE_S", 0.05)
    hangs, shown = Hangs(kind), list[bool]()
    other = load() if kind is DeviceKind.CAMERA else camera()
    eye = Eye((hangs, other), shown.append)
    first = await eye.take(5, SMALL, threading.Event())
    second = await eye.take(5, SMALL, threading.Event())
    hangs.let_go.set()
    assert (first.fault, second.fault) == (f"{kind} gave no answer", f"{kind} still busy")
    assert first.frames + first.channels == second.frames + second.channels != ()
    assert shown == [True], "what hangs may still be open"


@pytest.mark.parametrize(
    ("one", "other", "faults"),
    [
        (None, None, {}),
        ("camera does not open", None, {DeviceKind.CAMERA: "camera does not open"}),
        (None, "folder is empty", {DeviceKind.SENSORS: "sensors: folder is empty"}),
    ],
)
async def test_each_is_tried_beforehand(one: str | None, other: str | None, faults: dict[DeviceKind, str]) -> None:
    assert await Eye((camera(fault=one), load(fault=other)), lambda lit: None).faults() == faults


async def test_a_live_look_is_the_cameras_and_sensors_alone_have_none() -> None:
    for sources, seen in (((load(), camera()), 1), ((load(),), 0)):
        eye = Eye(sources, lambda lit: None)
        assert len([frame async for frame in eye.live(5, SMALL, threading.Event())][:1]) == seen


def readings(count: int) -> tuple[SensorChannel, ...]:
    cells = tuple((20.25,) * 16 for _ in range(count))
    return (SensorChannel(name="bed", quantity="thermal_c", rows=4, columns=4, ms=tuple(range(count)), values=cells),)


def test_frames_make_room_for_the_samples_beside_them() -> None:
    frames = tuple(Frame(ms=n * 200, jpeg=noise(160, n)) for n in range(50))
    alone, _ = pack_session(HEADER, LOOK, Taken(frames=frames))
    assert len(alone) < limits.SESSION_BYTES_AIM
    payload, fault = pack_session(HEADER, LOOK, Taken(frames=frames, channels=readings(3000)))
    session = decode(Session, payload)
    assert fault is None and session.channels == readings(3000)
    assert 25 <= len(session.frames) < 50 and len(payload) <= limits.SESSION_BYTES_AIM + 20_000


def test_too_many_samples_do_not_take_the_frames_along() -> None:
    payload, fault = pack_session(HEADER, LOOK, Taken(frames=PICTURES.frames, channels=readings(20_000)))
    session = decode(Session, payload)
    assert session.frames == PICTURES.frames and session.channels == ()
    assert session.fault == fault and fault is not None and "bytes of samples" in fault


def test_samples_are_counted_by_the_cell() -> None:
    assert sensors.cut_channels(readings(3125), 10)[0].ms == tuple(range(3125))
    with pytest.raises(sensors.NoSeries, match="50016 samples"):
        sensors.cut_channels(readings(3126), 10)
