"""``python -m tests.bench.leave_one_volunteer_out``: the thermal array's thresholds chosen without the person judged.

As :mod:`tests.bench.leave_one_out` does for the camera's rooms: each threshold anew by rule on the other volunteers'
windows: no false green first; of what then finds most people in bed, to one in a hundred, the strictest. The volunteer
left out is judged with what came of it. (Taking what finds most, and no less, lets a bed that another volunteer has
just left pass: 48 of 87 windows.) Needs the footage.

One recording is named ``None-After-Sleeping`` and shows what its name says: a bed that cools for half an hour from
4.2 °C above the room to 0.7, and nobody. The table calls its 145 windows ``in_bed_ok``. They are counted here as what
they show, an empty bed, and said apart.
"""

import csv
import json
import os
import sys
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
}  # fmt: skip
FACTORS = (0.5, 0.65, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
STRICTER_UP = frozenset({"warm_anybody_c", "end_ratio", "spread_cells", "warm_person_c", "unsteady_c"})
"""Those of which more is asked where they are higher; of the others, where they are lower or nearer to none."""

KEPT = 0.99


@dataclass(frozen=True, slots=True)
class Window:
    """Ten seconds of one volunteer: its measures, whether somebody lies in the bed, and of what kind it is."""

    volunteer: str
    kind: str
    measures: Mapping[str, float]

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
    total: dict[str, list[int]] = {}
    for of in report.values():
        for kind, (green, n) in of["green_of"].items():
            so_far = total.setdefault(kind, [0, 0])
            total[kind] = [so_far[0] + green, so_far[1] + n]
    report["total"] = {"green_of": total}
    report["by_hand"] = counted(windows, BY_HAND)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for name, of in report.items():
        print(name, of["green_of"])
    wrong = sum(total[kind][0] for kind in ("on_floor", "bed_empty", "just_left"))
    asked = sum(total[kind][1] for kind in ("on_floor", "bed_empty", "just_left"))
    return 1 if wrong > 0.01 * asked else 0


def read(folder: Path) -> Iterable[Window]:
    """Yield each window of the footage with its measures."""
    with (folder / "sessions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row, asked in zip(rows, thermal_rows(folder), strict=True):
        array, ambient = asked.session.channels
        measures = thermal.measures_of(array, ambient, asked.session.profile)
        assert measures is not None
        kind = "just_left" if JUST_LEFT in row["session"] else row["label"].removesuffix("_ok")
        yield Window(row["volunteer"], kind, measures)


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
    said = thermal.judge_array(window.measures, thresholds)
    return said.answer is Answer.IN_BED and said.people == 1


def counted(windows: Sequence[Window], thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Return, of each kind of window, how many are green of how many."""
    of: dict[str, list[int]] = {}
    for window in windows:
        so_far = of.setdefault(window.kind, [0, 0])
        of[window.kind] = [so_far[0] + green(window, thresholds), so_far[1] + 1]
    return {"green_of": dict(sorted(of.items()))}


if __name__ == "__main__":
    sys.exit(main())
