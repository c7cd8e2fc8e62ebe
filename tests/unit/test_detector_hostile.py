"""Hostile sessions get an answer, in time, and never green from noise."""

import struct
import time
from dataclasses import fields

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.judge import judge
from detector.thresholds import Thresholds
from schemas.messages import Frame, Profile, SensorChannel, Session, Zone
from schemas.vocabulary import Answer, DeviceKind, Reason
from tests.unit.detector_sessions import BED, NIGHT, grey, jpeg, night, sensors, session

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

fraction = st.floats(0, 1)
point = st.tuples(fraction, fraction)
zones = st.lists(
    st.builds(
        Zone,
        name=st.sampled_from(["bed", "side", "rug", "hide"]),
        kind=st.sampled_from(["bed", "floor", "door", "mask", "armchair"]),
        polygon=st.lists(point, min_size=3, max_size=8).map(tuple),
    ),
    max_size=4,
).map(tuple)
profiles = st.builds(
    Profile,
    zones=zones,
    expected_people=st.integers(1, 4),
    pets=st.booleans(),
    thresholds=st.dictionaries(st.sampled_from(["moving", "noise", "stray", "x"]), st.floats(-1e6, 1e6), max_size=2),
)


def judged_in_time(asked: Session) -> Answer:
    before = time.perf_counter()
    found = judge(asked)
    assert time.perf_counter() - before < 1.0
    return found.answer


@FEW
@given(room=profiles, jpegs=st.lists(st.binary(max_size=300), max_size=12))
def test_bytes_that_are_no_pictures(room: Profile, jpegs: list[bytes]) -> None:
    frames = [b"\xff\xd8" + data + b"\xff\xd9" for data in jpegs]
    assert judged_in_time(session(frames, room)) is Answer.CANNOT_TELL


@FEW
@given(
    room=profiles, at=st.lists(st.tuples(st.integers(0, 23), st.integers(2, 9000), st.integers(0, 255)), max_size=60)
)
def test_pictures_with_bytes_changed_on_their_way(room: Profile, at: list[tuple[int, int, int]]) -> None:
    frames = [bytearray(frame.jpeg) for frame in night("empty").frames[:24]]
    for number, place, value in at:
        frames[number][place % len(frames[number])] = value
    judged_in_time(session([bytes(frame) for frame in frames], room))


@FEW
@given(
    room=profiles,
    seed=st.integers(0, 2**31),
    kind=st.sampled_from(["white", "coarse", "walk", "constant", "salt", "rows"]),
    mean=st.floats(0, 255),
    size=st.sampled_from([(160, 120), (320, 240), (640, 480)]),
)
def test_noise_is_never_somebody_in_bed(
    room: Profile, seed: int, kind: str, mean: float, size: tuple[int, int]
) -> None:
    assert judged_in_time(session(noise(seed, kind, mean, size), room)) is not Answer.IN_BED


def noise(seed: int, kind: str, mean: float, size: tuple[int, int], frames: int = 16) -> list[bytes]:
    """Return frames that show nothing: new noise in each."""
    rng = np.random.default_rng(seed)
    shape = (size[1], size[0])
    level = float(rng.uniform(0.5, 60))
    made = []
    drift = np.zeros(shape, np.float32)
    for _ in range(frames):
        if kind == "constant":
            picture = np.full(shape, mean)
        elif kind == "coarse":
            small = rng.normal(mean, level, (shape[0] // 16, shape[1] // 16)).astype(np.float32)
            picture = cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)
        elif kind == "walk":
            drift += rng.normal(0, level / 4, shape).astype(np.float32)
            picture = mean + drift
        elif kind == "salt":
            picture = np.where(rng.random(shape) < 0.02, 255.0, mean)
        elif kind == "rows":
            picture = mean + rng.normal(0, level, (shape[0], 1)) + np.zeros(shape)
        else:
            picture = rng.normal(mean, level, shape)
        made.append(jpeg(np.asarray(picture, np.float32)))
    return made


@pytest.mark.parametrize("seed", range(6))
def test_a_still_room_under_noise_is_never_somebody_in_bed(seed: int) -> None:
    """Real structure, and noise of any strength and correlation over it."""
    rng = np.random.default_rng(seed)
    still = grey(night("still_duvet").frames[0])
    level, smooth = float(rng.uniform(1, 25)), float(rng.uniform(0.3, 6))
    frames = []
    for _ in range(24):
        grain = cv2.GaussianBlur(rng.normal(0, level, still.shape).astype(np.float32), (0, 0), smooth)
        frames.append(jpeg(still + grain, int(rng.integers(40, 95))))
    assert judge(session(frames, night("still_duvet").profile)).answer is not Answer.IN_BED


@FEW
@given(
    room=profiles,
    quantity=st.sampled_from(
        ["thermal_c", "ambient_c", "bed_load_kg", "bed_pressure", "presence", "door_open", "movement"]
    ),
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    cells=st.sampled_from([(1, 1), (4, 4), (8, 8), (1, 5), (64, 1)]),
)
def test_samples_of_any_kind(room: Profile, quantity: str, values: list[float], cells: tuple[int, int]) -> None:
    rows, columns = cells
    channel = SensorChannel.model_validate(
        {
            "name": "any",
            "quantity": quantity,
            "rows": rows,
            "columns": columns,
            "ms": [n * 400 for n in range(len(values))],
            "values": [(v,) * (rows * columns) for v in values],
        }
    )
    found = judge(sensors(channel, room=room))
    assert found.measures is not None


def test_times_that_stand_still_or_leap() -> None:
    pictures = [frame.jpeg for frame in night("asleep").frames]
    still = Session(
        session_id="s1", org="o", device="d", kind=DeviceKind.CAMERA, started_at=NIGHT, seconds=10, profile=BED,
        frames=tuple(Frame(ms=0, jpeg=p) for p in pictures),
    )  # fmt: skip
    assert judge(still).answer is Answer.CANNOT_TELL
    backwards = still.model_copy(update={"frames": tuple(Frame(ms=9000 - n, jpeg=p) for n, p in enumerate(pictures))})
    assert judge(backwards).answer is Answer.CANNOT_TELL


def test_a_great_many_large_frames_are_judged_in_a_second() -> None:
    picture = np.random.default_rng(1).normal(90, 20, (1080, 1920)).astype(np.float32)
    frames = [jpeg(picture + n, 30) for n in range(20)]
    assert judged_in_time(session(frames)) is not Answer.IN_BED


def lying(data: bytes) -> bytes:
    """Return a JPEG with the tag (Exif, orientation 6) that says that it lies on its side."""
    tag = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(tag) + 2) + tag + data[2:]


