"""The session's frames as small grey pictures: sizes checked before decoding, each distinct frame decoded once."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from schemas import jpeg, limits
from schemas.messages import Frame

Grey = npt.NDArray[np.uint8]
Blocks = npt.NDArray[np.float32]

BLOCK = 8
"""Side of a block in pixels of the reduced picture: 16 pixels of a 640×480 frame."""

_KEPT = 5
"""Frames whose pixels are kept for structure and sharpness, spread over the session."""

_MOST = 40
"""Distinct frames that are decoded, spread over the session: four a second of ten show a breath and a turned head."""

_A_SECOND = 2.0
"""As many of a longer session: with fewer, slow movement looks like noise, and two may look like one."""

_WIDEST = 480
"""The reduced picture is the largest of 1/1, 1/2, 1/4, 1/8 that is at most this wide: 320 pixels for 640."""

_NARROWEST = 96
"""Below this width a reduced picture has too few blocks to tell a body from its bed."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What could be decoded of a session's frames.

    ``order[t]`` says which of the ``distinct`` pictures was shown at ``ms[t]``; ``blocks`` is float32
    (t, h/8, w/8), mean grey 0-255. ``pictures`` are a few of the frames in order, uint8 (h, w) with both sides a
    multiple of ``BLOCK``; the others are let go once their blocks are known.
    """

    pictures: tuple[Grey, ...]
    distinct: int
    order: tuple[int, ...]
    ms: tuple[int, ...]
    blocks: Blocks
    sent: int
    broken: int
    odd_sizes: int

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
    scale = next((s for s in (1, 2, 4, 8) if common[0] // s <= _WIDEST), 8)
    if common[0] // scale < _NARROWEST or common[1] // scale < _NARROWEST // 2:
        return None

    fitting = [data for data, size in sizes.items() if size == common]
    most = max(_MOST, round(_A_SECOND * (frames[-1].ms - frames[0].ms) / 1000))
    if len(fitting) > most:
        fitting = _spread(fitting, most)
    wanted, kept = set(fitting), set(_spread(fitting, _KEPT))
    pictures: list[Grey] = []
    means: list[Blocks] = []
    index: dict[bytes, int | None] = {}
    order: list[int] = []
    ms: list[int] = []
    broken = odd = 0
    for frame in frames:
        size = sizes[frame.jpeg]
        if size is None:
            broken += 1
            continue
        if size != common:
            odd += 1
            continue
        if frame.jpeg not in wanted:
            continue
        if frame.jpeg not in index:
            picture = _decode(frame.jpeg, scale)
            if picture is not None and pictures and picture.shape != pictures[0].shape:
                # An orientation tag beside the header says that this one lies on its side.
                sizes[frame.jpeg] = size[::-1]
                odd += 1
                continue
            index[frame.jpeg] = None if picture is None else len(means)
            if picture is not None:
                means.append(block_means(picture))
                if frame.jpeg in kept or not pictures:
                    pictures.append(picture)
        at = index[frame.jpeg]
        if at is None:
            broken += 1
            continue
        order.append(at)
        ms.append(frame.ms)
    if not means:
        return None
    blocks = np.stack(means)[order]
    return Clip(tuple(pictures), len(means), tuple(order), tuple(ms), blocks, len(frames), broken, odd)


def block_means(picture: Grey | Blocks) -> Blocks:
    """Return the mean of each ``BLOCK`` × ``BLOCK`` square, float32 (h/8, w/8).

    In floating point: a sleeper's movement is a fraction of a grey level.
    """
    height, width = picture.shape
    means = cv2.resize(
        picture.astype(np.float32, copy=False), (width // BLOCK, height // BLOCK), interpolation=cv2.INTER_AREA
    )
    return np.asarray(means, np.float32)


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


_REDUCED = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}


def _decode(data: bytes, scale: int) -> Grey | None:
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), _REDUCED[scale])
    except cv2.error:
        return None
    if picture is None or picture.ndim != 2:
        return None
    height, width = (side - side % BLOCK for side in picture.shape)
    return np.ascontiguousarray(picture[:height, :width])
