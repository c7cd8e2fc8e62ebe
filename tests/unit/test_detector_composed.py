"""Two people from two recordings in one session: a sleeper never hides who else is there, nor who is not."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.evaluate import LabelledSession, camera_rows
from detector.judge import judge
from schemas.messages import Frame, Session, Zone
from schemas.vocabulary import Answer
from tests.unit.detector_alterations import jpeg_of, picture_of

SLEEPERS = ("in_bed_ok", "restless")
SHARES = [0, pytest.param(1, marks=pytest.mark.long)]
"""Half of what is composed; the other half by ``make test-long``."""


def pairs(footage: Path) -> Iterator[tuple[LabelledSession, LabelledSession]]:
    """Yield each recorded sleeper with each other recording whose camera sees."""
    rows = [row for row in camera_rows(footage) if not row.label.startswith("camera_")]
    yield from ((a, b) for a in rows if a.label in SLEEPERS for b in rows if b is not a)


def laid_over(below: Session, above: Session) -> Session:
    """Return *below* with what moves in *above*, of the same camera, laid over it."""
    under, over = ([picture_of(frame.jpeg) for frame in of.frames] for of in (below, above))
    usual = np.median(np.stack(over[::2]), axis=0)
    frames = tuple(
        Frame(ms=frame.ms, jpeg=jpeg_of(one + other - usual, 85))
        for frame, one, other in zip(below.frames, under, over, strict=False)
    )
    return below.model_copy(update={"frames": frames})


def side_by_side(left: Session, right: Session) -> Session:
    """Return both as the two sides of one wide picture, each with its own bed, of a home where two are expected."""
    sides = [[picture_of(frame.jpeg) for frame in of.frames] for of in (left, right)]
    height = min(side[0].shape[0] for side in sides)
    width = min(side[0].shape[1] for side in sides)
    frames = tuple(
        Frame(ms=frame.ms, jpeg=jpeg_of(np.hstack([one[:height, :width], other[:height, :width]]), 90))
        for frame, one, other in zip(left.frames, sides[0], sides[1], strict=False)
    )
    zones = tuple(
        Zone(
            name=f"{zone.name}_{name}",
            kind=zone.kind,
            polygon=tuple((start + x / 2, y) for x, y in zone.polygon),
        )
        for start, name, of in ((0.0, "left", left), (0.5, "right", right))
        for zone in of.profile.zones
    )
    room = left.profile.model_copy(update={"zones": zones, "expected_people": 2})
    return left.model_copy(update={"frames": frames, "profile": room})


@pytest.mark.footage
def test_whoever_else_is_in_a_sleepers_room_is_not_slept_over(footage: Path) -> None:
    tried = 0
    for sleeper, other in pairs(footage):
        same_room = sleeper.session.profile == other.session.profile
        if same_room and other.green == "forbidden" and other.label != "bed_empty":
            found = judge(laid_over(sleeper.session, other.session))
            assert found.answer is not Answer.IN_BED, (sleeper.session.session_id, other.session.session_id)
            tried += 1
    assert tried >= 4


@pytest.mark.footage
@pytest.mark.parametrize("share", SHARES)
def test_a_partner_who_is_not_in_bed_is_missed(footage: Path, share: int) -> None:
    alone = [(sleeper, other) for sleeper, other in pairs(footage) if other.green == "forbidden"]
    for sleeper, other in alone[share:24:2]:
        found = judge(side_by_side(sleeper.session, other.session))
        assert found.answer is not Answer.IN_BED, (sleeper.session.session_id, other.session.session_id)
    assert len(alone) >= 24


def in_one_bed(upper: Session, lower: Session, flip: tuple[bool, ...]) -> Session:
    """Return both beneath each other in *upper*'s bed, each half as wide as it was, turned head to foot as *flip* says."""
    zone = np.array(upper.profile.zones[0].polygon)
    strips = []
    for of, turned in zip((upper, lower), flip, strict=True):
        shown = [picture_of(frame.jpeg) for frame in of.frames]
        height, width = shown[0].shape
        (left, top), (right, bottom) = zone.min(axis=0) * (width, height), zone.max(axis=0) * (width, height)
        aside = (bottom - top) / 8
        cut = [p[int(top + aside) : int(bottom - aside), int(left) : int(right)] for p in shown]
        strips.append([p[:, ::-1] if turned else p for p in cut])
    frames = []
    for frame, one, other in zip(upper.frames, *strips, strict=False):
        picture = picture_of(frame.jpeg)
        half = int(bottom - top) // 2
        for start, strip in ((int(top), one), (int(top) + half, other)):
            squeezed = cv2.resize(np.ascontiguousarray(strip), (strip.shape[1], half), interpolation=cv2.INTER_AREA)
            picture[start : start + half, int(left) : int(left) + strip.shape[1]] = squeezed
        frames.append(Frame(ms=frame.ms, jpeg=jpeg_of(picture, 90)))
    return upper.model_copy(update={"frames": tuple(frames)})


@pytest.mark.footage
@pytest.mark.parametrize("share", SHARES)
def test_two_in_the_bed_of_one_are_never_one(footage: Path, share: int) -> None:
    """However much more the one moves; the recorded sleepers of one camera, in pairs, their heads at either end."""
    asleep = [r.session for r in camera_rows(footage) if r.label in SLEEPERS and r.session.session_id.startswith("s11")]
    tried = 0
    for number, (upper, lower) in enumerate(itertools.permutations(asleep, 2)):
        for flip in ((turned, turned != bool((number + share) % 2)) for turned in (False, True)):
            found = judge(in_one_bed(upper, lower, flip))
            assert found.answer is not Answer.IN_BED, (upper.session_id, lower.session_id, flip)
            tried += 1
    assert tried == 12
