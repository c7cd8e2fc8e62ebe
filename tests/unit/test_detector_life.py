"""Life at the end of a look: who moved before may have left since, or lie still."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.evaluate import camera_rows
from detector.judge import judge
from detector.life import end_of
from schemas.messages import Session
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import grey, jpeg, night


def then(asked: Session, other: Session, share: float) -> Session:
    """Return *asked* whose pictures are *other*'s after a *share* of it."""
    at = round(share * len(asked.frames))
    frames = (
        frame.model_copy(update={"jpeg": (frame if n < at else late).jpeg})
        for n, (frame, late) in enumerate(zip(asked.frames, other.frames, strict=True))
    )
    return asked.model_copy(update={"frames": tuple(frames)})


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.9])
def test_a_sleeper_who_is_gone_at_once_is_not_in_bed(share: float) -> None:
    assert judge(then(night("asleep"), night("empty"), share)).answer is not Answer.IN_BED


@pytest.mark.parametrize("seed", [1, 4])
def test_who_moves_and_then_not_at_all_is_still(seed: int) -> None:
    asked, rng = night("asleep", seed), np.random.default_rng(seed)
    held = np.mean([grey(frame) for frame in asked.frames[14:17]], axis=0)
    frames = tuple(
        frame if n < 14 else frame.model_copy(update={"jpeg": jpeg(held + rng.normal(0, 2.4, held.shape))})
        for n, frame in enumerate(asked.frames)
    )
    found = judge(asked.model_copy(update={"frames": frames}))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.STILL,))
    assert "stopped" in {e.what for e in found.evidence}


def looped(asked: Session, period: int) -> Session:
    """Return *asked* as a device shows it that is stuck on its first *period* pictures."""
    frames = (f.model_copy(update={"jpeg": asked.frames[n % period].jpeg}) for n, f in enumerate(asked.frames))
    return asked.model_copy(update={"frames": tuple(frames)})


@pytest.mark.parametrize("period", [8, 12, 20, 28])
def test_pictures_that_come_again_are_a_stuck_device(period: int) -> None:
    found = judge(looped(night("asleep"), period))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.FROZEN,))


def test_a_recording_that_says_it_is_played_is_judged() -> None:
    played = looped(night("asleep"), 20).model_copy(update={"replayed": True})
    assert judge(played).answer is Answer.IN_BED


def test_grey_pictures_before_the_first_key_frame_are_left_out() -> None:
    rng = np.random.default_rng(6)
    for scene, answer in (("empty", Answer.NOT_SEEN), ("fallen", Answer.SOMETHING_WRONG)):
        asked = night(scene)
        grey_first = jpeg(np.full((480, 640), 120.0) + rng.normal(0, 0.5, (480, 640)))
        frames = (f.model_copy(update={"jpeg": grey_first}) if n < 8 else f for n, f in enumerate(asked.frames))
        assert judge(asked.model_copy(update={"frames": tuple(frames)})).answer is answer


@pytest.mark.parametrize(("scene", "answer"), [("empty", Answer.NOT_SEEN), ("fallen", Answer.SOMETHING_WRONG)])
def test_torn_pictures_are_left_out(scene: str, answer: Answer) -> None:
    asked = night(scene)
    frames = []
    for number, frame in enumerate(asked.frames):
        picture = grey(frame)
        picture[336:] = picture[336] if number % 5 == 3 else picture[336:]
        frames.append(frame.model_copy(update={"jpeg": jpeg(picture)}))
    assert judge(asked.model_copy(update={"frames": tuple(frames)})).answer is answer


@pytest.mark.parametrize(
    ("scene", "share", "answer"),
    [
        ("still_duvet", 0.5, Answer.NOT_SEEN),
        ("fallen", 0.5, Answer.SOMETHING_WRONG),
        ("fallen", 0.75, Answer.SOMETHING_WRONG),
        ("asleep", 0.3, Answer.IN_BED),
    ],
)
def test_two_exposures_are_two_takes(scene: str, share: float, answer: Answer) -> None:
    """Near-infrared light goes on within the look: brighter, and brightest in the middle."""
    asked = night(scene, seconds=10.0)
    y, x = np.mgrid[-1:1:480j, -1:1:640j]
    lamp = 0.8 + 1.6 * np.exp(-(x * x + y * y) / 0.8)
    frames = tuple(
        f if n < share * len(asked.frames) else f.model_copy(update={"jpeg": jpeg(grey(f) * lamp)})
        for n, f in enumerate(asked.frames)
    )
    assert judge(asked.model_copy(update={"frames": frames})).answer is answer


