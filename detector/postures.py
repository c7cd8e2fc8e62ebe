"""Postures of a figure beside the beds: over a bed's side, at the picture's border, upright in bed, and the reason that each is."""

from detector.movement import Movement, bodies
from detector.shape import Figure, over_long_side, upright_of
from detector.thresholds import Thresholds
from detector.zones import Zones, extent
from schemas.vocabulary import Reason

_BORDER = 3
"""Blocks from the picture's border within which feet that pass by are seen."""


def is_over_the_side(figure: Figure, movement: Movement, zones: Zones, t: Thresholds) -> bool:
    """Return whether a body that is mostly in bed moves clearly over the bed's long side: who sits there has feet there.

    Over the ends reach a sleeper's head and feet, for which ``overhang`` leaves room. Where the zone is drawn a little too
    small a sleeper's duvet is over its sides too, with a few parts in a hundred of what moves.
    """
    if figure.inside < 0.5:
        return False
    place = max(zones.rest, key=lambda place: int((place.mask & figure.body.mask).sum()))
    over = over_long_side(figure.body.mask & ~zones.at_rest, place.mask, t.long_side)
    strength = float(movement.amplitude[over].sum())
    return int(over.sum()) >= t.least_outside and strength >= max(t.clear_outside, t.over_side * figure.body.strength)


def only_passes_by(movement: Movement, zones: Zones) -> bool:
    """Return whether all that is solid in bed comes in over the picture's border and stays there: feet that pass by."""
    found = bodies(movement.solid & zones.at_rest, movement.amplitude, 1)
    return bool(found) and all(_within(extent(body.mask), body.mask.shape, _BORDER) for body in found)


def _within(box: tuple[int, int, int, int], shape: tuple[int, ...], deep: int) -> bool:
    """Return whether *box* touches the picture's border and reaches at most *deep* blocks into it."""
    top, left, bottom, right = box
    rows, columns = shape
    beside = (left == 0 and right <= deep) or (right == columns and columns - left <= deep)
    above = (top == 0 and bottom <= deep) or (bottom == rows and rows - top <= deep)
    return beside or above


def is_at_border(figure: Figure) -> bool:
    """Return whether it is a strip along the picture's border, too little of anything to say what it is."""
    return _within(extent(figure.body.mask), figure.body.mask.shape, 2)


def reason_out_of_bed(main: Figure, t: Thresholds) -> Reason:
    """Return what is wrong with *main*, the figure that is most wrong."""
    # Half in bed, and there for most of the time: who only passed the bed on the way down or past it is not.
    on_the_border = main.inside >= t.border and main.at_rest >= t.border_time
    if main.low >= t.low_share:
        return Reason.HALF_OUT if on_the_border else Reason.ON_FLOOR
    return Reason.AT_EDGE if on_the_border else Reason.UP


def sits_in_bed(figure: Figure, zones: Zones) -> bool:
    """Return whether somebody is upright in a bed that is seen from the side: as tall as the zone, not as long."""
    for place in zones.rest:
        if (figure.body.mask & place.mask).sum() * 2 < figure.body.blocks:
            continue
        top, _, bottom, _ = extent(place.mask)
        tall_enough = figure.height * place.mask.shape[0] >= 0.8 * (bottom - top)
        if upright_of(place.mask) < 0.6 and figure.upright >= 1.1 and tall_enough:
            return True
    return False
