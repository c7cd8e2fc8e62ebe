"""Bedrooms for the bench of difficulties, drawn by code of their own: nothing here is shared with `drawn_homes`.

A room is a picture with a bed in it, seen from its foot, its side, askew or from above. The bed, and whoever lies on the floor,
is a small relief that light falls on (Lambert's law) and that moves; it is laid into the picture by a homography. Who
stands or sits is cut out upright. All pictures are float32, (480, 640), grey levels without the sensor's noise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import pi

import cv2
import numpy as np
import numpy.typing as npt

from schemas.messages import Profile

Picture = npt.NDArray[np.float32]
Quad = npt.NDArray[np.float32]
Curve = Callable[[float], float]

WIDTH, HEIGHT = 640, 480
ROOMS = 12
_CM = 2
"""Pixels a centimetre of a relief."""


@dataclass(frozen=True, slots=True, eq=False)
class Bedroom:
    """A room without a bed in it (*still*), and where things stand in the picture.

    *bed* and *floor* are corners, in pixels, of a bed and of the place where somebody lies who fell: of the head's left
    side, its right, the foot's right, its left. *edge* is where the feet of somebody who sits on the bed's long side stand,
    *path* the line of feet of somebody who walks by. *noise* is the sensor's, in grey levels.
    """

    number: int
    still: Picture
    lit: Picture
    bed: Quad
    floor: Quad
    edge: tuple[float, float]
    path: Quad
    noise: float

    def profile(self, zones: dict[str, Quad], expected: int, pets: bool) -> Profile:
        """Return the room's profile; *zones* in pixels."""
        inside = {
            name: [[float(np.clip(x / WIDTH, 0, 1)), float(np.clip(y / HEIGHT, 0, 1))] for x, y in corners]
            for name, corners in zones.items()
        }
        return Profile.model_validate({"zones": inside, "expected_people": expected, "pets": pets})


_VIEWS: tuple[dict[str, list[list[float]]], ...] = (
    {  # from the foot
        "bed": [[215, 150], [365, 150], [405, 380], [165, 380]],
        "floor": [[455, 265], [535, 265], [610, 445], [500, 450]],
        "edge": [[415, 372]],
        "path": [[440, 300], [600, 440]],
    },
    {  # from its side, the head left
        "bed": [[120, 330], [150, 205], [500, 205], [530, 330]],
        "floor": [[170, 460], [190, 372], [430, 372], [450, 460]],
        "edge": [[300, 385]],
        "path": [[90, 400], [560, 420]],
    },
    {  # askew
        "bed": [[250, 120], [370, 160], [300, 400], [120, 330]],
        "floor": [[420, 250], [500, 270], [470, 450], [370, 430]],
        "edge": [[370, 340]],
        "path": [[430, 250], [590, 420]],
    },
    {  # from above
        "bed": [[190, 70], [350, 70], [360, 410], [180, 410]],
        "floor": [[440, 120], [540, 120], [560, 380], [430, 380]],
        "edge": [[400, 280]],
        "path": [[430, 140], [600, 440]],
    },
)


