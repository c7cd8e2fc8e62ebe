"""Homes with animals: a pet is nobody, and never more than a wrong number."""

import cv2
import numpy as np
import pytest

from detector.judge import judge
from schemas.messages import Session
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import grey, jpeg, night


def with_pet(asked: Session, middle: tuple[int, int], reach: tuple[int, int], pets: bool = True) -> Session:
    """Return *asked* with a dog of 80 pixels that walks about *middle*, in a home that has animals."""
    fur = np.random.default_rng(4).normal(0.0, 18.0, (480, 640)).astype(np.float32) + 30.0
    frames = []
    for frame in asked.frames:
        picture, t = grey(frame), frame.ms / 1000
        at = (int(middle[0] + reach[0] * np.sin(0.9 * t)), int(middle[1] + reach[1] * np.sin(0.6 * t + 1)))
        body = np.zeros(picture.shape, np.uint8)
        cv2.ellipse(body, at, (34, 17), 0, 0, 360, 1, -1)
        cv2.circle(body, (at[0] + 34, at[1] - 10), 11, 1, -1)
        for leg in (-24, -12, 12, 24):
            cv2.line(body, (at[0] + leg, at[1]), (at[0] + leg + int(6 * np.sin(9 * t + leg)), at[1] + 32), 1, 5)
        picture[body > 0] = np.roll(fur, at, (1, 0))[body > 0]
        frames.append(frame.model_copy(update={"jpeg": jpeg(picture)}))
    room = asked.profile.model_copy(update={"pets": pets})
    return asked.model_copy(update={"frames": tuple(frames), "profile": room})


@pytest.mark.parametrize("seed", [1, 2])
def test_a_pet_alone_on_the_bed_is_at_best_a_number(seed: int) -> None:
    found = judge(with_pet(night("empty", seed), (240, 230), (60, 50)))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.COUNT,))


@pytest.mark.parametrize("scene", ["empty", "asleep"])
def test_a_pet_on_the_floor_is_no_alarm(scene: str) -> None:
    found = judge(with_pet(night(scene), (480, 400), (60, 20)))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.COUNT,))


def test_without_animals_what_moves_on_the_floor_is_somebody() -> None:
    found = judge(with_pet(night("empty"), (480, 400), (60, 20), pets=False))
    assert found.answer is Answer.SOMETHING_WRONG


def test_somebody_who_walks_is_larger_than_an_animal() -> None:
    asked = night("up")
    room = asked.profile.model_copy(update={"pets": True})
    assert judge(asked.model_copy(update={"profile": room})).answer is Answer.SOMETHING_WRONG
