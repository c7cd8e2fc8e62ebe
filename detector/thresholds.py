"""Thresholds that a profile may set otherwise for its room, by name; a rule's own constants stand beside the rule."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from schemas.messages import Profile


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Units and reasons for each stand in docs/detector.md."""

    # the picture
    broken: float = 0.2
    least_frames: float = 5.0
    least_seconds: float = 2.0
    dark: float = 10.0
    saturated: float = 0.35
    structure: float = 2.2
    finest: float = 4.0
    turned: float = 0.75
    frozen: float = 0.6
    fresh: float = 0.85
    flicker: float = 0.25
    black: float = 0.4
    smooth: float = 0.35
    smooth_bed: float = 0.6
    sharpness: float = 0.32
    # beside the empty room's structure
    view_changed: float = 0.45
    view_gone: float = 0.75
    shape: float = 0.15
    shape_least: float = 0.04
    shape_elsewhere: float = 6.0
    # movement
    moving: float = 3.0
    strong: float = 6.0
    slow: float = 1.8
    solid: float = 0.5
    slow_amplitude: float = 1.2
    least_blocks: float = 3.0
    solid_share: float = 0.25
    # who is where
    least_in_bed: float = 4.0
    strength_in_bed: float = 40.0
    least_slow: float = 8.0
    slower: float = 2.0
    slow_distinct: float = 20.0
    shiver: float = 0.025
    apart: float = 0.4
    least_outside: float = 4.0
    clear_outside: float = 40.0
    fair_share: float = 0.15
    fair_breath: float = 0.5
    calm: float = 300.0
    echo: float = 0.03
    solid_in_bed: float = 0.2
    least_shade: float = 24.0
    shade: float = 0.75
    least_fallen: float = 15.0
    overhang: float = 0.27
    long_side: float = 1.2
    over_side: float = 0.06
    border: float = 0.2
    border_time: float = 0.7
    low_share: float = 0.3
    violent: float = 30.0
    larger_than_pet: float = 0.15
    least_distinct: float = 8.0
    least_rate: float = 1.9
    least_rate_few: float = 2.9
    least_floor: float = 0.05


SENSORS: Final[Mapping[str, float]] = {
    # a thermal array
    "warm_anybody_c": 1.5,
    "warm_person_c": 1.5,
    "above_ambient_c": -0.7,
    "end_ratio": 0.7,
    "unevenness": 0.65,
    "spread_cells": 0.6,
    "elsewhere_ratio": 0.9,
    "elsewhere_at_rest": 0.45,
    "warm_elsewhere_at_rest_c": 1.3,
    "restless_elsewhere_c": 0.5,
    "warm_sitting_c": 3.2,
    "end_ratio_sitting": 0.55,
    "cooling": 0.17,
    "cooling_faint": 0.1,
    "cooling_sure": 3.0,
    "unsteady_c": 0.13,
    "trail_c": 0.65,
    "stirs_c": 0.2,
    "warm_faint_elsewhere_c": 1.0,
    # a bed, and a room
    "bed_load_kg": 25.0,
    "bed_load_life_kg": 0.03,
    "bed_load_violent_kg": 12.0,
    "bed_pressure": 0.25,
    "bed_pressure_life": 0.001,
    "bed_pressure_violent": 0.25,
    "movement": 0.5,
}
"""Thresholds for sensors, by name."""

_SLIP = 10.0
"""A number that is as many times the usual, or the usual that many times it, is a slip of the decimal point or worse."""


def camera_thresholds(profile: Profile) -> Thresholds:
    """Return the camera's numbers with *profile*'s own in their place.

    Names that are none of ours are passed over, and so are numbers that make no sense: of the other sign, zero, or ten
    times more or less than is usual.
    """
    return Thresholds(**_set_by(profile, asdict(Thresholds()))) if profile.thresholds else _USUAL


_USUAL = Thresholds()


def sensor_thresholds(profile: Profile) -> Mapping[str, float]:
    """Return the numbers of sensors with *profile*'s own in their place, as :func:`camera_thresholds` has them."""
    return _set_by(profile, SENSORS)


def _set_by(profile: Profile, usual: Mapping[str, float]) -> dict[str, float]:
    own = profile.thresholds
    sense = {name for name, number in usual.items() if name in own and 1 / _SLIP < own[name] / number < _SLIP}
    return {name: own[name] if name in sense else number for name, number in usual.items()}