@pytest.mark.parametrize(
    ("after", "columns", "left"),
    [
        (2, 4, 10),  # a sleeper who moves in the last pictures, as much as one who turns about
        (2, 16, 2),  # a bed that is another altogether
        (6, 4, 6),  # what stays so for longer is a jump from less on
        (6, 1, 10),
    ],
)
def test_what_comes_after_a_jump_has_to_live(after: int, columns: int, left: int) -> None:
    blocks, bed = np.zeros((30, 30, 40), np.float32), np.zeros((30, 40), bool)
    bed[10:20, 10:30] = True
    blocks[30 - after :, 10:20, 10 : 10 + columns] = 5.0
    assert len(blocks) - end_of(blocks, np.full((30, 40), 0.2, np.float32), [bed], range(30), 30)[0] == left


def test_one_of_two_who_is_gone_at_once_is_a_jump() -> None:
    blocks, sides = np.zeros((30, 30, 40), np.float32), [np.zeros((30, 40), bool) for _ in range(2)]
    sides[0][10:20, 5:20] = sides[1][10:20, 20:35] = True
    blocks[28:, 10:20, 20:29] = 5.0
    assert len(blocks) - end_of(blocks, np.full((30, 40), 0.2, np.float32), sides, range(30), 30)[0] == 2


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        (range(30), 10),
        ([*range(10), *range(12, 30)], 10),  # exposure that settles in between
        ([*range(22), *range(26, 30)], 6),  # the last third is that of the look, not of what is left of it
        (range(27), 7),
        (range(26), 0),  # another light to the end: nobody is seen to be there
    ],
)
def test_pictures_left_out_at_the_end_are_no_life(kept: Sequence[int], left: int) -> None:
    blocks, bed = np.zeros((len(kept), 30, 40), np.float32), np.ones((30, 40), bool)
    assert len(kept) - end_of(blocks, np.full((30, 40), 0.2, np.float32), [bed], kept, 30)[0] == left


@pytest.mark.footage
def test_a_bed_that_is_left_and_darker_at_once_is_not_green(footage: Path) -> None:
    """A bed is most of what is lit: that a dark one is there now looked like another light, and its pictures were left out."""
    asked = {row.session.session_id: row.session for row in camera_rows(footage)}["s11c1"]
    rng = np.random.default_rng(3)
    frames, first = [], round(0.66 * len(asked.frames))
    for number, frame in enumerate(asked.frames):
        picture = grey(frame)
        if number >= first:
            bed = picture[52:328, 140:525]
            bed[:] = 0.4 * cv2.GaussianBlur(grey(asked.frames[first - 1])[52:328, 140:525], (0, 0), 25)
            picture += rng.normal(0, 0.8, picture.shape)
        frames.append(frame.model_copy(update={"jpeg": jpeg(picture, 92)}))
    assert judge(asked.model_copy(update={"frames": tuple(frames)})).answer is not Answer.IN_BED


@pytest.mark.filterwarnings("error")
def test_a_flat_picture_that_switches_is_of_no_room() -> None:
    asked = night("empty")
    flat = [jpeg(np.full((480, 640), level)) for level in (40.0, 120.0)]
    half = len(asked.frames) // 2
    frames = (f.model_copy(update={"jpeg": flat[n >= half]}) for n, f in enumerate(asked.frames))
    assert judge(asked.model_copy(update={"frames": tuple(frames)})).reasons == (Reason.COVERED,)


@pytest.mark.parametrize(("seed", "drift"), [(1, 0.01), (2, 0.02), (3, 0.05), (7, 0.01)])
def test_drifting_gain_is_no_life_after_a_jump(seed: int, drift: float) -> None:
    """Gain that goes on to drift moves the bed that is there now otherwise than the sleeper's of before, and by a coder's steps."""
    asked = then(night("asleep", seed), night("empty", seed), 0.6)
    frames = tuple(
        frame.model_copy(update={"jpeg": jpeg(grey(frame) * (1.0 + drift * n / len(asked.frames)))})
        for n, frame in enumerate(asked.frames)
    )
    assert judge(asked.model_copy(update={"frames": frames})).answer is Answer.CANNOT_TELL
