"""Animals in a home that has them: told from people by their size at each moment."""

import numpy as np

from detector.artefacts import roams_over
from detector.movement import Movement
from detector.shape import Figure
from detector.thresholds import Thresholds
from detector.zones import Zones

_MOSTLY = 0.75
"""Share of a look's pictures in which a pet is no larger than one; where it lay for most of them its trace counts too."""

_NEARER = 1.6
"""Factor by which an animal beside the bed may be larger than one on it: it is nearer to the camera, and casts a shadow."""


def is_pet_sized(figure: Figure, movement: Movement, zones: Zones, t: Thresholds) -> bool:
    """Return whether *figure* is at no time larger than an animal; its track may be."""
    bed = max((int(place.mask.sum()) for place in zones.rest), default=0)
    at_once = (movement.when & figure.body.mask).sum(axis=(1, 2))
    return float(np.quantile(at_once, _MOSTLY)) < _NEARER * t.larger_than_pet * bed


def roams_on_bed(movement: Movement, zones: Zones) -> bool:
    """Return whether all that moves in bed is one thing that goes about and is as large all the time."""
    return roams_over(movement.residual, movement.noise, zones.at_rest)
