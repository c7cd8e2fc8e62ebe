"""People in one bed, counted: places across it that stir, with a gap between them in which less does."""

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt

from detector.bed_frame import BedFrame
from detector.clip import Blocks
from detector.movement import Movement, bodies
from detector.thresholds import Thresholds
from detector.zones import Mask, ZoneMask

Line = list[float]

_LONG, _MUCH_LONGER, _LONGER = 1.8, 1.5, 1.25
"""A bed whose head end is not said: so many times as long as wide in the picture that people lie along it for certain, that any
gap across it is one between people, and that who would lie the other way has to be as large as a body."""

_WHOLE = 0.45
"""Share of a bed over which a body stirs that lies over its shorter side. A head, or legs, of who lies along it: 0.2-0.4."""

_GAP = 0.75
"""Share of what moves at the lesser of two people from which there is no gap between them. Drawn and recorded: one sleeper
0.95-1, restless or not; two 0.1-0.68."""

_GAP_EITHER_WAY = 0.6
"""Its like in a bed about as long as wide whose head end is not said: along one sleeper 0.68-1, between two 0.1-0.53."""

_SLOWER, _MUCH_SLOWER = 0.55, 0.3
"""Its like for what is slow by itself, where people lie along the bed for certain (pairs 0.01-0.51, recorded sleepers 0.55 and more) and where
they may lie either way, each as long as a body (pairs 0.01-0.27, a recorded restless one mostly 0.35 and more)."""

_NOTHING = 0.05
"""Its like either way and of any length: along one sleeper 0.1-1 of 213 drawn, between some of two 0.01."""

_SURE = 1.5
"""Deviations of a difference of two counts of blocks (Poisson's) by which there is less in a gap: a recorded sleeper 1.1, two 1.8-2.8."""

_LINES = 13
"""Lines that a bed's width is divided into where blocks are counted, as a drawn double bed has them: of more, some are still by chance."""

_ROOM = 0.25
"""Share of a bed's width that either of two has at the least: a duvet's edge is slow by itself, at the very side."""

_BESIDE = 0.3
"""Share of a bed's width that two people lie apart at the least."""

_MANY_BLOCKS = 15.0
"""Blocks on either side of a gap that stir and are somebody who only breathes."""

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

_LEAST_PEAK = 0.15
"""Share of the highest peak that a second one has at the least."""

_LEAST_AT_ONCE = 3
"""Blocks beside each other below which nothing is a body."""


def people_stirring(movement: Movement, place: ZoneMask, t: Thresholds) -> int:
    """Return how many people stir in the bed *place*: 1, or 2 that lie beside each other across it.

    One sleeper stirs an arm or a leg now and then, but breathes in one place; two people are two such places side by
    side. The gap between them is both narrower (fewer blocks stir) and stiller (those that do stir less). It is looked
    for over the whole bed, and in parts of it: two heads may lie close where their bodies do not. Two bodies that move
    apart from each other, each enough to be a sleeper alone, are two however much more the one moves than the other.
    Head and legs of one sleeper are two such places along the bed: there nothing is looked for.
    """
    frame = place.laid_out()
    if frame is None:
        return 1
    return 2 if any(_two_lie(movement, place.mask, way, t) for way in _ways_to_lie(frame)) else 1


@dataclass(frozen=True, slots=True, eq=False)
class _LyingWay:
    """A way in which people may lie in a bed: along the columns of *frame*.

    ``gap`` is the share of what moves at the lesser of two people from which there is none between them. ``whole``: if people
    did lie so, it would be across the bed's longer side, so that each has to stir over as much of it as a body is long.
    """

    frame: BedFrame
    gap: float = 0.0
    whole: bool = False


def _ways_to_lie(frame: BedFrame) -> tuple[_LyingWay, ...]:
    """Return the ways in which people may lie: along the bed where its head end is said, or else by its sides in the picture."""
    longer = frame.along / frame.across
    if frame.said or longer >= _LONG:
        return (_LyingWay(frame, _GAP),)
    if longer >= _LONGER:
        return _LyingWay(frame, _GAP if longer >= _MUCH_LONGER else 0.0), _LyingWay(frame.turned(), whole=True)
    return _LyingWay(frame, _GAP_EITHER_WAY), _LyingWay(frame.turned(), _GAP_EITHER_WAY)


