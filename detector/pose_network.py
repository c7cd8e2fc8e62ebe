"""Pose network, where one is set: people whose hips and shoulders BlazePose's detector finds, standing or lying.

V. Bazarevsky et al., *BlazePose: On-device Real-time Body Pose tracking*, 2020. The file is ``pose_detection.tflite`` of
MediaPipe 0.10.14 (Apache 2.0), which ``fjarrtillsyn person-model fetch`` gets; LiteRT runs it (extra ``person``).
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from detector.person_model import (
    TURNS,
    BadModel,
    Numbers,
    PersonBox,
    Picture,
    decode_picture,
    each_once,
    hide_zones,
    shared_part,
)
from schemas.messages import Frame, Profile

SIDE: Final = 224
"""Pixels of the input's side: RGB, -1 to 1."""
LEAST_SCORE: Final = 0.5
"""The network's own bound, of MediaPipe's graph: a score from which a box is a person."""
_GRIDS: Final = ((28, 2), (14, 2), (7, 6))
"""Cells along a side, and anchors a cell: strides 8, 16, and three times 32."""
_BOXES: Final = sum(side * side * each for side, each in _GRIDS)
_HIPS, _TOP, _SHOULDERS = 0, 1, 2
"""Points of a box: the middle of the hips, the end of the body's circle around them, the middle of the shoulders."""
_LOOKS: Final = (1.0, 5 / 6)
"""Shares of the look at which a frame is looked at; who is in both at the same place holds still there."""
_DARKEST, _BRIGHTEST = 1.0, 99.0
"""Percentiles that are stretched to black and white: without it a grey night hides half of the people on the floor."""
_SAME: Final = 0.2
"""Share of the smaller of two torsos that lies in the other from which two frames show the same person."""
_LOOSE: Final = 0.5
"""Room around hips and shoulders, in lengths between them: a torso is half as wide to each side as it is long."""


class PoseNetwork:
    """The loaded network. Threads may share it; it is run by one at a time."""

    sees_beds: Final = False
    """A body that reaches out of a hidden bed is nobody outside it."""

    def __init__(self, interpreter: Any) -> None:
        """Take an interpreter whose tensors are allocated.

        Raises:
            ValueError: its input is not (1, 224, 224, 3), or its outputs are not (1, 2254, 12) and (1, 2254, 1).
        """
        self._interpreter = interpreter
        self._lock = threading.Lock()
        (entry,) = interpreter.get_input_details()
        outs = {tuple(int(n) for n in out["shape"]): out["index"] for out in interpreter.get_output_details()}
        shape = tuple(int(n) for n in entry["shape"])
        if shape != (1, SIDE, SIDE, 3) or not {(1, _BOXES, 12), (1, _BOXES, 1)} <= outs.keys():
            raise ValueError(f"its input is {shape}, its outputs are {sorted(outs)}")
        self._entry, self._points, self._scores = entry["index"], outs[1, _BOXES, 12], outs[1, _BOXES, 1]
        self._anchors = _anchors()

    @classmethod
    def load(cls, path: Path) -> "PoseNetwork":
        """Return the network in *path*, after one run on a grey picture.

        Raises:
            BadModel: LiteRT is not installed, or cannot read or run the file, or it is no detector of BlazePose's form.
        """
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            raise BadModel(f"{path}: LiteRT is not installed: pip install 'fjarrtillsyn[person]'") from None
        try:
            interpreter = Interpreter(model_path=str(path), num_threads=1)
            interpreter.allocate_tensors()
            made = cls(interpreter)
            made._find(np.full((SIDE, SIDE, 3), 128, np.uint8))
        except (ValueError, RuntimeError, OSError) as error:
            raise BadModel(f"{path}: no pose detector with a {SIDE} × {SIDE} input: {error}") from None
        return made

    def people(self, frames: Sequence[Frame], profile: Profile) -> tuple[PersonBox, ...]:
        """Return the people outside the rest zones of *profile*, still in the last third of *frames*, surest first.

        The zones are hidden from it: beside a sleeper it passes over somebody on the floor, and it takes empty beds for
        people. Who is found in two pictures at the same place is there. Each is looked at upright and turned by a quarter each way.
        """
        chosen = [frames[round(share * (len(frames) - 1))] for share in _LOOKS] if frames else []
        pictures = [picture for frame in chosen if (picture := decode_picture(frame.jpeg)) is not None]
        if len(pictures) < len(_LOOKS):
            return ()
        last, earlier = (
            self._find(_stretched(hide_zones(_reduced(picture), profile, rest=True))) for picture in pictures
        )
        return tuple(person for person in last if any(shared_part(person, other) >= _SAME for other in earlier))

    def _find(self, picture: Picture) -> tuple[PersonBox, ...]:
        height, width = picture.shape[:2]
        found = [
            _person(np.stack([_turned_back(x, y, turn) for x, y in at]), score, width / height)
            for turn in TURNS
            for at, score in self._look(picture if turn is None else np.asarray(cv2.rotate(picture, turn), np.uint8))
        ]
        return each_once(found)

    def _look(self, picture: Picture) -> list[tuple[Numbers, float]]:
        """Return the points, in fractions of *picture*, and the score of each box that is a person."""
        height, width = picture.shape[:2]
        left, top = (SIDE - width) // 2, (SIDE - height) // 2
        padded = np.zeros((SIDE, SIDE, 3), np.uint8)
        padded[top : top + height, left : left + width] = picture
        points, scores = self._run(padded)
        sure = scores >= LEAST_SCORE
        there = (points[sure] - np.array([left, top])) / np.array([width, height])
        return [(at, float(score)) for at, score in zip(there, scores[sure], strict=True)]

    def _run(self, padded: Picture) -> tuple[Numbers, Numbers]:
        """Return the four points (n, 4, 2) of each box in pixels of *padded*, and the scores (n,)."""
        rgb = cv2.cvtColor(padded, cv2.COLOR_BGR2RGB).astype(np.float32)
        with self._lock:
            self._interpreter.set_tensor(self._entry, (rgb / 127.5 - 1.0)[None])
            self._interpreter.invoke()
            raw = np.array(self._interpreter.get_tensor(self._points)[0], np.float32)
            logits = np.array(self._interpreter.get_tensor(self._scores)[0, :, 0], np.float32)
        points = np.nan_to_num(raw[:, 4:]).reshape(-1, 4, 2) + self._anchors[:, None] * SIDE
        return points, np.asarray(1 / (1 + np.exp(-np.clip(np.nan_to_num(logits), -50.0, 50.0))), np.float32)


