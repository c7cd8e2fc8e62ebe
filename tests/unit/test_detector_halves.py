"""What a home has to send and does not: half a session is never green, and what the other half saw stands."""

import pytest

from detector.judge import judge
from gateway import sensors
from schemas.messages import Profile, Session, Zone
from schemas.vocabulary import Answer, DeviceKind, Reason
from tests.unit.detector_sessions import night
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
    ("session", "answer", "reasons", "lacks"),
    [
        (both("asleep"), TELL, (Reason.FAULT,), "bed_load_kg"),
        (both("asleep", SILENT), TELL, (Reason.TOO_SHORT, Reason.FAULT), "bed_load_kg"),
        (both("asleep", LIES, frames=()), TELL, (Reason.FAULT,), "camera"),
        (both("empty"), TELL, (Reason.FAULT,), "bed_load_kg"),
        (both("empty", GONE, frames=()), TELL, (Reason.FAULT,), "camera"),
        (both("covered"), TELL, (Reason.COVERED, Reason.FAULT), "bed_load_kg"),
        (both("fallen"), WRONG, (Reason.ON_FLOOR, Reason.FAULT), "bed_load_kg"),
    ],
)
def test_half_a_session_is_never_green_and_never_hides_a_fall(
    session: Session, answer: Answer, reasons: tuple[Reason, ...], lacks: str, fault: str | None
) -> None:
    said = judge(session.model_copy(update={"fault": fault}))
    assert (said.answer, said.reasons) == (answer, reasons)
    assert (fault or f"nothing came of {lacks}") in said.detail


@pytest.mark.parametrize("scene", ["asleep", "fallen"])
def test_a_fault_is_a_doubt_even_where_the_profile_asks_for_nothing(scene: str) -> None:
    said = judge(night(scene).model_copy(update={"fault": "sensors gave nothing"}))
    assert said.answer is (TELL if scene == "asleep" else WRONG)
    assert said.reasons[-1] is Reason.FAULT and said.measures == judge(night(scene)).measures


def test_a_fault_alone_says_no_more_than_itself() -> None:
    said = judge(both("asleep", frames=(), fault="camera does not open"))
    assert (said.answer, said.reasons, said.detail) == (TELL, (Reason.FAULT,), "camera does not open")


def test_a_sensor_home_that_lacks_one_of_its_sensors_is_not_green() -> None:
    bed = both("asleep", LIES, frames=())
    alone = bed.model_copy(update={"profile": Profile(senses=("bed_load_kg",))})
    assert judge(alone).answer is BED
    assert judge(alone.model_copy(update={"profile": Profile(senses=("bed_load_kg", "thermal_c"))})).answer is TELL


# ---- whose view a zone lies in ----


def warm(scene: str, posture: str, *zones: Zone) -> Session:
    """Return a session of a camera and a drawn thermal array, *zones* beside the camera's own."""
    shown = night(scene)
    profile = shown.profile.model_copy(update={"zones": shown.profile.zones + zones})
    return shown.model_copy(update={"profile": profile, "channels": sensors.draw(posture, 1, 10)})


_BED = Profile.model_validate(sensors.profile()).zones[0]
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