def _two_lie(movement: Movement, zone: Mask, way: _LyingWay, t: Thresholds) -> bool:
    if _two_bodies(movement, zone, way, t) or _two_places(movement, zone, way):
        return True
    if not way.gap:
        return False
    solid = np.where(movement.solid & zone, np.minimum(movement.amplitude, _MOST_OF_A_BLOCK), np.float32(0.0))
    if _apart(way.frame.laid_out(solid), t.strength_in_bed, way.gap):
        return True
    if movement.distinct < _MANY:
        return False  # In few pictures chance makes places that are slow.
    if _apart(way.frame.laid_out((movement.stirs & zone).astype(np.float32)), _MANY_BLOCKS, way.gap):
        return True
    slow = way.frame.laid_out((movement.slow & zone).astype(np.float32))
    if way.gap == _GAP:
        return _apart(slow, t.least_slow, _SLOWER, counted=True)
    # Head and legs of one who lies the other way are slow as well, but not over as much of the bed as a body is long.
    either = _apart(slow, t.least_slow, _MUCH_SLOWER, counted=True, whole=_whole_lines(slow))
    return either or _apart(slow, t.least_slow, _NOTHING, counted=True)


def _apart(
    laid: Blocks, least: float, gap: float, *, counted: bool = False, whole: npt.NDArray[np.bool_] | None = None
) -> bool:
    """Return whether *laid* has a gap across the bed, as clear as *gap* says, with at least *least* on either side of it.

    What is *counted*, one for each block, is smoothed over the lines of a large picture alone, and its gap has to be more than chance,
    with room for somebody beside it. Where *whole* lines are said, either of two is of those alone.
    """
    bodies_of = laid if whole is None else laid * whole
    smooth = np.ones(max(1, round(laid.shape[1] / _LINES))) if counted else _SMOOTH
    line = np.convolve(laid.sum(axis=0), smooth, mode="same")
    place, heights = np.arange(len(line)), line.tolist()
    people = line if whole is None else np.convolve(bodies_of.sum(axis=0), smooth, mode="same")
    peaks = people.tolist()
    beside = max(1, round(_ROOM * len(line))) if counted else 1
    for at in range(beside, len(line) - beside):
        lesser = min(max(peaks[: at + 1]), max(peaks[at:]))
        if heights[at] >= gap * lesser or (counted and lesser - heights[at] < _SURE * (lesser + heights[at]) ** 0.5):
            continue
        if min(bodies_of[:, :at].sum(), bodies_of[:, at + 1 :].sum()) < least:
            continue
        middles = (float((line[part] * place[part]).sum() / line[part].sum()) for part in (np.s_[: at + 1], np.s_[at:]))
        if abs(next(middles) - next(middles)) >= _BESIDE * len(line):
            return True
    return False


def _two_places(movement: Movement, zone: Mask, way: _LyingWay) -> bool:
    """Return whether two places beside each other stir, with a gap between them, over the whole bed or a part of its length."""
    there = _together(movement.stirs & zone)
    lasting = _together(movement.sustained & zone)
    if int(there.sum()) < _LEAST_AT_ONCE + 1:
        return False
    force = np.where(there, np.log2(np.maximum(movement.pooled, _LEAST_FORCE)), 0.0)
    maps = (force, there, lasting, movement.solid & zone)
    laid = np.stack([way.frame.laid_out(np.asarray(of, np.float32)) for of in maps])
    if way.whole:
        laid[0] *= _whole_lines(laid[1])
    apart, length = max(4, round(_BESIDE * way.frame.across)), way.frame.along
    for first, last, gap in _PARTS:
        part = laid[:, round(first * length) : round(last * length)].sum(axis=1)
        # Lines of a few dozen numbers: Python's own take less time over them than arrays do.
        force_line, many, lasts, solid = (np.convolve(line, _SMOOTH, mode="same").tolist() for line in part)
        if _two_peaks(force_line, many, lasts, solid, apart, gap, movement):
            return True
    return False


