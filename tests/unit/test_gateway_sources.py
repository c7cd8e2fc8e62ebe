"""A session's sources: where its seconds come from, how they are cut down, and how they fail."""

import http.server
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import drawn_homes
from drawn_homes import thermal
from gateway import fit
from gateway.eye import Eye, lamp
from gateway.session import pack_session, shrink_session
from gateway.sources import BadSource, Camera, Source, bouncing_index, open_source
from gateway.taken import CannotCapture, Taken
from gateway.waking import Waking
from schemas import jpeg, limits
from schemas.messages import Capture, Frame, Profile, SensorChannel, Session
from schemas.vocabulary import DeviceKind, Show
from schemas.wire import decode, encode
from tests.support.waiting import eventually
from tests.unit.detector_sessions import drawn

SMALL = Capture(fps=2, width=160, height=120)


def never() -> bool:
    return False


def textured(width: int, height: int, seed: int = 0) -> bytes:
    picture = np.random.default_rng(seed).integers(0, 255, (height, width), np.uint8)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())


def decoded(data: bytes) -> npt.NDArray[np.float64]:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return np.asarray(picture, np.float64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(4):
        (tmp_path / f"{number:03}.jpg").write_bytes(textured(64, 48, number))
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "use camera:N"),
        ("camera:front", "use camera:N"),
        ("scene:asleep,ghost", "ghost"),
        ("sensor:ghost", "asleep"),
        ("file:", "use camera:N"),
        ("file:x?fps=many", "fps"),
        ("ftp://example.org/x", "use camera:N"),
    ],
)
def test_a_bad_source_says_what_there_is(text: str, says: str) -> None:
    with pytest.raises(BadSource, match=says):
        open_source(text)


def test_frames_are_played_to_and_fro() -> None:
    assert [bouncing_index(n, 4) for n in range(9)] == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert [bouncing_index(n, 1) for n in range(3)] == [0, 0, 0]


def test_a_folder_fills_its_seconds_with_its_own_bytes(folder: Path) -> None:
    taken = open_source(f"file:{folder}").take(5, Capture(fps=2), never)
    names = [f"{bouncing_index(n, 4):03}.jpg" for n in range(10)]
    assert [frame.jpeg for frame in taken.frames] == [(folder / name).read_bytes() for name in names]
    assert [frame.ms for frame in taken.frames] == [500 * n for n in range(10)]


def test_a_folder_filmed_faster_than_wanted_is_thinned(folder: Path) -> None:
    taken = open_source(f"file:{folder}?fps=4").take(5, Capture(fps=2), never)
    assert [frame.ms for frame in taken.frames] == [500 * n for n in range(10)]


@pytest.mark.parametrize("path", ["nowhere", "empty"])
def test_a_missing_or_empty_recording_is_a_fault(tmp_path: Path, path: str) -> None:
    (tmp_path / "empty").mkdir()
    source = open_source(f"file:{tmp_path / path}")
    assert source.fault()
    with pytest.raises(CannotCapture):
        source.take(5, SMALL, never)


def test_a_broken_picture_is_left_out_and_counted(folder: Path) -> None:
    (folder / "000.jpg").write_bytes(b"\xff\xd8 rubbish")
    taken = open_source(f"file:{folder}").take(5, SMALL, never)
    assert taken.broken and taken.frames
    assert all(jpeg.size(frame.jpeg) for frame in taken.frames)


def test_a_recording_that_is_no_picture_is_a_fault(folder: Path) -> None:
    for name in folder.iterdir():
        name.write_bytes(b"not a jpeg")
    with pytest.raises(CannotCapture, match="no JPEG"):
        open_source(f"file:{folder}").take(5, SMALL, never)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (320, 240))
    for number in range(30):
        picture = np.full((240, 320, 3), 40, np.uint8)
        cv2.circle(picture, (20 + 9 * number, 120), 18, (200, 200, 200), -1)
        writer.write(picture)
    writer.release()
    return path


def test_a_film_is_sampled_made_smaller_and_played_to_and_fro(film: Path) -> None:
    taken = open_source(f"file:{film}").take(5, SMALL, never)
    assert len(taken.frames) == 10
    assert {jpeg.size(frame.jpeg) for frame in taken.frames} == {(160, 120)}
    assert taken.frames[5].jpeg != taken.frames[4].jpeg == taken.frames[6].jpeg


