"""A curtain in a draught over an empty room: it hangs, and is nobody who stands."""

import numpy as np
import pytest

from detector.judge import judge
from schemas.messages import Session
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import grey, jpeg, night


def with_curtain(
    asked: Session, *, fold: float = 12.0, rate: float = 0.3, hem: float = 0.6, swing: float = 5.0
) -> Session:
    """Return *asked* with a curtain down the picture's right side, to *hem* of its height, that swings *rate* times a second."""
    tall, wide = round(480 * hem), 96
    y, x = np.mgrid[0:tall, 0:wide].astype(np.float32)
    rng, frames = np.random.default_rng(5), []
    for frame in asked.frames:
        picture = grey(frame)
        sway = swing * np.sin(2 * np.pi * rate * frame.ms / 1000 + y / 120) * (y / tall)
        cloth = 0.4 * (120 + 40 * np.sin(2 * (x + sway) / fold) + 12 * np.sin((x + sway) / 3.1))
        picture[:tall, 640 - wide :] = cloth + rng.normal(0, 1.5, cloth.shape)
        frames.append(frame.model_copy(update={"jpeg": jpeg(picture)}))
    return asked.model_copy(update={"frames": tuple(frames)})


@pytest.mark.parametrize("hem", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("scene", ["empty", "still_duvet"])
def test_a_curtain_in_a_draught_is_nobody_who_stands(scene: str, hem: float) -> None:
    for seed in (1, 2, 3):
        found = judge(with_curtain(night(scene, seed), hem=hem))
        assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.CONTRADICTORY,)), seed
        assert {e.what for e in found.evidence} == {"hangs"}


def test_a_curtain_hides_nobody_on_the_floor() -> None:
    for seed in (1, 2, 3):
        found = judge(with_curtain(night("fallen", seed), hem=0.4))
        assert (found.answer, found.reasons[0]) == (Answer.SOMETHING_WRONG, Reason.ON_FLOOR)


@pytest.mark.parametrize("seeds", [range(1, 4), pytest.param(range(4, 9), marks=pytest.mark.long)])
@pytest.mark.parametrize("scene", ["up", "sitting_up"])
def test_who_is_on_their_feet_does_not_hang(scene: str, seeds: range) -> None:
    for seed in seeds:
        found = judge(night(scene, seed))
        assert found.answer is Answer.SOMETHING_WRONG
        assert "hangs" not in {e.what for e in found.evidence}