def _whole_lines(stirs: Blocks) -> npt.NDArray[np.bool_]:
    """Return the lines (across) near which *stirs*, laid out, does so over as much of the bed as a body is long."""
    rows = stirs >= 0.5
    near = (rows[:, max(0, n - _REACH) : n + _REACH + 1].any(axis=1).mean() for n in range(rows.shape[1]))
    return np.fromiter((share >= _WHOLE for share in near), bool, rows.shape[1])


def _two_bodies(movement: Movement, zone: Mask, way: _LyingWay, t: Thresholds) -> bool:
    """Return whether two bodies of solid movement, each a sleeper's, lie apart over the bed's width."""
    found = bodies(movement.solid & zone, movement.amplitude, int(t.least_in_bed))
    laid = [way.frame.laid_out(body.mask.astype(np.float32)) for body in found if body.strength >= t.strength_in_bed]
    if way.whole:
        laid = [body for body in laid if float((body >= 0.5).any(axis=1).mean()) >= _WHOLE]
    place = np.arange(way.frame.across) / way.frame.across
    middles = [float((body.sum(axis=0) * place).sum() / body.sum()) for body in laid if body.any()]
    return any(abs(one - other) >= t.apart for one, other in combinations(middles, 2))


def gap_between(movement: Movement, one: Mask, other: Mask, t: Thresholds) -> float:
    """Return how much moves between the sides *one* and *other* of a bed, of what moves at the lesser of two people there.

    It is summed over lines along the border, from beyond the middle of *one* to beyond that of *other*. Two who lie
    beside each other leave 0.00-0.45 at the stillest line between them, one body that lies over both sides 0.77-1. Where
    either side holds less solid movement than a sleeper's, what stirs is taken, which is pooled and so wider.
    """
    weight = np.minimum(movement.amplitude, _MOST_OF_A_BLOCK)
    solid = np.where(movement.solid, weight, np.float32(0.0))
    seen = min(float(solid[one].sum()), float(solid[other].sum())) >= t.strength_in_bed
    moving = solid if seen else np.where(movement.stirs, weight, np.float32(0.0))
    here, there = (np.argwhere(side).mean(axis=0) for side in (one, other))
    apart = float(np.linalg.norm(there - here))
    spots = np.argwhere(one | other)
    across = (spots - here) @ (there - here) / max(apart, 1e-6) ** 2  # 0 in the middle of one, 1 in that of the other
    lines = max(6, round(2 * apart))
    number = np.clip(((across + 0.5) / 2 * lines).astype(int), 0, lines - 1)
    total = np.bincount(number, weights=moving[tuple(spots.T)], minlength=lines)
    force = np.convolve(total / np.maximum(np.bincount(number, minlength=lines), 1), _SMOOTH, mode="same")
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
    places = range(len(force))
    body = [movement.distinct >= _MANY or many[n] > _BY_CHANCE or max(_around(solid, n)) >= 1.0 for n in places]
    first = max(places, key=lambda n: force[n] if body[n] else 0.0)
    top, highest = force[first], max(*lasts, 1e-6)
    if not body[first]:
        return False
    for second in (n for n in places if abs(n - first) >= apart and body[n] and force[n] >= _LEAST_PEAK * top):
        a, b = sorted((first, second))
        lower, least = min(force[a], force[b]), min(many[a], many[b])
        stiller = min(force[a : b + 1]) / max(lower, 1e-6)
        fewer = min(many[a : b + 1]) / max(least, 1e-6)
        if least >= _BODY / gap and lower >= 0.25 * top:
            if stiller < _STILLER * gap and fewer < _FEWER * gap:
                return True
            lasting = gap == 1.0 and movement.distinct >= _MANY and stiller < 0.76
            if lasting and min(max(_around(lasts, n)) for n in (a, b)) / highest >= 0.25:
                return True
        if movement.shaken and lower >= _LEAST_PEAK * top and many[second] >= 1.0 and stiller <= 0.1:
            return True
    return False


def _around(line: Line, place: int) -> Line:
    """Return *line* near *place*, as far as one body reaches."""
    return line[max(0, place - _REACH) : place + _REACH + 1]
