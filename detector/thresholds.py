"""Every number that the detector decides by, named; a profile may set one otherwise for its room."""

from dataclasses import dataclass, fields, replace

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
    slow_distinct: float = 20.0
    shiver: float = 0.025
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
    overhang: float = 0.35
    overhang_little: float = 0.25
    much: float = 120.0
    border: float = 0.2
    border_time: float = 0.7
    low_share: float = 0.3
    violent: float = 30.0
    left_share: float = 0.25
    larger_than_pet: float = 0.15
    least_distinct: float = 9.0


def of(profile: Profile) -> Thresholds:
    """Return the detector's numbers with *profile*'s own in their place; names that are none of ours are passed over."""
    known = {field.name for field in fields(Thresholds)}
    return replace(Thresholds(), **{n: v for n, v in profile.thresholds.items() if n in known})
