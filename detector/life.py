"""Life at the end of a look: what moves in its last third by itself, and after the last picture at which the bed is another."""

import numpy as np

from detector.clip import Blocks
from detector.zones import Mask

_LAST = 3
"""The end of a look is its last third."""

_WINDOW = 4
"""Pictures on either side of a moment over which the bed's look before and after it is taken."""

_CHANGED = 5.0
"""Noise from which a block is another after a moment than before it."""

_AT_ONCE = 0.8
"""Share of that change that lies between the two pictures: who turns over or gets up takes several."""

_JUMPED = 0.1
"""Share of the beds that is another at once; of sleepers up to 0.07, of beds that somebody was gone from 0.7."""


def end_of(residual: Blocks, noise: Blocks, at_rest: Mask) -> Blocks:
    """Return the pictures of *residual* (t, h, w) in which somebody has to live: the last third, or less after a jump.

    A jump is a moment at which much of the bed changes from one picture to the next, and stays so: pictures are missing
    there, and with them perhaps the one in which somebody left. What moved before it says nothing of what is there now.
    """
    first = len(residual) - len(residual) // _LAST
    for moment in range(2, len(residual) - 1):
        if moment > first and _is_jump(residual, moment, noise, at_rest):
            first = moment
    return residual[first:]


def _is_jump(residual: Blocks, moment: int, noise: Blocks, at_rest: Mask) -> bool:
    if not at_rest.any():
        return False
    step = (residual[moment] - residual[moment - 1])[at_rest]
    limit = _CHANGED * noise[at_rest]
    if float((np.abs(step) > limit).mean()) < _JUMPED:
        return False
    before = np.median(residual[max(0, moment - _WINDOW) : moment][:, at_rest], axis=0)
    after = np.median(residual[moment : moment + _WINDOW][:, at_rest], axis=0)
    change = after - before
    at_once = (np.abs(change) > limit) & (step * np.sign(change) >= _AT_ONCE * np.abs(change))
    return float(at_once.mean()) >= _JUMPED
