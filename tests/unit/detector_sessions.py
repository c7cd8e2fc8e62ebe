"""Sessions that the detector's tests judge: drawn nights, plain frames and sensor series."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from drawn_homes import draw, profile
from schemas.messages import Frame, Profile, SensorChannel, Session
from schemas.vocabulary import DeviceKind

NIGHT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
BED = Profile.model_validate({"zones": {"bed": [[0.2, 0.3], [0.8, 0.3], [0.8, 0.8], [0.2, 0.8]]}})


def session(jpegs: Sequence[bytes], room: Profile = BED, *, fps: float = 5.0, **more: Any) -> Session:
    """Return a camera session of *jpegs*."""
    frames = tuple(Frame(ms=round(i * 1000 / fps), jpeg=jpeg) for i, jpeg in enumerate(jpegs))
    return Session(
        session_id="s1",
        org="ekby",
        device="b27",
        kind=DeviceKind.CAMERA,
        started_at=NIGHT,
        seconds=10,
        profile=room,
        frames=frames,
        **more,
    )


def sensors(*channels: SensorChannel, room: Profile = BED) -> Session:
    """Return a sensor session."""
    return Session(
        session_id="s1",
        org="ekby",
        device="b27",
        kind=DeviceKind.SENSORS,
        started_at=NIGHT,
        seconds=10,
        profile=room,
        channels=channels,
    )


@cache
def drawn(scene: str, seed: int, seconds: float, fps: float) -> tuple[bytes, ...]:
    """Return a drawn scene's frames, drawn once a process: it takes ten times as long as to judge them."""
    return tuple(draw(scene, seed, seconds, fps))


@cache
def night(scene: str, seed: int = 1, *, seconds: float = 8.0, fps: float = 4.0, expected: int | None = None) -> Session:
    """Return a drawn night; the same arguments give the same session."""
    room = Profile.model_validate(profile(scene, expected=expected))
    return session(drawn(scene, seed, seconds, fps), room, fps=fps)


def jpeg(picture: npt.NDArray[Any], quality: int = 85) -> bytes:
    """Return a grey picture as JPEG."""
    return cv2.imencode(".jpg", np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[
        1
    ].tobytes()


def grey(frame: Frame) -> npt.NDArray[np.float32]:
    """Return a frame's picture."""
    picture = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return picture.astype(np.float32)


def to_and_fro(jpegs: Sequence[bytes], count: int) -> list[bytes]:
    """Return *jpegs* forwards and backwards until there are *count*, as a recording too short is played."""
    there_and_back = [*jpegs, *jpegs[-2:0:-1]]
    return [there_and_back[n % len(there_and_back)] for n in range(max(count, len(jpegs)))]
