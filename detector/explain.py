"""Drawing of what the detector saw, for developers on their own footage: zones, blocks, bodies, measures, verdict.

A finding as text is `detector.evaluate.explain`'s.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from detector import movement, signature, thresholds, zones
from detector.clip import Clip, decode
from detector.judge import judge
from schemas.messages import Evidence, Finding, Profile, Session
from schemas.vocabulary import Answer, DeviceKind

Drawing = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_WIDE = 960
"""Pixels that the session's picture is drawn wide; the panel with the measures stands right of it."""

_PANEL = 560
_LINE = 20
_FONT = cv2.FONT_HERSHEY_SIMPLEX

# Blue, green, red, as OpenCV has them.
_WHITE: Colour = (240, 240, 240)
_GREY: Colour = (150, 150, 150)
_SOLID: Colour = (60, 60, 235)
_SHADE: Colour = (40, 200, 235)
_SLOW: Colour = (235, 150, 40)
_SHAPE: Colour = (235, 60, 200)
_ZONES: dict[str, Colour] = {
    "bed": (90, 220, 90),
    "armchair": (90, 220, 180),
    "floor": (200, 160, 90),
    "door": (90, 160, 230),
    "mask": (90, 90, 90),
}
_ANSWERS: dict[Answer, Colour] = {
    Answer.IN_BED: (90, 220, 90),
    Answer.NOT_SEEN: (200, 200, 90),
    Answer.SOMETHING_WRONG: (60, 60, 235),
    Answer.CANNOT_TELL: (40, 180, 235),
}
_KEY: tuple[tuple[str, Colour], ...] = (
    ("moves", _SOLID),
    ("moves, as light or shade does", _SHADE),
    ("moves slowly", _SLOW),
    ("structure not the empty room's", _SHAPE),
)


def draw(session: Session) -> Drawing:
    """Return what the detector saw in *session*, uint8 (h, w, 3), blue green red.

    The picture is the session's middle frame. Coloured squares are blocks by what they do, boxes the bodies that they
    form with their strength, dots the cells whose structure is not the empty room's; the panel has the finding. It
    shows people: keep it as you keep the footage that it was made from. The service never calls this.
    """
    finding = judge(session)
    clip = decode(session.frames)
    if clip is None:
        return _panel(finding, 540)
    picture = _picture(clip)
    _draw_zones(picture, session.profile)
    _draw_movement(picture, clip, session.profile)
    _draw_shapes(picture, clip, session.profile)
    panel = _panel(finding, picture.shape[0])
    below = np.full((panel.shape[0] - picture.shape[0], picture.shape[1], 3), 24, np.uint8)
    return np.hstack([np.vstack([picture, below]), panel])


