"""The pose detector's boxes and turns, by an interpreter that takes colours for joints; and how its file is fetched."""

import hashlib
import stat
import sys
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import typer

from detector.networks import load_network
from detector.person_model import BadModel
from detector.pose_network import PoseNetwork
from fjarrtillsyn.commands import person_model_command
from schemas.messages import Frame, Profile
from tests.unit.detector_sessions import BED

SIDE, BOXES = 224, 2254
HIPS, SHOULDERS = (0, 0, 255), (0, 255, 0)
"""Colours (BGR) that the interpreter takes for the middle of the hips and of the shoulders."""


class Colours:
    """An interpreter in the detector's form: the last box has its points where the colours are, when both are."""

    boxes = BOXES

    def get_input_details(self) -> list[dict[str, Any]]:
        return [{"index": 0, "shape": np.array([1, SIDE, SIDE, 3])}]

    def get_output_details(self) -> list[dict[str, Any]]:
        return [
            {"index": 1, "shape": np.array([1, self.boxes, 12])},
            {"index": 2, "shape": np.array([1, self.boxes, 1])},
        ]

    def set_tensor(self, index: int, value: np.ndarray) -> None:
        assert index == 0 and value.dtype == np.float32 and value.min() > -1.01 and value.max() < 1.01
        self.picture = ((value[0] + 1) * 127.5)[..., ::-1]

    def invoke(self) -> None:
        self.points = np.zeros((1, BOXES, 12), np.float32)
        self.scores = np.full((1, BOXES, 1), -80.0, np.float32)
        at = [np.argwhere((np.abs(self.picture - np.array(c)) < 90).all(axis=2)) for c in (HIPS, SHOULDERS)]
        if all(map(len, at)):
            hips, shoulders = (cells.mean(axis=0)[::-1] for cells in at)
            middle = np.array([6.5, 6.5]) / 7 * SIDE  # of the last box's cell
            top = hips + 2 * (shoulders - hips)
            self.points[0, -1, 4:10] = np.concatenate([hips - middle, top - middle, shoulders - middle])
            self.scores[0, -1, 0] = 2.0

    def get_tensor(self, index: int) -> np.ndarray:
        return self.points if index == 1 else self.scores


def picture(hips: tuple[float, float], shoulders: tuple[float, float]) -> np.ndarray:
    """Return a picture of 640 × 480 with a body, its joints in fractions; black and white too, as a room has."""
    made = np.full((480, 640, 3), 110, np.uint8)
    made[:40], made[40:60] = 0, 255
    for (x, y), colour in ((hips, HIPS), (shoulders, SHOULDERS)):
        cv2.circle(made, (round(x * 640), round(y * 480)), 16, colour, -1)
    return made


