"""Map of what moves in a room with nobody in it: taught by takes of the empty room, believed less each day, and never for a green."""

from datetime import datetime, timedelta
from typing import Final

import cv2
import numpy as np

from detector.movement import Movement, bodies
from detector.shape import Figure
from detector.thresholds import Thresholds
from detector.zones import Mask, Zones, dilate
from schemas.messages import RestlessMap

ROWS, COLUMNS = 18, 32
"""Cells of the map, each of 20 × 27 pixels of a 640 × 480 picture: a face is one or two of them."""

KEEPS: Final = timedelta(days=60)
"""Time after which a map says nothing any more: rooms are refurnished, windows are shut for the winter."""

_MOST = 9
"""The strongest of a cell's levels: how many times the noise it moves, nine or more."""

_LEAST = 1.5
"""Level, less its age, from which a cell is restless still: the faintest that a take shows (3) for a month, the strongest for 50 days."""

_THERE = 0.8
"""Share of a figure's strength that has to lie in restless cells, or beside them; somebody who falls before a curtain is larger."""


def map_of(
    movement: Movement, zones: Zones, t: Thresholds, at: datetime, known: RestlessMap | None
) -> RestlessMap | None:
    """Return what moves out of bed in a take of the empty room, filmed *at*, with what is left of the map *known*.

    None where nothing moves, and nothing is left.
    """
    whole = np.zeros_like(movement.alive)
    for body in bodies(movement.alive & zones.outside, movement.amplitude, int(t.least_blocks)):
        whole |= body.mask
    strong = np.clip(np.where(whole, movement.amplitude, 0.0), 0, _MOST)
    levels = np.floor(_largest(strong.astype(np.float32)))
    if known is not None:
        levels = np.maximum(levels, np.floor(_faded(known, at)))
    if not levels.any():
        return None
    return RestlessMap(taken_at=at, cells=tuple(tuple(int(n) for n in row) for row in levels))


def restless_blocks(known: RestlessMap | None, shape: tuple[int, ...], at: datetime) -> Mask:
    """Return which blocks, of *shape* (rows, columns), are known to move by themselves at the time of a session."""
    if known is None:
        return np.zeros(shape, bool)
    cells = (_faded(known, at) >= _LEAST).astype(np.uint8)
    over = cv2.resize(cells, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST).astype(bool)
    return dilate(over, 1)


def moves_as_known(figure: Figure, movement: Movement, restless: Mask) -> bool:
    """Return whether *figure* moves only where something moves when nobody is there."""
    if not restless.any():
        return False
    strength = np.where(figure.body.mask, movement.amplitude, 0.0)
    return float(strength[restless].sum()) >= _THERE * float(strength.sum())


def _faded(known: RestlessMap, at: datetime) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the map's levels less its age; a session that is older than the map has them whole."""
    age = max(at - known.taken_at, timedelta(0)) / KEEPS
    return np.array(known.cells, np.float64) * max(0.0, 1.0 - age)


def _largest(
    blocks: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return the largest of the *blocks* that each cell of the map touches."""
    rows, columns = blocks.shape
    fine = cv2.resize(blocks, (columns * COLUMNS, rows * ROWS), interpolation=cv2.INTER_NEAREST)
    return np.asarray(fine.reshape(ROWS, rows, COLUMNS, columns).max(axis=(1, 3)), np.float32)
