"""Things in a bed that are no sleeper: a person on its long side, feet that pass by, a coder's own slow noise.

Each is drawn beside a sleeper who moves just as much, in the place or the picture that makes the difference.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.judge import judge
from schemas.messages import Profile, Session
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import jpeg, session

Picture = npt.NDArray[np.float32]
BLOCK = 16
LONG_BED = Profile.model_validate({"zones": {"bed": [[0.2, 0.3], [0.8, 0.3], [0.8, 0.6], [0.2, 0.6]]}})
BED_AT_THE_TOP = Profile.model_validate({"zones": {"bed": [[0.2, 0.0], [0.8, 0.0], [0.8, 0.5], [0.2, 0.5]]}})
COUNT = 30


def cloth(seed: int, rows: int, columns: int, contrast: float) -> Picture:
    """Return a print of *rows* × *columns* pixels around 0."""
    noise = np.random.default_rng(seed).normal(0, 1, (rows, columns)).astype(np.float32)
    print_ = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.asarray(print_ * (contrast / float(print_.std())), np.float32)


def seen(
    room: Profile, body: tuple[int, int, int, int], *, sway: float = 1.2, coder: float = 0.0, in_prints: float = 0.0
) -> Session:
    """Return a lit room in which *body*, a box of blocks (top, left, bottom, right), sways by *sway* pixels.

    *coder*: grey levels of slow noise that a coder of differences leaves all over the picture; *in_prints*: in prints
    alone, of which the body has one, and a picture, a shelf and two rugs.
    """
    rng = np.random.default_rng(7)
    still = 110 + cloth(1, 480, 640, 2)
    top, left, bottom, right = body
    clothes = cloth(20, (bottom - top) * BLOCK, (right - left) * BLOCK, 22)
    prints = np.zeros((480, 640), np.float32)
    for number, (y, x) in enumerate(((20, 20), (20, 520), (330, 60), (340, 420))):  # a picture, a shelf, two rugs
        still[y : y + 90, x : x + 100] += cloth(2 + number, 90, 100, 40)
        prints[y : y + 90, x : x + 100] = 1.0
    prints[top * BLOCK : bottom * BLOCK, left * BLOCK : right * BLOCK] = 1.0
    drift = np.zeros((60, 80), np.float32)
    pictures = []
    for n in range(COUNT):
        picture = still.copy()
        by = sway * math.sin(2 * math.pi * n / 13)
        shift = np.array([[1, 0, by], [0, 1, by]], np.float32)
        moved = cv2.warpAffine(clothes, shift, clothes.shape[::-1], borderMode=cv2.BORDER_REFLECT)
        picture[top * BLOCK : bottom * BLOCK, left * BLOCK : right * BLOCK] = 110 + moved
        drift = 0.9 * drift + rng.normal(0, 1, drift.shape).astype(np.float32)
        picture += (coder + in_prints * prints) * cv2.resize(drift, (640, 480), interpolation=cv2.INTER_NEAREST)
        pictures.append(jpeg(picture + rng.normal(0, 2.0, picture.shape)))
    return session(pictures, room, fps=3.0)


LYING = (10, 14, 17, 24)
"""Seven blocks by ten in the middle of the long bed, which is rows 9 to 18 and columns 8 to 32."""


def test_who_moves_over_the_long_side_is_never_green() -> None:
    assert judge(seen(LONG_BED, LYING)).answer is Answer.IN_BED
    sitting = (12, 14, 19, 24)  # the lowest row is over the side
    found = judge(seen(LONG_BED, sitting))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.STILL,))
    assert "long side" in found.detail


def test_over_the_head_of_the_bed_a_sleeper_may_reach() -> None:
    found = judge(seen(LONG_BED, (10, 21, 17, 34)))
    assert found.answer is Answer.IN_BED


@pytest.mark.parametrize("left", [10, 20])
def test_feet_that_pass_by_at_the_border_are_nobody_in_bed(left: int) -> None:
    assert judge(seen(BED_AT_THE_TOP, (4, 10, 9, 24))).answer is Answer.IN_BED
    found = judge(seen(BED_AT_THE_TOP, (0, left, 3, left + 6)))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.STILL,))
    assert "border" in found.detail
    assert [evidence.what for evidence in found.evidence] == ["moves_outside"], "no sensor makes a sleeper of them"


def test_slowness_made_by_the_coder_is_nobody() -> None:
    assert judge(seen(LONG_BED, LYING, sway=0.4)).answer is Answer.IN_BED
    found = judge(seen(LONG_BED, LYING, sway=0.4, coder=0.2))
    assert found.measures["slow_outside"] > 0.2
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.STILL,))


@pytest.mark.parametrize("noise", [0.2, 0.25, 0.3])
def test_coder_residue_on_a_printed_duvet_is_no_breath(noise: float) -> None:
    assert judge(seen(LONG_BED, LYING, sway=0.2)).answer is Answer.IN_BED, "a breath, and nothing else"
    duvet = seen(LONG_BED, (9, 8, 18, 32), sway=0, in_prints=noise)
    found = judge(duvet)
    assert found.measures["slow_in_bed"] > 6 * found.measures["slow_outside"]
    assert found.answer is not Answer.IN_BED


def test_who_moves_much_is_seen_behind_such_a_coder_too() -> None:
    assert judge(seen(LONG_BED, LYING, coder=0.35)).answer is Answer.IN_BED
