"""A session's JPEG frames decoded to small grey pictures, sizes checked first; means and deviations of blocks."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from schemas import jpeg, limits
from schemas.messages import Frame

Grey = npt.NDArray[np.uint8]
Blocks = npt.NDArray[np.float32]
Corners = npt.NDArray[np.int32]

BLOCK = 8
"""Side of a block in pixels of the reduced picture: 16 pixels of a 640×480 frame, a fortieth of its width."""

_KEPT = 5
"""Frames whose pixels are looked at for structure and sharpness, spread over the session."""

_MOST = 40
"""Distinct frames that are decoded, spread over the session: four a second of ten show a breath and a turned head."""

_A_SECOND = 3.0
"""As many of a longer session: with fewer, slow movement looks like noise, and two may look like one. With two a second
64 of 144 drawn quiet sleepers were green in 20 s, with three 94, with four 93 (tests/bench/longer_looks.py)."""

_PIXELS = 320 * 240
_FEWEST, _MOST_PIXELS = 0.65 * _PIXELS, 1.25 * _PIXELS
"""Pixels of the reduced picture, whatever the camera's size and whichever side is up: blocks are counted, so a body has
to have as many of them in each. It is decoded at the least of 1/1, 1/2, 1/4, 1/8 that leaves the fewest, and made
smaller where that leaves more than the most: 320 × 240 of 640 × 480 and of 960 × 720, 320 × 180 of 1280 × 720."""

_NARROWEST = 96
"""Below this width a reduced picture has too few blocks to tell a body from its bed."""

_COEFFICIENT = 8.0
"""A coder's square of 8 × 8 pixels has eight times its mean as its first coefficient (ITU-T T.81, annex A)."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Frames of a session, as far as they could be decoded.

    ``order[t]`` says which of the ``distinct`` pictures was shown at ``ms[t]``; ``blocks`` is float32
    (t, h/8, w/8), mean grey 0-255. ``every`` are the distinct pictures, uint8 (h, w) with both sides a multiple of ``BLOCK``;
    ``pictures`` a few of them, spread over the session. ``rounding`` is by how many grey levels the coder's rounding alone
    puts a block's mean off, root mean square.
    """

    pictures: tuple[Grey, ...]
    every: tuple[Grey, ...]
    distinct: int
    order: tuple[int, ...]
    ms: tuple[int, ...]
    blocks: Blocks
    sent: int
    broken: int
    odd_sizes: int
    rounding: float = 0.0

    @property
    def seconds(self) -> float:
        """Time from the first frame to the last."""
        return (self.ms[-1] - self.ms[0]) / 1000 if len(self.ms) > 1 else 0.0


def decode(frames: Sequence[Frame]) -> Clip | None:
    """Return *frames* as a clip, or None when not one of them is a picture of a usable size.

    A frame that is no whole JPEG, or larger than the contract allows, is left out and counted in ``broken``; one of
    another size than the most common in ``odd_sizes``. Total: never raises for what a frame holds.
    """
    sizes: dict[bytes, tuple[int, int] | None] = {}
    for frame in frames:
        if frame.jpeg not in sizes:
            sizes[frame.jpeg] = _size(frame.jpeg)
    known = [size for frame in frames if (size := sizes[frame.jpeg]) is not None]
    if not known:
        return None
    common = max(sorted(set(known)), key=known.count)
    scale, size = _reduced(common)
    if size[0] < _NARROWEST or size[1] < _NARROWEST // 2:
        return None

    fitting = [data for data, size in sizes.items() if size == common]
    most = max(_MOST, round(_A_SECOND * (frames[-1].ms - frames[0].ms) / 1000))
    if len(fitting) > most:
        fitting = _spread(fitting, most)
    wanted, kept = set(fitting), set(_spread(fitting, _KEPT))
    pictures: list[Grey] = []
    every: list[Grey] = []
    sums: list[Corners] = []
    index: dict[bytes, int | None] = {}
    order: list[int] = []
    ms: list[int] = []
    broken = odd = 0
    for frame in frames:
        own = sizes[frame.jpeg]
        if own is None:
            broken += 1
            continue
        if own != common:
            odd += 1
            continue
        if frame.jpeg not in wanted:
            continue
        if frame.jpeg not in index:
            picture = _decode(frame.jpeg, scale, size)
            if picture is not None and pictures and picture.shape != pictures[0].shape:
                # This one lies on its side, the others do not.
                sizes[frame.jpeg] = own[::-1]
                odd += 1
                continue
            index[frame.jpeg] = None if picture is None else len(sums)
            if picture is not None:
                every.append(picture)
                sums.append(_corners(picture))
                if frame.jpeg in kept or not pictures:
                    pictures.append(picture)
        at = index[frame.jpeg]
        if at is None:
            broken += 1
            continue
        order.append(at)
        ms.append(frame.ms)
    if not sums:
        return None
    blocks = _means_between(np.stack(sums))[order]
    squares = common[0] * common[1] / (size[0] * size[1])
    step = statistics.median(_first_step(data) for data in kept) / _COEFFICIENT
    rounding = step / (12 * max(squares, 1.0)) ** 0.5
    return Clip(
        tuple(pictures), tuple(every), len(sums), tuple(order), tuple(ms), blocks, len(frames), broken, odd, rounding
    )


def block_means(picture: Grey | Blocks) -> Blocks:
    """Return the mean of each ``BLOCK`` × ``BLOCK`` square, float32 (h/8, w/8).

    In floating point: a sleeper's movement is a fraction of a grey level.
    """
    height, width = picture.shape
    if picture.dtype == np.uint8:
        return _means_between(_corners(picture))
    return np.asarray(cv2.resize(picture, (width // BLOCK, height // BLOCK), interpolation=cv2.INTER_AREA), np.float32)


def _corners(picture: Grey | Blocks) -> Corners:
    """Return the sum of all of *picture*, uint8, that is above and left of each block's corner, int32 (h/8 + 1, w/8 + 1)."""
    return np.asarray(cv2.integral(picture)[::BLOCK, ::BLOCK], np.int32).copy()


