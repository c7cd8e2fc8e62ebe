"""Drawn homes, for demonstrations and tests: night scenes and thermal arrays over a bed, the same for the same seed.

A home's own device has no use for them, so they are a distribution of their own; the gateway finds them by their entry points.
"""

from drawn_homes.night import SCENES, UnknownScene, draw, pictures, profile, to_jpeg

__all__ = ["SCENES", "UnknownScene", "draw", "pictures", "profile", "to_jpeg"]
