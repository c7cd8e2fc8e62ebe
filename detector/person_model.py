"""Second look, where a network is set: a YOLOX-style ONNX model that finds people, and how people found change a finding."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from detector import zones
from schemas import jpeg, limits
from schemas.messages import Evidence, Finding, Frame, Profile, Session
from schemas.vocabulary import Answer, Reason

Picture = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float32]

LEAST_SCORE = 0.5
"""Objectness times the score of class 0 (person in COCO's order) from which a box is a person."""

_SAME = 0.5
"""Share of the smaller of two boxes that lies in the other from which both are one person, seen upright and turned."""

_ANY_ROOM: Final = Profile()
_STRIDES = (8, 16, 32)
_PAD = 114
_GRID = (48, 64)
_IN_BED, _OUTSIDE = 0.5, 0.3
_LONG = 1.2
TURNS: tuple[int | None, ...] = (None, cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE)


class BadModel(ValueError):
    """The file is no network of the expected form; the message says which and what was expected."""


@dataclass(frozen=True, slots=True)
class PersonBox:
    """A box in fractions of the picture, origin top left; ``long`` is its width over its height, in pixels."""

    left: float
    top: float
    right: float
    bottom: float
    score: float
    long: float


class PersonNetwork(Protocol):
    """A network that finds people in frames; ``sees_beds`` says whether a person in bed is one."""

    @property
    def sees_beds(self) -> bool:
        """Tell whether people whom it finds in a rest zone count."""

    def people(self, frames: Sequence[Frame], profile: Profile) -> tuple[PersonBox, ...]:
        """Return the people in *frames* of the room of *profile*, each once, surest first; a mask is not looked at."""


class PersonModel:
    """One loaded network. It may be shared by threads; one at a time runs it."""

    sees_beds: Final = True

    def __init__(self, net: Any, side: int) -> None:
        self._net = net
        self._side = side
        self._lock = threading.Lock()
        self._offsets, self._steps = _grid(side)

    @classmethod
    def load(cls, path: Path, side: int = 416) -> "PersonModel":
        """Return the network in *path*, whose input is *side* × *side* pixels, after one run on a grey picture.

        Raises:
            BadModel: OpenCV cannot read or run it, or its output is not (1, boxes, 5 + classes) for this *side*.
        """
        try:
            model = cls(cv2.dnn.readNetFromONNX(str(path)), side)
            model._run(np.full((side, side, 3), _PAD, np.uint8))
        except (cv2.error, OSError, ValueError) as error:
            raise BadModel(f"{path}: no YOLOX-style network with a {side} × {side} input: {error}") from None
        return model

    def people(self, frames: Sequence[Frame], profile: Profile = _ANY_ROOM) -> tuple[PersonBox, ...]:
        """Return the people in the last of *frames*, or where it shows none in the middle one: each once, surest first.

        People who lie are found on copies turned by a quarter, which a network trained on upright people needs.
        """
        for frame in (frames[-1], frames[len(frames) // 2]) if frames else ():
            picture = decode_picture(frame.jpeg)
            if picture is None:
                continue
            picture = hide_zones(picture, profile, rest=False)
            found = [person for turn in TURNS for person in self._look(picture, turn)]
            if found:
                return each_once(found)
        return ()

    def _look(self, picture: Picture, turn: int | None) -> list[PersonBox]:
        height, width = picture.shape[:2]
        shown = picture if turn is None else cv2.rotate(picture, turn)
        scale = min(self._side / shown.shape[0], self._side / shown.shape[1])
        size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
        padded = np.full((self._side, self._side, 3), _PAD, np.uint8)
        padded[: size[1], : size[0]] = cv2.resize(shown, size, interpolation=cv2.INTER_LINEAR)
        boxes, scores = self._run(padded)
        boxes = boxes[scores >= LEAST_SCORE] / scale
        return [
            _person(_back(box, turn, width, height), float(score), width, height)
            for box, score in zip(boxes, scores[scores >= LEAST_SCORE], strict=True)
        ]

    def _run(self, padded: Picture) -> tuple[Numbers, Numbers]:
        """Return boxes (n, 4) as left, top, right, bottom in pixels of *padded*, and their scores (n,)."""
        with self._lock:
            self._net.setInput(cv2.dnn.blobFromImage(padded))
            out = np.asarray(self._net.forward(), np.float32)
        if out.ndim != 3 or out.shape[1] != len(self._steps) or out.shape[2] < 6:
            raise ValueError(f"its output is {out.shape}; expected (1, {len(self._steps)}, 5 + classes)")
        raw = np.nan_to_num(out[0])
        middle = (raw[:, :2] + self._offsets) * self._steps
        half = np.exp(np.clip(raw[:, 2:4], -10, 10)) * self._steps / 2
        return np.hstack([middle - half, middle + half]), np.asarray(raw[:, 4] * raw[:, 5], np.float32)


_RAISES: Final = frozenset({Answer.IN_BED, Answer.NOT_SEEN})
"""Answers that a second look may change."""


def with_model(judge: Callable[[Session], Finding], model: PersonNetwork) -> Callable[[Session], Finding]:
    """Return *judge* with a second look by *model* at the sessions with frames whose answer it may change."""

    def decide(session: Session) -> Finding:
        made = judge(session)
        if made.answer not in _RAISES or not session.frames:
            return made
        return second_look(
            made, model.people(session.frames, session.profile), session.profile, in_bed_too=model.sees_beds
        )

    return decide


def second_look(finding: Finding, people: Sequence[PersonBox], profile: Profile, *, in_bed_too: bool = True) -> Finding:
    """Return *finding* with what a network saw; without *people* it is *finding* itself: silence means nothing.

    It forbids a green, or makes an alarm of ``not_seen``, and does no more. A person outside the rest zones makes
    ``something_wrong`` of ``not_seen``, and ``count`` of ``in_bed``, as do more people than are expected. Who is in a rest
    zone is passed over unless *in_bed_too*. Other answers keep theirs: alarms stand, and doubts are looked at anyway.
    """
    where = zones.rasterise_zones(profile, _GRID)
    placed = [(person, _inside(person, where)) for person in people]
    placed = [(person, inside) for person, inside in placed if in_bed_too or inside < _OUTSIDE]
    if not placed:
        return finding
    seen = tuple(
        Evidence(what="person", zone=_zone(person, where) if inside >= _IN_BED else None, value=round(person.score, 2))
        for person, inside in placed
    )
    changes: dict[str, Any] = {"evidence": (finding.evidence + seen)[: limits.EVIDENCE]}
    outside = [person for person, inside in placed if inside < _OUTSIDE]
    if finding.answer is Answer.NOT_SEEN and outside:
        reason = Reason.ON_FLOOR if any(person.long >= _LONG for person in outside) else Reason.UP
        changes |= _says(Answer.SOMETHING_WRONG, reason, len(placed), "a network sees a person outside the bed")
    elif finding.answer is Answer.IN_BED and (outside or len(placed) > profile.expected_people):
        people_there = max(len(placed), (finding.people or 0) + len(outside))
        detail = f"a network sees {len(outside)} outside the bed" if outside else f"a network sees {len(placed)} in bed"
        changes |= _says(Answer.CANNOT_TELL, Reason.COUNT, people_there, detail)
    return Finding.model_validate({**dict(finding), **changes})


def _says(answer: Answer, reason: Reason, people: int, detail: str) -> dict[str, Any]:
    return {"answer": answer, "reasons": (reason,), "people": min(people, limits.PEOPLE), "detail": detail}


def _inside(person: PersonBox, where: zones.Zones) -> float:
    box = _window(person, where.at_rest)
    return float(box.mean()) if box.size else 0.0


def _zone(person: PersonBox, where: zones.Zones) -> str:
    """Return the rest zone that most of *person* is in."""
    return max(where.rest, key=lambda place: int(_window(person, place.mask).sum())).name


def _window(person: PersonBox, mask: zones.Mask) -> zones.Mask:
    rows, columns = mask.shape
    top, left = int(person.top * (rows - 1)), int(person.left * (columns - 1))
    bottom, right = max(top + 1, round(person.bottom * rows)), max(left + 1, round(person.right * columns))
    return mask[top:bottom, left:right]


def _person(box: tuple[float, float, float, float], score: float, width: int, height: int) -> PersonBox:
    left, right = (min(max(x / width, 0.0), 1.0) for x in (box[0], box[2]))
    top, bottom = (min(max(y / height, 0.0), 1.0) for y in (box[1], box[3]))
    long = (right - left) * width / max((bottom - top) * height, 1e-6)
    return PersonBox(left, top, right, bottom, min(score, 1.0), long)


def _back(box: Numbers, turn: int | None, width: int, height: int) -> tuple[float, float, float, float]:
    """Return *box* of a turned copy in the pixels of the picture, *width* × *height*, that was turned."""
    left, top, right, bottom = (float(side) for side in box)
    if turn == cv2.ROTATE_90_CLOCKWISE:
        return top, height - right, bottom, height - left
    if turn == cv2.ROTATE_90_COUNTERCLOCKWISE:
        return width - bottom, left, width - top, right
    return left, top, right, bottom


def each_once(found: Sequence[PersonBox]) -> tuple[PersonBox, ...]:
    """Return *found* with the same person once, surest first."""
    kept: list[PersonBox] = []
    for person in sorted(found, key=lambda p: -p.score):
        if all(shared_part(person, other) < _SAME for other in kept):
            kept.append(person)
    return tuple(kept)


def shared_part(a: PersonBox, b: PersonBox) -> float:
    """Return the share of the smaller of two boxes that lies in the other."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    both = max(width, 0.0) * max(height, 0.0)
    smaller = min((p.right - p.left) * (p.bottom - p.top) for p in (a, b))
    return both / smaller if smaller > 0 else 0.0


def _grid(side: int) -> tuple[Numbers, Numbers]:
    """Return each output box's cell, as x and y, and its stride in pixels (Ge et al. 2021, YOLOX: no anchors)."""
    offsets, steps = [], []
    for stride in _STRIDES:
        cells = side // stride
        y, x = np.mgrid[0:cells, 0:cells]
        offsets.append(np.stack([x.ravel(), y.ravel()], axis=1))
        steps.append(np.full((cells * cells, 1), stride))
    return np.concatenate(offsets).astype(np.float32), np.concatenate(steps).astype(np.float32)


def hide_zones(picture: Picture, profile: Profile, *, rest: bool) -> Picture:
    """Return *picture* with its masks, and with *rest* its beds and armchairs, in the mean colour of what is left."""
    where = zones.rasterise_zones(profile, picture.shape[:2])
    hidden = ~where.looked_at | where.at_rest if rest else ~where.looked_at
    if not hidden.any():
        return picture
    shown = picture.copy()
    shown[hidden] = picture[~hidden].mean(axis=0) if not hidden.all() else _PAD
    return shown


def decode_picture(data: bytes) -> Picture | None:
    """Return a JPEG as a picture (rows, columns, BGR), or ``None`` where it is none or too large."""
    try:
        width, height = jpeg.size(data)
        if width > limits.FRAME_WIDTH or height > limits.FRAME_HEIGHT:
            return None
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except (jpeg.NotJpeg, cv2.error):
        return None
    return None if picture is None else np.asarray(picture, np.uint8)
