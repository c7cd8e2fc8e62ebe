"""People as limbs: a body posed from capsules and rendered as height, brightness and outline on a grid."""

from dataclasses import dataclass
from math import cos, sin

import cv2
import numpy as np

from drawn_homes.lens import PX, Picture

SKIN, CLOTH, HAIR = 0.64, 0.50, 0.20

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Limb:
    """A capsule from *start* to *end* (metres: right and down the texture), tapering between two radii."""

    start: Point
    end: Point
    radii: tuple[float, float]
    albedo: float
    over: float = 0.0
    """The height of its axis above the ground, in metres: what is higher hides what is lower."""


@dataclass(frozen=True, slots=True)
class RenderedFigure:
    """A rendered body on its grid: height in metres, albedo 0–1, outline 0–1, all float32 of one shape."""

    height: Picture
    albedo: Picture
    outline: Picture


def render(limbs: tuple[Limb, ...], width: float, length: float) -> RenderedFigure:
    """Return *limbs* on a grid of *width* × *length* metres."""
    shape = (round(length * PX), round(width * PX))
    height = np.zeros(shape, np.float32)
    albedo = np.full(shape, CLOTH, np.float32)
    outline = np.zeros(shape, np.float32)
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32) / PX
    for limb in limbs:
        axis = np.subtract(limb.end, limb.start)
        span = max(float(axis @ axis), 1e-6)
        along = ((columns - limb.start[0]) * axis[0] + (rows - limb.start[1]) * axis[1]) / span
        along = np.clip(along, 0.0, 1.0)
        away = np.hypot(columns - limb.start[0] - along * axis[0], rows - limb.start[1] - along * axis[1])
        radius = limb.radii[0] + along * (limb.radii[1] - limb.radii[0])
        rise = np.sqrt(np.maximum(radius**2 - away**2, 0.0)) + limb.over * (away < radius)
        front = rise > height
        height = np.where(front, rise, height)
        albedo = np.where(front, np.float32(limb.albedo), albedo)
        outline = np.maximum(outline, np.clip((radius - away) * PX / 1.5, 0.0, 1.0))
    soft = np.asarray(cv2.GaussianBlur(height.astype(np.float32), (0, 0), 1.6), np.float32)
    tone = np.asarray(cv2.GaussianBlur(albedo, (0, 0), 0.8), np.float32)
    return RenderedFigure(soft, tone, outline.astype(np.float32))


def _turned(angle: float, *points: Point, about: Point) -> list[Point]:
    """Return *points*, given relative to *about*, turned by *angle* radians."""
    c, s = cos(angle), sin(angle)
    return [(about[0] + x * c - y * s, about[1] + x * s + y * c) for x, y in points]


def head(at: Point, facing: float, over: float = 0.0) -> tuple[Limb, ...]:
    """Return a head at *at*: hair, and a face with its nose, brows and mouth towards *facing* (radians)."""
    crown, back, face, left, right, nose, mouth, mouth_end = _turned(
        facing,
        *((0.0, -0.035), (0.0, -0.005), (0.0, 0.03), (-0.032, 0.018), (0.032, 0.018)),
        *((0.0, 0.045), (-0.018, 0.074), (0.018, 0.074)),
        about=at,
    )
    return (
        Limb(crown, back, (0.104, 0.110), HAIR, over),
        Limb(back, face, (0.076, 0.084), SKIN, over + 0.045),
        Limb(left, left, (0.011, 0.011), 0.40, over + 0.120),
        Limb(right, right, (0.011, 0.011), 0.40, over + 0.120),
        Limb(nose, nose, (0.013, 0.016), 0.76, over + 0.125),
        Limb(mouth, mouth_end, (0.006, 0.006), 0.46, over + 0.118),
    )


def sleeper(centre: float, side: float) -> tuple[Limb, ...]:
    """Return a body that lies in a bed, head end at the top; *side* (−1 to 1) is the way that it curls."""
    hip = (centre + 0.05 * side, 1.05)
    return (
        Limb((centre - 0.11, 0.56), (centre + 0.11, 0.56), (0.11, 0.11), CLOTH),
        Limb((centre, 0.60), hip, (0.16, 0.14), CLOTH, 0.04),
        Limb(hip, (centre + 0.20 * side - 0.07, 1.45), (0.12, 0.085), CLOTH, 0.03),
        Limb(hip, (centre + 0.16 * side + 0.07, 1.43), (0.12, 0.085), CLOTH, 0.05),
        Limb(
            (centre + 0.20 * side - 0.07, 1.45),
            (centre + 0.02 * side - 0.09, 1.82),
            (0.08, 0.06),
            CLOTH,
            0.02,
        ),
        Limb(
            (centre + 0.16 * side + 0.07, 1.43),
            (centre - 0.02 * side + 0.09, 1.84),
            (0.08, 0.06),
            CLOTH,
            0.02,
        ),
    )


def arm_over(centre: float, hand: Point) -> tuple[Limb, ...]:
    """Return an arm that lies on top of the duvet, from the shoulder to *hand*."""
    elbow = (centre + 0.25, 0.74)
    return (
        Limb((centre + 0.17, 0.58), elbow, (0.055, 0.048), CLOTH + 0.12, 0.16),
        Limb(elbow, hand, (0.042, 0.034), SKIN, 0.18),
        Limb(hand, (hand[0] - 0.05, hand[1] + 0.04), (0.040, 0.030), SKIN, 0.18),
    )


