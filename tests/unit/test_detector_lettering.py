"""Letters over a bed that do not change as letters do, and somebody who sits before it: neither is as long as a sleeper."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from detector.judge import judge
from schemas.messages import Profile, Session
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import jpeg, session
from tests.unit.test_bench_rows import drawn_row

Picture = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
Change = Callable[[Picture, int], object]
FROM_ITS_SIDE = Profile.model_validate({"zones": {"bed": [[0.22, 0.42], [0.78, 0.42], [0.81, 0.69], [0.19, 0.69]]}})
RATE = 3
"""Pictures a second, of ten seconds."""


def weave(shape: tuple[int, int], cell: float, seed: int) -> Picture:
    """Return smooth noise of deviation 1 that changes over *cell* pixels."""
    drawn = cv2.GaussianBlur(np.random.default_rng(seed).standard_normal(shape).astype(np.float32), (0, 0), cell)
    return np.asarray(drawn / drawn.std(), np.float32)


def looked_at(*changes: Change) -> Session:
    """Return ten seconds of a dark room with a bed seen from its side, *changes* made to each picture before it gets its noise."""
    room = 26 + 2.0 * weave((480, 640), 4, 1)
    room[200:332, 130:510] = 36 + 5.0 * weave((132, 380), 7, 2)
    for top, left in ((30, 40), (60, 300), (20, 500)):  # a shelf and two pictures
        room[top : top + 90, left : left + 70] += 14 + 8.0 * weave((90, 70), 3, left)
    rng, shown = np.random.default_rng(4), []
    for n in range(10 * RATE):
        picture = room.copy()
        for change in changes:
            change(picture, n)
        shown.append(jpeg(picture + rng.normal(0.0, 1.0, picture.shape)))
    return session(shown, FROM_ITS_SIDE, fps=RATE)


def digits(picture: Picture, n: int) -> None:
    """Three blocks by two whose grey is another each second, and which a coder rounds another way in each picture."""
    rng = np.random.default_rng(n // RATE)
    for left in (304, 320, 336):
        for top in (256, 272):
            picture[top : top + 16, left : left + 16] += float(rng.uniform(0, 60)) + (n * 7 % 3 - 1)


def letters(picture: Picture, n: int) -> None:
    """Two bold letters five blocks apart, in each third picture, and the coder's ringing between and around them."""
    if n % 3:
        return
    picture[248:312, 264:392] += 0.9
    for left, level in ((288, 40.0), (304, -3.0), (320, 1.3), (336, -3.0), (352, 16.0)):
        picture[272:288, left : left + 16] += level


def sitting(picture: Picture, n: int) -> None:
    """Somebody who sits before the bed and sways; their shoes are below it."""
    shape = np.zeros((150, 60), np.uint8)
    cv2.ellipse(shape, (30, 22), (14, 20), 0, 0, 360, 255, -1)
    cv2.rectangle(shape, (12, 40), (48, 95), 255, -1)
    cv2.rectangle(shape, (20, 95), (40, 149), 255, -1)
    way = float(np.sin(0.7 * n / RATE))
    sway = np.array([[1, -0.02 * way, 2.5 * way], [0, 1, 0]], np.float32)
    cover = cv2.warpAffine(shape, sway, (60, 150)).astype(np.float32) / 255
    part = picture[232:382, 280:340]
    part += cover * (cv2.warpAffine(24 + 6.0 * weave((150, 60), 5, 3), sway, (60, 150)) - part)


def clock(picture: Picture, n: int) -> None:
    for level, thick in ((0.0, 4), (255.0, 2)):
        text = f"01:10:{33 + int(n / RATE + 0.7)}"
        cv2.putText(picture, text, (300, 270), cv2.FONT_HERSHEY_SIMPLEX, 0.6, level, thick, cv2.LINE_AA)


def lying(picture: Picture, n: int) -> None:
    """Somebody who lies along the bed beneath a duvet that rises and falls."""
    part = picture[232:308, 180:430]
    sway = np.array([[1, 0, 0.8 * np.sin(1.4 * n / RATE)], [0, 1, 0]], np.float32)
    part += cv2.warpAffine(6.0 * weave((76, 250), 5, 3), sway, (250, 76))


@pytest.mark.parametrize("text", [digits, letters])
def test_letters_that_step_as_no_text_does_are_no_sleeper(text: Change) -> None:
    found = judge(looked_at(text))
    assert found.answer in (Answer.NOT_SEEN, Answer.CANNOT_TELL)


@pytest.mark.parametrize("changes", [(sitting,), (sitting, clock)])
def test_who_sits_before_a_bed_is_not_in_it(changes: tuple[Change, ...]) -> None:
    found = judge(looked_at(*changes))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.STILL,))
    assert "shorter than somebody who lies there" in found.detail


def test_who_lies_along_a_bed_seen_from_its_side_is_in_it() -> None:
    assert judge(looked_at(lying)).answer is Answer.IN_BED


@pytest.mark.parametrize(("kind", "row"), [("clock in bed", 8), ("clock over somebody", 33)])
def test_a_line_of_digits_makes_nobody_longer_or_more(kind: str, row: int) -> None:
    """Digits that do not change are slow beside the others; and beside somebody who sits they were a sleeper's length."""
    found = judge(drawn_row("drawn", kind, row, "2b5a71a937781bb6300a2c51fa5e0831239f4d76"))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.STILL,))
