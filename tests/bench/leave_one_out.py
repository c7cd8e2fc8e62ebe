"""``python -m tests.bench.leave_one_out``: the camera's thresholds chosen without the room that is then judged with them.

The detector's thresholds were set by hand. To say what they are worth in a room that nobody has looked at, each is
chosen anew by rule on the other rooms' sessions: no false green first, then the most right answers, then the value in
the middle of those that do as well. The room left out is judged with what came of it. Needs the footage.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from detector import movement, quality, verdict, zones
from detector.clip import decode
from detector.evaluate import LabelledSession, camera_rows
from detector.movement import Movement
from detector.thresholds import Thresholds
from detector.zones import Zones
from schemas.messages import Profile
from schemas.vocabulary import Answer, Reason

RESULT = Path("build/leave_one_out.json")
FACTORS = (0.25, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.55, 2.0, 2.5, 4.0)
_OF_MOVEMENT = {"moving", "strong", "slow", "solid", "slow_amplitude"}
_COUNTS = {"least_frames", "least_seconds", "least_distinct", "least_rate", "least_rate_few", "slow_distinct"}
"""Said by the contract and by reason, not by footage: how many frames make a session."""


@dataclass(frozen=True, slots=True)
class Case:
    """A recorded session as far as no threshold is asked: its measures of quality, its movement, what is right."""

    room: str
    row: LabelledSession
    picture: dict[str, float]
    moved: Movement | None
    where: Zones
    profile: Profile


def main() -> int:
    """Run; return 1 on a false green in a room that was left out."""
    folder = Path(os.environ.get("FJT_FOOTAGE", Path(__file__).parents[2] / ".." / "shared" / "footage"))
    if not folder.is_dir():
        print(f"no footage in {folder}; set FJT_FOOTAGE", file=sys.stderr)
        return 0
    cases = [case for row in camera_rows(folder) if (case := _case(row)) is not None]
    report: dict[str, Any] = {}
    for room in sorted({case.room for case in cases}):
        others = [case for case in cases if case.room != room]
        chosen = choose(others)
        out = [case for case in cases if case.room == room]
        report[room] = {
            "chosen_on": len(others),
            "others_right": sum(right(case, chosen) for case in others),
            "n": len(out),
            "right": sum(right(case, chosen) for case in out),
            "right_by_hand": sum(right(case, Thresholds()) for case in out),
            "false_green": sum(wrong_green(case, chosen) for case in out),
            "wrong": [f"{c.row.session.session_id}: {said(c, chosen)[0]}" for c in out if not right(c, chosen)],
            "chosen": {f.name: round(getattr(chosen, f.name), 4) for f in fields(Thresholds)},
        }
    total = {name: sum(of[name] for of in report.values()) for name in ("n", "right", "right_by_hand", "false_green")}
    report["total"] = total
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for name, of in report.items():
        print(name, {key: value for key, value in of.items() if key != "chosen"})
    return 1 if total["false_green"] else 0


def choose(cases: Sequence[Case]) -> Thresholds:
    """Return thresholds chosen on *cases* alone, one after another, from factors of wide range around the hand's."""
    chosen = Thresholds()
    for field in fields(Thresholds):
        if field.name in _OF_MOVEMENT | _COUNTS or field.name.startswith(("view_", "shape")):
            continue
        by_hand = getattr(Thresholds(), field.name)
        tried = [replace(chosen, **{field.name: by_hand * factor}) for factor in FACTORS]
        scores = [_score(cases, thresholds) for thresholds in tried]
        as_good = [n for n, score in enumerate(scores) if score == max(scores)]
        chosen = tried[as_good[len(as_good) // 2]]
    return chosen


def _score(cases: Iterable[Case], thresholds: Thresholds) -> tuple[int, int]:
    greens = rights = 0
    for case in cases:
        greens += wrong_green(case, thresholds)
        rights += right(case, thresholds)
    return -greens, rights


def said(case: Case, thresholds: Thresholds) -> tuple[Answer, Reason | None]:
    """Return what *case* is with *thresholds*, as :func:`detector.judge.judge` goes about it."""
    reason = quality._reason(case.picture, thresholds)
    if reason is not None or case.moved is None:
        return Answer.CANNOT_TELL, reason
    made = verdict.decide(case.moved, case.where, case.profile, thresholds)
    nobody = made.answer is Answer.NOT_SEEN or made.reason is Reason.STILL
    if nobody and case.picture["fresh"] < thresholds.fresh:
        return Answer.CANNOT_TELL, Reason.FROZEN
    return made.answer, made.reason


def right(case: Case, thresholds: Thresholds) -> bool:
    """Return whether the answer is one of those that are right."""
    return said(case, thresholds)[0] in case.row.expected


def wrong_green(case: Case, thresholds: Thresholds) -> bool:
    """Return whether the answer is ``in_bed`` where that is forbidden."""
    return case.row.green == "forbidden" and said(case, thresholds)[0] is Answer.IN_BED


def _case(row: LabelledSession) -> Case | None:
    clip = decode(row.session.frames)
    if clip is None:
        return None
    profile = row.session.profile
    where = zones.rasterise_zones(profile, (clip.blocks.shape[1], clip.blocks.shape[2]))
    picture = quality.assess(clip, where, Thresholds())
    moved = movement.find_movement(clip, where, Thresholds())
    return Case(_room(row), row, picture.measures, moved, where, profile)


def _room(row: LabelledSession) -> str:
    """Return the room: two scenes of the footage are one room on two occasions."""
    name = row.session.session_id
    if "s11" in name:
        return "nir_11"
    return "room_a" if "s1_" in name else "room_c"


if __name__ == "__main__":
    sys.exit(main())
