"""Recorded footage: no false green, and as many right answers as the detector has been measured to give."""

import json
from collections import Counter
from pathlib import Path

import pytest

from detector.evaluate import BadFolder, camera_rows, evaluate_folder, explain, judge_path, thermal_rows
from detector.judge import judge
from schemas import wire
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import night

LABEL_KEYS = {"n", "right", "false_green", "in_bed", "not_seen", "something_wrong", "cannot_tell"}


@pytest.mark.footage
def test_the_report_on_all_footage(footage: Path) -> None:
    report = evaluate_folder(footage)
    labels = report["by_label"]
    assert report["sessions"] == sum(of["n"] for of in labels.values()) == 47
    assert all(set(of) == LABEL_KEYS for of in labels.values())
    assert report["false_green"] == report["thermal"]["false_green"] == 0
    assert labels["on_floor"]["something_wrong"] >= 8
    assert labels["sitting_or_standing"]["something_wrong"] == 3
    assert labels["bed_empty"]["not_seen"] == 2
    assert sum(of["cannot_tell"] for name, of in labels.items() if name.startswith("camera_")) >= 27
    thermal = report["thermal"]["by_label"]
    assert thermal["on_floor"]["something_wrong"] == thermal["on_floor"]["n"]
    assert report["ms_per_frame"] < 20
    json.dumps(report)


@pytest.mark.footage
def test_the_thermal_array_holds_its_numbers(footage: Path) -> None:
    """No green where nobody lies; nine in ten who lie are green; nine in ten who sit or stand are said, none unseen."""
    said: dict[str, Counter[Answer]] = {}
    for row in thermal_rows(footage / "thermal"):
        label = "bed_just_left" if "none-after-sleeping" in row.session.session_id else row.label
        said.setdefault(label, Counter())[judge(row.session).answer] += 1
    assert {label: of[Answer.IN_BED] for label, of in said.items() if label != "in_bed_ok"} == dict.fromkeys(
        ("on_floor", "sitting_or_standing", "bed_empty", "bed_just_left"), 0
    )
    lying, upright = said["in_bed_ok"], said["sitting_or_standing"]
    assert (lying.total(), said["bed_just_left"].total()) == (235, 145)
    assert lying[Answer.IN_BED] >= 0.9 * lying.total()
    assert upright[Answer.SOMETHING_WRONG] >= 0.95 * upright.total()
    assert upright[Answer.NOT_SEEN] == 0


@pytest.mark.footage
def test_ten_frame_sleepers_are_seen_and_forbidden_never_green(footage: Path) -> None:
    for row in camera_rows(footage):
        found = judge(row.session)
        if row.green == "forbidden":
            assert found.answer is not Answer.IN_BED, row.session.session_id
        elif row.green == "required" and len({f.jpeg for f in row.session.frames}) >= 10:
            assert found.answer is Answer.IN_BED, row.session.session_id
        elif row.green == "required":  # five and seven frames: no green, and what stirs beside them is no alarm
            assert found.reasons == (Reason.TOO_SHORT,), row.session.session_id


@pytest.mark.footage
def test_a_spoilt_camera_is_told_by_its_reason(footage: Path) -> None:
    for row in camera_rows(footage):
        if row.label.startswith("camera_"):
            assert judge(row.session).reasons == (Reason(row.reason),), row.session.session_id


@pytest.mark.footage
def test_one_recorded_session_explained(footage: Path) -> None:
    found = judge_path(
        footage / "sessions" / "s1_fall_15_whole", footage / "scenes" / "room_a" / "profile.json", fps=5.0
    )
    assert (found.answer, found.reasons) == (Answer.SOMETHING_WRONG, (Reason.ON_FLOOR,))
    text = explain(found)
    assert "on_floor" in text and "strength_outside" in text and "judge took" in text


def test_a_session_as_it_was_on_the_wire_explained(tmp_path: Path) -> None:
    asked = night("asleep")
    (tmp_path / "session.cbor").write_bytes(wire.encode(asked))
    found = judge_path(tmp_path / "session.cbor")
    assert found.answer is Answer.IN_BED
    assert "in bed" in explain(found)
    (tmp_path / "profile.json").write_text(json.dumps({"zones": {}}))
    assert judge_path(tmp_path / "session.cbor", tmp_path / "profile.json").answer is not Answer.IN_BED
    (tmp_path / "broken").write_bytes(b"no session")
    with pytest.raises(wire.Refused):
        judge_path(tmp_path / "broken")


def footage_of(folder: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    """Write a footage folder of drawn nights: (session, scene, label, expected)."""
    lines = ["session,scene,kind,fps,label,expected,reason,green"]
    for name, scene, label, expected in rows:
        asked = night(scene)
        there = folder / "sessions" / name
        there.mkdir(parents=True)
        for number, frame in enumerate(asked.frames):
            (there / f"{number:03}.jpg").write_bytes(frame.jpeg)
        room = folder / "scenes" / scene
        room.mkdir(parents=True, exist_ok=True)
        (room / "profile.json").write_text(asked.profile.model_dump_json())
        green = "required" if expected == "in_bed" else "forbidden"
        lines.append(f"{name},{scene},nir,4,{label},{expected},,{green}")
    (folder / "sessions.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_a_report_counts_what_is_right_and_what_is_falsely_green(tmp_path: Path) -> None:
    folder = footage_of(
        tmp_path,
        [
            ("a", "asleep", "in_bed_ok", "in_bed"),
            ("b", "fallen", "on_floor", "something_wrong"),
            ("c", "asleep", "wrongly_labelled", "not_seen"),
        ],
    )
    report = evaluate_folder(folder)
    assert report["by_label"]["in_bed_ok"]["right"] == 1
    assert report["by_label"]["on_floor"]["something_wrong"] == 1
    assert report["by_label"]["wrongly_labelled"]["false_green"] == report["false_green"] == 1
    assert "thermal" not in report


def test_a_short_take_is_played_to_and_fro_for_ten_seconds(tmp_path: Path) -> None:
    folder = footage_of(
        tmp_path, [("a", "empty", "bed_empty", "not_seen"), ("b", "empty", "camera_frozen", "cannot_tell")]
    )
    for name in "ab":
        for path in sorted((folder / "sessions" / name).glob("*.jpg"))[8:]:
            path.unlink()
    played, frozen = camera_rows(folder)
    jpegs = [frame.jpeg for frame in played.session.frames]
    assert len(jpegs) == 40
    assert jpegs[8:14] == jpegs[6:0:-1] and jpegs[14:16] == jpegs[:2]
    assert played.session.frames[-1].ms == 9750
    assert len(frozen.session.frames) == 8


@pytest.mark.parametrize("missing", ["sessions.csv", "scenes/empty/profile.json", "sessions/a"])
def test_a_folder_with_something_missing_says_what(tmp_path: Path, missing: str) -> None:
    folder = footage_of(tmp_path, [("a", "empty", "bed_empty", "not_seen")])
    gone = folder / missing
    if gone.is_dir():
        for path in gone.iterdir():
            path.unlink()
    else:
        gone.unlink()
    with pytest.raises(BadFolder, match=missing.rsplit("/", 1)[-1]):
        evaluate_folder(folder)
