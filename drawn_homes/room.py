"""Drawn bedroom in near-infrared light, with its camera: the room, the bed with sleepers, people upright or on the floor.

A body's pose is from `figures`; named scenes and their movement are in `night`.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from drawn_homes import figures
from drawn_homes.lens import PX, Picture, PinholeCamera, Points, cloud, level, shade, sideways, upright

LEFT, RIGHT, DEPTH, CEILING = -1.75, 2.15, 4.0, 2.5
BED_TOP = 0.52
BED_FOOT, BED_HEAD = 1.78, 3.82
LAMP = (-0.45, -0.55, 1.0)
"""The infrared lamp as seen from a level surface: a little left of the lens and behind it."""


@dataclass(frozen=True, slots=True)
class Bed:
    """A bed by its two sides (metres along the room's wall) and how many it is made for."""

    left: float
    right: float
    places: int = 1

    @property
    def width(self) -> float:
        return self.right - self.left

    def centre(self, place: int) -> float:
        """Return the middle of *place*, metres from the bed's left side."""
        return self.width * (place + 0.5) / self.places

    def surface(self) -> Points:
        """Return the corners of the bed's top."""
        return level(self.left, self.right, BED_FOOT, BED_HEAD, BED_TOP)


SINGLE = Bed(-0.75, 0.40)
DOUBLE = Bed(-1.00, 0.70, places=2)


def camera(size: tuple[int, int]) -> PinholeCamera:
    """Return the camera: high on the wall past the bed's foot, of *size* (width, height) in pixels."""
    return PinholeCamera((0.42, 0.40, 2.40), (0.26, 2.36, 0.52), size[0], size[1])


def _grid(width: float, length: float) -> tuple[int, int]:
    return round(length * PX), round(width * PX)


def _on_floor(x: float, y: float) -> tuple[int, int]:
    """Return the column and row of a place on the floor's texture."""
    return round((x - LEFT) * PX), round((DEPTH - y) * PX)


def _planks(rng: np.random.Generator, width: float, length: float) -> Picture:
    """Return floor boards that run away from the camera, each with a tone and grain of its own."""
    rows, columns = _grid(width, length)
    grain = cloud(rng, (rows, columns), 3.0, stretch=14.0) * 0.022 + cloud(rng, (rows, columns), 40.0) * 0.015
    board = (np.arange(columns) / (0.14 * PX)).astype(int)
    tone = rng.normal(0.0, 0.028, int(board.max()) + 1)[board].astype(np.float32)
    picture = np.asarray(0.23 + tone[None, :] + grain, np.float32)
    picture[:, np.flatnonzero(np.diff(board))] *= 0.55
    for number in range(int(board.max()) + 1):
        at = int(rng.integers(0, rows))
        for row in range(at, rows, round(1.6 * PX)):
            picture[row : row + 1, board == number] *= 0.6
    return picture


def _wall(rng: np.random.Generator, width: float, height: float) -> Picture:
    """Return wallpaper with narrow stripes, a skirting board and two framed pictures."""
    rows, columns = _grid(width, height)
    stripes = 0.018 * np.sign(np.sin(np.arange(columns) / PX * 2 * np.pi / 0.11)).astype(np.float32)
    picture = np.asarray(0.30 + stripes[None, :] + cloud(rng, (rows, columns), 60.0) * 0.014, np.float32)
    picture[-round(0.10 * PX) :] = 0.42
    picture[-round(0.10 * PX)] = 0.14
    for x, y, w, h in ((0.55, 0.55, 0.34, 0.44), (2.25, 0.50, 0.42, 0.32)):
        box = (slice(round(y * PX), round((y + h) * PX)), slice(round(x * PX), round((x + w) * PX)))
        inside = cloud(rng, picture[box].shape, 12.0) * 0.10 + 0.38
        frame = 0.12 * np.ones_like(inside)
        edge = round(0.035 * PX)
        frame[edge:-edge, edge:-edge] = inside[edge:-edge, edge:-edge]
        picture[box] = frame
    return picture


def _door(rng: np.random.Generator) -> Picture:
    rows, columns = _grid(0.84, 2.02)
    picture = 0.40 + cloud(rng, (rows, columns), 3.0, stretch=16.0) * 0.012
    for top, bottom in ((0.16, 0.92), (1.06, 1.86)):
        for x0, x1 in ((0.11, 0.39), (0.46, 0.74)):
            start, end = (round(x0 * PX), round(top * PX)), (round(x1 * PX), round(bottom * PX))
            cv2.rectangle(picture, start, end, 0.30, 3)
            cv2.rectangle(picture, (start[0] + 3, start[1] + 3), (end[0] - 3, end[1] - 3), 0.45, 1)
    cv2.rectangle(picture, (0, 0), (columns - 1, rows - 1), 0.16, 5)
    cv2.circle(picture, (round(0.76 * PX), round(1.0 * PX)), 5, 0.85, -1)
    return np.asarray(picture, np.float32)


def _wood(rng: np.random.Generator, width: float, height: float, tone: float) -> Picture:
    picture = tone + cloud(rng, _grid(width, height), 3.0, stretch=1.0 / 6.0) * 0.020
    cv2.rectangle(picture, (2, 2), (picture.shape[1] - 3, picture.shape[0] - 3), tone * 0.55, 2)
    return np.asarray(picture, np.float32)


def empty_room(rng: np.random.Generator, eye: PinholeCamera, bed: Bed) -> Picture:
    """Return the room without bedclothes or people: brightness 0–1, float32 of the picture's shape."""
    picture = np.full((eye.height, eye.width), 0.10, np.float32)
    side = np.asarray(0.24 + cloud(rng, _grid(4.4, CEILING), 60.0) * 0.012, np.float32)
    eye.paste(picture, side, sideways(-0.4, DEPTH, 0.0, CEILING, LEFT))
    eye.paste(picture, side[:, ::-1].copy(), sideways(-0.4, DEPTH, 0.0, CEILING, RIGHT))
    eye.paste(picture, _wall(rng, RIGHT - LEFT, CEILING), upright(LEFT, RIGHT, 0.0, CEILING, DEPTH))
    eye.paste(picture, _door(rng), upright(1.22, 2.06, 0.0, 2.02, DEPTH - 0.01))

    planks = _planks(rng, RIGHT - LEFT, DEPTH + 0.2)
    under = np.ones_like(planks)
    cv2.rectangle(
        under,
        _on_floor(bed.left - 0.06, BED_HEAD + 0.2),
        _on_floor(bed.right + 0.06, BED_FOOT - 0.05),
        0.15,
        -1,
    )
    eye.paste(picture, planks * cv2.GaussianBlur(under, (0, 0), 0.09 * PX), level(LEFT, RIGHT, -0.2, DEPTH))
    rug = 0.32 + 0.03 * cloud(rng, _grid(0.75, 1.5), 3.5) + 0.05 * np.sin(np.arange(round(1.5 * PX)) / 9.0)[:, None]
    cv2.rectangle(rug, (6, 6), (rug.shape[1] - 7, rug.shape[0] - 7), 0.18, 4)
    eye.paste(picture, np.asarray(rug, np.float32), level(bed.right + 0.22, bed.right + 0.97, 1.75, 3.25, 0.005))

    eye.paste(
        picture,
        _wood(rng, bed.width + 0.1, 0.52, 0.30),
        upright(bed.left - 0.05, bed.right + 0.05, BED_TOP - 0.02, 1.04, DEPTH - 0.12),
    )
    eye.paste(picture, _wood(rng, 2.0, 0.34, 0.20), sideways(BED_FOOT, BED_HEAD, 0.12, BED_TOP - 0.06, bed.right))
    eye.paste(
        picture,
        _wood(rng, bed.width, 0.34, 0.24),
        upright(bed.left, bed.right, 0.12, BED_TOP - 0.06, BED_FOOT),
    )

    table = bed.left - 0.52
    eye.paste(picture, _wood(rng, 0.42, 0.5, 0.22), upright(table, table + 0.42, 0.0, 0.5, 3.48))
    eye.paste(picture, _wood(rng, 0.42, 0.42, 0.38), level(table, table + 0.42, 3.48, 3.9, 0.5))
    shadeless = np.asarray(0.62 + 0.05 * np.sin(np.arange(40) / 2.5)[None, :] * np.ones((30, 1)), np.float32)
    eye.paste(picture, shadeless, upright(table + 0.08, table + 0.34, 0.68, 0.92, 3.7))
    eye.paste(picture, np.full((20, 6), 0.18, np.float32), upright(table + 0.19, table + 0.23, 0.5, 0.68, 3.7))
    return picture


def _cloth(rng: np.random.Generator, shape: tuple[int, int], tone: float, printed: bool) -> Picture:
    """Return woven cloth; *printed* adds the sprigs that a duvet cover has."""
    weave = cloud(rng, shape, 1.6) * 0.012 + cloud(rng, shape, 30.0) * 0.015
    picture = np.asarray(tone + weave, np.float32)
    if printed:
        step = round(0.135 * PX)
        for number, row in enumerate(range(step // 2, shape[0], step)):
            for column in range(step // 2 + (number % 2) * step // 2, shape[1], step):
                x, y = column + int(rng.integers(-2, 3)), row + int(rng.integers(-2, 3))
                turn = float(rng.uniform(0, 180))
                cv2.ellipse(picture, (x, y), (6, 2), turn, 0, 360, tone - 0.19, -1, cv2.LINE_AA)
                cv2.ellipse(picture, (x, y), (5, 2), turn + 75, 0, 360, tone - 0.13, -1, cv2.LINE_AA)
                cv2.circle(picture, (x, y), 2, tone + 0.12, -1, cv2.LINE_AA)
    return picture


def _folds(rng: np.random.Generator, shape: tuple[int, int], depth: float) -> Picture:
    """Return creases as heights: ridges of smooth noise at three sizes, *depth* metres high."""
    total = np.zeros(shape, np.float32)
    for cell, weight in ((0.30, 1.0), (0.14, 0.45), (0.06, 0.16)):
        bent = cloud(rng, shape, cell * PX, stretch=float(rng.uniform(1.2, 2.4)))
        total += weight * (1.0 - np.abs(bent))
    return np.asarray(total * depth / 2.2, np.float32)


def make_bed(
    rng: np.random.Generator,
    eye: PinholeCamera,
    picture: Picture,
    bed: Bed,
    *,
    sleepers: tuple[tuple[int, float], ...] = (),
    thrown_back: tuple[int, ...] = (),
    rumpled: float = 0.020,
) -> None:
    """Lay sheet, pillows, sleepers and duvets on *bed*.

    *sleepers* are (place, side they curl to −1…1); on a place in *thrown_back* the duvet lies at the
    foot and the sheet is bare; *rumpled* is the depth of the creases in metres.
    """
    rows, columns = _grid(bed.width, BED_HEAD - BED_FOOT)
    height = _folds(rng, (rows, columns), 0.010)
    albedo = _cloth(rng, (rows, columns), 0.62, printed=False)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) / PX
    for place in range(bed.places):
        u, v = (x - bed.centre(place)) / 0.33, (y - 0.26) / 0.22
        pillow = np.clip(1.0 - u**4 - v**4, 0.0, 1.0)
        height += 0.11 * np.sqrt(pillow) * (1 + 0.06 * cloud(rng, (rows, columns), 16.0))
        albedo = np.where(pillow > 0, np.float32(0.70), albedo)
    resting = dict(sleepers)
    for place, side in resting.items():
        middle = bed.centre(place)
        body = figures.render(figures.head((middle, 0.28), 0.75 * side, 0.02), bed.width, BED_HEAD - BED_FOOT)
        dent = np.exp(-(((x - middle) / 0.20) ** 2 + ((y - 0.28) / 0.16) ** 2))
        height = np.where(body.outline > 0.5, body.height * 0.8 + 0.07, height - 0.05 * dent)
        albedo = albedo * (1 - body.outline) + body.albedo * body.outline
    for place in range(bed.places):
        half = bed.width / bed.places
        left = place * half
        body = figures.render(
            figures.sleeper(bed.centre(place), resting.get(place, 0.0)), bed.width, BED_HEAD - BED_FOOT
        )
        mound = cv2.GaussianBlur(body.height, (0, 0), 0.035 * PX) * (1.25 if place in resting else 0.0)
        folds = _folds(rng, (rows, columns), rumpled)
        top = 1.42 + 0.05 * np.sin(7 * x) if place in thrown_back else 0.50 + 0.03 * np.sin(6 * x + place)
        cover = (y > top) & (x > left - 0.02) & (x < left + half + 0.02)
        swell = 0.05 + (0.07 * np.abs(np.sin(9 * (y - top))) if place in thrown_back else 0.0)
        cloth = _cloth(rng, (rows, columns), 0.46, printed=True)
        cloth = np.where(y < top + 0.13, np.float32(0.58), cloth)
        height = np.where(cover, mound + folds + swell, height)
        albedo = np.where(cover, cloth, albedo)
        if place in resting:
            arm = figures.render(
                figures.arm_over(bed.centre(place), (bed.centre(place) + 0.10, 0.98)),
                bed.width,
                BED_HEAD - BED_FOOT,
            )
            height = np.where(arm.outline > 0.5, np.maximum(arm.height, height + 0.02), height)
            albedo = albedo * (1 - arm.outline) + arm.albedo * arm.outline
    height = np.asarray(cv2.GaussianBlur(np.asarray(height, np.float32), (0, 0), 1.3), np.float32)
    hollow = np.clip((height - cv2.GaussianBlur(height, (0, 0), 0.10 * PX)) * 6.0, -0.45, 0.30)
    lit = shade(height, np.asarray(albedo, np.float32), LAMP) * (1.0 + hollow)
    eye.paste(picture, np.asarray(lit, np.float32), bed.surface())
    for strip, surface in (
        (lit[-round(0.3 * PX) :][::-1], upright(bed.left, bed.right, BED_TOP - 0.24, BED_TOP, BED_FOOT)),
        (
            lit[round(0.5 * PX) :, -round(0.3 * PX) :].T[:, ::-1],
            sideways(BED_FOOT, BED_HEAD - 0.5, BED_TOP - 0.24, BED_TOP, bed.right),
        ),
    ):
        hanging = np.asarray(strip * np.linspace(0.75, 0.45, strip.shape[0], dtype=np.float32)[:, None], np.float32)
        eye.paste(picture, hanging, surface)


def lay_down(rng: np.random.Generator, eye: PinholeCamera, picture: Picture, bed: Bed) -> tuple[float, float]:
    """Draw somebody on the floor to the right of *bed*; return the left and near sides of where (metres)."""
    left, near = bed.right + 0.14, 1.32
    turn = float(rng.uniform(-0.25, 0.25))
    body = figures.render(figures.on_floor(turn), 1.3, 1.9)
    creases = body.height + 0.4 * _folds(rng, (body.height.shape[0], body.height.shape[1]), 0.02)
    cloth = body.albedo + 0.03 * cloud(rng, (body.height.shape[0], body.height.shape[1]), 5.0)
    surface = level(left, left + 1.3, near, near + 1.9, 0.06)
    shadow = cv2.GaussianBlur(body.outline, (0, 0), 0.05 * PX)
    eye.paste(picture, np.full_like(shadow, 0.03), surface, np.asarray(shadow * 0.6, np.float32))
    eye.paste(picture, shade(creases, np.asarray(cloth, np.float32), LAMP), surface, body.outline)
    return left, near


def stand(
    eye: PinholeCamera,
    picture: Picture,
    limbs: tuple[figures.Limb, ...],
    surface: Points,
    width: float,
    length: float,
) -> None:
    """Draw an upright person made of *limbs*, *width* × *length* metres, on the upright *surface*."""
    body = figures.render(limbs, width, length)
    eye.paste(picture, shade(body.height, body.albedo, (-0.35, 0.55, 1.0)), surface, body.outline)


def falloff(eye: PinholeCamera) -> Picture:
    """Return how the lamp's light fades towards the corners of the picture: 0–1, float32."""
    y, x = np.mgrid[0 : eye.height, 0 : eye.width].astype(np.float32)
    away: npt.NDArray[np.float32] = np.hypot((x - eye.width * 0.50) / eye.width, (y - eye.height * 0.55) / eye.height)
    return np.asarray(1.0 / (1.0 + (away / 0.46) ** 2.6), np.float32)