def on_floor(turn: float) -> tuple[Limb, ...]:
    """Return somebody who lies where they fell, on 1.3 × 1.9 m; *turn* (radians) varies the pose."""
    shoulder, hip = (0.62, 0.52), (0.66 + 0.1 * turn, 1.02)
    return (
        *head((0.58, 0.27), 0.5 + turn, 0.02),
        Limb((0.48, 0.52), (0.76, 0.53), (0.09, 0.09), CLOTH, 0.05),
        Limb(shoulder, hip, (0.155, 0.145), CLOTH, 0.05),
        Limb(hip, (0.98 + 0.1 * turn, 1.30), (0.115, 0.075), CLOTH, 0.03),
        Limb((0.98 + 0.1 * turn, 1.30), (0.74, 1.62), (0.068, 0.045), SKIN),
        Limb((0.74, 1.62), (0.82, 1.68), (0.045, 0.035), SKIN),
        Limb(hip, (0.62, 1.44), (0.11, 0.075), CLOTH),
        Limb((0.62, 1.44), (0.48, 1.78), (0.066, 0.045), SKIN),
        Limb((0.48, 1.78), (0.40, 1.81), (0.045, 0.035), SKIN),
        Limb((0.47, 0.52), (0.27, 0.72), (0.058, 0.048), CLOTH, 0.02),
        Limb((0.27, 0.72), (0.15, 0.52), (0.044, 0.034), SKIN),
        Limb((0.77, 0.53), (0.98, 0.70), (0.058, 0.048), CLOTH, 0.02),
        Limb((0.98, 0.70), (1.10, 0.90), (0.044, 0.034), SKIN),
    )


def walking(phase: float) -> tuple[Limb, ...]:
    """Return somebody on their feet, seen from the front, on 0.9 × 1.75 m; *phase* is of their stride."""
    swing, lift = sin(phase), abs(cos(phase))
    hip = (0.45, 0.86 - 0.015 * lift)
    knees = (
        (0.37 - 0.03 * swing, 1.22 - 0.05 * max(swing, 0)),
        (0.53 - 0.03 * swing, 1.22 + 0.05 * min(swing, 0)),
    )
    feet = (
        (0.36 - 0.06 * swing, 1.66 - 0.08 * max(swing, 0)),
        (0.54 - 0.06 * swing, 1.66 + 0.08 * min(swing, 0)),
    )
    shoulders = ((0.27, 0.38), (0.63, 0.38))
    hands = ((0.21 + 0.07 * swing, 0.93), (0.69 + 0.07 * swing, 0.93))
    legs = tuple(
        limb
        for knee, foot, side in zip(knees, feet, (-0.08, 0.08), strict=True)
        for limb in (
            Limb((hip[0] + side, hip[1]), knee, (0.105, 0.080), CLOTH),
            Limb(knee, foot, (0.064, 0.045), SKIN - 0.05),
            Limb(foot, (foot[0] + side / 3, foot[1] + 0.03), (0.050, 0.048), SKIN - 0.05),
        )
    )
    arms = tuple(
        limb
        for shoulder, hand in zip(shoulders, hands, strict=True)
        for limb in (
            Limb(shoulder, ((shoulder[0] + hand[0]) / 2 * 1.0, 0.66), (0.062, 0.052), CLOTH, 0.02),
            Limb(((shoulder[0] + hand[0]) / 2, 0.66), hand, (0.044, 0.034), SKIN, 0.03),
        )
    )
    trunk = (
        Limb((0.33, 0.38), (0.57, 0.38), (0.085, 0.085), CLOTH, 0.03),
        Limb((0.45, 0.42), hip, (0.165, 0.17), CLOTH, 0.03),
        Limb((0.45, 0.90), (0.45, 1.02), (0.17, 0.19), CLOTH, 0.02),
    )
    return (*legs, *trunk, *arms, *head((0.45, 0.16), 0.0, 0.04))


def sitting(lean: float) -> tuple[Limb, ...]:
    """Return somebody who sits on the bed's edge with their feet on the floor, on a grid of 1.1 × 1.45 m."""
    top = 0.45 + 0.10 * lean
    return (
        Limb((0.47, 0.84), (0.78, 0.90), (0.12, 0.085), CLOTH, 0.02),
        Limb((0.78, 0.90), (0.80, 1.30), (0.066, 0.048), SKIN - 0.05),
        Limb((0.80, 1.30), (0.88, 1.34), (0.048, 0.040), SKIN - 0.05),
        Limb((0.41, 0.86), (0.66, 0.96), (0.12, 0.085), CLOTH, 0.05),
        Limb((0.66, 0.96), (0.67, 1.36), (0.066, 0.048), SKIN - 0.05, 0.03),
        Limb((0.67, 1.36), (0.75, 1.40), (0.048, 0.040), SKIN - 0.05, 0.03),
        Limb((top - 0.11, 0.38), (top + 0.11, 0.38), (0.085, 0.085), CLOTH, 0.03),
        Limb((top, 0.42), (0.44, 0.84), (0.155, 0.165), CLOTH, 0.03),
        Limb((top - 0.15, 0.39), (0.29, 0.66), (0.058, 0.050), CLOTH, 0.06),
        Limb((0.29, 0.66), (0.40, 0.86), (0.044, 0.036), SKIN, 0.10),
        Limb((top + 0.15, 0.39), (0.65, 0.66), (0.058, 0.050), CLOTH, 0.06),
        Limb((0.65, 0.66), (0.70, 0.86), (0.044, 0.036), SKIN, 0.12),
        *head((top + 0.02, 0.17), -0.25 * lean, 0.04),
    )
