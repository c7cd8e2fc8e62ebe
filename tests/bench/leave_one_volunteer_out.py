"""``python -m tests.bench.leave_one_volunteer_out``: the thermal array's thresholds chosen without the person judged.

As :mod:`tests.bench.leave_one_out` does for the camera's rooms: each threshold anew by rule on the other volunteers'
windows: no false green first; of what then finds most people in bed, to one in a hundred, the strictest. The volunteer
left out is judged with what came of it. (Taking what finds most, and no less, lets a bed that another volunteer has
just left pass: 48 of 87 windows.) Needs the footage.

The 145 windows of ``None-After-Sleeping`` show a bed that cools for half an hour from 4.2 °C above the room to 0.7, and
nobody; they are said apart. Beside green, each kind's answers are counted: who sits or stands has to be said, too.
"""

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector import thermal
from detector.evaluate import thermal_rows
from schemas.vocabulary import Answer

RESULT = Path("build/leave_one_volunteer_out.json")
JUST_LEFT = "None-After-Sleeping"
BY_HAND: dict[str, float] = {
    "warm_anybody_c": 1.5, "elsewhere_ratio": 0.9, "end_ratio": 0.7, "elsewhere_at_rest": 0.45,
    "warm_elsewhere_at_rest_c": 1.3, "unevenness": 0.65, "spread_cells": 0.6, "warm_person_c": 1.5,
    "above_ambient_c": -0.7, "cooling": 0.17, "cooling_faint": 0.1, "unsteady_c": 0.13,
    "trail_c": 0.65, "stirs_c": 0.2,
}  # fmt: skip
FACTORS = (0.5, 0.65, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
STRICTER_UP = frozenset(
    {
        "warm_anybody_c",
        "end_ratio",
        "spread_cells",
        "warm_person_c",
        "unsteady_c",
        "trail_c",
        "stirs_c",
    }
)
"""Those of which more is asked where they are higher; of the others, where they are lower or nearer to none."""

KEPT = 0.99


@dataclass(frozen=True, slots=True)
class Window:
    """Ten seconds of one volunteer: its measures and those of its last third, whether somebody lies in the bed, and its kind."""

    volunteer: str
    kind: str
    measures: Mapping[str, float]
    late: Mapping[str, float]

    @property
    def lies(self) -> bool:
        """Tell whether green is right."""
        return self.kind == "in_bed"


def main() -> int:
    """Run; return 1 when more than one in a hundred of the floor and the empty bed was green."""
    folder = Path(os.environ.get("FJT_FOOTAGE", Path(__file__).parents[2] / ".." / "shared" / "footage")) / "thermal"
    if not folder.is_dir():
        print(f"no footage in {folder}; set FJT_FOOTAGE", file=sys.stderr)
        return 0
    windows = list(read(folder))
    report: dict[str, Any] = {}
    for volunteer in sorted({window.volunteer for window in windows}):
        chosen = choose([window for window in windows if window.volunteer != volunteer])
        report[volunteer] = counted([w for w in windows if w.volunteer == volunteer], chosen) | {"chosen": chosen}
    total: dict[str, dict[str, list[int]]] = {}
    for of in report.values():
        for name in ("green_of", "wrong_of", "unseen_of"):
            for kind, (said, n) in of[name].items():
                so_far = total.setdefault(name, {}).setdefault(kind, [0, 0])
                total[name][kind] = [so_far[0] + said, so_far[1] + n]
    report["total"] = total
    report["by_hand"] = counted(windows, BY_HAND)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for name, of in report.items():
        print(name, *(f"{said} {of[said]}" for said in ("green_of", "wrong_of", "unseen_of")), sep="\n  ")
    greens = [total["green_of"][kind] for kind in ("on_floor", "bed_empty", "just_left")]
    wrong, asked = (sum(column) for column in zip(*greens, strict=True))
    return 1 if wrong > 0.01 * asked else 0


def read(folder: Path) -> Iterable[Window]:
    """Yield each window of the footage with its measures."""
    with (folder / "sessions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row, asked in zip(rows, thermal_rows(folder), strict=True):
        array, ambient = asked.session.channels
        measures = thermal.measures_of(array, ambient, asked.session.profile)
        late = thermal.late_measures(array, ambient, asked.session.profile)
        assert measures is not None and late is not None
        kind = "just_left" if JUST_LEFT in row["session"] else row["label"].removesuffix("_ok")
        yield Window(row["volunteer"], kind, measures, late)


def choose(windows: Sequence[Window]) -> dict[str, float]:
    """Return thresholds chosen on *windows* alone, one after another, twice over."""
    chosen = dict(BY_HAND)
    for name, by_hand in [*BY_HAND.items(), *BY_HAND.items()]:
        tried = [chosen | {name: by_hand * factor} for factor in FACTORS]
        scores = [_score(windows, thresholds) for thresholds in tried]
        safest, most = max(scores)
        as_good = [n for n, (wrong, found) in enumerate(scores) if wrong == safest and found >= KEPT * most]
        chosen = tried[as_good[-1 if name in STRICTER_UP else 0]]
    return chosen


def _score(windows: Iterable[Window], thresholds: Mapping[str, float]) -> tuple[int, int]:
    wrong = found = 0
    for window in windows:
        if green(window, thresholds):
            wrong += not window.lies
            found += window.lies
    return -wrong, found


def green(window: Window, thresholds: Mapping[str, float]) -> bool:
    """Return whether one person is seen in bed."""
    said = thermal.judge_look(window.measures, window.late, thresholds)
    return said.answer is Answer.IN_BED and said.people == 1


def counted(windows: Sequence[Window], thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Return, of each kind of window, how many are green and how many ``something_wrong`` and ``not_seen`` of how many."""
    answers: dict[str, Counter[Answer]] = {}
    for window in windows:
        said = thermal.judge_look(window.measures, window.late, thresholds).answer
        several = said is Answer.IN_BED and not green(window, thresholds)
        answers.setdefault(window.kind, Counter())[Answer.CANNOT_TELL if several else said] += 1
    kinds = sorted(answers.items())
    return {
        f"{name}_of": {kind: [of[answer], of.total()] for kind, of in kinds}
        for name, answer in (("green", Answer.IN_BED), ("wrong", Answer.SOMETHING_WRONG), ("unseen", Answer.NOT_SEEN))
    }


if __name__ == "__main__":
    sys.exit(main())