def _reduced(picture: Picture) -> Picture:
    """Return *picture* with its longer side as long as the input's."""
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _stretched(picture: Picture) -> Picture:
    low, high = np.percentile(picture, (_DARKEST, _BRIGHTEST))
    return np.asarray(np.clip((picture - low) * (255 / max(high - low, 1.0)), 0, 255), np.uint8)


def _turned_back(x: float, y: float, turn: int | None) -> tuple[float, float]:
    """Return a point of a turned copy, in fractions, as fractions of the picture that was turned."""
    if turn == cv2.ROTATE_90_CLOCKWISE:
        return y, 1 - x
    return (x, y) if turn is None else (1 - y, x)


def _person(at: Numbers, score: float, aspect: float) -> PersonBox:
    """Return the torso of a body whose points *at* are fractions of a picture *aspect* times as wide as high."""
    square = np.array([aspect, 1.0])
    hips, shoulders = at[_HIPS] * square, at[_SHOULDERS] * square
    along = at[_TOP] * square - hips
    loose = _LOOSE * float(np.hypot(*(shoulders - hips)))
    low, high = np.minimum(hips, shoulders) - loose, np.maximum(hips, shoulders) + loose
    left, top = (float(min(max(n, 0.0), 1.0)) for n in low / square)
    right, bottom = (float(min(max(n, 0.0), 1.0)) for n in high / square)
    long = (abs(float(along[0])) + loose) / max(abs(float(along[1])) + loose, 1e-6)
    return PersonBox(left, top, right, bottom, min(score, 1.0), long)


def _anchors() -> npt.NDArray[np.float32]:
    """Return the middle (x, y) of each box's cell, as fractions of the input: SSD's anchors without a size."""
    made = []
    for side, each in _GRIDS:
        y, x = np.mgrid[0:side, 0:side]
        made.append(np.repeat(np.stack([x.ravel() + 0.5, y.ravel() + 0.5], axis=1) / side, each, axis=0))
    return np.concatenate(made).astype(np.float32)
