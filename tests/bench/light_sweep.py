"""``python -m tests.bench.light_sweep``: other light, lens, coding and rate over every session that must not be green.

Each altered session is drawn by its number, so a false green can be looked at again. Exit status 1 on any. With
footage (FJT_FOOTAGE, else beside the repository) recorded sessions take turns with drawn ones; rooms that have an
empty take are judged with their structure signature every other time.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import cv2

from detector.calibrate import calibrate
from detector.evaluate import camera_rows, session_of
from detector.judge import judge
from drawn_homes import SCENES
from schemas.messages import Profile, Session
from schemas.vocabulary import Answer
from tests.unit.detector_alterations import Alteration
from tests.unit.detector_sessions import night

RESULT = Path("build/light_sweep.json")
SLEEPERS = ("asleep", "asleep_couple")
SPOILT = ("covered", "dark")
_FPS = (3.0, 4.0, 5.0, 3.0, 12.0, 4.0)
"""Frames a second of each drawn home, by its seed."""


def main(argv: list[str]) -> int:
    """Run; return 1 if a session that must not be green was."""
    parser = argparse.ArgumentParser(prog="light_sweep", description=__doc__)
    parser.add_argument("--sessions", type=int, default=2000, help="altered sessions that must not be green")
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    asked = parser.parse_args(argv)
    cv2.setNumThreads(1)
    report = sweep(asked.first, asked.sessions)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))
    return 1 if report["false_green"] else 0


def sweep(first: int, count: int) -> dict[str, Any]:
    """Return what *count* altered sessions that must not be green, and a tenth as many sleepers, were said to be."""
    began = time.process_time()
    recorded, asleep, rooms = _recorded()
    drawn = sorted(set(SCENES) - {*SLEEPERS, *SPOILT})
    said: Counter[str] = Counter()
    by_change: Counter[str] = Counter()
    green: list[str] = []
    for number in range(first, first + count):
        if recorded and number % 2:
            asked = recorded[number // 2 % len(recorded)]
        else:
            asked = _night(drawn[number // 2 % len(drawn)], number)
        altered = Alteration.drawn(number)
        found = judge(_known(altered.of(asked), rooms, number, altered))
        said[found.answer] += 1
        by_change.update(altered.names)
        if found.answer is Answer.IN_BED:
            green.append(f"{number}: {asked.session_id} {altered.names}")
    seen: Counter[str] = Counter()
    for number in range(first, first + count // 10):
        sleeper = (
            asleep[number // 2 % len(asleep)] if asleep and number % 2 else _night(SLEEPERS[number // 2 % 2], number)
        )
        altered = Alteration.drawn(number)
        seen[judge(_known(altered.of(sleeper), rooms, number, altered)).answer] += 1
    return {
        "sessions": count,
        "recorded": count // 2 if recorded else 0,
        "false_green": len(green),
        "green": green,
        "said": dict(said),
        "changes": dict(sorted(by_change.items())),
        "sleepers": {"sessions": sum(seen.values()), **seen},
        "cpu_s": round(time.process_time() - began, 1),
    }


def _night(scene: str, number: int) -> Session:
    seed = 1 + number // 20 % len(_FPS)
    return night(scene, seed, fps=_FPS[seed - 1]).model_copy(update={"session_id": f"{scene}-{seed}"})


def _recorded() -> tuple[list[Session], list[Session], dict[str, Profile]]:
    """Return the recorded sessions that must not be green, those that must, and the profiles of calibrated rooms."""
    folder = Path(os.environ.get("FJT_FOOTAGE", Path(__file__).parents[2] / ".." / "shared" / "footage"))
    if not folder.is_dir():
        print(f"no footage in {folder}: drawn sessions only", file=sys.stderr)
        return [], [], {}
    rows = list(camera_rows(folder))
    never = [row.session for row in rows if row.green == "forbidden" and "camera_" not in row.label]
    never += [row.session for row in rows if "camera_moved" in row.label or "camera_partly" in row.label]
    always = [r.session for r in rows if r.green == "required" and len({f.jpeg for f in r.session.frames}) >= 10]
    rooms = {}
    for take in sorted(folder.glob("scenes/*/empty")):
        room = Profile.model_validate_json((take.parent / "profile.json").read_text(encoding="utf-8"))
        rooms[room.model_dump_json()] = calibrate(session_of(take).frames, room)
    return never, always, rooms


def _known(asked: Session, rooms: dict[str, Profile], number: int, altered: Alteration) -> Session:
    """Return *asked* with its room's signature every other time, unless it is seen in a mirror."""
    if number // 2 % 2 or "mirror" in altered.names:
        return asked
    room = rooms.get(asked.profile.model_dump_json())
    if room is None and asked.org == "ekby":
        scene, _, seed = asked.session_id.rpartition("-")
        room = _drawn_room(scene, int(seed))
    return asked if room is None else asked.model_copy(update={"profile": room})


_drawn: dict[tuple[str, int], Profile] = {}


def _drawn_room(scene: str, seed: int) -> Profile:
    if (scene, seed) not in _drawn:
        profile = night(scene, seed).profile
        # Only the home with one bed is drawn empty.
        single = "couple" not in scene and scene != "two"
        _drawn[scene, seed] = calibrate(night("empty", seed).frames, profile) if single else profile
    return _drawn[scene, seed]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
