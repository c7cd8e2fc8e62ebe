"""The map of what moves when nobody is there: taught by empty takes, fading, and only ever a doubt."""

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError

from detector.calibrate import NoTake, calibrate
from detector.judge import judge
from detector.restless import COLUMNS, ROWS
from schemas.messages import Profile, RestlessMap, Session
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import NIGHT, grey, jpeg, night


def with_fan(asked: Session, *, at: tuple[int, int] = (480, 400), seed: int = 5) -> Session:
    """Return *asked* with a fan's blades turning on the floor, 90 pixels wide, their middle *at* (across, down)."""
    y, x = np.mgrid[0:480, 0:640].astype(np.float32)
    away, angle = np.hypot(x - at[0], (y - at[1]) * 2), np.arctan2((y - at[1]) * 2, x - at[0])
    rng, frames = np.random.default_rng(seed), []
    for frame in asked.frames:
        picture: npt.NDArray[np.float32] = grey(frame)
        blades = 60 + 50 * (np.sin(3 * angle + 2.3 * frame.ms / 1000) > 0) + rng.normal(0, 1.5, picture.shape)
        frames.append(frame.model_copy(update={"jpeg": jpeg(np.where(away < 45, blades, picture))}))
    return asked.model_copy(update={"frames": tuple(frames)})


def taught(scene: str = "empty", *, at: tuple[int, int] = (480, 400)) -> Profile:
    """Return a drawn home's profile after a take of it empty, with the fan going."""
    return calibrate(
        with_fan(night("empty"), at=at, seed=6).frames, night(scene).profile, at=NIGHT, moves_by_itself=True
    )


def seen_by(profile: Profile, asked: Session, *, days: float = 0.0) -> Session:
    return asked.model_copy(update={"profile": profile, "started_at": NIGHT + timedelta(days=days)})


def test_a_fan_on_the_floor_is_a_doubt_once_it_is_known() -> None:
    asked = with_fan(night("empty"))
    assert judge(asked).answer is Answer.SOMETHING_WRONG
    found = judge(seen_by(taught(), asked))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.CONTRADICTORY,))
    assert {e.what for e in found.evidence} == {"moves_by_itself"}


def test_the_map_makes_no_green_and_hides_nobody_in_bed() -> None:
    found = judge(seen_by(taught("asleep"), with_fan(night("asleep"))))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.COUNT,))


@pytest.mark.parametrize("scene", ["fallen", "up", "sitting_up"])
def test_whoever_moves_beside_the_fan_is_still_told(scene: str) -> None:
    place = (45, 440)
    alone = judge(night(scene))
    beside = judge(seen_by(taught(scene, at=place), with_fan(night(scene), at=place)))
    assert (beside.answer, beside.reasons) == (alone.answer, alone.reasons)


def test_the_map_fades_in_sixty_days() -> None:
    asked, profile = with_fan(night("empty")), taught()
    said = [judge(seen_by(profile, asked, days=days)).answer for days in (0, 30, 61)]
    assert said == [Answer.CANNOT_TELL, Answer.CANNOT_TELL, Answer.SOMETHING_WRONG]
    assert judge(seen_by(profile, asked, days=-3)).answer is Answer.CANNOT_TELL


def test_a_second_take_keeps_of_the_first_what_has_not_faded() -> None:
    first = taught()
    later = calibrate(night("empty", 1).frames, first, at=NIGHT + timedelta(days=20))
    assert first.restless and later.restless and later.restless.taken_at == NIGHT + timedelta(days=20)
    before, after = np.array(first.restless.cells), np.array(later.restless.cells)
    assert 0 < after.max() < before.max() <= 9
    assert calibrate(night("empty").frames, later, at=NIGHT + timedelta(days=90)).restless is None


def test_the_map_holds_nothing_of_the_bed() -> None:
    found = taught().restless
    assert found is not None and np.array(found.cells).shape == (ROWS, COLUMNS)
    zone = np.array(night("empty").profile.zones[0].polygon)
    left, right = int(zone[:, 0].min() * COLUMNS) + 2, int(zone[:, 0].max() * COLUMNS) - 2
    assert not np.array(found.cells)[7:9, left:right].any()
    assert Profile.model_validate_json(taught().model_dump_json()).restless == found


def test_a_take_with_something_moving_has_to_be_vouched_for() -> None:
    with pytest.raises(NoTake, match="moves"):
        calibrate(with_fan(night("empty")).frames, night("empty").profile, at=NIGHT)
    with pytest.raises(NoTake, match="moves"):
        calibrate(night("asleep").frames, night("asleep").profile, at=NIGHT, moves_by_itself=True)


def test_a_take_of_a_room_in_which_all_moves_teaches_nothing() -> None:
    """Half of the room crawls: a map of that would hide whoever falls there."""
    asked, rng = night("empty"), np.random.default_rng(8)
    waves = rng.normal(0, 12, (15, 40)).astype(np.float32)
    frames = []
    for frame in asked.frames:
        picture = grey(frame)
        picture[240:] += np.kron(waves * np.sin(frame.ms / 900 + waves), np.ones((16, 16), np.float32))
        frames.append(frame.model_copy(update={"jpeg": jpeg(picture)}))
    with pytest.raises(NoTake, match="moves"):
        calibrate(frames, asked.profile, at=NIGHT, moves_by_itself=True)


@pytest.mark.parametrize("cells", [(), ((0, 10),), ((0, -1),), ((0,), (0, 0)), ((0,) * 33,), ((0,),) * 19])
def test_a_map_out_of_bounds_is_refused(cells: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValidationError):
        RestlessMap(taken_at=datetime(2026, 11, 22, tzinfo=UTC), cells=cells)
