"""Text in the picture and specks before the lens: no body, and no cover for one."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from detector.artefacts import find_artefacts, roams_over
from detector.judge import judge
from schemas.messages import Session
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import grey, jpeg, night

Picture = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def changed(asked: Session, change: Callable[[Picture, float], object]) -> Session:
    """Return *asked* with *change* made to each picture, which it gets with its time in seconds."""
    frames = []
    for frame in asked.frames:
        picture = grey(frame)
        change(picture, frame.ms / 1000)
        frames.append(frame.model_copy(update={"jpeg": jpeg(picture)}))
    return asked.model_copy(update={"frames": tuple(frames)})


def written(text: Callable[[float], str], at: tuple[int, int]) -> Callable[[Picture, float], object]:
    """Return a change that writes what *text* is at the time, its lower left corner *at*."""
    return lambda picture, t: cv2.putText(picture, text(t), at, cv2.FONT_HERSHEY_SIMPLEX, 0.9, 255.0, 2, cv2.LINE_AA)


def speck(picture: Picture, t: float) -> None:
    """A soft bright speck over the bed of a drawn home, there and back."""
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    at_x, at_y = 240 + 70 * np.sin(t), 220 + 60 * np.sin(1.7 * t + 1)
    picture += 150.0 * np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / (2 * 9.6**2)).astype(np.float32)


def clock(t: float) -> str:
    return f"27-11-2026 01:10:{10 + int(t + 0.4):02}"


def blinking(t: float) -> str:
    return "REC" if (2.0 * t + 0.1) % 1.0 < 0.5 or int(t) % 3 == 0 else ""


@pytest.mark.parametrize("scene", ["empty", "still_duvet"])
def test_letters_that_blink_in_bed_are_no_sleeper(scene: str) -> None:
    found = judge(changed(night(scene), written(blinking, (215, 230))))
    assert found.answer in (Answer.NOT_SEEN, Answer.CANNOT_TELL)
    assert "text_in_picture" in {e.what for e in found.evidence}


@pytest.mark.parametrize("scene", ["empty", "still_duvet"])
def test_a_clock_in_the_corner_is_nobody_on_the_floor(scene: str) -> None:
    assert judge(changed(night(scene), written(clock, (150, 470)))).answer is Answer.NOT_SEEN


def test_a_clock_does_not_wake_a_sleeper() -> None:
    assert judge(changed(night("asleep"), written(clock, (10, 30)))).answer is Answer.IN_BED


def test_letters_over_a_sleeper_are_a_doubt_that_is_named() -> None:
    found = judge(changed(night("asleep"), written(blinking, (215, 330))))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.STILL,))
    assert "text in the picture" in found.detail


@pytest.mark.parametrize("scene", ["fallen", "sitting_up"])
def test_a_speck_over_the_bed_hides_nobody(scene: str) -> None:
    assert judge(changed(night(scene), speck)).answer in (Answer.SOMETHING_WRONG, Answer.CANNOT_TELL)


def test_a_speck_over_an_empty_bed_is_nobody() -> None:
    assert judge(changed(night("empty"), speck)).answer in (Answer.NOT_SEEN, Answer.CANNOT_TELL)


def test_a_speck_over_a_sleeper_is_a_doubt() -> None:
    found = judge(changed(night("asleep"), speck))
    assert found.answer is Answer.CANNOT_TELL
    assert "speck" in {e.what for e in found.evidence}


NOISE = np.full((30, 40), 0.2, np.float32)
BED = np.zeros((30, 40), bool)
BED[10:20, 8:32] = True


def residual(seed: int = 1) -> Picture:
    """Forty pictures of blocks in which nothing but noise is."""
    return np.random.default_rng(seed).normal(0.0, 0.2, (40, 30, 40)).astype(np.float32)


def written_in(blocks: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return find_artefacts(blocks, np.arange(len(blocks)), NOISE, BED).written


@pytest.mark.parametrize(("grey_levels", "text"), [(2.5, False), (4.0, False), (12.0, True), (40.0, True)])
def test_only_what_stands_far_out_of_noise_is_text(grey_levels: float, text: bool) -> None:
    """A weave, or a shadow over the floor behind a coarse coder, steps as letters do; letters can be read."""
    blocks = residual()
    blocks[::4, 12:14, 12:18] += grey_levels
    assert bool(written_in(blocks)[12:14, 12:18].all()) is text
    assert bool(written_in(blocks).any()) is text


def test_letters_before_somebody_who_sways_are_text() -> None:
    blocks = residual()
    sway = 2.0 * np.sin(np.arange(40) / 3.0).astype(np.float32)[:, None, None]
    blocks[:, 8:22, 18:22] += sway
    assert not written_in(blocks).any()
    blocks[::2, 14:16, 16:24] += 40.0
    assert written_in(blocks)[14:16, 16:24].all()
    assert not written_in(blocks)[18:].any()  # the rest of them is still seen


def test_the_edge_of_a_lifted_hand_is_no_text() -> None:
    blocks = residual()
    blocks[:, 12:16, 16:20] += 4.0 * np.sin(np.arange(40) / 3.0).astype(np.float32)[:, None, None]
    blocks[7:10, 12, 18] -= 20.0
    blocks[26:29, 12, 18] -= 20.0
    assert not written_in(blocks).any()


@pytest.mark.parametrize(("sizes", "roams"), [([16] * 20, True), ([4, 40, 9, 25] * 5, False)])
def test_what_is_as_large_all_the_time_is_an_animal(sizes: list[int], roams: bool) -> None:
    """A cat with a patterned fur is as large wherever it goes on the bed, however it stands out; a sleeper stirs here and there."""
    residual, bed = np.zeros((20, 30, 40), np.float32), np.zeros((30, 40), bool)
    bed[8:22, 8:34] = True
    for n, size in enumerate(sizes):
        left, side = 9 + n, round(size**0.5)
        residual[n, 10 : 10 + side, left : left + side] = (-1) ** n * (3.0 + n % 5)
    assert roams_over(residual, 0.25, bed) is roams


def test_a_speck_over_somebody_who_sways_is_a_speck() -> None:
    """Somebody and the speck that passes over them are one thing, less of one sign than a speck alone, and as strong all the time."""
    y, x = np.mgrid[0:30, 0:40]
    change = np.zeros((40, 30, 40), np.float32)
    body = np.where((x + y) % 2, 2.0, -2.0)[13:19, 17:23]
    for n, frame in enumerate(change):
        away = (x - 19 - 4 * np.sin(n / 3)) ** 2 + (y - 15 - 3 * np.sin(n / 2)) ** 2
        frame -= (20.0 * np.exp(-away / 3)).astype(np.float32)
        frame[13:19, 17:23] += body * (1 + 0.3 * np.sin(n / 4))
    assert find_artefacts(change, np.arange(40), NOISE, BED).drifting.any(axis=(1, 2)).mean() > 0.5
