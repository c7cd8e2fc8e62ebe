"""Another camera's size, coder, place and lens: the same night gives the same answer, and no other one is green."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector import movement, thresholds, zones
from detector.clip import BLOCK, decode
from detector.evaluate import camera_rows
from detector.judge import judge
from schemas.messages import Session
from schemas.vocabulary import Answer, Reason
from tests.bench.position_sweep import known_rows, seen
from tests.unit.detector_alterations import Picture, jpeg_of
from tests.unit.detector_positions import Position, moving_points
from tests.unit.detector_sessions import BED, grey, night, session, to_and_fro

SIZES = [(320, 240), (352, 288), (480, 640), (640, 360), (640, 480), (800, 600), (960, 720), (1280, 720), (1920, 1080)]


def seen_at(asked: Session, size: tuple[int, int], quality: int = 80) -> Session:
    """Return *asked* as a camera with pictures of *size* (width, height) would send it."""
    sent = [
        jpeg_of(np.asarray(cv2.resize(grey(f), size, interpolation=cv2.INTER_AREA), np.float32), quality)
        for f in asked.frames
    ]
    return session(sent, asked.profile, fps=4.0)


def painted(size: tuple[int, int]) -> Picture:
    """Return a room with something in it everywhere, as smooth as near-infrared rooms are."""
    chance = np.random.default_rng(3)
    fine = cv2.GaussianBlur(chance.normal(0, 60, (60, 80)).astype(np.float32), (0, 0), 1.2)
    return np.asarray(110 + cv2.resize(fine, size, interpolation=cv2.INTER_LINEAR), np.float32)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_body_has_as_many_blocks_in_every_size_of_picture(size: tuple[int, int]) -> None:
    clip = decode(session([jpeg_of(painted(size), 90)] * 2).frames)
    assert clip is not None
    rows, columns = clip.blocks.shape[1:]
    assert 750 <= rows * columns <= 1600
    assert columns / rows == pytest.approx(size[0] / size[1], rel=0.05)
    assert clip.pictures[0].shape == (rows * BLOCK, columns * BLOCK)


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (960, 720), (1280, 960)], ids=lambda size: f"{size[0]}")
def test_a_drawn_night_is_the_same_in_every_size(size: tuple[int, int]) -> None:
    for scene in ("asleep", "fallen", "empty", "two"):
        as_it_is, other = judge(night(scene)), judge(seen_at(night(scene), size))
        assert (other.answer, other.reasons) == (as_it_is.answer, as_it_is.reasons), scene


def test_what_a_coder_rounds_to_and_fro_is_no_movement() -> None:
    """A slow drift of less than a grey level: at quality 50 each square of 8 × 8 pixels jumps by two at its own time."""
    room = painted((320, 240))
    sent = [jpeg_of(room + 0.06 * n, 50) for n in range(24)]
    assert all(a != b for a, b in pairwise(sent))
    clip = decode(session(sent).frames)
    assert clip is not None
    moved = movement.find_movement(clip, zones.rasterise_zones(BED, clip.blocks.shape[1:]), thresholds.Thresholds())
    assert moved.alive.mean() < 0.01


@pytest.mark.footage
def test_no_recording_seen_from_elsewhere_becomes_green(footage: Path) -> None:
    """``python -m tests.bench.position_sweep`` is the large run."""
    for number, row in enumerate(camera_rows(footage)):
        if row.green != "forbidden" or row.label.startswith("camera_"):
            continue
        moving = moving_points(row.session)
        about = (0.5, 0.6) if not len(moving) else (float(moving[:, 0].mean()), float(moving[:, 1].mean()))
        height, width = grey(row.session.frames[0]).shape
        found = judge(Position.drawn(number, (width, height), about).of(row.session))
        assert found.answer is not Answer.IN_BED, (number, row.session.session_id)


def head_and_fold(*, second: float, pace: float = 0.8, beside: bool = False) -> Session:
    """Return nine pictures, played to and fro, of a bed in which a head moves and, far from it, a fold by *second* levels.

    The head turns at *pace*. The fold settles once; it is *beside* the head and as large, or a block farther down the
    bed, as a coder leaves them.
    """
    chance = np.random.default_rng(8)
    tiles = np.sign(chance.normal(0, 1, (12, 16))).astype(np.float32)
    room = np.asarray(painted((640, 480)) + 25 * cv2.resize(tiles, (640, 480), interpolation=cv2.INTER_NEAREST))
    steps = np.array([[1, -1, 1, -1], [-1, 1, -1, 1], [1, -1, 1, -1], [-1, 1, -1, 1]], np.float32)
    pillow = np.zeros_like(room)
    pillow[160:224, 160:224] = cv2.resize(2 * steps, (64, 64), interpolation=cv2.INTER_NEAREST)
    fold = np.zeros_like(room)
    # As large as a person, or a single block, as chance and a coder make them.
    y, x, side = (304, 160, 4) if beside else (224, 416, 1)
    fold[y : y + 16 * side, x : x + 16 * side] = cv2.resize(
        steps[:side, :side], (16 * side, 16 * side), interpolation=cv2.INTER_NEAREST
    )
    shown = [
        room + pillow * float(np.sin(pace * n)) + second * fold * (n >= 5) + chance.normal(0, 0.8, room.shape)
        for n in range(9)
    ]
    return session(to_and_fro([jpeg_of(np.asarray(p, np.float32), 95) for p in shown], 60), fps=6.0, replayed=True)


def test_a_block_settling_in_few_frames_is_no_second_sleeper() -> None:
    for levels in (1.0, 4.0):
        found = judge(head_and_fold(second=levels))
        assert (found.answer, found.people) == (Answer.IN_BED, 1), levels


def test_who_moves_much_hides_nobody_who_moves_beside_them() -> None:
    found = judge(head_and_fold(second=1.2, pace=1.3, beside=True))
    assert (found.reasons, found.people) == ((Reason.COUNT,), 2)


@pytest.mark.footage
def test_a_fall_seen_from_elsewhere_is_no_light(footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody on the floor of whom few or coarsely coded pixels show has no grain to hide, and is no light for it."""
    monkeypatch.setenv("FJT_FOOTAGE", str(footage))
    plain, spoilt = known_rows()
    for number in (20012, 20026, 20033, 20077, 20109, 20134):
        drawn_elsewhere = seen(number, plain, spoilt)
        assert drawn_elsewhere is not None
        assert judge(drawn_elsewhere[2]).answer is Answer.SOMETHING_WRONG, number
