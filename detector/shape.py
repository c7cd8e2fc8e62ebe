"""What a moving body is: how much of it lies at rest zones, how tall and how low it is, moment by moment."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detector.movement import Body, Movement
from detector.zones import Mask, Zones, extent

Line = npt.NDArray[np.float64]

_LONG = 1.8
_LEAST_AT_ONCE = 3
"""Blocks that have to move in one frame before that frame says anything of a shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A body with its place and shape.

    ``inside`` is the share of its blocks in a rest zone. ``upright`` is the spread of its movement along the picture's
    height over that along its width, median over frames: a standing person 1.3-2.5, one who lies across the picture
    0.2-0.8. ``low`` and ``tall`` are the shares of frames with movement in which it was low and long, or upright;
    ``at_rest`` the share in which its middle was in a rest zone.
    """

    body: Body
    inside: float
    upright: float
    low: float
    tall: float
    at_rest: float
    height: float


def describe(body: Body, movement: Movement, zones: Zones) -> Figure:
    """Return *body* as a figure: second moments of what moves in each frame, weighted by how much."""
    rows, columns = body.mask.shape
    top, left, bottom, right = extent(body.mask)
    window = np.abs(movement.residual[:, top:bottom, left:right]) * body.mask[top:bottom, left:right]
    window[window < 4.0 * movement.noise] = 0.0
    flat = window.reshape(window.shape[0], -1)
    enough = (flat > 0).sum(axis=1) >= _LEAST_AT_ONCE
    inside = float((body.mask & zones.at_rest).sum()) / body.blocks
    height = (bottom - top) / rows
    if not enough.any():
        flat = movement.amplitude[top:bottom, left:right].reshape(1, -1) * body.mask[top:bottom, left:right].reshape(
            1, -1
        )
        enough = np.ones(1, bool)
    flat = flat[enough].astype(np.float64)
    y, x = (axis.ravel() for axis in np.mgrid[top:bottom, left:right].astype(np.float64))
    total = flat.sum(axis=1)
    middle_y, middle_x = flat @ y / total, flat @ x / total
    # A block is not a point: a twelfth of its side squared is its own spread.
    spread_y = np.maximum(flat @ (y * y) / total - middle_y**2, 0.0) + 1 / 12
    spread_x = np.maximum(flat @ (x * x) / total - middle_x**2, 0.0) + 1 / 12
    upright = np.sqrt(spread_y / spread_x)
    here_y = np.clip(np.round(middle_y).astype(int), 0, rows - 1)
    here_x = np.clip(np.round(middle_x).astype(int), 0, columns - 1)
    deep = (middle_y + 0.5) / rows
    floors = _of_kind(zones, "floor")
    on_floor_zone = floors[here_y, here_x] if floors is not None else np.zeros(len(deep), bool)
    # Without a floor zone, what moves in the lowest third of the picture is low unless it is clearly upright.
    low = ((upright < 1.1) & ((deep >= 0.65) | on_floor_zone)) | ((deep >= 0.72) & (upright < 1.9)) | (upright < 0.45)
    return Figure(
        body=body,
        inside=inside,
        upright=float(np.median(upright)),
        low=float(low.mean()),
        tall=float(((upright >= 1.15) & ~low).mean()),
        at_rest=float(zones.at_rest[here_y, here_x].mean()),
        height=height,
    )


def lobes(moves: Mask, sustained: Mask, zone: Mask, *, shaken: bool = False) -> int:
    """Return how many places in *zone* move all the time with a stiller gap between them: 0, 1 or 2.

    *moves* is what moves at all; *sustained* what does so slowly in both halves of the session. One sleeper stirs an arm or a leg now and then, but breathes in one place; two people are two such
    places side by side.
    """
    there = _together(moves & zone)
    lasting = _together(sustained & zone)
    if int(there.sum()) < 4:
        return 0
    top, left, bottom, right = extent(zone)
    smooth = np.full(3, 1 / 3)
    for axis, length in ((0, right - left), (1, bottom - top)):
        # In a bed seen twice as long as wide, two lie beside each other across it; along it is one body's length.
        if length >= _LONG * min(right - left, bottom - top):
            continue
        line = np.convolve(there.sum(axis=axis), smooth, mode="same")
        lasts = np.convolve(lasting.sum(axis=axis), smooth, mode="same")
        if _two_peaks(line, lasts, max(4, round(0.3 * length)), shaken):
            return 2
    return 1


def _together(mask: Mask) -> Mask:
    """Return *mask* without lone blocks: what lives moves its neighbours too, noise does not."""
    around = cv2.boxFilter(mask.astype(np.float32), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(mask & (around >= 3.5))


def _two_peaks(line: Line, lasts: Line, apart: int, shaken: bool) -> bool:
    """Return whether *line* has two peaks at least *apart* that are two people.

    Two that have a valley of at most 3/4 of the lower between them, and last: *lasts* near each is at least a quarter
    of its highest; a tenth is enough for two of like height with a deep valley. A camera that is *shaken* hides what
    lasts: then nothing is asked of two that have nothing at all between them.
    """
    first = int(np.argmax(line))
    reach = 2
    top, highest = float(line[first]), float(lasts.max())
    for second in range(len(line)):
        if abs(second - first) < apart or highest <= 0:
            continue
        a, b = sorted((first, second))
        lower, valley = min(float(line[a]), float(line[b])), float(line[a : b + 1].min())
        last = min(float(lasts[max(0, p - reach) : p + reach + 1].max()) for p in (a, b)) / highest
        if last >= 0.25 and lower >= 0.3 * top and valley < 0.75 * lower:
            return True
        if last >= 0.1 and lower >= 0.5 * top and valley < 0.35 * lower:
            return True
        if shaken and lower >= max(1.0, 0.15 * top) and valley <= 0.1 * lower:
            return True
    return False


def _of_kind(zones: Zones, kind: str) -> Mask | None:
    masks = [place.mask for place in zones.others if place.kind == kind]
    return np.asarray(np.any(masks, axis=0)) if masks else None


def upright_of(mask: Mask) -> float:
    """Return the spread of *mask* along the picture's height over that along its width."""
    rows, columns = np.nonzero(mask)
    return float(np.sqrt((rows.var() + 1 / 12) / (columns.var() + 1 / 12)))
