"""The blurred first view: what is left is where somebody lies, and what is gone is gone from the bytes."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from alarm_center.web.operator.blur import CELLS, blurred, parse_clear_reason
from schemas.vocabulary import ClearFor
from tests.support.night_town import drawn

Image = NDArray[np.uint8]


def grey(jpeg: bytes) -> Image:
    """Return the picture, grey, 480 × 360."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    return np.asarray(cv2.resize(image, (480, 360)), np.uint8)


def jpeg_of(image: Image) -> bytes:
    return bytes(cv2.imencode(".jpg", image)[1])


def shown(jpeg: bytes) -> bytes:
    hazy = blurred(jpeg)
    assert hazy is not None
    return hazy


def test_somebody_on_the_floor_is_still_told_from_nobody() -> None:
    fallen, empty, again = (grey(shown(drawn(scene, 5)[n])) for scene, n in (("fallen", 0), ("empty", 0), ("empty", 3)))
    differs = cv2.absdiff(fallen, empty).max()
    assert differs > 3 * cv2.absdiff(empty, again).max()


def test_what_is_smaller_than_a_cell_leaves_no_trace() -> None:
    rng = np.random.default_rng(1)
    print_ = np.where(rng.random((480, 640)) < 0.5, 60, 200).astype(np.uint8)  # as fine as letters or a face's lines
    plain = np.full((480, 640), 130, np.uint8)
    clear, hazy = grey(jpeg_of(print_)).std(), grey(shown(jpeg_of(print_))).std()
    assert clear > 30
    assert hazy < 6
    assert abs(float(grey(shown(jpeg_of(plain))).mean()) - 130) < 4


def test_no_more_is_sent_than_the_cells_hold() -> None:
    for width, height in ((640, 480), (1920, 1080), (480, 640), (8, 8), (1, 600)):
        image = np.random.default_rng(2).integers(0, 255, (height, width), np.uint8)
        sent = cv2.imdecode(np.frombuffer(shown(jpeg_of(image)), np.uint8), cv2.IMREAD_GRAYSCALE)
        assert sent is not None
        assert max(sent.shape) <= 480
        cells = cv2.resize(sent, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
        back = cv2.resize(cells, sent.shape[::-1], interpolation=cv2.INTER_CUBIC)
        # All that is in it fits in CELLS x CELLS numbers, but for what a JPEG adds.
        assert float(np.abs(back.astype(float) - sent).mean()) < 12


@pytest.mark.parametrize("broken", [b"", b"\xff\xd8\xff\xd9", b"not a picture", drawn("asleep", 5)[0][:200]])
def test_what_cannot_be_read_is_not_shown_at_all(broken: bytes) -> None:
    hazy = blurred(broken)
    assert hazy is None or broken not in hazy


def test_only_reasons_of_the_list_are_taken() -> None:
    assert [parse_clear_reason(reason) for reason in ("not_enough", "worried", "asked_for")] == list(ClearFor)
    assert [parse_clear_reason(reason) for reason in ("", "x", "WORRIED", "worried ")] == [None] * 4