def cloud(rng: np.random.Generator, shape: tuple[int, int], cell: float) -> Picture:
    """Return smooth noise, mean 0 and deviation 1, that changes over *cell* pixels."""
    small = rng.standard_normal((max(3, round(shape[0] / cell) + 2), max(3, round(shape[1] / cell) + 2)))
    large = cv2.resize(small.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray((large - large.mean()) / max(float(large.std()), 1e-6), np.float32)


@cache
def bedroom(number: int) -> Bedroom:
    """Return room *number*, 0 to ``ROOMS`` - 1."""
    rng = np.random.default_rng([number, 77])
    view, flip = _VIEWS[number % len(_VIEWS)], number // len(_VIEWS) % 2 == 1
    shift = rng.uniform(-14, 14, 2)

    def placed(points: list[list[float]]) -> Quad:
        where = np.asarray(points, np.float32) + shift.astype(np.float32)
        if flip:
            where[:, 0] = WIDTH - 1 - where[:, 0]
        return where

    level = float(rng.choice([0.22, 0.3, 0.45, 0.8]))
    horizon = int(rng.uniform(90, 170)) if number % len(_VIEWS) != 3 else 0
    surface = np.full((HEIGHT, WIDTH), 120.0, np.float32)
    surface[:horizon] = rng.uniform(130, 190)
    surface[:horizon] += 3.0 * cloud(rng, (HEIGHT, WIDTH), 60)[:horizon]
    boards = np.arange(WIDTH, dtype=np.float32) // float(rng.uniform(24, 50))
    surface[horizon:] += 14.0 * np.sin(boards * 12.9898)[None]
    surface[horizon:] += 4.0 * cloud(rng, (HEIGHT, WIDTH), 5)[horizon:]
    for _ in range(int(rng.integers(3, 7))):  # furniture, pictures, a rug: with edges
        w, h = (int(v) for v in rng.uniform(30, 120, 2))
        x, y = int(rng.uniform(0, WIDTH - w)), int(rng.uniform(0, max(horizon, 200)))
        part = surface[y : y + h, x : x + w]
        part += float(rng.uniform(-70, 60)) + 6.0 * cloud(rng, part.shape, 9)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    at = rng.uniform(0.3, 0.7, 2)
    far = ((x / WIDTH - at[0]) ** 2 + (y / HEIGHT - at[1]) ** 2) / float(rng.uniform(0.25, 0.7))
    lit = np.asarray(level * (0.35 + 0.65 * np.exp(-far)), np.float32)
    edge = placed(view["edge"])[0]
    return Bedroom(
        number, np.clip(surface, 12, 250), lit, placed(view["bed"]), placed(view["floor"]),
        (float(edge[0]), float(edge[1])), placed(view["path"]), float(rng.uniform(0.8, 2.2)),
    )  # fmt: skip


def _rise(start: tuple[float, float], end: tuple[float, float], radius: float, shape: tuple[int, int]) -> Picture:
    """Return a capsule's height over a relief of *shape*, in pixels of it; places in centimetres."""
    (x0, y0), (x1, y1) = ((a * _CM, b * _CM) for a, b in (start, end))
    height, reach = np.zeros(shape, np.float32), radius * _CM
    left, top = (max(int(min(a, b) - reach), 0) for a, b in ((x0, x1), (y0, y1)))
    right, bottom = int(max(x0, x1) + reach) + 2, int(max(y0, y1) + reach) + 2
    part = height[top:bottom, left:right]
    y, x = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
    span = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-6)
    along = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / span, 0, 1)
    away = (x - x0 - along * (x1 - x0)) ** 2 + (y - y0 - along * (y1 - y0)) ** 2
    part[:] = np.sqrt(np.maximum(reach**2 - away, 0))
    return height


def _shaded(height: Picture, albedo: Picture) -> Picture:
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    facing = (0.9 - 0.4 * slope_x - 0.25 * slope_y) / np.sqrt(1 + slope_x**2 + slope_y**2)
    return np.asarray(albedo * (0.25 + 0.75 * np.clip(facing, 0, 1.1)), np.float32)


def breath(rng: np.random.Generator) -> Curve:
    period, start = float(rng.uniform(3.2, 5.0)), float(rng.uniform(0, 2 * pi))
    return lambda t: float(np.sin(2 * pi * t / period + start))


def stirs(rng: np.random.Generator, times: int, lasts: float, seconds: float = 10.0) -> Curve:
    """Return a curve that goes from 0 to about 1 and back, once in each of *times* parts of *seconds*."""
    peaks = [(n + float(rng.uniform(0.2, 0.8))) * seconds / times for n in range(times)]
    return lambda t: float(sum(np.exp(-(((t - p) / lasts) ** 2)) for p in peaks))


@dataclass(frozen=True, slots=True, eq=False)
class BedRelief:
    """A bed's relief over time: duvet and pillow, and each sleeper at *middles* (centimetres from its left side).

    A *quiet* sleeper breathes and does not stir.
    """

    wide: float
    middles: tuple[float, ...]
    seed: int
    quiet: bool = False
    restless: tuple[float, ...] = ()
    """Restlessness of each, from 0 (sleeps well) to 1 (tosses and turns); of those not said 0."""

    def film(self) -> Callable[[float], Picture]:
        """Return what shows the bed at a time, (400, 2 · wide)."""
        rng = np.random.default_rng([self.seed, 5])
        shape = (200 * _CM, round(self.wide * _CM))
        folds = float(rng.uniform(1.5, 4.0)) * cloud(rng, shape, 22) + float(rng.uniform(0.5, 1.5)) * cloud(
            rng, shape, 9
        )
        albedo = 150 + 10 * cloud(rng, shape, 4)
        if rng.random() < 0.5:
            albedo += 25 * np.sign(np.sin(np.arange(shape[1]) / float(rng.uniform(6, 16))))[None]
        albedo[: 45 * _CM] = 185 + 4 * cloud(rng, (45 * _CM, shape[1]), 7)
        folds[: 45 * _CM] *= 0.5
        tossing = [*self.restless, *[0.0] * len(self.middles)]
        people = [
            _Sleeper(middle, rng, shape, quiet=self.quiet) if not toss else _Tosser(middle, rng, shape, toss)
            for middle, toss in zip(self.middles, tossing, strict=False)
        ]

        def at(t: float) -> Picture:
            height, tone = folds.copy(), albedo.copy()
            for who in people:
                who.lay(height, tone, t)
            return _shaded(height, tone)

        return at


