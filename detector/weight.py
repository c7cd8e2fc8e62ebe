"""A bed's load or pressure channel, read: whether somebody is on it, has left it or come to it, and whether it lives."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.messages import SensorChannel

Line = npt.NDArray[np.float64]

_POOL_MS: Final = 250
"""Readings that come faster are averaged to four a second: a breath needs no more, and noise shrinks."""
_STEPS: Final = 4
"""The largest changes from one reading to the next that are taken out: something settles, somebody bumps the bed."""
_LEAST_TURNS: Final = 3
"""Times that a weight has to turn back in a look: one and a half breaths. A step, a creep and what settles turn never."""
_NOISE: Final = 8.0
"""A swing's least height in units of the noise. Forty readings of white noise span 4.3 of its deviations."""
_QUANTA: Final = 2.5
"""A swing's least height in steps of the sensor's own scale: noise flickers between two neighbours, or three."""
_DIFFERENCES: Final = 4
_LOWER_HALF: Final = 0.3246
"""Mean of the smaller half of a normal deviate's absolute values, in its standard deviations."""
_SAME: Final = 1e-6
"""Values nearer to each other than this are the same, added up otherwise."""


@dataclass(frozen=True, slots=True)
class BedReading:
    """One load or pressure channel, read: whether its bed is occupied, was left, was come to, moves or moves violently.

    ``unsure`` is a weight that was there for some of the last part of the look, and not for all of it: somebody came,
    or a contact flickers. ``switch`` is a mat that says on or off and nothing else.
    """

    quantity: str
    occupied: bool
    left: bool
    unsure: bool
    lively: bool
    violent: bool
    switch: bool
    value: float


def read_bed(channel: SensorChannel, limit: Mapping[str, float]) -> BedReading:
    """Return the reading of a load (kg) or pressure (0-1) channel.

    A load's cells are added up, a pressure's averaged. *limit* has the thresholds of docs/detector.md by name.
    """
    values = np.asarray(channel.values, float)
    load = channel.quantity == "bed_load_kg"
    line = values.sum(axis=1) if load else values.mean(axis=1)
    on = limit["bed_load_kg"] if load else limit["bed_pressure"]
    life = limit["bed_load_life_kg"] if load else limit["bed_pressure_life"]
    violent = limit["bed_load_violent_kg"] if load else limit["bed_pressure_violent"]
    switch = is_switch(channel)
    there = line >= on
    late = there[int(len(there) * 0.6) :]
    occupied = bool(there.mean() >= 0.8 and late.all())
    return BedReading(
        quantity=channel.quantity,
        occupied=occupied,
        left=bool(there[: max(1, len(there) // 3)].any() and not late.any()),
        unsure=bool(late.any()) and not occupied,
        lively=comes_again(np.asarray(channel.ms, float), line, life),
        violent=bool(line.std() >= violent) and not switch,
        switch=switch,
        value=float(np.median(line)),
    )


def is_switch(channel: SensorChannel) -> bool:
    """Return whether *channel* is a mat of switches: a pressure of which each value is 0 or 1."""
    return channel.quantity == "bed_pressure" and all(value in (0.0, 1.0) for row in channel.values for value in row)


def comes_again(ms: Line, line: Line, life: float) -> bool:
    """Return whether *line*, read at *ms*, swings to and fro as what breathes or stirs does, to the end of the look.

    Its largest steps are taken out. What is left has to turn back three times, by more than *life* (the deviation of
    the least breath, in the line's unit), than its own noise and than its scale can show, and to swing in the last third
    by itself. A step, a few of them, a creeping cell, noise and somebody who moves and then lies dead still do not.
    """
    pooled = _pool(ms, line)
    height = max(2 * sqrt(2) * life, _NOISE * _noise(pooled), _QUANTA * _scale(line))
    smooth = _without_steps(pooled)
    last = smooth[len(smooth) * 2 // 3 :]
    return _turns(smooth, height) >= _LEAST_TURNS and float(np.ptp(last)) >= height


def _pool(ms: Line, line: Line) -> Line:
    """Return the means of as many neighbours as make about four a second; the first that make no whole group are left out."""
    many = max(1, int(_POOL_MS * (len(line) - 1) / (ms[-1] - ms[0]) + _SAME))
    whole = len(line) // many * many
    return np.asarray(line[len(line) - whole :].reshape(-1, many).mean(axis=1))


def _noise(line: Line) -> float:
    """Return the deviation of what is new in each reading: from fourth differences, in which a breath is small.

    Of these the smaller half counts, so that the seconds of most movement do not pass for noise.
    """
    if len(line) <= _DIFFERENCES:
        return float(np.ptp(line))
    differences = np.sort(np.abs(np.diff(line, _DIFFERENCES)))
    lower = float(differences[: max(1, len(differences) // 2)].mean())
    return lower / _LOWER_HALF / sqrt(comb(2 * _DIFFERENCES, _DIFFERENCES))


def _scale(line: Line) -> float:
    """Return the least difference between two values of *line*: a coarse sensor's own step; 0 of one that never changes."""
    gaps = np.diff(np.unique(line))
    gaps = gaps[gaps > _SAME]
    return float(gaps.min()) if gaps.size else 0.0


def _without_steps(line: Line) -> Line:
    changes = np.diff(line)
    if len(changes) > _STEPS:
        changes[np.argsort(np.abs(changes))[-_STEPS:]] = 0.0
    return np.concatenate([[0.0], np.cumsum(changes)])


def _turns(line: Line, height: float) -> int:
    """Return how often *line* turns back by at least *height*."""
    highest = lowest = float(line[0])
    way, turns = 0, -1  # the first swing is no turn
    for value in map(float, line):
        highest, lowest = max(highest, value), min(lowest, value)
        if way >= 0 and highest - value >= height:
            way, turns, lowest = -1, turns + 1, value
        elif way <= 0 and value - lowest >= height:
            way, turns, highest = 1, turns + 1, value
    return max(turns, 0)
