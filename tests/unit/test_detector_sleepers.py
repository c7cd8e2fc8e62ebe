"""A sleeper is seen in bed, also when that is hard; ``python -m tests.bench.sleepers`` is the large run."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from detector.evaluate import camera_rows
from detector.judge import judge
from drawn_homes import profile
from schemas.messages import Profile
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_difficulties import DIFFICULTIES, made_harder
from tests.unit.detector_sessions import drawn, night, session, to_and_fro

TWO_AT_ONCE = [(), *combinations(DIFFICULTIES, 1), *combinations(DIFFICULTIES, 2)]


@pytest.mark.parametrize("names", TWO_AT_ONCE, ids=lambda names: "+".join(names) or "as_it_is")
@pytest.mark.parametrize("scene", ["asleep", "asleep_couple"])
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_sleeper_is_seen(scene: str, names: tuple[str, ...], seed: int) -> None:
    asked = made_harder(night(scene, seed, seconds=10.0, fps=5.0), names, np.random.default_rng(seed))
    assert judge(asked).answer is Answer.IN_BED


@pytest.mark.footage
def test_recorded_sleepers_under_a_blanket_or_still_are_seen(footage: Path) -> None:
    """A blanket's weave is no text, nor the floor behind a coder; who holds still and moves at the very end has not left."""
    asked = {row.session.session_id: row.session for row in camera_rows(footage)}
    for name, seed, names in (("s11c2", 101, ("blanket",)), ("s4_fall_01", 103, ("still",))):
        harder = made_harder(asked[name], names, np.random.default_rng([seed, len(names), 7]))
        assert judge(harder).answer is Answer.IN_BED, name


@pytest.mark.parametrize("names", TWO_AT_ONCE, ids=lambda names: "+".join(names) or "as_it_is")
def test_what_hides_a_sleeper_hides_no_second_one_and_makes_none(names: tuple[str, ...]) -> None:
    for scene in ("two", "couple_one_missing", "still_duvet"):
        asked = made_harder(night(scene, 1, seconds=10.0, fps=5.0), names, np.random.default_rng(1))
        assert judge(asked).answer is not Answer.IN_BED, scene


@pytest.mark.parametrize(("fps", "seconds"), [(6.0, 1.5), (4.0, 2.5), (3.0, 5.0), (5.0, 10.0)])
def test_people_are_counted_in_few_pictures_as_in_many(fps: float, seconds: float) -> None:
    """A recording too short is played to and fro, so that ten seconds hold nine pictures.

    Two are never one; one who stirs an arm may now and then be taken for two, which a person then looks at.
    """
    said = {}
    for scene in ("asleep", "two"):
        room = Profile.model_validate(profile(scene))
        played = [to_and_fro(drawn(scene, seed, seconds, fps), round(10.0 * fps)) for seed in (1, 2, 3, 4)]
        said[scene] = [judge(session(pictures, room, fps=fps, replayed=True)) for pictures in played]
    assert all(found.reasons == (Reason.COUNT,) for found in said["two"])
    assert [found.answer for found in said["asleep"]].count(Answer.IN_BED) >= 3


@pytest.mark.parametrize("count", [5, 7, 8, 9, 12])
def test_pictures_too_few_to_count_people_in_give_no_green(count: int) -> None:
    for seed in (1, 2, 3):
        pictures = drawn("two", seed, 8, 4)[:: 32 // count][:count]
        asked = session(pictures, Profile.model_validate(profile("two", expected=1)), fps=count / 8)
        assert judge(asked).answer is not Answer.IN_BED, seed


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("names", [(), ("blanket",), ("night",)], ids=lambda names: "+".join(names) or "as_it_is")
def test_a_camera_that_gives_a_picture_a_second_counts_nobody(names: tuple[str, ...], seed: int) -> None:
    pictures = drawn("two", seed, 16, 4)[::4]
    asked = session(pictures, Profile.model_validate(profile("two", expected=1)), fps=1.0)
    assert judge(made_harder(asked, names, np.random.default_rng(seed))).answer is not Answer.IN_BED


def test_a_picture_a_second_still_shows_who_has_fallen() -> None:
    asked = session(drawn("fallen", 1, 16, 4)[::4], Profile.model_validate(profile("fallen")), fps=1.0)
    assert judge(asked).answer is Answer.SOMETHING_WRONG


@pytest.mark.parametrize("names", [(), ("blanket",), ("night",)], ids=lambda names: "+".join(names) or "as_it_is")
def test_a_minute_shows_as_much_as_ten_seconds(names: tuple[str, ...]) -> None:
    for scene, answer in (("asleep", Answer.IN_BED), ("two", Answer.CANNOT_TELL)):
        asked = session(drawn(scene, 1, 60, 2.0), Profile.model_validate(profile(scene, expected=1)), fps=2.0)
        assert judge(made_harder(asked, names, np.random.default_rng(1))).answer is answer, scene


@pytest.mark.parametrize("seed", [7, 8, 10])
def test_two_beneath_a_blanket_are_two_in_ten_frames_too(seed: int) -> None:
    """The one who moves less does so by breath alone: in few pictures nothing of it is solid, but it is large."""
    short = session(drawn("two", seed, 1.6, 6.0), Profile.model_validate(profile("two")), fps=6.0)
    hidden = made_harder(short, ("blanket", "night"), np.random.default_rng(seed))
    found = judge(
        session(to_and_fro([frame.jpeg for frame in hidden.frames], 60), short.profile, fps=6.0, replayed=True)
    )
    assert found.reasons == (Reason.COUNT,)
