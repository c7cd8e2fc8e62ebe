"""Frames and samples of one waking, as a source gives them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2

from gateway import fit
from schemas import jpeg
from schemas.messages import Capture, Frame, SensorChannel

Stopped = Callable[[], bool]


class CannotCapture(Exception):
    """No session can be taken. The message is one word or a few, fit to be sent as the session's ``fault``."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Frames of a waking, channels of sensors, or both; ``fault`` says what did not come, and why.

    ``replayed`` says that the frames are a recording played forwards and backwards: pictures come again. ``broken`` is
    how many pictures came that nobody can open; they are left out.
    """

    frames: tuple[Frame, ...] = ()
    channels: tuple[SensorChannel, ...] = ()
    fault: str | None = None
    replayed: bool = False
    broken: int = 0


def encode_picture(picture: Any, capture: Capture) -> bytes:
    height, width = picture.shape[:2]
    scale = min(capture.width / width, capture.height / height)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return fit.encode(picture, capture.jpeg_quality)


def taken_of(frames: list[Frame], seconds: int) -> Taken:
    """Return *frames* as the pictures of a session of *seconds*, thinned until they fit; those that are no JPEG are left out.

    Raises:
        CannotCapture: they cannot be made to fit, or none of them is a JPEG.
    """
    whole = [frame for frame in frames if _is_jpeg(frame.jpeg)]
    try:
        return Taken(frames=fit.cut_frames(whole or frames, seconds), broken=len(frames) - len(whole))
    except (fit.TooLarge, jpeg.NotJpeg) as error:
        raise CannotCapture(f"pictures not fit to send: {error}"[:200]) from None


def _is_jpeg(data: bytes) -> bool:
    try:
        jpeg.size(data)
    except jpeg.NotJpeg:
        return False
    return True
