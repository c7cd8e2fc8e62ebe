"""A recorded session as another camera would have seen it: from elsewhere, closer, tilted, through another lens, coded anew."""

import zlib
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from schemas.messages import Frame, Profile, Session, Zone
from tests.unit.detector_alterations import Picture, jpeg_of, picture_of

SIZES = ((320, 240), (640, 480), (960, 720), (1280, 720))
Points = npt.NDArray[np.float64]

_SEEN = 2 / 3
"""The share of a bed, and of what moves, that has to stay in the picture for the label to keep its meaning."""


@dataclass(frozen=True)
class Position:
    """Another camera's position, and the room as it sees it.

    ``corners`` are the source's points, fractions of its width and height, that the four corners of the picture show;
    ``barrel`` is how much the lens bends straight lines outwards, 0 not at all; ``zones_off`` by how much another
    planner's corners lie elsewhere, fractions of what is seen.
    """

    seed: int
    corners: tuple[tuple[float, float], ...]
    size: tuple[int, int] = (640, 480)
    barrel: float = 0.0
    quality: int = 85
    every: int = 1
    zones_off: float = 0.0

    @staticmethod
    def drawn(seed: int, source: tuple[int, int], about: tuple[float, float], *, whole: bool = False) -> "Position":
        """Return a position by chance that looks *about* a point of a *source* picture (width, height).

        *whole* leaves next to nothing of the source out, for what spoils a picture as a whole.
        """
        rng = np.random.default_rng([seed, 11])
        size = SIZES[int(rng.integers(len(SIZES)))]
        zoom = float(rng.uniform(0.9, 1.0) if whole else rng.uniform(0.7, 1.0))
        width, height = source
        scale = zoom * min(width / size[0], height / size[1])
        half = np.array([size[0] * scale, size[1] * scale]) / 2
        unit = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
        angle = np.deg2rad(float(rng.uniform(-8, 8)))
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        moved = unit + 2 * float(rng.uniform(0, 0.15)) * rng.uniform(-1, 1, (4, 2))
        quad = (moved * half) @ turn
        aim = np.array([width, height]) * (0.5 + (np.array(about) - 0.5) * rng.uniform(0.3, 1.0))
        quad += aim + rng.uniform(-0.05, 0.05, 2) * np.array([width, height])
        for axis, most in ((0, width), (1, height)):
            low, high = float(quad[:, axis].min()), float(quad[:, axis].max())
            quad[:, axis] += (most - low - high) / 2 if high - low > most else -min(low, 0.0) - max(high - most, 0.0)
        if rng.random() < 0.5:
            quad = quad[[1, 0, 3, 2]]
        return Position(
            seed=seed,
            corners=tuple((float(x) / width, float(y) / height) for x, y in quad),
            size=size,
            barrel=float(rng.choice([0.0, rng.uniform(0.02, 0.2)])),
            quality=int(rng.integers(50, 91)),
            every=2 if rng.random() < 1 / 3 else 1,
            zones_off=float(rng.choice([0.0, 0.03])),
        )

    def of(self, session: Session) -> Session:
        """Return *session* as seen from here, its zones carried along; what no frame shows is the still room mirrored."""
        height, width = picture_of(session.frames[0].jpeg).shape
        there = self._source_of_pixels(width, height)
        sample, part = cv2.convertMaps(there[..., 0], there[..., 1], cv2.CV_16SC2)
        shown = {frame.jpeg: picture_of(frame.jpeg) for frame in session.frames}
        shown = {data: picture for data, picture in shown.items() if picture.shape == (height, width)}
        usual = np.asarray(np.median(np.stack(list(shown.values())[:25]), axis=0), np.float32)
        beyond = cv2.remap(usual, sample, part, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        inside = (
            (there[..., 0] >= 0) & (there[..., 0] <= width - 1) & (there[..., 1] >= 0) & (there[..., 1] <= height - 1)
        )
        noise = _noise(list(shown.values()))
        seen: dict[bytes, bytes] = {}
        for data, picture in shown.items():
            new = cv2.remap(picture, sample, part, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            if not inside.all():
                chance = np.random.default_rng(zlib.crc32(data))
                grain = noise * chance.standard_normal(new.shape, dtype=np.float32)
                lit = float(picture.mean()) / max(float(usual.mean()), 1.0)
                new = np.where(inside, new, lit * beyond + grain)
            seen[data] = jpeg_of(np.asarray(new, np.float32), self.quality)
        frames = tuple(Frame(ms=f.ms, jpeg=seen[f.jpeg]) for f in session.frames[:: self.every] if f.jpeg in seen)
        return session.model_copy(update={"frames": frames, "profile": self.profile(session.profile)})

    def profile(self, room: Profile) -> Profile:
        """Return *room* with its zones as they lie in this picture; one that does not lie in it is left out."""
        rng = np.random.default_rng([self.seed, 13])
        zones = []
        for zone in room.zones:
            corners = np.array(zone.polygon, float)
            extent = np.ptp(np.array(self.corners), axis=0)
            corners += rng.uniform(-1, 1, corners.shape) * self.zones_off * extent
            kept = _clipped(self.seen_at(_with_middles(corners)))
            if len(kept) >= 3 and _area(kept) > 1e-4:
                polygon = tuple((float(x), float(y)) for x, y in kept)
                zones.append(Zone(name=zone.name, kind=zone.kind, polygon=polygon, head=self._head_at(zone)))
        return room.model_copy(update={"zones": tuple(zones)})

    def _head_at(self, zone: Zone) -> tuple[float, float] | None:
        """Return the head end of *zone* as it lies in this picture, where it says one and it is seen."""
        if zone.head is None:
            return None
        ((x, y),) = self.seen_at(np.array([zone.head]))
        return (float(x), float(y)) if 0 <= x <= 1 and 0 <= y <= 1 else None

    def keeps(self, room: Profile, moving: Points) -> bool:
        """Return whether two thirds of each zone of *room*, and of the points that move, are in the picture."""
        for zone in room.zones:
            mapped = self.seen_at(_with_middles(np.array(zone.polygon, float)))
            kept = _clipped(mapped)
            if len(kept) < 3 or _area(kept) < _SEEN * _area(mapped):
                return False
        if not len(moving):
            return True
        points = self.seen_at(moving)
        return bool(((points >= 0) & (points <= 1)).all(axis=1).mean() >= _SEEN)

    def seen_at(self, points: Points) -> Points:
        """Return where in the picture *points* (n, 2) of the source lie, both as fractions."""
        flat = cv2.perspectiveTransform(points[:, None, :], np.linalg.inv(self._straight()))[:, 0, :]
        ratio = self.size[1] / self.size[0]
        centred = (flat - 0.5) * np.array([2.0, 2.0 * ratio])
        wanted = np.hypot(centred[:, 0], centred[:, 1])
        whole = 1 + self.barrel * (1 + ratio**2)
        radius = wanted.copy()
        for _ in range(30):
            radius = wanted * whole / (1 + self.barrel * radius**2)
        bent = centred * np.where(wanted > 0, radius / np.maximum(wanted, 1e-9), 1.0)[:, None]
        return np.asarray(bent / np.array([2.0, 2.0 * ratio]) + 0.5)

    def plain(self) -> "Position":
        """Return the same position with the planner's own zones and every frame, as for the empty room's take."""
        return replace(self, zones_off=0.0, every=1)

    def _straight(self) -> npt.NDArray[np.float64]:
        """Return the homography from fractions of this picture, without its lens, to fractions of the source."""
        unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        return np.asarray(cv2.getPerspectiveTransform(unit, np.array(self.corners, np.float32)), np.float64)

    def _source_of_pixels(self, width: int, height: int) -> npt.NDArray[np.float32]:
        columns, rows = self.size
        ratio = rows / columns
        x, y = np.meshgrid(
            (np.arange(columns) + 0.5) / columns * 2 - 1, ((np.arange(rows) + 0.5) / rows * 2 - 1) * ratio
        )
        bend = (1 + self.barrel * (x * x + y * y)) / (1 + self.barrel * (1 + ratio**2))
        flat = np.stack([x * bend / 2 + 0.5, y * bend / (2 * ratio) + 0.5], axis=-1)
        source = cv2.perspectiveTransform(flat.reshape(-1, 1, 2), self._straight()).reshape(rows, columns, 2)
        return np.asarray(source * np.array([width, height]) - 0.5, np.float32)


def moving_points(session: Session) -> Points:
    """Return where something moves in *session*, (n, 2) fractions of the picture: a point for each time and place."""
    shown = [picture_of(data) for data in dict.fromkeys(frame.jpeg for frame in session.frames)]
    small = np.stack([cv2.resize(p, (64, 48), interpolation=cv2.INTER_AREA) for p in shown[:50]])
    away = np.abs(small - np.median(small, axis=0))
    there = np.argwhere(away > max(12.0, 8.0 * float(np.median(away))))
    return np.asarray(there[:, [2, 1]] / np.array([64.0, 48.0]))


def _noise(pictures: list[Picture]) -> float:
    apart = [float(np.median(np.abs(a - b))) for a, b in pairwise(pictures[:6])]
    return max(float(np.median(apart)) if apart else 0.0, 0.5)


def _with_middles(corners: Points) -> Points:
    after = np.roll(corners, -1, axis=0)
    return np.stack([corners, (corners + after) / 2], axis=1).reshape(-1, 2)


def _area(polygon: Points) -> float:
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _clipped(polygon: Points) -> Points:
    """Return *polygon* cut off at the picture's borders (Sutherland and Hodgman, 1974)."""
    for axis, border, sign in ((0, 0.0, 1), (0, 1.0, -1), (1, 0.0, 1), (1, 1.0, -1)):
        kept: list[Points] = []
        for before, point in zip(np.roll(polygon, 1, axis=0), polygon, strict=True):
            was, now = sign * (before[axis] - border), sign * (point[axis] - border)
            if (was >= 0) != (now >= 0):
                kept.append(before + (point - before) * was / (was - now))
            if now >= 0:
                kept.append(point)
        if not kept:
            return np.zeros((0, 2))
        polygon = np.clip(np.stack(kept), 0.0, 1.0)
    return polygon