def test_pictures_of_which_some_lie_on_their_side() -> None:
    asked = night("asleep")
    pictures = [lying(f.jpeg) if n % 2 else f.jpeg for n, f in enumerate(asked.frames)]
    assert judge(session(pictures, asked.profile)).reasons == (Reason.CONTRADICTORY,)


def test_more_people_than_a_finding_holds() -> None:
    swaying = [(70.0 + n % 3,) for n in range(30)]
    beds = [
        SensorChannel.model_validate(
            {"name": f"bed{n}", "quantity": "bed_load_kg", "ms": range(0, 9000, 300), "values": swaying}
        )
        for n in range(32)
    ]
    assert judge(sensors(*beds)).reasons == (Reason.COUNT,)
    asked = night("asleep")
    crowd = tuple(asked.profile.zones[0].model_copy(update={"name": f"bed{n}"}) for n in range(32))
    asked = asked.model_copy(update={"profile": asked.profile.model_copy(update={"zones": crowd})})
    assert judge(asked).reasons == (Reason.COUNT,)


@pytest.mark.parametrize("number", [0.0, -1.0, 1e-9, 1e9, -1e308])
def test_a_threshold_that_makes_no_sense_is_passed_over(number: float) -> None:
    for name, scene in (
        ("least_blocks", "fallen"),
        ("strong", "empty"),
        ("violent", "asleep"),
        ("least_seconds", "up"),
    ):
        asked = night(scene)
        room = asked.profile.model_copy(update={"thresholds": {name: number}})
        assert judge(asked.model_copy(update={"profile": room})) == judge(asked), name


def test_a_threshold_for_this_room_is_taken() -> None:
    asked = night("asleep")
    room = asked.profile.model_copy(update={"thresholds": {"least_distinct": 40.0}})
    assert judge(asked.model_copy(update={"profile": room})).reasons == (Reason.TOO_SHORT,)


def test_an_empty_bed_weighs_nothing_whatever_a_profile_says() -> None:
    empty = SensorChannel(
        name="bed", quantity="bed_load_kg", ms=tuple(range(0, 9000, 300)), values=((0.4,), (0.9,)) * 15
    )
    for number in (0.0, -5.0, 0.25):
        room = BED.model_copy(update={"thresholds": {"bed_load_kg": number}})
        assert judge(sensors(empty, room=room)).answer is Answer.NOT_SEEN


@FEW
@given(
    scene=st.sampled_from(["empty", "still_duvet", "covered"]),
    thresholds=st.dictionaries(
        st.sampled_from([field.name for field in fields(Thresholds)]), st.floats(allow_nan=False, allow_infinity=False)
    ),
)
def test_whatever_the_thresholds_there_is_an_answer(scene: str, thresholds: dict[str, float]) -> None:
    asked = night(scene)
    judged_in_time(asked.model_copy(update={"profile": asked.profile.model_copy(update={"thresholds": thresholds})}))
