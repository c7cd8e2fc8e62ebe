"""The pinhole camera of a drawn room: projects surfaces, lays textures into its picture; smooth noise and shading."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

PX = 160
"""Pixels a metre in the textures of surfaces."""


@dataclass(frozen=True, slots=True)
class PinholeCamera:
    """A camera without distortion. Room coordinates in metres: x to the right, y away from it, z up."""

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    width: int
    height: int
    view_degrees: float = 66.0

    def project(self, points: Points) -> Points:
        """Return where *points*, (n, 3) in metres, lie in the picture: (n, 2) in pixels."""
        eye = np.asarray(self.position)
        ahead = np.asarray(self.target) - eye
        ahead /= np.linalg.norm(ahead)
        right = np.cross(ahead, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        down = np.cross(ahead, right)
        seen = (points - eye) @ np.stack([right, down, ahead]).T
        focal = self.width / 2 / np.tan(np.radians(self.view_degrees / 2))
        depth = np.maximum(seen[:, 2:], 0.05)
        return np.asarray(seen[:, :2] / depth * focal + (self.width / 2, self.height / 2))

    def fractions(self, points: Points) -> list[tuple[float, float]]:
        """Return *points* as fractions of the picture's width and height, held inside it."""
        where = self.project(points) / (self.width, self.height)
        return [(round(float(x), 4), round(float(y), 4)) for x, y in np.clip(where, 0.0, 1.0)]

    def warp(self, surface: Points, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """Return the 3×3 homography that carries a texture of *shape* onto *surface*.

        *surface* is (4, 3) in metres: where the texture's corners lie, clockwise from its top left.
        """
        rows, columns = shape[:2]
        corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
        return np.asarray(cv2.getPerspectiveTransform(corners, self.project(surface).astype(np.float32)))

    def paste(self, picture: Picture, texture: Picture, surface: Points, alpha: Picture | None = None) -> None:
        """Lay *texture* over *picture* where *surface* is seen, as thick as *alpha* (0–1) says."""
        size = (self.width, self.height)
        matrix = self.warp(surface, texture.shape)
        cover = np.ones_like(texture) if alpha is None else alpha
        mask = cv2.warpPerspective(cover, matrix, size, flags=cv2.INTER_LINEAR)
        layer = cv2.warpPerspective(texture * cover, matrix, size, flags=cv2.INTER_LINEAR)
        picture *= 1.0 - mask
        picture += layer


def level(x0: float, x1: float, y0: float, y1: float, z: float = 0.0) -> Points:
    """Return the corners of a level surface, its texture's top row on the far side ``y1``."""
    return np.array([[x0, y1, z], [x1, y1, z], [x1, y0, z], [x0, y0, z]], float)


def upright(x0: float, x1: float, z0: float, z1: float, y: float) -> Points:
    """Return the corners of an upright surface that faces the camera at depth ``y``."""
    return np.array([[x0, y, z1], [x1, y, z1], [x1, y, z0], [x0, y, z0]], float)


def sideways(y0: float, y1: float, z0: float, z1: float, x: float) -> Points:
    """Return the corners of an upright wall along the room at ``x``, its left side near the camera."""
    return np.array([[x, y0, z1], [x, y1, z1], [x, y1, z0], [x, y0, z0]], float)


def cloud(rng: np.random.Generator, shape: tuple[int, int], cell_px: float, stretch: float = 1.0) -> Picture:
    """Return smooth noise of *shape* with mean 0 and deviation 1; *stretch* lengthens it along the rows."""
    rows = max(2, round(shape[0] / (cell_px * stretch)) + 2)
    columns = max(2, round(shape[1] / cell_px) + 2)
    small = rng.standard_normal((rows, columns), dtype=np.float32)
    large: Any = cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray((large - large.mean()) / max(float(large.std()), 1e-6), np.float32)


def shade(height: Picture, albedo: Picture, light: tuple[float, float, float]) -> Picture:
    """Return how bright a surface is, by Lambert's law: *height* in metres (PX a metre), *albedo* 0–1.

    *light* points from the surface to the lamp, in the texture's own axes: to its right, up, outwards.
    """
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=PX / 8)
    slope_y = -cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=PX / 8)
    x, y, z = np.asarray(light) / np.linalg.norm(light)
    lit = (z - slope_x * x - slope_y * y) / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    return np.asarray(albedo * (0.25 + 0.75 * np.clip(lit, 0.0, 1.2)), np.float32)