def frames(*pictures: np.ndarray) -> tuple[Frame, ...]:
    return tuple(
        Frame(ms=n * 250, jpeg=cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
        for n, p in enumerate(pictures)
    )


NETWORK = PoseNetwork(Colours())
LYING = picture((0.3, 0.92), (0.15, 0.9))
STANDING = picture((0.9, 0.6), (0.9, 0.4))
IN_BED = picture((0.5, 0.5), (0.35, 0.5))
NOBODY = np.full((480, 640, 3), 110, np.uint8)


@pytest.mark.parametrize(
    ("shown", "middle", "lies"),
    [(LYING, (0.225, 0.91), True), (STANDING, (0.9, 0.5), False)],
    ids=["lying", "standing"],
)
def test_a_body_is_found_once_where_it_is(shown: np.ndarray, middle: tuple[float, float], lies: bool) -> None:
    """Upright and on both turned copies: one person, at one place."""
    (person,) = NETWORK.people(frames(*[shown] * 12), BED)
    assert ((person.left + person.right) / 2, (person.top + person.bottom) / 2) == pytest.approx(middle, abs=0.03)
    assert (person.long > 1.2) is lies
    assert 0.8 < person.score < 1.0


def test_a_body_in_bed_is_hidden_from_it() -> None:
    assert NETWORK.people(frames(*[IN_BED] * 12), BED) == ()
    assert len(NETWORK.people(frames(*[IN_BED] * 12), Profile())) == 1


def test_who_is_there_for_one_picture_is_not_there() -> None:
    assert NETWORK.people(frames(*[NOBODY] * 11, LYING), BED) == ()
    assert NETWORK.people(frames(*[STANDING] * 11, LYING), BED) == ()
    assert len(NETWORK.people(frames(*[NOBODY] * 8, *[LYING] * 4), BED)) == 1


@pytest.mark.parametrize("jpeg", [b"", b"no picture", b"\xff\xd8\xff\xd9"])
def test_what_is_no_picture_shows_nobody(jpeg: bytes) -> None:
    assert NETWORK.people((Frame(ms=0, jpeg=jpeg),) * 9, BED) == ()
    assert NETWORK.people((), BED) == ()


def test_a_network_of_another_form_is_refused() -> None:
    class Other(Colours):
        boxes = 896

    with pytest.raises(ValueError, match="896"):
        PoseNetwork(Other())


def test_without_litert_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(BadModel, match=r"fjarrtillsyn\[person\]"):
        load_network(tmp_path / "pose.tflite")


@pytest.mark.parametrize("content", [b"", b"no network", bytes(4096)])
def test_a_file_that_is_no_pose_detector_says_so(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("ai_edge_litert")
    (tmp_path / "pose.tflite").write_bytes(content)
    with pytest.raises(BadModel, match=r"pose\.tflite: no pose detector"):
        load_network(tmp_path / "pose.tflite")


MEMBER = "mediapipe/modules/pose_detection/pose_detection.tflite"


def wheel(path: Path, member: str = MEMBER) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(member, b"weights")
        packed.writestr("mediapipe/__init__.py", b"raise SystemExit('run')")
    return path


def test_the_one_file_is_taken_out_by_its_digest(tmp_path: Path) -> None:
    right = hashlib.sha256(b"weights").hexdigest()
    assert person_model_command.take_out(wheel(tmp_path / "a.whl"), right) == b"weights"
    with pytest.raises(person_model_command.NotFetched, match=right):
        person_model_command.take_out(wheel(tmp_path / "a.whl"))
    with pytest.raises(person_model_command.NotFetched, match=r"no mediapipe/modules"):
        person_model_command.take_out(wheel(tmp_path / "b.whl", "other"), right)
    (tmp_path / "c.whl").write_bytes(b"no wheel")
    with pytest.raises(person_model_command.NotFetched):
        person_model_command.take_out(tmp_path / "c.whl", right)


def sham_pip(folder: Path, does: str) -> Path:
    """Return a program that is called as Python is with ``-m pip download``, keeps its words, and *does* in the folder asked for."""
    made = folder / "python"
    made.write_text(
        f'#!/bin/sh\necho "$@" > {folder}/words\n'
        'for a; do case "$a" in --dest=*) cd "${a#--dest=}";; esac; done\n'
        f"cat wanted.txt >> {folder}/words\n{does}\n"
    )
    made.chmod(made.stat().st_mode | stat.S_IXUSR)
    return made


def test_pip_is_asked_for_the_wheel_by_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = wheel(tmp_path / "packed.zip")
    monkeypatch.setattr(sys, "executable", str(sham_pip(tmp_path, f"cp {packed} m.whl")))
    (tmp_path / "to").mkdir()
    assert person_model_command.download(tmp_path / "to").name == "m.whl"
    words = (tmp_path / "words").read_text()
    assert "-m pip download" in words and "--no-deps" in words and "--require-hashes" in words
    assert "mediapipe==0.10.14 --hash=sha256:" in words


@pytest.mark.parametrize("does", ["echo no such package >&2; exit 1", "true"])
def test_a_fetch_that_fails_leaves_no_file(
    does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", str(sham_pip(tmp_path, does)))
    with pytest.raises(typer.Exit):
        person_model_command.fetch_model(tmp_path / "pose.tflite")
    assert "pip cannot download mediapipe==0.10.14" in capsys.readouterr().err
    assert not (tmp_path / "pose.tflite").exists()