class _Sleeper:
    """Somebody who lies beneath the duvet, the head on the pillow, and breathes and stirs now and then."""

    def __init__(self, middle: float, rng: np.random.Generator, shape: tuple[int, int], *, quiet: bool) -> None:
        self._middle, self._shape = middle, shape
        self._breath, self._head = breath(rng), stirs(rng, int(rng.integers(1, 3)), 0.5)
        self._knee, self._arm = stirs(rng, int(rng.integers(1, 3)), 0.6), stirs(rng, 2, 0.5)
        self._curl, self._depth = float(rng.uniform(-12, 12)), float(rng.uniform(0.05, 0.11))
        self._trunk = 0.55 * _rise((middle, 55), (middle + self._curl / 2, 105), 20, shape)
        self._hair = 20 + 30 * float(rng.random())
        if quiet:
            self._head = self._knee = self._arm = lambda t: 0.0

    def lay(self, height: Picture, tone: Picture, t: float) -> None:
        middle = self._middle
        height += self._trunk * (1.0 + self._depth * self._breath(t))
        knee = self._knee(t)
        turn = middle + self._curl + 7 * knee
        height += 0.5 * _rise((middle + self._curl / 2, 105), (turn, 145 - 4 * knee), 12, self._shape)
        height += 0.45 * _rise((turn, 145 - 4 * knee), (middle, 185), 9, self._shape)
        arm = self._arm(t)
        hand = (middle + 22 - 14 * arm, 85 - 10 * arm)
        over = _rise((middle + 18, 60), hand, 4.5, self._shape)
        height += 0.7 * over
        tone[over > 1] = 165
        nod = 2.5 * self._head(t)
        skull = _rise((middle + nod * 0.4, 27), (middle + nod * 0.4, 31), 10.5, self._shape)
        height += 0.6 * skull
        tone[skull > 1] = 40 + self._hair
        face = _rise((middle + nod + 2, 33), (middle + nod + 2, 35), 7, self._shape)
        tone[face > 1] = 170
        for dx, dy in ((-3, 31), (3, 31), (0, 38)):
            tone[_rise((middle + nod + 2 + dx, dy), (middle + nod + 2 + dx, dy), 1.3, self._shape) > 0] = 60


class _Tosser(_Sleeper):
    """Somebody who rolls from side to side now and then, draws up their knees, kicks, and throws an arm out."""

    def __init__(self, middle: float, rng: np.random.Generator, shape: tuple[int, int], toss: float) -> None:
        super().__init__(middle, rng, shape, quiet=False)
        times = 1 + int(rng.integers(0, 3))
        self._toss, self._rolls = toss, stirs(rng, times, float(rng.uniform(0.6, 1.6)))
        self._kicks, self._reaches = stirs(rng, 1 + times, 0.35), stirs(rng, times, 0.5)
        self._way = float(rng.choice([-1.0, 1.0]))
        self._limb = int(rng.integers(0, 3))

    def lay(self, height: Picture, tone: Picture, t: float) -> None:
        roll, kick, reach = (self._toss * curve(t) for curve in (self._rolls, self._kicks, self._reaches))
        middle = self._middle + self._way * 9 * roll
        trunk = _rise((middle, 55), (middle + self._curl / 2 + 4 * roll, 105), 20, self._shape)
        height += 0.55 * trunk * (1.0 + self._depth * self._breath(t) - 0.12 * roll)
        for side in (-1.0, 1.0):
            moved = kick if self._limb != 1 or side == self._way else 0.3 * kick
            knee = (middle + self._curl + side * (9 + 12 * moved), 145 - 14 * moved - 6 * roll)
            height += 0.4 * _rise((middle + side * 6 + self._curl / 2, 105), knee, 10, self._shape)
            height += 0.4 * _rise(knee, (middle + side * (8 + 16 * moved), 186 - 6 * moved), 7.5, self._shape)
        out = self._way * (20 + 24 * reach)
        over = _rise((middle + self._way * 17, 60), (middle + out, 86 - 34 * reach), 4.8, self._shape)
        height += 0.7 * over
        tone[over > 1] = 165
        nod = 2.5 * self._head(t) + self._way * 6 * roll
        skull = _rise((middle + nod, 27), (middle + nod, 31), 10.5, self._shape)
        height += 0.6 * skull
        tone[skull > 1] = 40 + self._hair
        face = _rise((middle + 1.6 * nod + 2, 33), (middle + 1.6 * nod + 2, 35), 7, self._shape)
        tone[face > 1] = 170


