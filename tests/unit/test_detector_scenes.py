"""The detector's answers on drawn nights: who is where, how many, and what is wrong."""

import numpy as np
import pytest

from detector.judge import judge
from schemas.messages import Session, Zone
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_alterations import Alteration, mirrored
from tests.unit.detector_sessions import grey, jpeg, night

SEEDS = (1, 2, 3)

SAYS: dict[str, tuple[Answer, Reason | None]] = {
    "asleep": (Answer.IN_BED, None),
    "asleep_couple": (Answer.IN_BED, None),
    "still_duvet": (Answer.NOT_SEEN, None),
    "empty": (Answer.NOT_SEEN, None),
    "fallen": (Answer.SOMETHING_WRONG, Reason.ON_FLOOR),
    "up": (Answer.SOMETHING_WRONG, Reason.UP),
    "sitting_up": (Answer.SOMETHING_WRONG, Reason.AT_EDGE),
    "covered": (Answer.CANNOT_TELL, Reason.COVERED),
    "dark": (Answer.CANNOT_TELL, Reason.DARK),
    "two": (Answer.CANNOT_TELL, Reason.COUNT),
    "couple_one_missing": (Answer.CANNOT_TELL, Reason.COUNT),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scene", SAYS)
def test_a_drawn_night(scene: str, seed: int) -> None:
    answer, reason = SAYS[scene]
    found = judge(night(scene, seed))
    assert (found.answer, found.reasons) == (answer, (reason,) if reason else ())
    assert found.measures


def test_the_same_session_gives_the_same_finding() -> None:
    asked = night("asleep")
    assert judge(asked) == judge(asked)


def test_it_says_where_it_saw_somebody_and_how_many() -> None:
    found = judge(night("asleep_couple"))
    assert found.people == 2
    assert {e.zone for e in found.evidence} == {"bed_left", "bed_right"}
    alone = judge(night("couple_one_missing"))
    assert alone.people == 1
    assert [e.zone for e in alone.evidence] == ["bed_left"]


@pytest.mark.parametrize(("seed", "shaken"), [(3, 640), (4, 1270), (8, 0), (8, 1)])
def test_two_in_one_bed_are_two_under_a_shaken_camera(seed: int, shaken: int) -> None:
    """The shaking hides half of what lasts; two peaks with a deep valley between them are two all the same."""
    for fps in (3.0, 4.0):
        assert judge(Alteration(shaken, ("shake",)).of(night("two", seed, fps=fps))).answer is not Answer.IN_BED


def test_a_sleeper_who_is_one_of_two_expected_is_not_enough() -> None:
    lonely = night("asleep")
    two = lonely.model_copy(update={"profile": lonely.profile.model_copy(update={"expected_people": 2})})
    assert judge(two).reasons == (Reason.COUNT,)


def test_a_mirrored_room_is_the_same_room() -> None:
    for scene in ("asleep", "fallen", "empty"):
        asked = night(scene)
        turned = tuple(f.model_copy(update={"jpeg": jpeg(grey(f)[:, ::-1])}) for f in asked.frames)
        there = asked.model_copy(update={"frames": turned, "profile": mirrored(asked.profile)})
        assert judge(there).answer == judge(asked).answer, scene


def test_somebody_beside_a_sleeper_is_never_green() -> None:
    """A sleeper and a guest who walks through: the resident is not alone."""
    asleep, up = night("asleep"), night("up")
    empty = grey(night("empty").frames[0])
    frames = []
    for lying, walking in zip(asleep.frames, up.frames, strict=True):
        both, other = grey(lying), grey(walking)
        guest = np.abs(other - empty) > 25.0
        both[guest] = other[guest]
        frames.append(lying.model_copy(update={"jpeg": jpeg(both)}))
    found = judge(asleep.model_copy(update={"frames": tuple(frames)}))
    assert found.answer is not Answer.IN_BED
    assert found.people is None or found.people >= 1


def test_who_lies_on_the_floor_is_said_once_with_the_place() -> None:
    """The strongest of what moves says where, and no number is made of an arm and a leg."""
    found = judge(night("fallen"))
    assert [(e.what, e.zone) for e in found.evidence] == [("moves_on_floor", "right_of_bed")]
    assert found.people in (None, 1)
    left, right, top, bottom = (found.measures[f"place_{side}"] for side in ("left", "right", "top", "bottom"))
    assert 0.5 < left < right < 1.0 and 0.4 < top < bottom < 0.8
    up = judge(night("up"))
    assert [(e.what, e.zone) for e in up.evidence] == [("moves_upright", "right_of_bed")]
    assert not any(name.startswith("place_") for name in judge(night("asleep")).measures)


def test_an_animal_in_the_bed_is_not_the_resident() -> None:
    """With animals in the home a small patch of movement is not enough."""
    rng = np.random.default_rng(4)
    empty = night("empty")
    fur = rng.normal(0.0, 18.0, (36, 44)).astype(np.float32)
    frames = []
    for number, frame in enumerate(empty.frames):
        picture = grey(frame)
        shift = round(5 + 5 * np.sin(number / 1.5))
        picture[230 : 230 + 36, 180 + shift : 180 + shift + 44] = 30.0 + fur
        frames.append(frame.model_copy(update={"jpeg": jpeg(picture)}))
    with_cat = empty.model_copy(
        update={"frames": tuple(frames), "profile": empty.profile.model_copy(update={"pets": True})}
    )
    found = judge(with_cat)
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.COUNT,))


def test_a_mask_is_never_looked_at() -> None:
    asked = night("up")
    everything = Zone(name="mask", kind="mask", polygon=((0.55, 0.0), (1.0, 0.0), (1.0, 1.0), (0.55, 1.0)))
    there = asked.profile.model_copy(update={"zones": (*asked.profile.zones, everything)})
    assert judge(asked.model_copy(update={"profile": there})).answer is Answer.NOT_SEEN


def test_without_a_bed_zone_nobody_is_in_bed() -> None:
    asked = night("asleep")
    nowhere = asked.profile.model_copy(update={"zones": ()})
    assert judge(asked.model_copy(update={"profile": nowhere})).answer is not Answer.IN_BED


def test_who_moves_much_and_then_is_gone_is_not_taken_for_asleep() -> None:
    """Large movement all over the bed, and stillness after it: somebody may have rolled out on the far side."""
    rng = np.random.default_rng(5)
    empty = night("empty")
    frames = []
    for number, frame in enumerate(empty.frames):
        picture = grey(frame)
        if number < len(empty.frames) // 3:
            picture[90:300, 110:330] += rng.normal(0.0, 40.0, (21, 22)).repeat(10, 0).repeat(10, 1)
        frames.append(frame.model_copy(update={"jpeg": jpeg(picture)}))
    assert judge(empty.model_copy(update={"frames": tuple(frames)})).answer is not Answer.IN_BED


def test_an_armchair_is_a_place_to_sleep() -> None:
    asked = night("asleep")
    zones = tuple(z.model_copy(update={"kind": "armchair"}) if z.kind == "bed" else z for z in asked.profile.zones)
    there: Session = asked.model_copy(update={"profile": asked.profile.model_copy(update={"zones": zones})})
    assert judge(there).answer is Answer.IN_BED


@pytest.mark.parametrize("scene", ["asleep", "sitting_up", "couple_one_missing"])
def test_a_bed_filling_the_picture_places_nobody(scene: str) -> None:
    asked = night(scene)
    everywhere = Zone(name="bed", kind="bed", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    room = asked.profile.model_copy(update={"zones": (everywhere,), "expected_people": 1})
    found = judge(asked.model_copy(update={"profile": room}))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.OUT_OF_RANGE,))
