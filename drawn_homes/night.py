"""Drawn nights: each named scene as JPEG frames with sensor noise and people who move, and the room's profile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import pi
from typing import Any

import cv2
import numpy as np

from drawn_homes import figures, room
from drawn_homes.lens import Picture, PinholeCamera, Points, cloud, shade, upright
from drawn_homes.room import BED_FOOT, BED_HEAD, BED_TOP, DOUBLE, SINGLE, Bed

NOISE = 2.4
"""Standard deviation of the sensor's noise, in grey levels of 255."""
GAIN = 235.0

Curve = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Motion:
    """A patch of the picture that shifts to and fro.

    *at* is its middle in the room (metres), *reach* its half width and half height (pixels of a
    picture 640 wide), *shift* how far it goes (the same pixels) where *curve* of the time in seconds is 1.
    """

    at: tuple[float, float, float]
    reach: tuple[float, float]
    shift: tuple[float, float]
    curve: Curve


@dataclass(frozen=True, slots=True)
class StagedScene:
    """A scene ready to be filmed: its still picture, what moves in it, and somebody who walks through it."""

    still: Picture
    motions: tuple[Motion, ...] = ()
    walks: bool = False
    noise: float = NOISE


@dataclass(frozen=True, slots=True)
class Scene:
    """Layout of a scene: its bed, the sleepers' places in it, and the place of somebody out of bed."""

    bed: Bed = SINGLE
    sleepers: tuple[tuple[int, float], ...] = ()
    thrown_back: tuple[int, ...] = ()
    rumpled: float = 0.020
    out_of_bed: str = ""
    lens: str = "clear"
    expected: int = 1


SCENES: dict[str, Scene] = {
    "asleep": Scene(sleepers=((0, 0.5),)),
    "still_duvet": Scene(rumpled=0.060),
    "empty": Scene(thrown_back=(0,)),
    "fallen": Scene(thrown_back=(0,), out_of_bed="floor"),
    "up": Scene(thrown_back=(0,), out_of_bed="walking"),
    "sitting_up": Scene(thrown_back=(0,), out_of_bed="edge"),
    "covered": Scene(sleepers=((0, 0.5),), lens="covered"),
    "dark": Scene(sleepers=((0, 0.5),), lens="dark"),
    "two": Scene(bed=DOUBLE, sleepers=((0, -0.5), (1, 0.6))),
    "asleep_couple": Scene(bed=DOUBLE, sleepers=((0, -0.5), (1, 0.6)), expected=2),
    "empty_couple": Scene(bed=DOUBLE, thrown_back=(0, 1), expected=2),
    "couple_one_missing": Scene(bed=DOUBLE, sleepers=((0, -0.5),), thrown_back=(1,), expected=2),
}
"""Every drawn scene by its name."""


def _breath(rng: np.random.Generator) -> Curve:
    period, start = float(rng.uniform(3.4, 4.8)), float(rng.uniform(0, 2 * pi))
    return lambda t: float(np.sin(2 * pi * t / period + start) + 0.2 * np.sin(4 * pi * t / period + start))


def _stir(rng: np.random.Generator, seconds: float, times: int, lasts: float) -> Curve:
    """Return a curve that rises to about 1 and falls again, *times* times within *seconds*."""
    share = seconds / max(times, 1)
    peaks = [share * (n + float(rng.uniform(0.25, 0.75))) for n in range(times)]
    heights = [float(rng.uniform(0.7, 1.0)) for _ in peaks]
    return lambda t: float(sum(h * np.exp(-(((t - p) / lasts) ** 2)) for p, h in zip(peaks, heights, strict=True)))


def _in_bed(rng: np.random.Generator, bed: Bed, place: int, seconds: float) -> tuple[Motion, ...]:
    x = bed.left + bed.centre(place)
    z = BED_TOP + 0.2
    return (
        Motion((x, BED_HEAD - 0.80, z), (58, 46), (0.4, -1.4), _breath(rng)),
        Motion((x + 0.16, BED_HEAD - 0.84, z), (32, 28), (3.4, -4.4), _stir(rng, seconds, 2, 0.6)),
        Motion((x, BED_HEAD - 1.50, z), (44, 36), (3.0, 1.6), _stir(rng, seconds, 1, 0.8)),
    )


def _on_floor(rng: np.random.Generator, left: float, near: float, seconds: float) -> tuple[Motion, ...]:
    def at(x: float, y: float) -> tuple[float, float, float]:
        return (left + x, near + 1.9 - y, 0.15)

    return (
        Motion(at(0.64, 0.70), (40, 36), (0.5, -1.2), _breath(rng)),
        Motion(at(1.02, 0.78), (30, 26), (3.6, -3.0), _stir(rng, seconds, 3, 0.6)),
        Motion(at(0.24, 0.62), (24, 20), (-2.8, 2.2), _stir(rng, seconds, 2, 0.5)),
        Motion(at(0.78, 1.55), (30, 26), (3.2, 1.4), _stir(rng, seconds, 2, 0.7)),
        Motion(at(0.58, 0.27), (24, 20), (1.6, 0.8), _stir(rng, seconds, 2, 0.7)),
    )