def lay_into(picture: Picture, relief: Picture, corners: Quad, alpha: Picture | None = None) -> None:
    """Lay *relief* into *picture* where *corners* are, as thick as *alpha* says."""
    rows, columns = relief.shape
    matrix = cv2.getPerspectiveTransform(
        np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32), corners.astype(np.float32)
    )
    cover = np.ones_like(relief) if alpha is None else alpha
    top = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 2, 0)
    low = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 3, (WIDTH, HEIGHT))
    size = (int(low[0] - top[0]), int(low[1] - top[1]))
    if min(size) <= 0:
        return
    matrix = np.array([[1, 0, -top[0]], [0, 1, -top[1]], [0, 0, 1]], np.float64) @ matrix
    # Two pixels of a relief are about one of the picture: made smaller first, or edges crawl.
    mask = cv2.warpPerspective(cv2.blur(cover, (3, 3)), matrix, size, flags=cv2.INTER_LINEAR)
    layer = cv2.warpPerspective(cv2.blur(relief * cover, (3, 3)), matrix, size, flags=cv2.INTER_LINEAR)
    part = picture[top[1] : low[1], top[0] : low[0]]
    part *= 1 - mask
    part += layer


def fallen(seed: int, still: bool = False) -> Callable[[float], tuple[Picture, Picture]]:
    """Return what shows somebody who lies on the floor, and their outline, (400, 200): breathing, an arm and a leg that stir."""
    rng = np.random.default_rng([seed, 9])
    shape = (200 * _CM, 100 * _CM)
    cloth = 150 + 25 * cloud(rng, shape, 6)
    if rng.random() < 0.5:
        cloth -= 80
    breathes, arm, leg = breath(rng), stirs(rng, 3, 0.6), stirs(rng, 2, 0.7)
    bend = float(rng.uniform(-10, 10))

    def at(t: float) -> tuple[Picture, Picture]:
        t = 0.0 if still else t
        a, b = arm(t), leg(t)
        trunk = _rise((50, 60), (50 + bend / 2, 105), 19, shape) * (1 + 0.05 * breathes(t))
        limbs = [
            _rise((46, 105), (38 + bend, 145), 9, shape), _rise((38 + bend, 145), (45 + bend, 185), 7, shape),
            _rise((56, 105), (66 + bend + 6 * b, 140), 9, shape),
            _rise((66 + bend + 6 * b, 140), (58 + bend + 10 * b, 180), 7, shape),
            _rise((36, 55), (20, 85), 6, shape), _rise((64, 55), (78 + 5 * a, 75 - 8 * a), 6, shape),
            _rise((78 + 5 * a, 75 - 8 * a), (84 + 6 * a, 98 - 25 * a), 5, shape),
        ]  # fmt: skip
        head = _rise((50 + 2 * a, 28), (50 + 2 * a, 33), 11, shape)
        height = np.max([trunk, head, *limbs], axis=0)
        tone = cloth.copy()
        tone[head > 1] = 90
        tone[(limbs[0] > 1) | (limbs[-1] > 1)] = 175
        return _shaded(height, tone), np.asarray(np.clip(height / 3, 0, 1), np.float32)

    return at


def upright_person(seed: int, sits: bool) -> Callable[[float], tuple[Picture, Picture]]:
    """Return what shows somebody who stands or sits, and their outline, (340, 160): they sway and their arms move."""
    rng = np.random.default_rng([seed, 13])
    shape = (170 * _CM, 80 * _CM)
    cloth = 140 + 22 * cloud(rng, shape, 7)
    sway, arm = breath(rng), stirs(rng, 3, 0.6)
    phase = float(rng.uniform(0, 6))

    def at(t: float) -> tuple[Picture, Picture]:
        s, a = 2.5 * sway(t), arm(t)
        step = 0.0 if sits else float(np.sin(4.5 * t + phase))
        low = 45.0 if sits else 0.0
        hip, neck = (40.0, 90.0 + low / 3), (40.0 + s, 38.0 + low)
        limbs = [
            _rise(hip, (34 + 6 * step, 128), 9, shape), _rise((34 + 6 * step, 128), (33 + 9 * step, 165), 7, shape),
            _rise(hip, (47 - 6 * step, 128), 9, shape), _rise((47 - 6 * step, 128), (48 - 9 * step, 165), 7, shape),
            _rise(neck, hip, 16, shape),
            _rise((26 + s, neck[1] + 6), (20 + 8 * a, neck[1] + 45 - 18 * a), 6, shape),
            _rise((55 + s, neck[1] + 6), (60 - 4 * step, neck[1] + 45), 6, shape),
        ]  # fmt: skip
        head = _rise((40 + 1.4 * s, neck[1] - 22), (40 + 1.4 * s, neck[1] - 17), 10, shape)
        height = np.max([head, *limbs], axis=0)
        tone = cloth.copy()
        tone[head > 1] = 110
        return _shaded(height, tone), np.asarray(np.clip(height / 3, 0, 1), np.float32)

    return at
