"""Reasons for which green by the detector is taken back by itself."""

from enum import StrEnum


class Drift(StrEnum):
    """A reason for which green by the detector is taken back by itself; the first that holds is told."""

    CONTRADICTED = "contradicted"
    """A person saw on a look of the share that nobody was in bed, where the detector saw somebody."""
    DOUBTED = "doubted"
    """A person could not tell, on two looks of the share, where the detector saw somebody in bed."""
    CAMERA_MOVED = "camera_moved"
    ROOM_UNKNOWN = "room_unknown"
    NOT_AGREED = "not_agreed"