def _picture(clip: Clip) -> Drawing:
    middle = clip.pictures[len(clip.pictures) // 2]
    # A night is drawn brighter than it is, or nobody would see anything in it.
    lit = cv2.convertScaleAbs(middle, alpha=min(8.0, 230.0 / max(float(np.quantile(middle, 0.98)), 1.0)))
    height = round(_WIDE * middle.shape[0] / middle.shape[1])
    large = cv2.resize(lit, (_WIDE, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(large, cv2.COLOR_GRAY2BGR), np.uint8)


def _draw_zones(picture: Drawing, profile: Profile) -> None:
    height, width = picture.shape[:2]
    for zone in profile.zones:
        if zone.seen_by is DeviceKind.SENSORS:
            continue
        points = np.array([[round(x * (width - 1)), round(y * (height - 1))] for x, y in zone.polygon], np.int32)
        colour = _ZONES[zone.kind]
        if zone.kind == "mask":
            cv2.fillPoly(picture, [points], colour)
        cv2.polylines(picture, [points], True, colour, 2, cv2.LINE_AA)
        _write(picture, zone.name, (int(points[0, 0]) + 6, int(points[0, 1]) + 18), colour)


def _draw_movement(picture: Drawing, clip: Clip, profile: Profile) -> None:
    limits = thresholds.camera_thresholds(profile)
    where = zones.rasterise_zones(profile, (clip.blocks.shape[1], clip.blocks.shape[2]))
    if not where.looked_at.any():
        return
    moved = movement.find_movement(clip, where, limits)
    rows, columns = moved.alive.shape
    tint = picture.copy()
    for mask, colour in ((moved.slow, _SLOW), (moved.alive, _SHADE), (moved.solid, _SOLID)):
        for row, column in np.argwhere(mask).tolist():
            cv2.rectangle(tint, *_corners(picture, (row, column, row + 1, column + 1), (rows, columns)), colour, -1)
    cv2.addWeighted(tint, 0.4, picture, 0.6, 0.0, dst=picture)
    for body in movement.bodies(moved.alive, moved.amplitude, int(limits.least_blocks)):
        first, last = _corners(picture, zones.extent(body.mask), (rows, columns))
        cv2.rectangle(picture, first, last, _WHITE, 1, cv2.LINE_AA)
        _write(picture, f"{body.strength:.0f} in {body.blocks} blocks", (first[0] + 3, max(first[1] - 5, 12)), _WHITE)


def _draw_shapes(picture: Drawing, clip: Clip, profile: Profile) -> None:
    usual = signature.from_rows(profile.signature)
    if usual is None:
        return
    size = (signature.ROWS, signature.COLUMNS)
    other = signature.compare_structures(
        usual, signature.structure_of(clip.pictures), zones.rasterise_zones(profile, size)
    ).other
    for row, column in np.argwhere(other).tolist():
        first, last = _corners(picture, (row, column, row + 1, column + 1), size)
        cv2.circle(picture, ((first[0] + last[0]) // 2, (first[1] + last[1]) // 2), 7, _SHAPE, -1, cv2.LINE_AA)


def _corners(
    picture: Drawing, cells: tuple[int, int, int, int], size: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the corners, in pixels, of the cells from top, left to bottom, right of a grid of *size*."""
    top, left, bottom, right = cells
    high, wide = picture.shape[0] / size[0], picture.shape[1] / size[1]
    return (round(left * wide), round(top * high)), (round(right * wide) - 1, round(bottom * high) - 1)


def _panel(finding: Finding, height: int) -> Drawing:
    """Return the finding as lines of text, at least *height* high."""
    lines: list[tuple[str, Colour]] = [("", _WHITE), ("", _WHITE)]
    if finding.detail:
        lines += [(part, _WHITE) for part in _wrapped(finding.detail)]
    lines += [(_said(e), _WHITE) for e in finding.evidence]
    lines += [("", _WHITE), *_key(), ("", _WHITE)]
    measures = sorted(finding.measures.items())
    panel = np.full((max(height, _LINE * (len(lines) + len(measures) + 3)), _PANEL, 3), 24, np.uint8)
    people = "" if finding.people is None else f", people {finding.people}"
    _write(panel, str(finding.answer), (14, 34), _ANSWERS[finding.answer], 0.9)
    _write(panel, f"{', '.join(finding.reasons) or 'no reason needed'}{people}", (14, 58), _WHITE)
    for number, (text, colour) in enumerate(lines):
        _write(panel, text, (14, _LINE * (number + 2) + 10), colour)
    for number, (name, value) in enumerate(measures, start=len(lines)):
        _write(panel, name, (14, _LINE * (number + 2) + 10), _GREY)
        _write(panel, f"{value:g}", (240, _LINE * (number + 2) + 10), _GREY)
    return panel


def _key() -> list[tuple[str, Colour]]:
    return [(f"# {text}", colour) for text, colour in _KEY]


def _said(evidence: Evidence) -> str:
    value = "" if evidence.value is None else f" {evidence.value:g}"
    return f"saw {evidence.what} in {evidence.zone or 'no zone'}{value}"


def _wrapped(text: str, most: int = 58) -> Sequence[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= most:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [*lines, line]


def _write(picture: Drawing, text: str, at: tuple[int, int], colour: Colour, size: float = 0.48) -> None:
    cv2.putText(picture, text, at, _FONT, size, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(picture, text, at, _FONT, size, colour, 1, cv2.LINE_AA)