def _at_edge(rng: np.random.Generator, bed: Bed, seconds: float) -> tuple[Motion, ...]:
    sway: Curve = lambda t: float(np.sin(2 * pi * t / 5.3))  # noqa: E731 - a curve like the others, in one line
    return (
        Motion((bed.right, 2.7, 1.15), (60, 66), (2.4, 0.6), sway),
        Motion((bed.right + 0.1, 2.7, 1.3), (34, 34), (2.0, 2.4), _stir(rng, seconds, 2, 0.6)),
        Motion((bed.right + 0.2, 2.7, 0.75), (26, 26), (3.0, -2.2), _stir(rng, seconds, 3, 0.5)),
    )


def _set_up(
    scene: Scene, home: np.random.Generator, rng: np.random.Generator, eye: PinholeCamera, seconds: float
) -> StagedScene:
    bed = scene.bed
    picture = room.empty_room(home, eye, bed)
    room.make_bed(
        home, eye, picture, bed, sleepers=scene.sleepers, thrown_back=scene.thrown_back, rumpled=scene.rumpled
    )
    motions: tuple[Motion, ...] = ()
    for place, _side in scene.sleepers:
        motions += _in_bed(rng, bed, place, seconds)
    if scene.out_of_bed == "floor":
        motions += _on_floor(rng, *room.lay_down(home, eye, picture, bed), seconds)
    elif scene.out_of_bed == "edge":
        lean = float(home.uniform(-0.3, 0.5))
        room.stand(
            eye,
            picture,
            figures.sitting(lean),
            upright(bed.right - 0.42, bed.right + 0.68, 0.0, 1.45, 2.7),
            1.1,
            1.45,
        )
        motions += _at_edge(rng, bed, seconds)
    light = room.falloff(eye) * GAIN
    if scene.lens == "covered":
        cloth = 0.16 + 0.02 * cloud(home, picture.shape, 3.0) + 0.03 * cloud(home, picture.shape, 140.0)
        hint = cv2.GaussianBlur(picture, (0, 0), 40.0 * eye.width / 640)
        return StagedScene(np.asarray((0.92 * cv2.GaussianBlur(cloth, (0, 0), 2.0) + 0.04 * hint) * light, np.float32))
    if scene.lens == "dark":
        return StagedScene(np.asarray(picture * light * 0.018 + 1.2, np.float32), motions, noise=1.3)
    return StagedScene(np.asarray(picture * light, np.float32), motions, scene.out_of_bed == "walking")


class _Moved:
    """The picture with each motion at its place in time: only the part that can move is sampled again."""

    def __init__(self, eye: PinholeCamera, motions: tuple[Motion, ...]) -> None:
        scale = eye.width / 640
        y, x = np.mgrid[0 : eye.height, 0 : eye.width].astype(np.float32)
        self._curves = [m.curve for m in motions]
        self._fields: list[tuple[Picture, float, float]] = []
        moved = np.zeros(x.shape, bool)
        for motion in motions:
            cx, cy = eye.project(np.array([motion.at]))[0]
            rx, ry = motion.reach[0] * scale, motion.reach[1] * scale
            field = np.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2).astype(np.float32)
            field[field < 0.01] = 0.0
            moved |= field > 0
            self._fields.append((field, motion.shift[0] * scale, motion.shift[1] * scale))
        if motions and moved.any():
            rows, columns = np.flatnonzero(moved.any(1)), np.flatnonzero(moved.any(0))
            self._part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
            self._x, self._y = x[self._part], y[self._part]
            self._fields = [(field[self._part].copy(), dx, dy) for field, dx, dy in self._fields]
        else:
            self._fields = []

    def at(self, still: Picture, t: float) -> Picture:
        """Return *still* as it looks *t* seconds in."""
        picture = still.copy()
        if not self._fields:
            return picture
        x, y = self._x.copy(), self._y.copy()
        light = np.ones_like(x)
        for curve, (field, dx, dy) in zip(self._curves, self._fields, strict=True):
            amount = curve(t)
            x -= field * (dx * amount)
            y -= field * (dy * amount)
            light += field * (0.012 * amount)
        picture[self._part] = cv2.remap(still, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) * light
        return picture


