"""Changes by lamps, the camera's gain and its mount, taken out of a picture's blocks before movement is looked for."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from detector.clip import BLOCK, Blocks, Grey
from detector.ranks import median

_ROUNDS = 3
_TRIM = 2.0
_TERMS = 9
_PAIRS = np.triu_indices(_TERMS)


@dataclass(frozen=True, slots=True)
class Unlit:
    """Blocks without their changes of light.

    ``still`` is the median picture (h, w); ``residual`` (t, h, w) what of each frame the light does not explain, both
    float32 grey levels; ``gain`` (t,) each frame's brightness as a factor of ``still``'s; ``shift`` (t, 2) by how many
    pixels of the reduced picture each frame lies right of the median picture, and below it.
    """

    still: Blocks
    residual: Blocks
    gain: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]


def remove_light(blocks: Blocks, picture: Grey) -> Unlit:
    """Return *blocks* (t, h, w) less the change of light, and the shiver of the camera, of each frame.

    Light is modelled as the median picture times a smooth surface (second order over the picture: a lamp, a television,
    automatic gain, a shadow's wide part) plus one offset; the shiver as a shift of the whole picture by a part of a
    pixel, from the slopes of *picture*, one of the session's own. Both are fitted for each frame by iteratively
    reweighted least squares with Geman-McClure's weights, so that a moving person does not pull the fit.
    """
    frames, height, width = blocks.shape
    still = median(blocks)
    basis = np.empty((_TERMS, height, width), np.float32)
    basis[:6], basis[6], basis[7:] = _surface(height, width) * still, 32.0, slopes(picture)
    changes = blocks - still
    # Light is smooth, so every second block each way is enough to fit it.
    some = basis[:, ::2, ::2].reshape(_TERMS, -1)
    first, second = _PAIRS
    pairs = np.ascontiguousarray((some[first] * some[second]).T)
    wanted = np.ascontiguousarray(changes[:, ::2, ::2].reshape(frames, -1))
    weights = np.ones_like(wanted)
    # A weak pull to "no change" keeps the fit defined on a black or constant picture.
    left = np.zeros((frames, _TERMS, _TERMS))
    pull = np.eye(_TERMS) * some.shape[1]
    fit = np.zeros((frames, _TERMS), np.float32)
    for _ in range(_ROUNDS):
        left[:, first, second] = left[:, second, first] = weights @ pairs
        right = (weights * wanted) @ some.T
        fit = np.linalg.solve(left + pull, right.astype(np.float64)[..., None])[..., 0].astype(np.float32)
        apart = np.abs(wanted - fit @ some)
        middle = apart.shape[1] // 2
        scale = np.maximum(1.4826 * np.sort(apart, axis=1)[:, middle : middle + 1], 0.05)
        weights = 1.0 / np.square(1.0 + np.square(apart / (_TRIM * scale)))
    residual = changes - (fit @ basis.reshape(_TERMS, -1)).reshape(blocks.shape)
    return Unlit(still, residual, 1.0 + fit[:, 0].astype(np.float64), -fit[:, -2:].astype(np.float64))


@lru_cache(maxsize=8)
def _surface(height: int, width: int) -> npt.NDArray[np.float64]:
    """Return the six terms of a surface of second order over *height* × *width* blocks, (6, h, w)."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y])


def slopes(picture: Grey) -> Blocks:
    """Return by how much each block's mean changes when the picture shifts by a pixel, (2, h, w): right, then down."""
    return np.stack([_slope_down(picture.T).T, _slope_down(picture)])


def _slope_down(picture: Grey) -> Blocks:
    """Return the mean over each block of half the difference between the pixel below and the one above, (h, w).

    Over a block, all but the rows at its edges cancel out. Beyond the picture's border its second row is taken again: there the
    difference is none. Whole numbers and halves are added, so that no order of adding rounds anything.
    """
    first, last = picture[::BLOCK].astype(np.float32), picture[BLOCK - 1 :: BLOCK].astype(np.float32)
    above, below = np.concatenate([picture[1:2], last[:-1]]), np.concatenate([first[1:], picture[-2:-1]])
    change = (below + last - first - above) / 2
    each = change.reshape(len(change), -1, BLOCK) @ np.ones(BLOCK, np.float32)
    return np.asarray(each / np.float32(BLOCK * BLOCK))


def roughness(residual: Blocks, still: Blocks) -> Blocks:
    """Return what of *residual* (t, h, w) is no shading: its part that differs from the blocks around it, grey levels.

    Light multiplies what it falls on, so a shadow's residual over the still picture is smooth from block to block,
    whatever lies under it; a body carries edges and folds along, and is not.
    """
    ground = np.maximum(still, 8.0)
    shading = residual / ground
    smooth = np.empty_like(shading)
    for frame, out in zip(shading, smooth, strict=True):
        cv2.blur(frame, (_AROUND, _AROUND), dst=out)
    return np.asarray(residual - smooth * ground, np.float32)


_AROUND = 5
