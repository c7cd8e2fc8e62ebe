"""Things that hang and sway in a draught: a curtain moves in its place, all of it at once, and no less at its hem than at its top."""

from typing import Final

import numpy as np

from detector.movement import Movement
from detector.ranks import median_of
from detector.shape import Figure
from detector.zones import extent

_HIGH = 0.25
"""Share of the picture's height above which it begins: drawn curtains 0.00-0.17; who sits on a bed 0.10-0.13, falls 0.27 and lower."""

_TALL = 0.25
"""Share of the picture's height that it covers at the least; drawn curtains 0.37-0.94."""

_IN_PLACE = 0.6
"""Blocks that the middle of what moves is off to the side, root mean square: curtains 0.02-0.57, who is on their feet 0.94 and more."""

_AT_ONCE = 0.6
"""Share of it that moves in half of the pictures: curtains 0.68-0.92, who walks 0.0-0.63."""

_HEM: Final = 0.8
"""Movement of its lower third over that of its upper third: curtains 1.7-4.8. Who stands sways about their feet: 0.3-0.6."""


def hangs(figure: Figure, movement: Movement) -> bool:
    """Return whether *figure* moves as a thing that hangs: from high up, beside the beds, in its place, its hem as much as its top.

    Nobody who lies begins so high, and nobody on their feet moves them more than their head without going anywhere.
    """
    mask = figure.body.mask
    rows, columns = mask.shape
    top, _, bottom, _ = extent(mask)
    if figure.inside > 0.0 or top > _HIGH * rows or bottom - top < _TALL * rows:
        return False
    third = (bottom - top) // 3
    upper, lower = (
        movement.amplitude[part][mask[part]] for part in (slice(top, top + third), slice(bottom - third, bottom))
    )
    if not len(upper) or not len(lower) or float(lower.mean()) < _HEM * float(upper.mean()):
        return False
    at_once = (movement.when & mask).sum(axis=(1, 2))
    if median_of(at_once) < _AT_ONCE * figure.body.blocks:
        return False
    moved = np.abs(movement.residual) * (movement.when & mask)
    weight = moved.sum(axis=(1, 2))
    seen = weight > 0
    middle = (moved.sum(axis=1)[seen] @ np.arange(columns)) / weight[seen]
    return float(middle.std()) <= _IN_PLACE
