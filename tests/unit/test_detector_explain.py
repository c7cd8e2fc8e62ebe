"""The developer's picture: what is drawn, that every session can be drawn, and that the service cannot draw."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from detector.calibrate import calibrate
from detector.explain import draw
from detector.judge import judge
from drawn_homes import SCENES
from fjarrtillsyn.cli import app
from schemas import wire
from schemas.messages import Profile
from tests.unit.detector_sessions import jpeg, night, session

MOVES = np.array([60, 60, 235])
SHAPE = np.array([235, 60, 200])


def coloured(scene: str, colour: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> int:
    """Return how many pixels of the drawn picture, without its panel, lean that way from grey."""
    room = calibrate(night("empty").frames, night(scene).profile)
    drawing = draw(night(scene).model_copy(update={"profile": room}))[:720, :960].astype(int)
    lean = drawing - drawing.mean(axis=2, keepdims=True)
    wanted = colour - colour.mean()
    along = (lean @ wanted) / np.linalg.norm(wanted)
    return int(((along > 40) & (along > 0.95 * np.linalg.norm(lean, axis=2))).sum())


def test_it_shows_what_moves_and_what_is_new_in_the_room() -> None:
    assert coloured("asleep", MOVES) > 10 * coloured("empty", MOVES)
    assert coloured("asleep", SHAPE) > 500
    assert coloured("empty", SHAPE) == 0


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_every_night_can_be_drawn(scene: str) -> None:
    drawing = draw(night(scene))
    assert drawing.dtype == np.uint8 and drawing.shape[1] == 960 + 560
    assert np.ptp(drawing[:, 960:]) > 200


@pytest.mark.parametrize("frames", [[], [b"no picture"] * 9, [jpeg(np.zeros((480, 640)))] * 9])
def test_a_session_without_a_good_picture_can_be_drawn(frames: list[bytes]) -> None:
    masked = {"zones": [{"name": "all", "kind": "mask", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}]}
    assert draw(session(frames)).shape[2] == 3
    assert draw(session(frames, Profile.model_validate(masked))).shape[2] == 3


def test_the_service_cannot_draw() -> None:
    """Nothing that the service loads can write a picture (docs/guarantees.md#5-pictures-are-never-stored)."""
    asked = "import sys, detector.__main__; sys.exit('detector.explain' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False, timeout=60).returncode == 0
    root = Path(__file__).parents[2]
    sources = [root / "detector" / f"{name}.py" for name in ("service", "judge", "__main__")]
    sources += sorted((root / "runtime").rglob("*.py"))
    assert not any(
        "imwrite" in source.read_text("utf-8") or "explain" in source.read_text("utf-8") for source in sources
    )


def test_judge_draws_where_it_is_told_and_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "session.cbor").write_bytes(wire.encode(night("fallen")))
    out = tmp_path / "out.png"
    done = CliRunner().invoke(app, ["judge", str(tmp_path / "session.cbor"), "--explain", str(out)])
    assert done.exit_code == 0 and "on_floor" in done.output
    assert cv2.imread(str(out)) is not None
    assert out.stat().st_mode & 0o077 == 0
    done = CliRunner().invoke(
        app, ["judge", str(tmp_path / "session.cbor"), "--explain", str(tmp_path / "no" / "o.png")]
    )
    assert done.exit_code == 2


def take(folder: Path, scene: str = "empty") -> Path:
    folder.mkdir()
    for number, frame in enumerate(night(scene).frames):
        (folder / f"{number:03}.jpg").write_bytes(frame.jpeg)
    return folder


def test_calibrate_writes_a_profile_that_judge_takes(tmp_path: Path) -> None:
    zones = tmp_path / "zones.json"
    zones.write_text(night("empty").profile.model_dump_json())
    out = tmp_path / "profile.json"
    asked = ["calibrate", str(take(tmp_path / "take")), "--zones", str(zones), "--fps", "4"]
    done = CliRunner().invoke(app, [*asked, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "no picture is kept" in done.output
    profile = Profile.model_validate_json(out.read_text())
    assert profile == Profile.model_validate_json(CliRunner().invoke(app, asked).output)
    assert judge(night("still_duvet").model_copy(update={"profile": profile})).measures["shape_in_bed"] > 0.15


def test_bare_zones_may_say_the_head_end(tmp_path: Path) -> None:
    zones = tmp_path / "zones.json"
    bed = {"polygon": [[0.2, 0.2], [0.6, 0.2], [0.6, 0.9], [0.2, 0.9]], "head": [0.4, 0.25]}
    zones.write_text(json.dumps({"bed": bed, "floor": [[0.6, 0.5], [1, 0.5], [1, 1]]}))
    done = CliRunner().invoke(app, ["calibrate", str(take(tmp_path / "take")), "--zones", str(zones), "--fps", "4"])
    assert [zone.head for zone in Profile.model_validate_json(done.output).zones] == [(0.4, 0.25), None]


def test_a_confirmed_session_updates_the_profile(tmp_path: Path) -> None:
    profile, out = tmp_path / "profile.json", tmp_path / "next.json"
    room = calibrate(night("empty").frames, night("empty").profile)
    profile.write_text(room.model_dump_json())
    asked = ["calibrate", str(take(tmp_path / "take")), "--zones", str(profile), "--out", str(out), "--confirmed"]
    assert CliRunner().invoke(app, [*asked, "not_seen"]).exit_code == 0
    assert Profile.model_validate_json(out.read_text()).version == room.version + 1
    done = CliRunner().invoke(app, [*asked, "something_wrong"])
    assert done.exit_code == 2 and "teaches nothing" in done.output


def test_zones_may_be_bare(tmp_path: Path) -> None:
    zones = tmp_path / "zones.json"
    zones.write_text('{"bed": [[0.2, 0.3], [0.8, 0.3], [0.8, 0.8]], "floor": [[0, 0.8], [1, 0.8], [1, 1]]}')
    done = CliRunner().invoke(app, ["calibrate", str(take(tmp_path / "take")), "--zones", str(zones)])
    assert [(z.name, z.kind) for z in Profile.model_validate_json(done.output).zones] == [
        ("bed", "bed"),
        ("floor", "floor"),
    ]


@pytest.mark.parametrize(
    ("zones", "scene", "why"),
    [
        ("[", "empty", "not JSON"),
        ("[]", "empty", "zones.json"),
        ("{}", "empty", "no bed"),
        ('{"bed": [[0, 0]]}', "empty", "at least 3"),
        ('{"sofa": [[0, 0], [1, 0], [1, 1]]}', "empty", "kind"),
        ('{"bed": [[0.2, 0.3], [0.8, 0.3], [0.8, 0.8]]}', "fallen", "moves"),
    ],
)
def test_what_cannot_be_calibrated_is_told(tmp_path: Path, zones: str, scene: str, why: str) -> None:
    (tmp_path / "zones.json").write_text(zones)
    where = take(tmp_path / "take", scene)
    done = CliRunner().invoke(app, ["calibrate", str(where), "--zones", str(tmp_path / "zones.json")])
    assert done.exit_code == 2
    assert why in done.output
