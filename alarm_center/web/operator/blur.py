"""Blurred frame of a first look, which shows where somebody lies and not who it is; reason for a clear one, as a code.

The frame is cut down to a few cells and drawn large again, so that what is lost is lost in the bytes that leave, whatever a
browser does with them.
"""

from typing import Final

import cv2
import numpy as np

from schemas.vocabulary import ClearFor

CELLS: Final = 40
"""Along the longer side. A bed is some twenty of them long, a face less than two."""
_SIDE: Final = 480
"""The longer side of what is sent, in pixels; only smooths the cells."""
_QUALITY: Final = 75


def blurred(jpeg: bytes) -> bytes | None:
    """Return *jpeg* blurred, as a JPEG; ``None`` if it cannot be read, and then nothing of it is to be shown.

    Decoded at an eighth of its size, which costs a fraction of the whole; all else is a few thousand pixels.
    """
    try:
        small = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_8)
    except cv2.error:
        return None
    if small is None:
        return None
    height, width = small.shape[:2]
    cells = CELLS / max(height, width)
    across, down = max(round(width * cells), 1), max(round(height * cells), 1)
    if cells < 1:
        small = cv2.resize(small, (across, down), interpolation=cv2.INTER_AREA)
    grown = _SIDE / CELLS
    large = cv2.resize(small, (round(across * grown), round(down * grown)), interpolation=cv2.INTER_CUBIC)
    done, out = cv2.imencode(".jpg", large, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    return out.tobytes() if done else None


def parse_clear_reason(written: str) -> ClearFor | None:
    """Return the reason for a clear picture that a form gives, ``None`` if it is none of the list.

    The timeline holds no free text, so that a reason is one of a few codes.
    """
    return ClearFor(written) if written in set(ClearFor) else None
