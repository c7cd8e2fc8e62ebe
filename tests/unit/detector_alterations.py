"""Alterations of recorded and drawn sessions by light, lens and coding, by seed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from schemas.messages import Frame, Profile, Session

Picture = npt.NDArray[np.float32]
Change = Callable[[Picture, float], Picture]
"""Takes a grey picture (0-255) and the time in seconds from the start."""


@dataclass(frozen=True)
class Alteration:
    """One set of changes, drawn by chance: which, and how much."""

    seed: int
    names: tuple[str, ...]

    @staticmethod
    def drawn(seed: int, among: Iterable[str] | None = None) -> "Alteration":
        """Return one to three changes."""
        rng = np.random.default_rng([seed, 3])
        known = sorted(among or CHANGES)
        return Alteration(seed, tuple(sorted(rng.choice(known, int(rng.integers(1, 4)), replace=False))))

    def of(self, session: Session) -> Session:
        """Return *session* as it would have been with these changes; each distinct frame is changed once."""
        rng = np.random.default_rng([self.seed, 5])
        quality = int(rng.integers(40, 95)) if "coding" in self.names else 85
        width, height = _size(session.frames[0].jpeg)
        changes = [CHANGES[name](rng, width, height) for name in self.names if name in CHANGES]
        timed = any(name in TIMED for name in self.names)
        cache: dict[tuple[bytes, int], bytes] = {}
        frames = []
        for frame in session.frames:
            key = (frame.jpeg, frame.ms if timed else 0)
            if key not in cache:
                picture = picture_of(frame.jpeg)
                for change in changes:
                    picture = change(picture, frame.ms / 1000)
                cache[key] = jpeg_of(picture, quality)
            frames.append(Frame(ms=frame.ms, jpeg=cache[key]))
        if "rate" in self.names:
            span = max(frames[-1].ms - frames[0].ms, 1) / 1000
            step = int(rng.integers(1, 3))
            frames = frames[::step] if len(frames) / span / step >= 3.0 else frames
        profile = mirrored(session.profile) if "mirror" in self.names else session.profile
        return session.model_copy(update={"frames": tuple(frames), "profile": profile})


def mirrored(profile: Profile) -> Profile:
    """Return *profile* for the room seen in a mirror."""
    zones = tuple(
        z.model_copy(
            update={
                "polygon": tuple((1.0 - x, y) for x, y in z.polygon),
                "head": None if z.head is None else (1.0 - z.head[0], z.head[1]),
            }
        )
        for z in profile.zones
    )
    return profile.model_copy(update={"zones": zones})


def _brightness(rng: np.random.Generator, width: int, height: int) -> Change:
    factor = float(np.exp(rng.uniform(np.log(0.5), np.log(2.0))))
    return lambda picture, t: np.asarray(picture * factor, np.float32)


def _gamma(rng: np.random.Generator, width: int, height: int) -> Change:
    power = float(rng.uniform(0.6, 1.6))
    return lambda picture, t: np.asarray(255.0 * (np.clip(picture, 0, 255) / 255.0) ** power, np.float32)


def _noise(rng: np.random.Generator, width: int, height: int) -> Change:
    sigma = float(rng.uniform(1.0, 8.0))
    chance = np.random.default_rng(int(rng.integers(2**31)))
    return lambda picture, t: picture + sigma * chance.standard_normal(picture.shape, dtype=np.float32)


def _turn(rng: np.random.Generator, width: int, height: int) -> Change:
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-2, 2)), 1.0)
    return lambda picture, t: np.asarray(
        cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _mirror(rng: np.random.Generator, width: int, height: int) -> Change:
    return lambda picture, t: np.ascontiguousarray(picture[:, ::-1])


def _drift(rng: np.random.Generator, width: int, height: int) -> Change:
    slope = float(rng.uniform(-0.3, 0.3))
    return lambda picture, t: np.asarray(picture * (1.0 + slope * t / 10.0), np.float32)


def _lamp(rng: np.random.Generator, width: int, height: int) -> Change:
    at, factor = float(rng.uniform(1, 9)), float(rng.uniform(0.6, 1.7))
    field = _spot(rng, width, height, 0.5, 1.2)
    return lambda picture, t: np.asarray(picture * (1.0 + field * (factor - 1.0) * (t > at)), np.float32)


def _television(rng: np.random.Generator, width: int, height: int) -> Change:
    field = _spot(rng, width, height, 0.4, 1.0)
    levels = rng.uniform(0.0, float(rng.uniform(0.1, 0.5)), 1000)
    return lambda picture, t: np.asarray(picture * (1.0 + field * float(levels[int(t * 5) % 1000])), np.float32)


def _shadow(rng: np.random.Generator, width: int, height: int) -> Change:
    """A soft shadow that sways across the picture: a curtain before a street lamp."""
    depth, reach = float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.08, 0.25)) * width
    middle, sway, period = float(rng.uniform(0, width)), float(rng.uniform(5, 40)), float(rng.uniform(2, 7))
    x = np.arange(width, dtype=np.float32)

    def change(picture: Picture, t: float) -> Picture:
        centre = middle + sway * np.sin(2 * np.pi * t / period)
        return np.asarray(picture * (1.0 - depth * np.exp(-(((x - centre) / reach) ** 2)))[None], np.float32)

    return change


def _shake(rng: np.random.Generator, width: int, height: int) -> Change:
    chance = np.random.default_rng(int(rng.integers(2**31)))
    reach = float(rng.uniform(0.1, 0.8))

    def change(picture: Picture, t: float) -> Picture:
        dx, dy = chance.uniform(-reach, reach, 2)
        matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32)

    return change


def _as_it_is(rng: np.random.Generator, width: int, height: int) -> Change:
    return lambda picture, t: picture


CHANGES: dict[str, Callable[[np.random.Generator, int, int], Change]] = {
    "brightness": _brightness,
    "gamma": _gamma,
    "noise": _noise,
    "turn": _turn,
    "mirror": _mirror,
    "drift": _drift,
    "lamp": _lamp,
    "television": _television,
    "shadow": _shadow,
    "shake": _shake,
    "coding": _as_it_is,
    "rate": _as_it_is,
}
TIMED = frozenset({"drift", "lamp", "television", "shadow"})


def _spot(rng: np.random.Generator, width: int, height: int, least: float, most: float) -> Picture:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    reach = float(rng.uniform(least, most)) * width
    cx, cy = float(rng.uniform(0, width)), float(rng.uniform(0, height))
    return np.asarray(np.exp(-(((x - cx) ** 2 + (y - cy) ** 2) / reach**2)), np.float32)


def _size(data: bytes) -> tuple[int, int]:
    height, width = picture_of(data).shape
    return width, height


def picture_of(data: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return np.asarray(picture, np.float32)


def jpeg_of(picture: Picture, quality: int) -> bytes:
    encoded = cv2.imencode(".jpg", np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return encoded.tobytes()
