"""Shapes of moving bodies, moment by moment: how much of each lies in rest zones, how tall and how low it is."""

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from detector.movement import Movement, MovingBody, bodies
from detector.thresholds import Thresholds
from detector.zones import Mask, Zones, extent

Line = npt.NDArray[np.float64]

_LONG = 1.8
_SMOOTH = np.full(3, 1 / 3)
_LEAST_FORCE = 1.2
"""The least weight of a block that stirs, beside those that are as much slower than noise as this or more."""

_PARTS = ((0.0, 1.0, 1.0), (0.0, 0.5, 0.75), (0.25, 0.75, 0.75), (0.5, 1.0, 0.75), (0.33, 0.67, 0.75))
"""Places along a zone at which two people are looked for, as fractions of it, and how clear the gap has to be there."""

_STILLER, _FEWER = 0.93, 0.86
"""One sleeper: 0.96 of the force and 0.95 of the blocks are left in the gap as a rule; two: 0.2-0.7 and 0.2-0.8."""

_BODY = 2.0
"""Blocks along the bed, mean of three lines, that are more than a cluster of noise; more in a part of the bed."""

_MANY = 20
"""Different pictures from which a stiller place is one by more than chance."""

_BY_CHANCE = 3.5
"""Blocks along the bed, mean of three lines, that chance makes slow in few pictures: the three that are pooled, or so."""

_MOST_OF_A_BLOCK = 10.0
"""Noise that a block counts for at the most, where people are looked for side by side: a hand must not hide a body."""

_REACH = 2
"""Lines on either side of a place that are the same body."""

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


def people_stirring(movement: Movement, zone: Mask, t: Thresholds) -> int:
    """Return how many people stir in *zone*: 0, 1 or 2 places that move with a stiller gap between them.

    One sleeper stirs an arm or a leg now and then, but breathes in one place; two people are two such places side by
    side. The gap between them is both narrower (fewer blocks stir) and stiller (those that do stir less). It is looked
    for over the whole zone, and in parts of it: two heads may lie close where their bodies do not. Two bodies that move
    apart from each other, each enough to be a sleeper alone, are two however much more the one moves than the other.
    """
    top, left, bottom, right = extent(zone)
    height, width = bottom - top, right - left
    # In a bed seen twice as long as wide, two lie beside each other across it; along it is one body's length.
    looked_across = width < _LONG * min(width, height), height < _LONG * min(width, height)
    if _two_bodies(movement, zone, looked_across, t):
        return 2
    there = _together(movement.stirs & zone)
    lasting = _together(movement.sustained & zone)
    if int(there.sum()) < _LEAST_AT_ONCE + 1:
        return 0
    force = np.where(there, np.log2(np.maximum(movement.pooled, _LEAST_FORCE)), 0.0)
    maps = np.stack([force, there, lasting, movement.solid & zone])[:, top:bottom, left:right]
    ways = (maps, width), (maps.transpose(0, 2, 1), height)
    for (along, across), looked in zip(ways, looked_across, strict=True):
        if not looked:
            continue
        apart, length = max(4, round(0.3 * across)), along.shape[1]
        for first, last, gap in _PARTS:
            part = along[:, round(first * length) : round(last * length)].sum(axis=1)
            force_line, many, lasts, solid = (np.convolve(line, _SMOOTH, mode="same") for line in part)
            if _two_peaks(force_line, many, lasts, solid, apart, gap, movement):
                return 2
    return 1


def _two_bodies(movement: Movement, zone: Mask, looked_across: tuple[bool, bool], t: Thresholds) -> bool:
    """Return whether two bodies of solid movement, each a sleeper's, lie apart over the zone's width or height."""
    found = bodies(movement.solid & zone, movement.amplitude, int(t.least_in_bed))
    middles = [np.argwhere(body.mask).mean(axis=0) for body in found if body.strength >= t.strength_in_bed]
    top, left, bottom, right = extent(zone)
    for one, other in combinations(middles, 2):
        down, along = np.abs(one - other) / (bottom - top, right - left)
        if (looked_across[0] and along >= t.apart) or (looked_across[1] and down >= t.apart):
            return True
    return False


