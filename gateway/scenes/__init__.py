"""Drawn night scenes for homes without a camera: named, the same for the same seed, noisy as a sensor is."""

from gateway.scenes.night import SCENES, UnknownScene, draw, pictures, profile, to_jpeg

__all__ = ["SCENES", "UnknownScene", "draw", "pictures", "profile", "to_jpeg"]
