"""A home's missing half: half a session is never green, and what the other half saw stands."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from detector import signature
from detector.clip import decode
from detector.judge import judge
from drawn_homes import thermal
from schemas.messages import Profile, Session, Zone
from schemas.vocabulary import Answer, DeviceKind, Reason
from tests.unit.detector_sessions import grey, jpeg, night
from tests.unit.test_detector_together import GONE, LIES, load

WRONG, TELL, BED, NONE = Answer.SOMETHING_WRONG, Answer.CANNOT_TELL, Answer.IN_BED, Answer.NOT_SEEN
SILENT = load(71.0).model_copy(update={"ms": (), "values": ()})


def both(scene: str, *channels: object, **more: object) -> Session:
    """Return a session of a home that has a camera and a load cell."""
    shown = night(scene)
    profile = shown.profile.model_copy(update={"senses": ("camera", "bed_load_kg")})
    return shown.model_copy(update={"profile": profile, "channels": channels, **more})


def test_whole_it_is_judged_as_both_say() -> None:
    assert judge(both("asleep", LIES)).answer is BED


@pytest.mark.parametrize("fault", [None, "why it is not there"])
@pytest.mark.parametrize(
    ("sent", "answer", "reasons", "lacks"),
    [
        (partial(both, "asleep"), TELL, (Reason.FAULT,), "bed_load_kg"),
        (partial(both, "asleep", SILENT), TELL, (Reason.TOO_SHORT, Reason.FAULT), "bed_load_kg"),
        (partial(both, "asleep", LIES, frames=()), TELL, (Reason.FAULT,), "camera"),
        (partial(both, "empty"), TELL, (Reason.FAULT,), "bed_load_kg"),
        (partial(both, "empty", GONE, frames=()), TELL, (Reason.FAULT,), "camera"),
        (partial(both, "covered"), TELL, (Reason.COVERED, Reason.FAULT), "bed_load_kg"),
        (partial(both, "fallen"), WRONG, (Reason.ON_FLOOR, Reason.FAULT), "bed_load_kg"),
    ],
)
def test_half_a_session_is_never_green_and_never_hides_a_fall(
    sent: Callable[[], Session], answer: Answer, reasons: tuple[Reason, ...], lacks: str, fault: str | None
) -> None:
    said = judge(sent().model_copy(update={"fault": fault}))
    assert (said.answer, said.reasons) == (answer, reasons)
    assert (fault or f"nothing came of {lacks}") in said.detail


@pytest.mark.parametrize("scene", ["asleep", "fallen"])
def test_a_fault_is_a_doubt_with_an_empty_profile_too(scene: str) -> None:
    said = judge(night(scene).model_copy(update={"fault": "sensors gave nothing"}))
    assert said.answer is (TELL if scene == "asleep" else WRONG)
    assert said.reasons[-1] is Reason.FAULT and said.measures == judge(night(scene)).measures


def test_a_fault_alone_says_no_more_than_itself() -> None:
    said = judge(both("asleep", frames=(), fault="camera does not open"))
    assert (said.answer, said.reasons, said.detail) == (TELL, (Reason.FAULT,), "camera does not open")


def test_a_home_that_lacks_one_of_its_sensors_is_not_green() -> None:
    bed = both("asleep", LIES, frames=())
    alone = bed.model_copy(update={"profile": Profile(senses=("bed_load_kg",))})
    assert judge(alone).answer is BED
    assert judge(alone.model_copy(update={"profile": Profile(senses=("bed_load_kg", "thermal_c"))})).answer is TELL


# ---- whose view a zone lies in ----


def warm(scene: str, posture: str, *zones: Zone) -> Session:
    """Return a session of a camera and a drawn thermal array, *zones* beside the camera's own."""
    shown = night(scene)
    profile = shown.profile.model_copy(update={"zones": shown.profile.zones + zones})
    return shown.model_copy(update={"profile": profile, "channels": thermal.draw_array(posture, 1, 10)})


_BED = Profile.model_validate(thermal.array_profile()).zones[0]
ARRAY = _BED.model_copy(update={"name": "bed_warm", "seen_by": DeviceKind.SENSORS})


