"""``python -m tests.bench.position_sweep``: recorded sessions as cameras in other places, with other lenses, would see them.

Each session is seen from a position drawn by its number: the corners moved by up to 15 %, closer by up to 0.7, tilted by
up to 8°, mirrored or not, with or without a wide-angle lens, at 320 × 240 to 1280 × 720, JPEG quality 50 to 90, and now
and then only every second frame. The zones go along, drawn 3 % otherwise every other time. Rooms with an empty take are
judged with its signature, seen from the same place, every other time. Writes build/position_sweep.json; exit status 1
on any false green. Needs the footage.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2

from detector.calibrate import NoTake, calibrate
from detector.evaluate import LabelledSession, camera_rows, session_of
from detector.judge import judge
from schemas.messages import Frame, Profile, Session
from schemas.vocabulary import Answer
from tests.unit.detector_alterations import picture_of
from tests.unit.detector_positions import Points, Position, moving_points

RESULT = Path("build/position_sweep.json")
_TRIES = 25
_FEW = 10
"""Different frames below which a sleeper need not be seen."""


@dataclass(frozen=True, slots=True)
class Known:
    """A recorded session with what is needed to see it from elsewhere; ``empty`` is its room's take, if there is one."""

    row: LabelledSession
    size: tuple[int, int]
    about: tuple[float, float]
    moving: Points
    empty: tuple[Frame, ...]

    @property
    def spoilt(self) -> bool:
        """Return whether the camera is what is wrong in it."""
        return self.row.label.startswith("camera_")


def main(argv: list[str]) -> int:
    """Run; return 1 if a session that must not be green was."""
    parser = argparse.ArgumentParser(prog="position_sweep", description=__doc__)
    parser.add_argument("--sessions", type=int, default=400, help="sessions seen from elsewhere")
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--label", default="", help="only labels that begin so")
    asked = parser.parse_args(argv)
    cv2.setNumThreads(1)
    report = sweep(asked.first, asked.sessions, asked.label)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    _print(report)
    return 1 if report["false_green"] else 0


def sweep(first: int, count: int, only: str = "") -> dict[str, Any]:
    """Return what *count* sessions seen from elsewhere were said to be, by label and by size of the picture."""
    began = time.process_time()
    plain, spoilt = known_rows(only)
    by_label: dict[str, Counter[str]] = {}
    by_size: dict[str, Counter[str]] = {}
    green: list[str] = []
    wrong: list[str] = []
    for number in range(first, first + count):
        made = seen(number, plain, spoilt)
        if made is None:
            continue
        known, where, asked = made
        found = judge(asked)
        name, row = known.row.session.session_id, known.row
        right = found.answer in row.expected
        few = row.green == "required" and len({frame.jpeg for frame in asked.frames}) < _FEW
        label = f"{row.label} (few frames)" if few else row.label
        for table, key in ((by_label, label), (by_size, f"{where.size[0]}x{where.size[1]}")):
            of = table.setdefault(key, Counter())
            of.update([str(found.answer)])
            of["n"] += 1
            of["right"] += right
        said = f"{number}: {name} {where.size[0]}x{where.size[1]} {found.answer} {list(found.reasons)} {found.detail}"
        if found.answer is Answer.IN_BED and row.green == "forbidden":
            green.append(said)
        if not right:
            wrong.append(f"{label} {said}")
    return {
        "sessions": sum(of["n"] for of in by_label.values()),
        "false_green": len(green),
        "green": green,
        "by_label": {key: dict(of) for key, of in sorted(by_label.items())},
        "by_size": {key: dict(of) for key, of in sorted(by_size.items())},
        "wrong": sorted(wrong),
        "cpu_s": round(time.process_time() - began, 1),
    }


def known_rows(label: str = "") -> tuple[list[Known], list[Known]]:
    """Return the recorded sessions that show people and rooms, and those that show a spoilt camera."""
    folder = Path(os.environ.get("FJT_FOOTAGE", Path(__file__).parents[2] / ".." / "shared" / "footage"))
    if not folder.is_dir():
        sys.exit(f"no footage in {folder}; set FJT_FOOTAGE")
    takes = {
        (take.parent / "profile.json").read_text(encoding="utf-8"): session_of(take).frames
        for take in sorted(folder.glob("scenes/*/empty"))
    }
    empty = {Profile.model_validate_json(room).model_dump_json(): frames for room, frames in takes.items()}
    found = []
    for row in camera_rows(folder):
        if not row.label.startswith(label):
            continue
        moving = moving_points(row.session)
        bed = [point for zone in row.session.profile.zones for point in zone.polygon]
        about = (
            tuple(moving.mean(axis=0))
            if len(moving)
            else tuple(sum(axis) / len(bed) for axis in zip(*bed, strict=True))
        )
        height, width = picture_of(row.session.frames[0].jpeg).shape
        take = empty.get(row.session.profile.model_dump_json(), ())
        found.append(Known(row, (width, height), (float(about[0]), float(about[1])), moving, take))
    return [known for known in found if not known.spoilt], [known for known in found if known.spoilt]


def seen(number: int, plain: list[Known], spoilt: list[Known]) -> tuple[Known, Position, Session] | None:
    """Return the session of *number*, from where, and as seen from there; every fourth is a spoilt camera's.

    None where no position that was tried keeps the bed and who moves in the picture.
    """
    among = spoilt if spoilt and (number % 4 == 3 or not plain) else plain
    known = among[
        (number // 4 if among is spoilt and plain else number - number // 4 if spoilt else number) % len(among)
    ]
    for attempt in range(_TRIES):
        where = Position.drawn(number + 1_000_003 * attempt, known.size, known.about, whole=known.spoilt)
        if where.keeps(known.row.session.profile, known.moving[:0] if known.spoilt else known.moving):
            break
    else:
        return None
    if len({frame.jpeg for frame in known.row.session.frames}) < 2 * _FEW:
        where = replace(where, every=1)
    asked = where.of(known.row.session)
    if known.empty and number % 2:
        asked = _calibrated(asked, known, where)
    return known, where, asked


def _calibrated(asked: Session, known: Known, where: Position) -> Session:
    """Return *asked* with the signature of its room's empty take, seen from the same place."""
    take = where.plain().of(known.row.session.model_copy(update={"frames": known.empty}))
    try:
        return asked.model_copy(update={"profile": calibrate(take.frames, asked.profile)})
    except NoTake as refused:
        print(f"{where.seed}: {known.row.session.session_id}: {refused}", file=sys.stderr)
        return asked


def _print(report: dict[str, Any]) -> None:
    columns = ("n", "right", *(str(answer) for answer in Answer))
    print(f"{'':<24}" + "".join(f"{name:>17}" for name in columns))
    for table in (report["by_label"], report["by_size"]):
        for name, of in table.items():
            print(f"{name:<24}" + "".join(f"{of.get(column, 0):>17}" for column in columns))
    print(f"\n{report['sessions']} sessions, false green {report['false_green']}, {report['cpu_s']} s")
    for line in report["green"]:
        print(f"GREEN {line}")
    print("\nnot right:")
    for line in report["wrong"]:
        print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
