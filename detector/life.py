"""Life at the end of a look: what moves in its last third by itself, and after the last picture at which the bed is another."""

from collections.abc import Sequence

import numpy as np

from detector.clip import Blocks
from detector.ranks import median
from detector.zones import Mask

_LAST = 3
"""The end of a look is its last third."""

_CUT = 4
"""Pictures left out at a look's very end, or half of its last third, from which its end is not seen: three cannot show that a change is for good."""

_WINDOW = 4
"""Pictures before a moment over which the bed's look before it is taken; that after it is of all that follow: it stays so."""

_CHANGED = 5.0
"""Noise from which a block is another after a moment than before it."""

_AT_ONCE = 0.8
"""Share of that change that lies between the two pictures: who turns over or gets up takes several."""

_JUMPED = 0.1
"""Share of a bed that is another at once, and stays so in the pictures that follow; of drawn sleepers up to 0.09."""

_GONE = 0.4
"""Share of it where fewer than a window follow, which cannot show that it stays: recorded sleepers who turn about leave up to 0.37,
beds that somebody was gone from 0.70 and more."""


def end_of(
    residual: Blocks, noise: Blocks, beds: Sequence[Mask], places: Sequence[int], shown: int
) -> tuple[int, bool]:
    """Return the first picture of *residual* (t, h, w) from which somebody has to live, and whether the look has a jump.

    It is the first of the last third, or of what comes after a jump if that is later. *places* are those of its pictures among all
    that were *shown*: where those of another light are left out until the end, nothing says who is there, and it is none of them.

    A jump is a moment at which much of one of the *beds* changes from one picture to the next, and stays so: pictures are missing
    there, and with them perhaps the one in which somebody left. What moved before it says nothing of what is there now.
    """
    last = shown // _LAST
    if shown - 1 - places[-1] >= min(_CUT, (last + 1) // 2):
        return len(residual), False
    first = sum(place < shown - last for place in places)
    jumps = [
        moment
        for bed in beds
        for moment in _changes_at_once(residual, noise, bed)
        if 2 <= moment < len(residual) - 1 and _is_jump(residual, moment, noise, bed)
    ]
    return max([first, *jumps]), bool(jumps)


def _changes_at_once(residual: Blocks, noise: Blocks, bed: Mask) -> list[int]:
    """Return the pictures in which enough of *bed* is another than in the one before to be a jump."""
    if not bed.any():
        return []
    changed = np.abs(np.diff(residual[:, bed], axis=0)) > _CHANGED * noise[bed]
    shares: list[float] = changed.mean(axis=1).tolist()
    return [n + 1 for n, share in enumerate(shares) if share >= _least(residual, n + 1)]


def _least(residual: Blocks, moment: int) -> float:
    return _JUMPED if len(residual) - moment >= _WINDOW else _GONE


def _is_jump(residual: Blocks, moment: int, noise: Blocks, bed: Mask) -> bool:
    step = (residual[moment] - residual[moment - 1])[bed]
    limit = _CHANGED * noise[bed]
    before = median(residual[max(0, moment - _WINDOW) : moment, bed])
    after = median(residual[moment:, bed])
    change = after - before
    at_once = (np.abs(change) > limit) & (step * np.sign(change) >= _AT_ONCE * np.abs(change))
    return float(at_once.mean()) >= _least(residual, moment)