@pytest.fixture
def stream(film: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(film.parent)))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/film.avi"
    server.shutdown()
    serving.join()
    server.server_close()


@contextmanager
def pictures_of(shown: Sequence[bytes]) -> Iterator[str]:
    """A camera's stream of JPEGs, and its address."""

    class PicturesSent(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            with suppress(OSError):
                for data in shown:
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                    self.wfile.write(head.encode() + data + b"\r\n")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), PicturesSent)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/live.mjpg"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


@pytest.mark.parametrize("broken", [b"\xff\xd8" + b"rubbish" * 30, b""], ids=["rubbish", "empty"])
@pytest.mark.parametrize("at", [0, 6])
def test_a_stream_goes_on_after_a_broken_picture(broken: bytes, at: int) -> None:
    rng = np.random.default_rng(1)
    shown = [bytes(cv2.imencode(".jpg", rng.integers(0, 255, (120, 160), np.uint8))[1].tobytes()) for _ in range(30)]
    shown[at] = broken
    ticks = (tick / 20 for tick in itertools.count())  # each look at the clock is a twentieth of a second later
    with pictures_of(shown) as address:
        taken = Camera(address, monotonic=lambda: next(ticks)).take(1, Capture(fps=12, width=160, height=120), never)
    assert taken.frames[-1].ms > 800, "to its end"
    assert taken.broken == 1


def test_a_stream_is_read_and_let_go(stream: str) -> None:
    source = open_source(stream)
    assert source.fault() is None
    frames = list(source.live(5, Capture(fps=12, width=160, height=120)))
    assert frames and jpeg.size(frames[0].jpeg) == (160, 120)


def test_a_stopped_look_gives_no_more_pictures(stream: str) -> None:
    with pytest.raises(CannotCapture, match="no picture"):
        open_source(stream).take(5, SMALL, lambda: True)


@pytest.mark.parametrize("text", ["camera:97", "http://127.0.0.1:9/nothing"])
def test_a_camera_that_does_not_open_is_a_fault(text: str) -> None:
    source = open_source(text)
    assert source.fault() == "camera does not open"
    with pytest.raises(CannotCapture, match="does not open"):
        source.take(5, SMALL, never)


def test_too_many_bytes_give_fewer_frames_before_stronger_jpeg() -> None:
    frames = [Frame(ms=100 * n, jpeg=textured(320, 240, n)) for n in range(100)]
    size = len(frames[0].jpeg)
    thinner = fit.cut_frames(frames, 10, aim=60 * size)
    assert 25 <= len(thinner) <= 60 and {len(f.jpeg) for f in thinner} <= {len(f.jpeg) for f in frames}
    stronger = fit.cut_frames(frames, 10, aim=10 * size)
    assert len(stronger) == 25 and sum(len(f.jpeg) for f in stronger) <= 10 * size
    assert (stronger[0].ms, stronger[-1].ms) == (0, 9900)


