"""Shapes of moving bodies, moment by moment: how much of each lies in rest zones, how tall and how low it is."""

from dataclasses import dataclass

import numpy as np

from detector.movement import Movement, MovingBody
from detector.ranks import median_of
from detector.zones import Mask, Zones, extent

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

    body: MovingBody
    inside: float
    upright: float
    low: float
    tall: float
    at_rest: float
    height: float


def figure_of(body: MovingBody, movement: Movement, zones: Zones) -> Figure:
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
    down, across = np.divmod(np.arange(flat.shape[1], dtype=np.float64), right - left)
    y, x = top + down, left + across
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
        upright=median_of(upright),
        low=float(low.mean()),
        tall=float(((upright >= 1.15) & ~low).mean()),
        at_rest=float(zones.at_rest[here_y, here_x].mean()),
        height=height,
    )


def _of_kind(zones: Zones, kind: str) -> Mask | None:
    masks = [place.mask for place in zones.others if place.kind == kind]
    return np.asarray(np.any(masks, axis=0)) if masks else None


def upright_of(mask: Mask) -> float:
    """Return the spread of *mask* along the picture's height over that along its width."""
    rows, columns = np.nonzero(mask)
    return float(np.sqrt((rows.var() + 1 / 12) / (columns.var() + 1 / 12)))


def over_long_side(mask: Mask, zone: Mask, ratio: float) -> Mask:
    """Return the blocks of *mask* that lie off *zone* over its long sides rather than over its ends.

    The zone's sides are those of its principal axes. One that is less than *ratio* times as long as wide has no long
    side: then nothing is.
    """
    over = np.zeros_like(mask)
    spots, beyond = np.argwhere(zone), np.argwhere(mask & ~zone)
    if len(spots) < 3 or not len(beyond):
        return over
    middle = spots.mean(axis=0)
    spread, axes = np.linalg.eigh(np.cov((spots - middle).T))  # the narrow axis first
    if spread[1] < ratio**2 * spread[0]:
        return over
    reach = np.maximum(np.abs((spots - middle) @ axes).max(axis=0), 0.5)
    across, along = (np.abs((beyond - middle) @ axes) / reach).T
    rows, columns = beyond[across > along].T
    over[rows, columns] = True
    return over
