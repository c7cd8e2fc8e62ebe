"""Difficulties of a sleeper: a blanket, five seconds without a movement, a near-infrared night."""

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np

from detector.zones import rasterise_zones
from schemas.messages import Frame, Session
from tests.unit.detector_alterations import Picture, jpeg_of, picture_of

Pictures = list[Picture]


def made_harder(session: Session, names: tuple[str, ...], rng: np.random.Generator) -> Session:
    """Return *session* with the difficulties of *names*, coded anew."""
    cv2.setRNGSeed(int(rng.integers(2**31)))
    shown = [picture_of(frame.jpeg) for frame in session.frames]
    for name in names:
        shown = DIFFICULTIES[name](shown, session, rng)
    frames = tuple(Frame(ms=f.ms, jpeg=jpeg_of(p, 80)) for f, p in zip(session.frames, shown, strict=True))
    return session.model_copy(update={"frames": frames})


def _noise(shape: tuple[int, ...], levels: float) -> Picture:
    """Return a sensor's noise; by OpenCV, which draws a picture of it in a sixth of NumPy's time."""
    drawn = np.empty(shape, np.float32)
    cv2.randn(drawn, 0.0, levels)  # type: ignore[call-overload]  # its stubs want a colour for each number
    return drawn


def _blanket(shown: Pictures, session: Session, rng: np.random.Generator) -> Pictures:
    """Over the bed, half of each picture is a plain cloth that lies still."""
    height, width = shown[0].shape
    bed = rasterise_zones(session.profile, (height // 8, width // 8)).at_rest.astype(np.float32)
    over = cv2.GaussianBlur(cv2.resize(bed, (width, height)), (0, 0), 9.0)
    weave = cv2.GaussianBlur(rng.normal(0, 12, shown[0].shape).astype(np.float32), (0, 0), 2.0)
    few = np.median(np.stack(shown[:: max(len(shown) // 10, 1)]), axis=0)  # of ten pictures: it is blurred at once
    cloth = 0.5 * over * (cv2.GaussianBlur(few.astype(np.float32), (0, 0), 12.0) + weave)
    through = 1 - 0.5 * over
    return [p * through + cloth + _noise(p.shape, 0.7) for p in shown]


def _still(shown: Pictures, session: Session, rng: np.random.Generator) -> Pictures:
    """From a moment on nobody moves for five seconds; the sensor's noise goes on, and is no frame's own."""
    step = max((session.frames[-1].ms - session.frames[0].ms) / max(len(shown) - 1, 1) / 1000, 1e-3)
    length = min(round(5.0 / step), len(shown) - 1)
    first = int(rng.integers(0, len(shown) - length))
    noise = max(float(np.median([np.abs(a - b).mean() for a, b in pairwise(shown)])), 0.5)
    held = np.asarray(np.mean(shown[first : first + 5], axis=0), np.float32)
    return [
        held + _noise(held.shape, noise) if first < n < first + length else picture for n, picture in enumerate(shown)
    ]


def _night(shown: Pictures, session: Session, rng: np.random.Generator) -> Pictures:
    """A near-infrared night: mean grey 18 to 33 of 255, bright in the middle, with a sensor's noise of 1 to 3 levels."""
    height, width = shown[0].shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    lit = np.exp(-(x * x + y * y) / 1.6)
    factor = float(rng.uniform(18, 33)) / max(float((shown[0] * lit).mean()), 1.0)
    noise = float(rng.uniform(1.0, 3.0))
    lit *= factor
    return [p * lit + _noise(p.shape, noise) for p in shown]


DIFFICULTIES: dict[str, Callable[[Pictures, Session, np.random.Generator], Pictures]] = {
    "blanket": _blanket,
    "still": _still,
    "night": _night,
}