def test_a_session_is_cut_as_far_as_it_goes() -> None:
    frames = tuple(Frame(ms=100 * n, jpeg=textured(320, 240, n)) for n in range(50))
    header = Session(
        session_id="s1",
        org="ekby",
        device="b27",
        kind=DeviceKind.CAMERA,
        started_at=datetime(2026, 11, 22, 1, tzinfo=UTC),
        seconds=5,
    )
    whole = encode(header.model_copy(update={"frames": frames}))
    half, fits = shrink_session(whole, len(whole) // 2)
    assert fits and len(half) <= len(whole) // 2
    smallest, fits = shrink_session(whole, 1_000)
    assert not fits and 1_000 < len(smallest) < len(half)
    assert len(decode(Session, smallest).frames) == 12


def test_a_session_has_at_most_120_frames_of_1920_by_1080() -> None:
    assert len(fit.cut_frames([Frame(ms=n, jpeg=textured(16, 16)) for n in range(300)], 60)) == limits.FRAMES
    assert fit.allowed_fps(12, 60) == 2
    large = fit.cut_frames([Frame(ms=0, jpeg=textured(2400, 1600))], 10, aim=10_000_000)
    width, height = jpeg.size(large[0].jpeg)
    assert width <= limits.FRAME_WIDTH and height <= limits.FRAME_HEIGHT


def test_a_header_that_claims_an_absurd_size_is_not_decoded() -> None:
    data = bytearray(textured(64, 48))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = (60_000).to_bytes(2, "big") * 2
    with pytest.raises(fit.TooLarge, match="60000x60000"):
        fit.cut_frames([Frame(ms=0, jpeg=bytes(data))], 10)


@pytest.mark.parametrize("name", drawn_homes.SCENES)
def test_each_scene_fits_a_session_and_repeats_by_its_seed(name: str) -> None:
    source = open_source(f"scene:{name}", seed=5)
    taken = source.take(10, Capture(), never)
    assert len(taken.frames) == 50
    assert sum(len(frame.jpeg) for frame in taken.frames) <= limits.SESSION_BYTES_AIM
    assert open_source(f"scene:{name}", seed=5).take(10, Capture(), never) == taken
    assert source.take(1, Capture(), never).frames != taken.frames[:5], "another look is another ten seconds"
    Profile.model_validate(drawn_homes.profile(name))
    mean = float(np.mean([decoded(frame.jpeg).mean() for frame in taken.frames[::10]]))
    assert mean < 6 if name == "dark" else 15 < mean < 60


def moving(name: str, zone: str) -> tuple[int, int]:
    """Return how many blocks stand out over time, inside *zone* and outside the bed and it."""
    shown = drawn(name, 2, 10.0, 5.0)
    small = np.stack([cv2.resize(decoded(x), (320, 240), interpolation=cv2.INTER_AREA) for x in shown])
    blocks = small.reshape(len(shown), 30, 8, 40, 8).mean((2, 4))
    blocks -= np.median(blocks, axis=(1, 2), keepdims=True)
    deviation = blocks.std(0)
    masks = {}
    for part in Profile.model_validate(drawn_homes.profile(name)).zones:
        mask = np.zeros((30, 40), np.uint8)
        cv2.fillPoly(mask, [np.array([(x * 40, y * 30) for x, y in part.polygon], np.int32)], 1)
        masks[part.name] = mask > 0
    live = deviation > 3 * np.median(deviation)
    inside = masks[zone]
    bed = np.any([mask for part, mask in masks.items() if part.startswith("bed")], axis=0)
    return int((live & inside).sum()), int((live & ~inside & ~bed).sum())


@pytest.mark.parametrize(
    ("name", "zone", "lives"),
    [
        ("asleep", "bed", True),
        ("still_duvet", "bed", False),
        ("empty", "bed", False),
        ("fallen", "floor", True),
        ("fallen", "bed", False),
        ("asleep_couple", "bed_left", True),
        ("asleep_couple", "bed_right", True),
        ("couple_one_missing", "bed_left", True),
        ("couple_one_missing", "bed_right", False),
    ],
)
def test_life_is_drawn_where_the_scene_says(name: str, zone: str, lives: bool) -> None:
    inside, _ = moving(name, zone)
    assert inside >= 10 if lives else inside <= 2


@pytest.mark.parametrize("name", ["asleep", "still_duvet", "empty"])
def test_nothing_moves_outside_the_bed_when_nobody_is_there(name: str) -> None:
    assert moving(name, "bed")[1] == 0


def test_scenes_take_turns_and_the_last_one_stays() -> None:
    source = open_source("scene:up,asleep", seed=1)
    shown = [source.take(5, SMALL, never) for _ in range(3)]
    again = open_source("scene:asleep", seed=1)
    again.take(5, SMALL, never)
    assert shown[1] == again.take(5, SMALL, never)
    assert shown[2] == again.take(5, SMALL, never)


@pytest.mark.parametrize("name", thermal.POSTURES)
def test_drawn_sensors_are_warm_where_somebody_is(name: str) -> None:
    taken = open_source(f"sensor:{name}", seed=3).take(10, Capture(), never)
    thermal, ambient = taken.channels
    assert (thermal.rows, thermal.columns, len(thermal.ms)) == (4, 4, len(ambient.ms)) and len(thermal.ms) == 30
    spread = float(np.mean([max(v) - min(v) for v in thermal.values]))
    assert spread < 1.5 if name in ("empty", "just_left") else spread > 2.5


def test_recorded_samples_come_in_turn_or_by_name(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    lines = ["session,t_s,ambient_c,cell1_c,cell2_c,cell3_c,cell4_c"]
    lines += [f"{name},{n * 0.5},21.0,22,23,24,{n}" for name in ("a", "b") for n in range(30)]
    path.write_text("\n".join(lines))
    source = open_source(f"samples:{path}")
    assert source.kind is DeviceKind.SENSORS
    first = source.take(10, Capture(), never)
    assert len(first.channels[0].ms) == 20 and first.channels[0].values[3] == (22.0, 23.0, 24.0, 3.0)
    assert open_source(f"samples:{path}#b").take(10, Capture(), never) == source.take(10, Capture(), never)
    with pytest.raises(CannotCapture, match="no such series"):
        open_source(f"samples:{path}#c").take(10, Capture(), never)


@pytest.mark.parametrize("text", ["", "session,t_s,cell1_c\na,x,1", "session,t_s\na,1", "session,t_s,cell1_c\na,1"])
def test_bad_samples_are_a_fault(tmp_path: Path, text: str) -> None:
    path = tmp_path / "samples.csv"
    path.write_text(text)
    with pytest.raises(CannotCapture, match="samples"):
        open_source(f"samples:{path}").take(10, Capture(), never)


def test_recorded_thermal_windows_are_read(footage: Path) -> None:
    taken = open_source(f"samples:{footage / 'thermal' / 'samples.csv.gz'}").take(10, Capture(), never)
    assert taken.channels[0].quantity == "thermal_c" and len(taken.channels[0].ms) == 26


class Slow:
    """A camera that holds until it is let go."""

    kind = DeviceKind.CAMERA

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def take(self, seconds: int, capture: Capture, stopped: Callable[[], bool]) -> Taken:
        self.let_go.wait(20)
        return Taken()

    def fault(self) -> str | None:
        return None

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        for number in range(40):
            yield Frame(ms=number, jpeg=b"x")


async def test_a_camera_that_hangs_is_given_up_and_not_opened_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.eye.SLACK_S", -4.95)
    monkeypatch.setattr("gateway.eye.FREE_S", 0.05)
    slow, shown = Slow(), list[bool]()
    eye = Eye((slow,), shown.append)
    assert await eye.take(5, SMALL, threading.Event()) == Taken(fault="camera gave no answer")
    assert await eye.take(5, SMALL, threading.Event()) == Taken(fault="camera still busy")
    assert shown == [True], "it may still be open, so the lamp stays lit"
    slow.let_go.set()
    await eventually(lambda: shown == [True, False])
    assert await eye.take(5, SMALL, threading.Event()) == Taken(fault="camera gave nothing")


async def test_a_live_look_keeps_only_the_newest_frame_for_a_slow_link() -> None:
    seen, shown = list[Frame](), list[bool]()
    eye, stop = Eye((Slow(),), shown.append), threading.Event()
    async for frame in eye.live(5, SMALL, stop):
        seen.append(frame)
        if len(seen) == 1:
            await eventually(lambda: shown == [True, False])
    assert len(seen) <= 3 and seen[-1].ms == 39
    assert stop.is_set()


def test_a_session_that_no_broker_takes_becomes_a_fault() -> None:
    wide = tuple((0.5,) * 64 for _ in range(10_000))
    channel = SensorChannel(name="bed", quantity="thermal_c", rows=8, columns=8, ms=tuple(range(10_000)), values=wide)
    now = datetime(2026, 11, 22, 1, tzinfo=UTC)
    look = Waking("attempt", 10, Show.ALWAYS, now, uuid4(), 2)
    header = Session(session_id="s1", org="ekby", device="b27", kind=DeviceKind.SENSORS, started_at=now, seconds=10)
    payload, fault = pack_session(header, look, Taken(channels=(channel,)))
    session = decode(Session, payload)
    assert fault is not None and session.fault == fault and "bytes of samples" in fault
    assert (session.check_id, session.attempt, session.channels) == (look.check_id, 2, ())


def test_the_lamp_is_lit_while_somebody_looks(tmp_path: Path) -> None:
    led = tmp_path / "brightness"
    show = lamp(led)
    show(True)
    assert led.read_text() == "1"
    show(False)
    assert led.read_text() == "0"
    lamp(tmp_path / "nowhere" / "brightness")(True)


def sources() -> list[Source]:
    return [open_source(text) for text in ("scene:asleep", "sensor:asleep", "file:.", "camera:0")]


def test_every_source_is_of_one_kind() -> None:
    assert [source.kind.value for source in sources()] == ["camera", "sensors", "camera", "camera"]
