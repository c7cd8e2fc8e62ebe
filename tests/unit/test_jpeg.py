"""The size in a JPEG's header is what a decoder would make of it, or the JPEG is refused."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas import jpeg
from schemas.jpeg import NotJpeg

SIDE = st.integers(1, 200)
NOISE = np.random.default_rng(7).integers(0, 255, (200, 200, 3), dtype=np.uint8)


def drawn(width: int, height: int, *, colour: bool = True, **flags: int) -> bytes:
    picture = NOISE[:height, :width] if colour else NOISE[:height, :width, 0]
    options = [part for name, value in flags.items() for part in (getattr(cv2, f"IMWRITE_JPEG_{name}"), value)]
    done, data = cv2.imencode(".jpg", picture, options)
    assert done
    return data.tobytes()


def decoded(data: bytes) -> tuple[int, int] | None:
    """Return the ``(width, height)`` of what OpenCV makes of *data*, whose header says at most 200 × 200."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return None if picture is None else (picture.shape[1], picture.shape[0])


@given(SIDE, SIDE, st.booleans(), st.integers(1, 100), st.sampled_from([0, 4]))
@example(1, 1, False, 1, 0)
def test_the_size_is_what_a_decoder_makes(width: int, height: int, colour: bool, quality: int, restart: int) -> None:
    data = drawn(width, height, colour=colour, QUALITY=quality, RST_INTERVAL=restart, OPTIMIZE=quality % 2)
    assert jpeg.size(data) == decoded(data) == (width, height)


@given(SIDE, SIDE, st.integers(0, 40))
def test_comments_and_fill_bytes_before_the_header_are_passed(width: int, height: int, length: int) -> None:
    data = drawn(width, height)
    comment = b"\xff\xff\xff\xfe" + (length + 2).to_bytes(2, "big") + b"\xff" * length
    data = data[:2] + comment + data[2:]
    assert jpeg.size(data) == decoded(data) == (width, height)


def test_a_thumbnail_in_the_comment_is_not_the_picture() -> None:
    inner, data = drawn(16, 12), drawn(64, 48)
    data = data[:2] + b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner + data[2:]
    assert jpeg.size(data) == decoded(data) == (64, 48)


def claiming(width: int, height: int, data: bytes) -> bytes:
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]


def test_a_60000_by_60000_header_is_read_without_decoding() -> None:
    assert jpeg.size(claiming(60_000, 60_000, drawn(8, 8))) == (60_000, 60_000)


@pytest.mark.parametrize(("width", "height"), [(0, 8), (8, 0), (0, 0)])
def test_a_picture_without_an_extent_is_none(width: int, height: int) -> None:
    with pytest.raises(NotJpeg, match=f"{width}x{height}"):
        jpeg.size(claiming(width, height, drawn(8, 8)))


def test_a_stray_zero_does_not_hide_the_real_header() -> None:
    """A decoder reads on right after FF 00; whoever skips a segment there sees only the small, false
    header."""
    small, large = drawn(8, 8), claiming(200, 200, drawn(8, 8))
    hidden = large[2:]
    length = len(hidden) + 2
    data = b"\xff\xd8\xff\x00" + length.to_bytes(2, "big") + hidden + small[2:]
    assert decoded(data) != (8, 8)
    with pytest.raises(NotJpeg, match="marker 00"):
        jpeg.size(data)


def test_a_progressive_picture_is_refused() -> None:
    data = drawn(64, 48, PROGRESSIVE=1)
    assert decoded(data) == (64, 48)
    with pytest.raises(NotJpeg, match="baseline"):
        jpeg.size(data)


def test_a_picture_of_many_scans_is_refused() -> None:
    data = drawn(64, 48)
    scan = data[data.index(b"\xff\xda") : -2]
    with pytest.raises(NotJpeg, match="more than 4 scans"):
        jpeg.size(data[:-2] + scan * 999 + data[-2:])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "start of image"),
        (b"\xff\xd8", "no frame header in 2 bytes"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "start of image"),
        (b"\xff\xd8" + b"\x00" * 40, "expected a marker"),
        (b"\xff\xd8\xff\xd9" + b"\x00" * 40, "marker D9"),
        (b"\xff\xd8\xff\xda\x00\x08" + b"\x00" * 40, "before any frame header"),
        (b"\xff\xd8\xff\xe0\x00\x01" + b"\x00" * 40, "length of 1"),
        (b"\xff\xd8\xff\xe0\xff\xff" + b"\x00" * 40, "no frame header"),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\x00", "cut short"),
        (b"\xff\xd8\xff\xc0\x00\x04\x08\x00\x10\x00\x10", "cut short"),
        (b"\xff\xd8" + b"\xff" * 100_000, "no frame header"),
    ],
)
def test_what_is_no_jpeg_says_where(data: bytes, why: str) -> None:
    with pytest.raises(NotJpeg, match=why):
        jpeg.size(data)


@settings(max_examples=300)
@given(st.data(), SIDE, SIDE)
def test_a_damaged_header_is_read_as_a_decoder_would_or_refused(data: st.DataObject, width: int, height: int) -> None:
    """Damage stays before the frame header and outside it, so that nothing larger than 200 × 200 is
    decoded."""
    whole = bytearray(drawn(width, height))
    ends = whole.index(b"\xff\xc0")
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(2, ends - 1))] = data.draw(st.integers(0, 255))
    try:
        claimed = jpeg.size(bytes(whole))
    except NotJpeg:
        return
    if max(claimed) <= 200:
        assert decoded(bytes(whole)) in (None, claimed)
