"""``python -m tests.bench.sleepers``: how often somebody who simply sleeps is seen in bed, under what makes it hard.

Drawn sleepers, one and two, and recorded ones, each as they are and with one or two of: a blanket that hides half of
what moves, five seconds without a movement, and a near-infrared night with its darkness and its noise. Each session is
drawn by its number. Beside them two in the bed of one, under the same: how often they are taken for one is said, too.
Writes build/sleepers.json; exit status 1 below nine in ten.
"""

import argparse
import json
import os
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from detector.evaluate import camera_rows
from detector.judge import judge
from schemas.messages import Finding, Session
from schemas.vocabulary import Answer
from tests.unit.detector_difficulties import DIFFICULTIES, made_harder
from tests.unit.detector_sessions import night

RESULT = Path("build/sleepers.json")
LEAST = 0.9
SETS = [(), *combinations(DIFFICULTIES, 1), *combinations(DIFFICULTIES, 2)]


def main(argv: list[str]) -> int:
    """Run; return 1 when fewer than nine in ten are seen in bed."""
    parser = argparse.ArgumentParser(prog="sleepers", description=__doc__)
    parser.add_argument("--seeds", type=int, default=8, help="drawn homes of each kind")
    asked = parser.parse_args(argv)
    cv2.setNumThreads(1)
    report = run(asked.seeds)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))
    return 1 if report["in_bed"] < LEAST * report["sessions"] else 0


def run(seeds: int) -> dict[str, Any]:
    """Return what was said of each kind of sleeper under each set of difficulties."""
    said: dict[str, Counter[str]] = {}
    missed: list[str] = []
    for kind, number, asked in _sleepers(seeds):
        for names in SETS:
            found = _judged(asked, number, names)
            for of in ("all", kind, "+".join(names) or "as it is"):
                said.setdefault(of, Counter())[str(found.answer)] += 1
            if found.answer is not Answer.IN_BED:
                missed.append(f"{kind} {number} {'+'.join(names)}: {found.answer} {list(found.reasons)} {found.detail}")
    total = said.pop("all")
    pairs = [(number, names) for number in range(1, seeds + 1) for names in SETS]
    taken = [
        f"two {number} {'+'.join(names)}"
        for number, names in pairs
        if _judged(night("two", number, seconds=10.0, fps=5.0), number, names).answer is Answer.IN_BED
    ]
    return {
        "pairs": len(pairs),
        "pairs_taken_for_one": taken,
        "sessions": sum(total.values()),
        "in_bed": total[Answer.IN_BED],
        "of": {name: dict(counts) for name, counts in said.items()},
        "missed": missed,
    }


def _judged(asked: Session, number: int, names: tuple[str, ...]) -> Finding:
    return judge(made_harder(asked, names, np.random.default_rng([number, len(names), 7])))


def _sleepers(seeds: int) -> list[tuple[str, int, Session]]:
    """Return the drawn and recorded sleepers with their kind and number."""
    found = [
        (scene, n, night(scene, n, seconds=10.0, fps=5.0))
        for scene in ("asleep", "asleep_couple")
        for n in range(1, seeds + 1)
    ]
    folder = Path(os.environ.get("FJT_FOOTAGE", Path(__file__).parents[2] / ".." / "shared" / "footage"))
    if folder.is_dir():
        rows = [row for row in camera_rows(folder) if row.green != "forbidden"]
        found += [
            (f"recorded {row.session.session_id}", 100 + n, row.session)
            for n, row in enumerate(rows)
            if len({frame.jpeg for frame in row.session.frames}) >= 10
        ]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