def gap_between(movement: Movement, one: Mask, other: Mask) -> float:
    """Return how much stirs between the sides *one* and *other* of a bed, of what stirs at the lesser of two people there.

    What stirs is summed over lines along the border, from beyond the middle of *one* to beyond that of *other*. Two who lie
    beside each other leave 0.03-0.46 at the stillest line between them, one body that lies over both sides 0.77-1.
    """
    here, there = (np.argwhere(side).mean(axis=0) for side in (one, other))
    apart = float(np.linalg.norm(there - here))
    spots = np.argwhere(one | other)
    across = (spots - here) @ (there - here) / max(apart, 1e-6) ** 2  # 0 in the middle of one, 1 in that of the other
    stirring = np.where(movement.stirs, np.minimum(movement.amplitude, _MOST_OF_A_BLOCK), 0.0)[tuple(spots.T)]
    lines = max(6, round(2 * apart))
    number = np.clip(((across + 0.5) / 2 * lines).astype(int), 0, lines - 1)
    force = np.bincount(number, weights=stirring, minlength=lines) / np.maximum(np.bincount(number, minlength=lines), 1)
    force = np.convolve(force, _SMOOTH, mode="same")
    place = (np.arange(lines) + 0.5) / lines * 2 - 0.5
    first = int(np.argmax(np.where(place < 0.4, force, -1.0)))
    last = int(np.argmax(np.where(place > 0.6, force, -1.0)))
    lesser = min(float(force[first]), float(force[last]))
    return float(force[first : last + 1].min()) / lesser if lesser > 0 else 0.0


def _together(mask: Mask) -> Mask:
    """Return *mask* without lone blocks: what lives moves its neighbours too, noise does not."""
    around = cv2.boxFilter(mask.astype(np.float32), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(mask & (around >= 3.5))


def _two_peaks(force: Line, many: Line, lasts: Line, solid: Line, apart: int, gap: float, movement: Movement) -> bool:
    """Return whether *force* has two peaks at least *apart* that are two people.

    Between two people less stirs (*force*), in fewer blocks (*many*), than at the lesser of them; the *gap* says by how
    much. A stiller gap alone is enough over many pictures where both last: *lasts* near each is at least a quarter of
    its highest. A camera that is shaken hides most of what stirs: there a gap with nothing in it is enough. In few
    pictures chance makes patches that are slow, as large as the square that slowness is pooled over and no larger: such
    a one is nobody unless something *solid* moves there.
    """
    reach = _REACH
    near = sliding_window_view(np.pad(solid, reach), 2 * reach + 1).max(axis=1)
    body = np.asarray((near >= 1.0) | (many > _BY_CHANCE) | (movement.distinct >= _MANY))
    first = int(np.argmax(np.where(body, force, 0.0)))
    top, highest = float(force[first]), max(float(lasts.max()), 1e-6)
    if not body[first]:
        return False
    away = np.abs(np.arange(len(force)) - first) >= apart
    for second in np.flatnonzero(away & body & (force >= _LEAST_PEAK * top)).tolist():
        a, b = sorted((first, second))
        lower, least = min(float(force[a]), float(force[b])), min(float(many[a]), float(many[b]))
        stiller = float(force[a : b + 1].min()) / max(lower, 1e-6)
        fewer = float(many[a : b + 1].min()) / max(least, 1e-6)
        last = min(float(lasts[max(0, p - reach) : p + reach + 1].max()) for p in (a, b)) / highest
        if least >= _BODY / gap and lower >= 0.25 * top:
            if stiller < _STILLER * gap and fewer < _FEWER * gap:
                return True
            if gap == 1.0 and movement.distinct >= _MANY and stiller < 0.76 and last >= 0.25:
                return True
        if movement.shaken and lower >= _LEAST_PEAK * top and many[second] >= 1.0 and stiller <= 0.1:
            return True
    return False


_LEAST_PEAK = 0.15
"""Share of the highest peak that a second one has at the least."""


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
