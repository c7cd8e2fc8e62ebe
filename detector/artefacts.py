"""Things that change in a picture and are no body: text that a camera writes into it, and specks that drift before the lens."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.clip import Blocks
from detector.zones import Mask, dilate

Line = npt.NDArray[Any]

_STEP = 5.0
"""Noise of a block from which the change between two pictures is one."""

_TWO = 10.0
"""Noise of a block that two levels are apart at the least: nearer ones are flat by chance."""

_FEWEST = 12
"""Pictures below which changes to and fro say nothing."""

_SWITCHES = 3
"""Changes to and fro, or by themselves, from which a block is written in: somebody who turns over makes one or two."""

_FLAT = 0.06
"""Deviation about a level, of the distance between two, up to which a block has two levels; a breath has 0.24."""

_CALM = 2.0
"""Noise up to which a block does not change between two jumps; white noise is 1.4 from picture to picture."""

_LINE = 4
"""Blocks that a line of text is high at the most: letters of 8 % of the picture's height."""

_WRITTEN = 0.6
"""Share of a changing thing's blocks that are written in, from which all of it is text."""

_BOLD = 30.0
"""Noise of a block that the boldest block of a text changes by at the least: letters that can be read 45 and more, a coder's
flicker, a blanket's weave or a shadow over the floor, which may step as text does, up to 24."""

_LETTERS = 3
"""Blocks beside each other that go to and fro between two bold levels, from which they are text whatever moves behind them: the
edge of a hand that is lifted and laid down is one or two."""

_SPECK = 0.055
"""Share of the picture that a speck covers at the most: six times a deviation of 3.5 % of its width, each way."""

_ALONE, _PURE = 0.7, 0.85
"""Shares of a frame's change in the bed that are in one place, and of it to one side: brighter, or darker."""

_MIXED = 0.7
"""As ``_PURE``, of a speck that passes over somebody who moves: 0.73-1.0 of a drawn one. It has to be as even as an animal."""

_TRAVELS = 1.2
"""Blocks that the middle of a speck is off its usual place, root mean square; a limb stirs in its place."""

_EVEN = 0.26
"""As ``_STEADY``, of a speck of mixed signs: it is as strong all the time."""

_AS_LARGE, _FARTHER = 0.2, 0.03
"""Deviation over the mean of the blocks that an animal on a bed covers at each moment, and how much more for each block that it goes
about: drawn ones that go 2 to 7 blocks 0.07-0.32, sleepers whose limbs stir as far apart 0.31-0.96, the nearest by 0.07."""

_STEADY = 0.6
"""Deviation of a speck's change from picture to picture over its mean: it is as large wherever it is, a limb comes and goes."""


@dataclass(frozen=True, slots=True, eq=False)
class Artefacts:
    """``written`` are the blocks (h, w) with text, ``drifting`` where a speck is in each frame (t, h, w)."""

    written: Mask
    drifting: npt.NDArray[np.bool_]


def find_artefacts(residual: Blocks, first_shown: npt.NDArray[np.intp], noise: Blocks, at_rest: Mask) -> Artefacts:
    """Return what changes in *residual* (t, h, w), grey levels, and is no body; specks are looked for in *at_rest*.

    *first_shown* is when each picture comes for the first time.
    """
    return Artefacts(_written(residual[first_shown], noise), _drifting(residual, noise, at_rest))


def _written(residual: Blocks, noise: Blocks) -> Mask:
    """Return the blocks with text: they jump between two levels and stay flat at each, or jump now and then by themselves.

    A body moves over several pictures, and never comes back to a level as text does. Letters stand out far from noise.
    """
    nothing = np.zeros(noise.shape, bool)
    if len(residual) < _FEWEST:
        return nothing
    reach = np.ptp(residual, axis=0) / noise
    if reach.max() < _BOLD:
        return nothing
    stepwise, two_levels, alone = nothing.copy(), nothing.copy(), np.zeros(noise.shape, int)
    some = reach >= _STEP
    stepwise[some], two_levels[some], alone[some] = _steps(residual[:, some], noise[some])
    switching = two_levels | (stepwise & (alone >= _SWITCHES))
    if not switching.any():
        return nothing
    changing = (np.abs(residual) > 3.0 * noise).sum(axis=0) >= 2
    bold = reach >= _BOLD
    text = nothing
    for part in _parts(changing | switching):
        inked, inside = part & stepwise, int((part & changing).sum())
        enough = int(inked.sum()) >= max(2.0, _WRITTEN * inside) and (part & switching).any()
        if enough and _tall(inked) <= _LINE and (inked & bold).any():
            text |= part
    # Where somebody moves behind the letters both are one thing: no body goes to and fro between two levels so far apart.
    for part in _parts(two_levels & bold):
        if int(part.sum()) >= _LETTERS and _tall(part) <= _LINE:
            text |= part
    return dilate(text, 1)


