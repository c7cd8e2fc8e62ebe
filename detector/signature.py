"""The structure signature: where a room has edges and which way they run, too coarse and too little to be a picture."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.clip import Blocks, Grey
from detector.ranks import median_of
from detector.zones import Mask, Zones
from schemas.messages import Row

ROWS, COLUMNS = 12, 16
"""Cells of the signature: one is 40 × 40 pixels of a 640 × 480 picture, an adult's head or less."""

_FORM = 1
_CELL = 10
"""Pixels a cell is high and wide in the small picture that is measured."""

_HEADER = 6
_DARK = 8.0
"""Grey levels added before the logarithm: below it a ratio of grey levels is mostly noise."""

_FAINTEST = -24
"""log2 of the least contrast energy that is told apart; a plain painted wall has about -14, a bed's edge -5."""

_DIRECTIONS = 4
"""Steps from no direction to a wholly straight edge."""

_STEADY = 8
"""Steps of how much a cell counts: from never (0) to fully."""

_PLAIN = -13.0
"""Contrast energy up to which a cell is plain: a lamp's light falling off along a smooth wall has as much."""

_CLEAR = 2.0
"""Octaves above the noise, or a plain wall, from which a cell has structure."""

_OTHER_STRENGTH = 2.0
"""Octaves of contrast energy from which a cell is another: twice the contrast or half of it."""

_OTHER_WAY = 0.9
"""Distance of two directions, 0-2, from which a cell is another: straight edges more than 27° apart."""

_WHITE = 247.0
"""Grey level from which a pixel may be lost in white; a cell with more than a twentieth of such is not compared."""

_SECTOR_ROWS, _SECTOR_COLUMNS = 3, 4
"""Cells of a sector: sixteen sectors tell a camera that was turned from a person, who changes but a few of them."""

_SECTOR_SHARE = 0.25
_LEAST_SECTORS = 4

Cells = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """The part of a room's structure that is kept. All arrays are float32 (``ROWS``, ``COLUMNS``).

    ``level`` is log2 of each cell's contrast energy; ``along`` and ``slant`` its direction as a vector of the doubled
    angle, as long as the edges are parallel (0-1); ``steady`` how much the cell counts, 0-1; ``floor`` the level of
    noise; ``learnt`` from how many confirmed sessions it has been brought up to date.
    """

    level: Cells
    along: Cells
    slant: Cells
    steady: Cells
    floor: float
    learnt: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Difference between a clip's structure and the room's own.

    ``other`` are the cells with another structure, ``told`` those where that can be told at all, both bool (``ROWS``,
    ``COLUMNS``). ``turned`` is the share of the picture's sectors, outside the rest zones, in which at least a quarter
    of the room's own structure is another; ``sectors`` how many sectors that rests on.
    """

    other: Mask
    told: Mask
    turned: float
    sectors: int

    def share(self, zone: Mask) -> float:
        """Return the share of *zone*'s cells, of those that can be told, with another structure; 0 where none can."""
        there = int((self.told & zone).sum())
        return float((self.other & zone).sum()) / there if there else 0.0

    def patch(self, zone: Mask) -> int:
        """Return how many cells the largest patch of other structure in *zone* has."""
        _, _, stats, _ = cv2.connectedComponentsWithStats((self.other & zone).astype(np.uint8), connectivity=4)
        return int(stats[1:, cv2.CC_STAT_AREA].max()) if len(stats) > 1 else 0


def structure_of(pictures: tuple[Grey, ...]) -> Structure:
    """Return the structure of *pictures* (uint8, of one size), which show the same view at a few times.

    Contrast is the gradient of the logarithm, so gain and the strength of a lamp cancel out; what is kept of a cell is
    its structure tensor (Förstner and Gülch 1987; Bigün and Granlund 1987), which is blind to which side of an edge is
    the lighter and to where in the cell it runs. The gradients of two halves of the pictures are multiplied: their
    noise is not the same and averages out, what is left of it is ``floor``.
    """
    size = (COLUMNS * _CELL, ROWS * _CELL)
    small = [cv2.resize(p, size, interpolation=cv2.INTER_AREA).astype(np.float32) for p in pictures]
    halves = [np.asarray(sum(half) / len(half), np.float32) for half in (small[::2], small[1::2] or small)]
    (ax, ay), (bx, by) = (_slopes(np.asarray(np.log(half + _DARK), np.float32)) for half in halves)
    across, down, both = _cells(ax * bx), _cells(ay * by), _cells((ax * by + bx * ay) / 2)
    noise = _cells((ax - bx) ** 2 + (ay - by) ** 2)
    least = 2.0**_FAINTEST
    energy = np.maximum(across + down, least)
    # Of pure noise the product's mean is off by its deviation over the root of the cell's pixels.
    floor = max(median_of(noise) / _CELL, least)
    return Structure(
        level=np.asarray(np.log2(energy), np.float32),
        along=np.asarray(np.clip((across - down) / energy, -1, 1), np.float32),
        slant=np.asarray(np.clip(2 * both / energy, -1, 1), np.float32),
        steady=(_cells((halves[0] >= _WHITE).astype(np.float32)) < 0.05).astype(np.float32),
        floor=float(np.log2(floor)),
    )


