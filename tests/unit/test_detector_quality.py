"""Pictures that are not to be trusted: each is ``cannot_tell`` with its own reason, sleeper or not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.evaluate import camera_rows
from detector.judge import judge
from schemas.messages import Frame, Session
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_alterations import Alteration
from tests.unit.detector_sessions import grey, jpeg, night, session

Picture = npt.NDArray[np.float32]


def _hand(picture: Picture) -> Picture:
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    away = np.hypot((x - 180) / 380, (y - 240) / 330)
    cover = np.clip((1.05 - away) / 0.12, 0, 1)
    return np.asarray(picture * (1 - cover) + 46.0 * cover, np.float32)


def _turned(picture: Picture) -> Picture:
    matrix = cv2.getRotationMatrix2D((320, 240), 17, 1.15)
    return np.asarray(cv2.warpAffine(picture, matrix, (640, 480), borderMode=cv2.BORDER_REFLECT), np.float32)


def _black_half(picture: Picture) -> Picture:
    halved = picture.copy()
    halved[:, :330] = 0
    return halved


SPOILT: dict[Reason, Callable[[Picture, int], Picture]] = {
    Reason.DARK: lambda p, n: p * 0.04,
    Reason.OVEREXPOSED: lambda p, n: p * 9.0 + 120.0,
    Reason.DEFOCUSED: lambda p, n: np.asarray(cv2.GaussianBlur(p, (0, 0), 9), np.float32),
    Reason.MOVED: lambda p, n: _turned(p) if n > 14 else p,
    Reason.COVERED: lambda p, n: np.asarray(
        30 + 0.05 * cv2.GaussianBlur(p, (0, 0), 40) + np.random.default_rng(n).normal(0, 2, p.shape), np.float32
    ),
}


@pytest.mark.parametrize("scene", ["asleep", "fallen", "empty"])
@pytest.mark.parametrize("reason", SPOILT)
def test_a_spoilt_picture_says_what_is_wrong_with_it(reason: Reason, scene: str) -> None:
    asked = night(scene)
    frames = tuple(Frame(ms=f.ms, jpeg=jpeg(SPOILT[reason](grey(f), n))) for n, f in enumerate(asked.frames))
    found = judge(asked.model_copy(update={"frames": frames}))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (reason,))


@pytest.mark.parametrize("spoil", [_hand, _black_half])
def test_a_part_of_the_picture_that_is_hidden(spoil: Callable[[Picture], Picture]) -> None:
    asked = night("asleep")
    frames = tuple(Frame(ms=f.ms, jpeg=jpeg(spoil(grey(f)))) for f in asked.frames)
    found = judge(asked.model_copy(update={"frames": frames}))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.PARTLY_COVERED,))


def test_a_dim_night_in_near_infrared_is_a_good_picture() -> None:
    asked = night("asleep")
    frames = tuple(Frame(ms=f.ms, jpeg=jpeg(grey(f) * 0.6)) for f in asked.frames)
    dim = asked.model_copy(update={"frames": frames})
    assert float(np.mean([grey(f).mean() for f in frames])) < 26
    assert judge(dim).answer is Answer.IN_BED


def test_one_frame_sent_again_and_again_is_frozen() -> None:
    frame = night("asleep").frames[3].jpeg
    assert judge(session([frame] * 30, night("asleep").profile)).reasons == (Reason.FROZEN,)


def test_one_frame_recoded_is_neither_green_nor_empty() -> None:
    for scene in ("asleep", "empty"):
        picture = grey(night(scene).frames[3])
        frames = [jpeg(picture, 60 + n) for n in range(30)]
        found = judge(session(frames, night(scene).profile))
        assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.FROZEN,)), scene


@pytest.mark.parametrize("quality", [15, 20, 30])
def test_a_live_picture_without_grain_is_no_camera_fault(quality: int) -> None:
    asked = night("empty")
    found = judge(session([jpeg(grey(frame), quality) for frame in asked.frames], asked.profile, fps=4))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.STILL,))
    assert [evidence.what for evidence in found.evidence] == ["same_grain"]
    assert "old picture" in found.detail


@pytest.mark.parametrize("frames", [0, 1, 4])
def test_too_few_frames(frames: int) -> None:
    asked = night("asleep")
    found = judge(asked.model_copy(update={"frames": asked.frames[:frames]}))
    assert found.reasons == (Reason.TOO_SHORT,)


def test_frames_cut_short_on_their_way_are_rejected() -> None:
    asked = night("asleep")
    frames = tuple(Frame(ms=f.ms, jpeg=f.jpeg[: len(f.jpeg) // 2]) for f in asked.frames)
    assert judge(asked.model_copy(update={"frames": frames})).reasons == (Reason.REJECTED,)
    some = tuple(f if n % 12 else broken for n, (f, broken) in enumerate(zip(asked.frames, frames, strict=True)))
    assert judge(asked.model_copy(update={"frames": some})).answer is Answer.IN_BED


def test_frames_of_different_sizes_contradict_each_other() -> None:
    asked = night("asleep")
    small = tuple(
        Frame(ms=f.ms, jpeg=jpeg(cv2.resize(grey(f), (320, 240)))) if n % 2 else f for n, f in enumerate(asked.frames)
    )
    assert judge(asked.model_copy(update={"frames": small})).reasons == (Reason.CONTRADICTORY,)


def test_a_fault_is_passed_on() -> None:
    asked = night("asleep").model_copy(update={"frames": (), "fault": "camera not found"})
    found = judge(asked)
    assert (found.reasons, found.detail) == ((Reason.FAULT,), "camera not found")


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (64, 48), (1920, 8)])
def test_a_picture_too_small_to_hold_a_person_is_rejected(size: tuple[int, int]) -> None:
    noise: Any = np.random.default_rng(1).integers(0, 255, (20, size[1], size[0]))
    assert judge(session([jpeg(p) for p in noise])).reasons == (Reason.REJECTED,)


def flickering(asked: Session) -> Session:
    frames = tuple(Frame(ms=f.ms, jpeg=jpeg(grey(f) * (1.6 if n % 2 else 0.5))) for n, f in enumerate(asked.frames))
    return asked.model_copy(update={"frames": frames})


def test_a_picture_that_flickers_wildly_is_not_trusted() -> None:
    assert judge(flickering(night("asleep"))).reasons == (Reason.CONTRADICTORY,)
    assert judge(flickering(night("empty"))).reasons == (Reason.CONTRADICTORY,)


@pytest.mark.footage
@pytest.mark.parametrize("seed", [1, 3, 5])
def test_noise_on_a_covered_lens_is_no_detail(footage: Path, seed: int) -> None:
    for row in camera_rows(footage):
        if row.label in ("camera_covered", "camera_partly_covered"):
            found = judge(Alteration(seed, ("noise",)).of(row.session))
            assert found.answer is Answer.CANNOT_TELL, row.session.session_id
            assert found.reasons[0] in (Reason.COVERED, Reason.PARTLY_COVERED), row.session.session_id
