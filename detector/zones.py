"""Zones of a room's profile as masks over the blocks of a picture: rasterised, dilated, and their bounding box."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detector.bed_frame import BedFrame, frame_of
from detector.clip import BLOCK, block_means
from schemas.messages import Profile
from schemas.vocabulary import DeviceKind

Mask = npt.NDArray[np.bool_]

REST = ("bed", "armchair")
"""Kinds of zone in which a person may be at rest."""


@dataclass(frozen=True, slots=True)
class ZoneMask:
    """One zone over the blocks: its name, its kind, its mask; as it was drawn, in fractions of the picture, and its head end."""

    name: str
    kind: str
    mask: Mask
    polygon: tuple[tuple[float, float], ...]
    head: tuple[float, float] | None

    def laid_out(self) -> BedFrame | None:
        """Return a rest zone laid out straight, where it is large enough."""
        rows, columns = self.mask.shape
        return frame_of(self.polygon, self.head, (rows, columns)) if self.kind in REST else None

    @property
    def says_head(self) -> bool:
        """True where the zone says which of its sides is the head end."""
        frame = self.laid_out()
        return frame is not None and frame.said


@dataclass(frozen=True, slots=True)
class Zones:
    """Zones of a profile as masks. All are bool (h, w) over blocks."""

    rest: tuple[ZoneMask, ...]
    others: tuple[ZoneMask, ...]
    looked_at: Mask
    at_rest: Mask

    @property
    def outside(self) -> Mask:
        """Blocks that are looked at and belong to no rest zone."""
        return np.asarray(self.looked_at & ~self.at_rest)


def rasterise_zones(profile: Profile, shape: tuple[int, int]) -> Zones:
    """Return *profile*'s zones over *shape* (rows, columns) of blocks.

    A block belongs to a zone that covers at least half of it; a masked block belongs to none and is never looked at.
    A zone that only sensors see is left out.
    """
    looked_at = np.ones(shape, bool)
    seen = [zone for zone in profile.zones if zone.seen_by is not DeviceKind.SENSORS]
    for zone in seen:
        if zone.kind == "mask":
            looked_at &= _cover(zone.polygon, shape) < 0.05
    places = [
        ZoneMask(
            zone.name,
            zone.kind,
            np.asarray((_cover(zone.polygon, shape) >= 0.5) & looked_at),
            zone.polygon,
            zone.head,
        )
        for zone in seen
        if zone.kind != "mask"
    ]
    rest = tuple(place for place in places if place.kind in REST and place.mask.any())
    others = tuple(place for place in places if place.kind not in REST and place.mask.any())
    at_rest = np.zeros(shape, bool)
    for place in rest:
        at_rest |= place.mask
    return Zones(rest, others, looked_at, at_rest)


def _cover(polygon: tuple[tuple[float, float], ...], shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Return how much of each block *polygon* covers, 0-1, from an 8 × 8 raster of each."""
    rows, columns = shape
    fine = np.zeros((rows * BLOCK, columns * BLOCK), np.uint8)
    points = np.array([[round(x * columns * 128), round(y * rows * 128)] for x, y in polygon], np.int32)
    cv2.fillPoly(fine, [points], 1, shift=4)
    return block_means(fine)


def dilate(mask: Mask, blocks: int) -> Mask:
    """Return *mask* dilated by *blocks* in all directions."""
    if blocks <= 0:
        return mask
    kernel = np.ones((2 * blocks + 1, 2 * blocks + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel).astype(bool))


def extent(mask: Mask) -> tuple[int, int, int, int]:
    """Return ``(top, left, bottom, right)`` of a mask that is not empty, bottom and right excluded."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