def _walk(eye: PinholeCamera, still: Picture, rng: np.random.Generator, seconds: float) -> Callable[[float], Picture]:
    """Return a function of time that draws somebody who walks from the bed towards the door and back."""
    strides = 16
    bodies = [figures.render(figures.walking(2 * pi * n / strides), 0.9, 1.75) for n in range(strides)]
    looks = [(shade(b.height, b.albedo, (-0.35, 0.55, 1.0)) * GAIN * 0.55, b.outline) for b in bodies]
    start = float(rng.uniform(0, 2 * pi))

    def at(t: float) -> Picture:
        way = 0.5 - 0.5 * np.cos(2 * pi * t / max(seconds * 0.9, 6.0) + start)
        x, y = 0.62 + 0.62 * way, 2.0 + 1.0 * way
        look, outline = looks[round(t * 1.7 * strides / 2) % strides]
        picture = still.copy()
        eye.paste(picture, look, upright(x, x + 0.9, 0.0, 1.75, y), outline)
        return picture

    return at


def pictures(
    name: str, seed: int, seconds: float, fps: float, size: tuple[int, int], *, take: int = 0
) -> Iterator[Picture]:
    """Yield the scene's frames one by one: float32 (height, width), grey levels not yet cut to 0–255.

    *seed* is the home: its furniture and folds; *take* is the occasion: its movements and noise.
    """
    scene = scene_of(name)
    rng = np.random.default_rng([seed, 7, take])
    eye = room.camera(size)
    stage = _set_up(scene, np.random.default_rng([seed, 5]), rng, eye, seconds)
    moved = _Moved(eye, stage.motions)
    walk = _walk(eye, stage.still, rng, seconds) if stage.walks else None
    for number in range(round(seconds * fps)):
        t = number / fps
        picture = walk(t) if walk else moved.at(stage.still, t)
        noise = rng.standard_normal(picture.shape, dtype=np.float32)
        yield np.asarray(picture + noise * stage.noise, np.float32)


def draw(
    name: str,
    seed: int,
    seconds: float,
    fps: float,
    size: tuple[int, int] = (640, 480),
    quality: int = 72,
    *,
    take: int = 0,
) -> list[bytes]:
    """Return the scene as grey JPEG frames of *size* (width, height); the same arguments give the same bytes.

    *seed* is the home: its furniture and folds; *take* is the occasion: its movements and noise.

    Raises:
        UnknownScene: there is no drawn scene *name*.
    """
    return [to_jpeg(picture, quality) for picture in pictures(name, seed, seconds, fps, size, take=take)]


def to_jpeg(picture: Picture, quality: int) -> bytes:
    """Return a grey picture (levels 0–255) as JPEG."""
    encoded: Any = cv2.imencode(".jpg", np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[
        1
    ]
    return bytes(encoded.tobytes())


class UnknownScene(ValueError):
    """There is no drawn scene of that name; the message lists those that there are."""


def scene_of(name: str) -> Scene:
    """Return the layout of scene *name*.

    Raises:
        UnknownScene: there is none.
    """
    if name not in SCENES:
        raise UnknownScene(f"scene {name[:60]!r}: use one of {', '.join(SCENES)}")
    return SCENES[name]


def profile(name: str, size: tuple[int, int] = (640, 480), *, expected: int | None = None) -> dict[str, Any]:
    """Return where things are in scene *name*, in the form of :class:`schemas.messages.Profile`.

    Polygons are fractions of the picture. A double bed has a zone a side when two people are expected in it
    (*expected*, else as the scene says), and one zone when not. A bed's head end is its pillow.
    """
    scene = scene_of(name)
    scene = scene if expected is None else replace(scene, expected=expected)
    eye, bed = room.camera(size), scene.bed

    def top(left: float, right: float) -> Points:
        return np.array(
            [
                [left, BED_HEAD + 0.08, BED_TOP + 0.22],
                [right, BED_HEAD + 0.08, BED_TOP + 0.22],
                [right, BED_FOOT - 0.02, BED_TOP],
                [left, BED_FOOT - 0.02, BED_TOP],
            ]
        )

    def pillow(left: float, right: float) -> Points:
        return np.array([[(left + right) / 2, BED_HEAD - 0.26, BED_TOP + 0.15]])

    middle = (bed.left + bed.right) / 2
    sides = {"bed": (bed.left - 0.04, bed.right + 0.04)}
    if scene.expected == 2:
        sides = {"bed_left": (bed.left - 0.04, middle), "bed_right": (middle, bed.right + 0.04)}
    zones = [
        {"name": n, "kind": "bed", "polygon": eye.fractions(top(*side)), "head": eye.fractions(pillow(*side))[0]}
        for n, side in sides.items()
    ]
    floor = np.array(
        [[bed.right + 0.1, 3.9, 0], [room.RIGHT, 3.9, 0], [room.RIGHT, 1.15, 0], [bed.right + 0.1, 1.15, 0]]
    )
    zones.append({"name": "floor", "kind": "floor", "polygon": eye.fractions(floor)})
    zones.append({"name": "door", "kind": "door", "polygon": eye.fractions(upright(1.22, 2.06, 0.0, 2.02, 3.99))})
    return {"version": 1, "zones": zones, "expected_people": scene.expected}
