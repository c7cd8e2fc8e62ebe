"""Length of what lives in a bed: a body lies along it, and breathes beyond what is as small as a line of text."""

import cv2
import numpy as np

from detector.movement import Movement
from detector.shape import upright_of
from detector.zones import Mask, ZoneMask, dilate, extent

_FROM_ITS_SIDE = 0.6
"""Spread of a bed along the picture's height over that along its width, below which it is seen from its side: somebody may sit before it."""

_LENGTH = 0.4
"""Share of such a bed's length along which somebody asleep lives at the least: drawn ones 0.73 and more, who only breathe 0.42; somebody who
sits before it, under letters or not, 0.21-0.38. In a bed seen otherwise a head and an arm of a recorded sleeper leave 0.17."""

_LINES = 2.0
"""Blocks across the bed that live in a line of it at the least, so that one block by chance makes no length."""

_LONGER = 1.25
"""Times as long as wide, from which a bed's sides say which way people lie in it, as in `people`; below it either way will do."""

_BOLD = 30.0
"""Noise of a block that letters change it by at the least, as in `artefacts`."""

_TALL = 4
"""Blocks that a line of text is high at the most, as in `artefacts`."""

_AROUND = 1
"""Blocks around bold ones that tell nothing: the coder rings in them, and pooling takes them in."""


def length_of_life(place: ZoneMask, movement: Movement) -> float:
    """Return along which share of *place*'s length something stirs or is slow that is no letters, 0-1; 1 where it is too small to be laid out."""
    frame = place.laid_out()
    if frame is None:
        return 1.0
    either_way = not frame.said and frame.along < _LONGER * frame.across
    life = (_life(movement) & place.mask & ~dilate(_letters(place.mask, movement), _AROUND)).astype(np.float32)
    ways = [frame, frame.turned()] if either_way else [frame]
    return max(float((way.laid_out(life).sum(axis=1) >= _LINES).mean()) for way in ways)


def lies_along(place: ZoneMask, movement: Movement) -> bool:
    """Return whether what lives in *place* is as long as somebody who lies there; always in a bed that is not seen from its side."""
    return upright_of(place.mask) >= _FROM_ITS_SIDE or length_of_life(place, movement) >= _LENGTH


def is_more_than_a_line(zone: Mask, movement: Movement, least: int) -> bool:
    """Return whether what moves in *zone* cannot all be letters: it is fainter, or higher than they are, or *least* blocks live around it.

    Letters behind a coder that rounds, or before somebody who sways, are not always told by how they change (`artefacts`),
    so that all that is as bold and as small is left out, and text that was found beside the bed. Around letters over nobody
    a few blocks are slow: others of the same line, which a coder rounds anew.
    """
    text = _bold(zone, movement) | (movement.artefacts.written & dilate(zone, _AROUND))
    if not text.any() or _height(text) > _TALL:
        return True
    return int((_life(movement) & zone & ~dilate(text, _AROUND)).sum()) >= least


def _life(movement: Movement) -> Mask:
    return np.asarray(movement.stirs | movement.slow)


def _bold(zone: Mask, movement: Movement) -> Mask:
    return np.asarray(zone & movement.alive & (np.ptp(movement.residual, axis=0) >= _BOLD * movement.noise))


def _letters(zone: Mask, movement: Movement) -> Mask:
    """Return what may be a line of letters in *zone*, beside somebody or alone: bold things that lie in one line and are no higher."""
    bold = _bold(zone, movement)
    count, labels = cv2.connectedComponents(bold.astype(np.uint8))
    line = np.zeros_like(bold)
    for label in range(1, count):
        line |= (labels == label) & (_height(labels == label) <= _TALL)
    return line if line.any() and _height(line) <= _TALL else np.zeros_like(bold)


def _height(mask: Mask) -> int:
    top, _, bottom, _ = extent(mask)
    return bottom - top
