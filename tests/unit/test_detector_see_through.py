"""Light told from bodies: what hides nothing of the room behind it is nobody, neither out of bed nor in it."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector import movement, see_through, thresholds, whereabouts, zones
from detector.clip import decode
from detector.judge import judge
from schemas.messages import Session
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import grey, jpeg, night

Picture = npt.NDArray[np.float32]
Look = Callable[[Picture, float], Picture]
Y, X = np.mgrid[0:480, 0:640].astype(np.float32)


def lit(asked: Session, light: Look) -> Session:
    """Return *asked* with *light* over each picture, which it gets with its time in seconds."""
    frames = tuple(f.model_copy(update={"jpeg": jpeg(light(grey(f), f.ms / 1000))}) for f in asked.frames)
    return asked.model_copy(update={"frames": frames})


def headlights(picture: Picture, t: float) -> Picture:
    """A band of light behind a window's bars that sweeps by."""
    band = np.exp(-(((X + 0.3 * Y - 240 * (t - 2.5)) / 60) ** 2)) * (np.sin(X / 9) > -0.6)
    return np.asarray(picture * (1 + 1.5 * cv2.GaussianBlur(band.astype(np.float32), (0, 0), 2.0)), np.float32)


def door(picture: Picture, t: float) -> Picture:
    """A door that opens to a lit hall."""
    wide = float(np.clip((t - 3) / 1.5, 0, 1)) * 224
    return np.asarray(
        picture * (1 + cv2.GaussianBlur((wide > X + 0.1 * Y).astype(np.float32), (0, 0), 2.0)), np.float32
    )


def torch(picture: Picture, t: float) -> Picture:
    """A torch's spot that wanders about the room."""
    x, y = 320 + 250 * np.sin(0.9 * t + 1), 240 + 140 * np.sin(1.3 * t)
    return np.asarray(picture * (1 + 1.5 * np.exp(-((((X - x) ** 2 + (Y - y) ** 2) / 4500) ** 2))), np.float32)


def large_speck(picture: Picture, t: float) -> Picture:
    """Something soft and bright close to the lens, over the bed, too large to be told as a speck."""
    x, y = 215 + 70 * np.sin(1.1 * t + 2), 180 + 60 * np.sin(0.8 * t + 1)
    return np.asarray(picture + 150 * np.exp(-((X - x) ** 2 + (Y - y) ** 2) / (2 * 22.0**2)), np.float32)


LIGHTS: dict[str, Look] = {"headlights": headlights, "door": door, "torch": torch, "large speck": large_speck}


@pytest.mark.parametrize("light", sorted(LIGHTS))
@pytest.mark.parametrize("scene", ["empty", "still_duvet"])
def test_light_over_nobody_is_nobody(scene: str, light: str) -> None:
    for seed in (1, 2, 3):
        assert judge(lit(night(scene, seed), LIGHTS[light])).answer in (Answer.NOT_SEEN, Answer.CANNOT_TELL), seed


@pytest.mark.parametrize("light", sorted(LIGHTS))
def test_light_over_a_sleeper_is_a_doubt_at_most(light: str) -> None:
    for seed in (1, 2, 3):
        found = judge(lit(night("asleep", seed), LIGHTS[light]))
        assert found.answer in (Answer.IN_BED, Answer.CANNOT_TELL), (seed, found.reasons)


@pytest.mark.parametrize("light", sorted(LIGHTS))
@pytest.mark.parametrize("scene", ["fallen", "up", "sitting_up"])
def test_light_hides_nobody_who_is_out_of_bed(scene: str, light: str) -> None:
    for seed in (1, 2):
        found = judge(lit(night(scene, seed), LIGHTS[light]))
        assert found.answer in (Answer.SOMETHING_WRONG, Answer.CANNOT_TELL), (seed, found.answer)


def test_light_is_said_in_its_own_word() -> None:
    found = judge(lit(night("empty", 2), door))
    assert found.reasons == (Reason.CONTRADICTORY,)
    assert "light" in {e.what for e in found.evidence}


def test_whoever_moves_hides_what_is_behind_them() -> None:
    for scene in ("asleep", "fallen", "up", "sitting_up"):
        asked = night(scene)
        clip = decode(asked.frames)
        assert clip is not None
        limits = thresholds.camera_thresholds(asked.profile)
        where = zones.rasterise_zones(asked.profile, (clip.blocks.shape[1], clip.blocks.shape[2]))
        moved = movement.find_movement(clip, where, limits)
        seen = whereabouts.find_whereabouts(moved, where, asked.profile, limits)
        assert seen.figures and not seen.light
        for figure in seen.figures:
            assert not see_through.transparency_of(moved, figure.body.mask).is_light, scene


def test_nothing_is_transparent_where_nothing_moved() -> None:
    asked = night("empty")
    clip = decode(asked.frames)
    assert clip is not None
    where = zones.rasterise_zones(asked.profile, (clip.blocks.shape[1], clip.blocks.shape[2]))
    moved = movement.find_movement(clip, where, thresholds.camera_thresholds(asked.profile))
    assert not see_through.transparency_of(moved, np.zeros_like(moved.alive)).is_light


def test_what_is_left_of_a_speck_is_nobody() -> None:
    """A speck that is told is taken out; its rim, or what it leaves in a few pictures, is not somebody who stands."""

    def moth(picture: Picture, t: float) -> Picture:
        x, y = 215 + 77 * np.sin(0.9 * t + 1), 190 + 77 * np.sin(1.5 * t + 4)
        return np.asarray(picture + 150 * np.exp(-((X - x) ** 2 + (Y - y) ** 2) / (2 * 9.6**2)), np.float32)

    for scene in ("empty", "still_duvet"):
        for seed in (1, 4, 7):
            assert judge(lit(night(scene, seed), moth)).answer is Answer.CANNOT_TELL, (scene, seed)
