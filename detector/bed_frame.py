"""Beds laid out straight: what is seen of one, as from above with its head end up, so that each column runs along who lies in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Corners = npt.NDArray[np.float32]
"""Four points in order around a bed, (4, 2): columns and rows of blocks."""

_LEAST_SIDE = 2.0
"""Blocks that each side of a bed is long at the least, or nothing of it is laid out."""

_MIDDLE = 0.4
"""Share of a bed from its nearest side at which a place is in its middle: it says of no side that the head lies there."""


@dataclass(frozen=True, slots=True, eq=False)
class BedFrame:
    """A bed's *corners* from the head end's left one, as seen from the foot, around; ``said`` where its head end was told.

    ``across`` and ``along`` are its width and length in blocks, the means of its sides in the picture.
    """

    corners: Corners
    across: int
    along: int
    said: bool

    def laid_out(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return *values* of the picture's blocks as (along, across) of the bed's."""
        right, foot = self.across - 0.5, self.along - 0.5
        straight = np.array([[-0.5, -0.5], [right, -0.5], [right, foot], [-0.5, foot]], np.float32)
        matrix = cv2.getPerspectiveTransform(self.corners - np.float32(0.5), straight)
        return np.asarray(cv2.warpPerspective(values, matrix, (self.across, self.along)), np.float32)

    def turned(self) -> "BedFrame":
        """Return the same bed for somebody who lies across it."""
        return BedFrame(np.roll(self.corners, -1, axis=0), self.along, self.across, self.said)


def frame_of(
    polygon: Sequence[tuple[float, float]], head: tuple[float, float] | None, shape: tuple[int, int]
) -> BedFrame | None:
    """Return the bed of *polygon* laid out; *polygon* and *head* in fractions, *shape* the rows and columns of blocks.

    Its head end is the side that is nearest to *head*; where that says nothing, one of its two shorter sides. A bed that is
    not drawn by four corners is laid out as the smallest rectangle around it. ``None`` where it is too small to be.
    """
    blocks = np.array([shape[1], shape[0]], np.float32)
    corners = _four_corners(np.asarray(polygon, np.float32) * blocks)
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    if float(sides.min()) < _LEAST_SIDE:
        return None
    told = None if head is None else _nearest_side(corners, np.asarray(head, np.float32) * blocks)
    first = told if told is not None else int(sides[0] + sides[2] > sides[1] + sides[3])
    sides = np.roll(sides, -first)
    across, along = (round(float(sides[n] + sides[n + 2]) / 2) for n in (0, 1))
    return BedFrame(np.roll(corners, -first, axis=0), across, along, told is not None)


def _four_corners(points: npt.NDArray[np.float32]) -> Corners:
    if len(points) == 4 and cv2.isContourConvex(points):
        return points
    return np.asarray(cv2.boxPoints(cv2.minAreaRect(points)), np.float32)


def _nearest_side(corners: Corners, place: npt.NDArray[np.float32]) -> int | None:
    """Return the number of the side, which goes from the corner of that number to the next, that *place* is nearest to.

    Shares of the bed are compared, not blocks: a bed that is seen from its side is narrow there, and its pillow is near to both
    sides. ``None`` where it is in the middle.
    """
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, square)
    right, down = (float(part) for part in cv2.perspectiveTransform(place.reshape(1, 1, 2), matrix).ravel())
    away = (down, 1 - right, 1 - down, right)
    nearest = min(range(4), key=away.__getitem__)
    return nearest if away[nearest] < _MIDDLE else None