def _steps(residual: Line, noise: Line) -> tuple[Line, Line, Line]:
    """Return which blocks of *residual* (t, n) step, which have two levels, and how many of the steps of each stand alone, (n,)."""
    low, high = residual.min(axis=0), residual.max(axis=0)
    above = residual > (low + high) / 2
    high_ones = above.sum(axis=0)
    count = np.maximum(high_ones, 1), np.maximum(len(above) - high_ones, 1)
    means = [(residual * side).sum(axis=0) / n for side, n in zip((above, ~above), count, strict=True)]
    off = residual - np.where(above, means[0], means[1])
    apart = means[0] - means[1]
    flat = np.sqrt((off**2).mean(axis=0)) <= np.maximum(_FLAT * apart, 1.3 * noise)
    crossings = (above[1:] != above[:-1]).sum(axis=0)
    two_levels = (apart >= _TWO * noise) & flat & (crossings >= _SWITCHES)
    change = np.abs(np.diff(residual, axis=0))
    jumps = change > _STEP * noise
    beside = np.zeros_like(jumps)
    beside[1:] |= jumps[:-1]
    beside[:-1] |= jumps[1:]
    alone = (jumps & ~beside).sum(axis=0)
    steps = jumps.sum(axis=0)
    between = np.sqrt(np.where(jumps, 0.0, change**2).sum(axis=0) / np.maximum(len(jumps) - steps, 1))
    stepwise = two_levels | ((steps >= 1) & (alone >= 0.8 * steps) & (between <= _CALM * noise))
    return stepwise, two_levels, alone


def _parts(mask: Mask) -> list[Mask]:
    """Return the connected parts of *mask*."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    return [np.asarray(labels == label) for label in range(1, count)]


def _tall(mask: Mask) -> int:
    """Return over how many rows *mask* reaches, 0 when nothing is in it."""
    rows = np.flatnonzero(mask.any(axis=1))
    return int(rows[-1] - rows[0]) + 1 if len(rows) else 0


def roams_over(residual: Blocks, noise: float, at_rest: Mask) -> bool:
    """Return whether all that moves over *at_rest* is one small thing that goes about, over as many blocks all the time: an animal."""
    return bool(_drifting(residual, np.full(at_rest.shape, noise, np.float32), at_rest, animal=True).any())


@dataclass(frozen=True, slots=True, eq=False)
class _Blob:
    """The strongest changing thing in a frame: where it is (h, w) and its middle, how strong and large, and how much of it is of one sign."""

    frame: int
    part: Mask
    middle: tuple[float, float]
    mass: float
    size: int
    pure: float


def _drifting(residual: Blocks, noise: Blocks, at_rest: Mask, *, animal: bool = False) -> npt.NDArray[np.bool_]:
    """Return where in each frame something small drifts over *at_rest*: one place, of one sign, as strong all the time.

    An *animal* has light and dark parts, and stands out more or less from where it goes; it is as large all the time. A speck that passes
    over somebody who moves is less of one sign, and has to be the steadier for it.
    """
    where = np.zeros(residual.shape, bool)
    if not at_rest.any() or len(residual) < 8:
        return where
    change = np.abs(residual)
    away = change > 4.0 * noise
    strength = change * away
    busy = np.flatnonzero((away & at_rest).sum(axis=(1, 2)) >= 2).tolist()
    least = max(5.0, 0.5 * len(busy))
    purest = 0.0 if animal else _MIXED
    blobs: list[_Blob] = []
    for done, n in enumerate(busy):
        if len(blobs) + len(busy) - done < least:
            return where
        blob = _strongest(residual[n], strength[n], at_rest, n, purest)
        if blob is not None:
            blobs.append(blob)
    pure = [blob for blob in blobs if blob.pure >= _PURE]
    if animal:
        large = _AS_LARGE + _FARTHER * _spread(blobs)
        found = blobs if _goes_about(blobs, [blob.size for blob in blobs], large, least) else []
    elif _goes_about(pure, [blob.mass for blob in pure], _STEADY, least):
        found = pure
    else:
        found = blobs if _goes_about(blobs, [blob.mass for blob in blobs], _EVEN, least) else []
    for blob in found:
        where[blob.frame] = dilate(blob.part, 1)
    return where


def _strongest(change: Blocks, strength: Blocks, at_rest: Mask, frame: int, purest: float) -> _Blob | None:
    """Return the strongest thing over *at_rest* where it is small, at least as pure as *purest* and most of what changes there, or ``None``.

    *strength* is how much each block changes, 0 where it is no change to speak of.
    """
    _, labels = cv2.connectedComponents((strength > 0.0).view(np.uint8), connectivity=8)
    inside = np.bincount(labels[at_rest], weights=strength[at_rest])
    inside[0] = 0.0
    part = labels == int(np.argmax(inside))
    size = int(np.count_nonzero(part))
    if size > _SPECK * at_rest.size:
        return None
    mass = float(strength[part].sum())
    if mass < _ALONE * float(strength[at_rest | part].sum()):
        return None
    pure = abs(float(change[part].sum())) / max(mass, 1e-6)
    if pure < purest:
        return None
    rows, columns = np.nonzero(part)
    weight = strength[part] / max(mass, 1e-6)
    middle = float(rows @ weight), float(columns @ weight)
    return _Blob(frame, part, middle, mass, size, pure)


def _spread(blobs: Sequence[_Blob]) -> float:
    """Return by how many blocks the middles of *blobs* are off their mean, root mean square."""
    return float(np.sqrt(np.var([blob.middle for blob in blobs], axis=0).sum())) if blobs else 0.0


def _goes_about(blobs: Sequence[_Blob], even: Sequence[float], most: float, least: float) -> bool:
    """Return whether at least *least* of *blobs* are one thing that travels and stays as it is: *even* deviates by *most* of its mean."""
    if len(blobs) < least:
        return False
    if _spread(blobs) < _TRAVELS or float(np.std(even) / np.mean(even)) > most:
        return False
    trace = np.any([dilate(blob.part, 1) for blob in blobs], axis=0)
    return int(trace.sum()) >= 2.0 * statistics.median(blob.size for blob in blobs)