@pytest.mark.parametrize(
    ("scene", "posture", "answer", "reason"),
    [
        ("asleep", "asleep", BED, None),
        ("empty", "asleep", TELL, Reason.CONTRADICTORY),
        ("asleep", "empty", TELL, Reason.CONTRADICTORY),
        ("fallen", "asleep", TELL, Reason.CONTRADICTORY),
        ("fallen", "empty", WRONG, Reason.ON_FLOOR),
        ("empty", "empty", NONE, None),
    ],
)
def test_a_camera_and_an_array_each_have_their_own_bed(
    scene: str, posture: str, answer: Answer, reason: Reason | None
) -> None:
    said = judge(warm(scene, posture, ARRAY))
    assert (said.answer, *said.reasons[:1]) == ((answer,) if reason is None else (answer, reason))


def test_the_arrays_bed_is_none_of_the_cameras() -> None:
    whole = ARRAY.model_copy(update={"polygon": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))})
    assert judge(warm("fallen", "empty", whole).model_copy(update={"channels": ()})) == judge(night("fallen"))


def test_the_cameras_bed_is_none_of_the_arrays() -> None:
    said = judge(warm("asleep", "asleep"))
    assert (said.answer, said.reasons) == (TELL, (Reason.OUT_OF_RANGE,))
    alone = warm("asleep", "asleep").model_copy(update={"frames": ()})
    asked = alone.profile.model_copy(update={"senses": ("camera", "thermal_c")})
    assert Reason.OUT_OF_RANGE in judge(alone.model_copy(update={"profile": asked})).reasons


# ---- a doubt that is more than stillness ----


@pytest.mark.parametrize("share", [0.5, 0.7, 0.85])
def test_a_warm_place_beside_the_bed_is_no_stillness(share: float) -> None:
    """The camera sees somebody in bed; the array sees that, and somebody nearly as warm where the camera may not look."""
    asked = warm("asleep", "asleep", ARRAY)
    array, ambient = asked.channels
    cells = np.asarray(array.values)
    noise = np.random.default_rng(1).normal(0, 0.07, (len(cells), 2))
    cells[:, :2] = ambient.values[0][0] + share * (np.median(cells, axis=0).max() - ambient.values[0][0]) + noise
    two_warm = array.model_copy(update={"values": tuple(map(tuple, cells))})
    said = judge(asked.model_copy(update={"channels": (two_warm, ambient)}))
    assert (said.answer, said.reasons) == (TELL, (Reason.STILL,))
    assert "warm_outside" in {evidence.what for evidence in said.evidence}


def test_movement_then_stillness_may_be_a_left_warm_bed() -> None:
    asked = warm("empty", "asleep", ARRAY)
    rng = np.random.default_rng(5)
    frames = []
    for number, frame in enumerate(asked.frames):
        picture = grey(frame)
        if number < len(asked.frames) // 3:
            picture[100:300, 210:330] += rng.normal(0.0, 25.0, (20, 12)).repeat(10, 0).repeat(10, 1)
        frames.append(frame.model_copy(update={"jpeg": jpeg(picture)}))
    asked = asked.model_copy(update={"frames": tuple(frames)})
    assert "then not at all" in judge(asked.model_copy(update={"channels": ()})).detail
    assert judge(asked).answer is TELL


def test_a_bed_that_looks_empty_is_no_stillness() -> None:
    """Something moves in it, and the bed's structure is that of the empty room: a weight does not make a green of that."""
    asked = both("asleep", LIES)
    clip = decode(asked.frames)
    assert clip is not None
    known = asked.profile.model_copy(update={"signature": signature.to_rows(signature.structure_of(clip.pictures))})
    said = judge(asked.model_copy(update={"profile": known}))
    assert (said.answer, said.reasons) == (TELL, (Reason.STILL,))


def test_an_array_with_its_own_bed_zone_ignores_the_cameras() -> None:
    """A session of samples alone, of a home whose ``senses`` nobody wrote down."""
    whole = Zone(name="bed", kind="bed", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    room = Profile(zones=(whole, ARRAY))
    fallen = warm("fallen", "fallen").model_copy(update={"frames": (), "profile": room})
    assert judge(fallen).reasons == (Reason.ON_FLOOR,)