def _means_between(corners: Corners) -> Blocks:
    """Return the blocks' means, float32 (…, h/8, w/8), from the sums at their *corners* (…, h/8 + 1, w/8 + 1)."""
    rows = corners[..., 1:, :] - corners[..., :-1, :]
    return np.asarray(rows[..., 1:] - rows[..., :-1], np.float32) / np.float32(BLOCK * BLOCK)


def block_deviations(picture: Grey | Blocks) -> Blocks:
    """Return the standard deviation inside each block, float32 (h/8, w/8), grey levels."""
    whole = picture.astype(np.float32, copy=False)
    mean = block_means(whole)
    return np.asarray(np.sqrt(np.maximum(block_means(whole * whole) - mean * mean, 0.0)), np.float32)


def _spread(pictures: list[bytes], count: int) -> list[bytes]:
    """Return *count* of *pictures*, first and last among them, evenly spread."""
    return [pictures[round(i * (len(pictures) - 1) / (count - 1))] for i in range(count)]


def _size(data: bytes) -> tuple[int, int] | None:
    """Return the size of a whole JPEG within the contract's limits, read from its header, or None."""
    try:
        width, height = jpeg.size(data)
    except jpeg.NotJpeg:
        return None
    whole = data.rfind(b"\xff\xd9", -64) >= 0
    if not whole or width > limits.FRAME_WIDTH or height > limits.FRAME_HEIGHT:
        return None
    return width, height


def _reduced(size: tuple[int, int]) -> tuple[int, tuple[int, int]]:
    """Return at which fraction of *size* (width, height) to decode, and the reduced picture's size."""
    width, height = size
    scale = next((s for s in (8, 4, 2) if (width // s) * (height // s) >= _FEWEST), 1)
    width, height = -(-width // scale), -(-height // scale)
    if width * height > _MOST_PIXELS:
        smaller = (_PIXELS / (width * height)) ** 0.5
        width, height = (round(side * smaller / BLOCK) * BLOCK for side in (width, height))
    return scale, (width - width % BLOCK, height - height % BLOCK)


def _first_step(data: bytes) -> int:
    """Return the step to which a JPEG's coder rounded the first coefficient of its brightness; 1 when it does not say."""
    at = 2
    while at + 5 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):
        if data[at + 1] == 0xFF:
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xDB:
            table = at + 4
            while table + 3 <= min(end, len(data)):
                wide = data[table] >> 4
                if data[table] & 15 == 0:
                    return int.from_bytes(data[table + 1 : table + 3], "big") if wide else data[table + 1]
                table += 129 if wide else 65
        at = max(end, at + 2)
    return 1


_REDUCED = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}


def _decode(data: bytes, scale: int, size: tuple[int, int]) -> Grey | None:
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), _REDUCED[scale])
    except cv2.error:
        return None
    if picture is None or picture.ndim != 2:
        return None
    if (picture.shape[0] > picture.shape[1]) != (size[1] > size[0]):
        # An orientation tag beside the header says that it lies on its side.
        size = size[1], size[0]
    width, height = size
    if picture.shape[0] - height >= BLOCK or picture.shape[1] - width >= BLOCK:
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(picture[:height, :width])