def to_rows(structure: Structure) -> tuple[Row, ...]:
    """Return *structure* as a profile's ``signature``: a header, then a row of small integers for each row of cells.

    A row holds, cell by cell, the level (0 to 24), two direction numbers (-4 to 4) and the steadiness (0 to 8).
    """
    cells = np.stack(
        [
            np.clip(np.round(structure.level) - _FAINTEST, 0, -_FAINTEST),
            np.round(structure.along * _DIRECTIONS),
            np.round(structure.slant * _DIRECTIONS),
            np.round(structure.steady * _STEADY),
        ],
        axis=-1,
    ).astype(int)
    floor = int(np.clip(round(structure.floor) - _FAINTEST, 0, -_FAINTEST))
    header = (_FORM, ROWS, COLUMNS, floor, min(structure.learnt, 32767), 0)
    return (header, *(tuple(int(n) for n in row.ravel()) for row in cells))


def from_rows(rows: tuple[Row, ...]) -> Structure | None:
    """Return the structure that a profile's ``signature`` holds, or None when it holds none of this form."""
    if len(rows) != ROWS + 1 or len(rows[0]) != _HEADER or rows[0][:3] != (_FORM, ROWS, COLUMNS):
        return None
    if any(len(row) != 4 * COLUMNS for row in rows[1:]):
        return None
    cells = np.array(rows[1:], np.float32).reshape(ROWS, COLUMNS, 4)
    return Structure(
        level=np.clip(cells[..., 0], 0, -_FAINTEST) + _FAINTEST,
        along=np.clip(cells[..., 1] / _DIRECTIONS, -1, 1),
        slant=np.clip(cells[..., 2] / _DIRECTIONS, -1, 1),
        steady=np.clip(cells[..., 3] / _STEADY, 0, 1),
        floor=float(np.clip(rows[0][3], 0, -_FAINTEST) + _FAINTEST),
        learnt=max(0, rows[0][4]),
    )


def compare_structures(usual: Structure, now: Structure, zones: Zones) -> Difference:
    """Return how *now* differs from the room's *usual* structure; *zones* are laid over the cells.

    Levels are compared after their common shift is taken out (gamma, haze, focus), and only above both takes' noise;
    a direction counts where both have structure and enough of it is straight.
    """
    floor = max(usual.floor, now.floor, _PLAIN)
    before, after = np.maximum(usual.level, floor), np.maximum(now.level, floor)
    clear = floor + _CLEAR
    compared = zones.looked_at & (usual.steady >= 0.5) & (now.steady >= 0.5)
    told = compared & (np.maximum(before, after) >= clear)
    both = told & (np.minimum(before, after) >= clear)
    control = both & zones.outside
    shift = float(np.clip(median_of((after - before)[control]), -3.0, 3.0)) if control.any() else 0.0
    stronger = np.abs(np.maximum(after - shift, floor) - before) > _OTHER_STRENGTH
    turned_away = both & (np.hypot(now.along - usual.along, now.slant - usual.slant) > _OTHER_WAY)
    other = np.asarray(told & (stronger | turned_away))
    usually = median_of(before[zones.looked_at]) if zones.looked_at.any() else 0.0
    own = compared & zones.outside & (before >= max(clear, usually))
    here, changed = _in_sectors(own), _in_sectors(own & other)
    sectors = here >= 2
    turned = 0.0
    if int(sectors.sum()) >= _LEAST_SECTORS:
        turned = float((changed >= _SECTOR_SHARE * here)[sectors].mean())
    return Difference(other, np.asarray(told), turned, int(sectors.sum()))


def _in_sectors(mask: Mask) -> Cells:
    """Return how many of *mask*'s cells lie in each sector."""
    parts = mask.reshape(ROWS // _SECTOR_ROWS, _SECTOR_ROWS, COLUMNS // _SECTOR_COLUMNS, _SECTOR_COLUMNS)
    return np.asarray(parts.sum(axis=(1, 3)), np.float32)


def _slopes(picture: Blocks) -> tuple[Blocks, Blocks]:
    across = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    down = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _cells(pixels: npt.NDArray[np.floating[Any]]) -> Cells:
    return np.asarray(cv2.resize(pixels, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32)
