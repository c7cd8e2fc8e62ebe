"""A session cut down to what may be sent: fewer frames first, then stronger JPEG, then a smaller picture."""

from collections.abc import Iterable
from typing import Any, Final

import cv2
import numpy as np

from schemas import jpeg, limits
from schemas.messages import Frame

FEWEST_PER_SECOND: Final = 2.5
"""Frames a second below which no frame is given up for bytes: the detector needs them to see small movement."""
QUALITIES: Final = (70, 55, 40, 30)
WIDTHS: Final = (960, 640, 480)
DECODE_PIXELS: Final = 40_000_000
"""A header that claims more is not decoded: no camera of ours takes such pictures."""


class TooLarge(ValueError):
    """The frames cannot be brought within the limits; the message says which and why."""


def allowed_fps(fps: float, seconds: float) -> float:
    """Return *fps*, or what keeps *seconds* of it within the most frames that a session may have."""
    return min(fps, limits.FRAMES / seconds)


def thin_out(frames: list[Frame], most: int) -> list[Frame]:
    """Return at most *most* of *frames*, evenly spread, first and last among them."""
    if len(frames) <= most:
        return frames
    return [frames[round(n * (len(frames) - 1) / max(most - 1, 1))] for n in range(most)]


def cut_frames(frames: list[Frame], seconds: float, aim: int = limits.SESSION_BYTES_AIM) -> tuple[Frame, ...]:
    """Return *frames* cut down to at most 120, each 1920×1080 at most, together at most *aim* bytes.

    Raises:
        TooLarge: a frame is no picture, claims an absurd size, or they stay too many bytes however they are cut.
    """
    kept, fits = cut_as_far(frames, seconds, aim)
    if not fits:
        raise TooLarge(f"{len(kept)} frames are {_bytes(kept)} bytes at their smallest; aim {aim}")
    return kept


def cut_as_far(frames: list[Frame], seconds: float, aim: int) -> tuple[tuple[Frame, ...], bool]:
    """Return *frames* cut down as for :func:`cut_frames`, and whether they are within *aim*; else at their smallest.

    Raises:
        TooLarge: a frame is no picture, or claims an absurd size.
    """
    kept = [_sized(frame) for frame in thin_out(frames, limits.FRAMES)]
    total = _bytes(kept)
    if total > aim:
        fewest = max(2, round(seconds * FEWEST_PER_SECOND))
        kept = thin_out(kept, max(fewest, len(kept) * max(aim, 0) // total))
    whole = kept
    for width in (limits.FRAME_WIDTH, *WIDTHS):
        for quality in (None, *QUALITIES):
            if _bytes(kept) <= aim:
                return tuple(kept), True
            if quality is not None:
                kept = [_again(frame, width, quality) for frame in whole]
    return tuple(kept), _bytes(kept) <= aim


def _bytes(frames: Iterable[Frame]) -> int:
    return sum(len(frame.jpeg) for frame in frames)


def encode(picture: Any, quality: int) -> bytes:
    """Return *picture* (uint8, height × width, grey or BGR) as JPEG, made smaller where it breaks a limit."""
    height, width = picture.shape[:2]
    scale = min(limits.FRAME_WIDTH / width, limits.FRAME_HEIGHT / height)
    if scale < 1:
        picture = cv2.resize(picture, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())


def _sized(frame: Frame) -> Frame:
    try:
        width, height = jpeg.size(frame.jpeg)
    except jpeg.NotJpeg as error:
        raise TooLarge(f"frame at {frame.ms} ms: {error}") from None
    if width * height > DECODE_PIXELS:
        raise TooLarge(f"frame at {frame.ms} ms: {width}x{height} pixels")
    if width <= limits.FRAME_WIDTH and height <= limits.FRAME_HEIGHT:
        return frame
    return _again(frame, limits.FRAME_WIDTH, 85)


def _again(frame: Frame, width: int, quality: int) -> Frame:
    picture = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise TooLarge(f"frame at {frame.ms} ms: its JPEG does not decode")
    if picture.shape[1] > width:
        height = round(picture.shape[0] * width / picture.shape[1])
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return Frame(ms=frame.ms, jpeg=encode(picture, quality))
