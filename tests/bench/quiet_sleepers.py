"""``python -m tests.bench.quiet_sleepers``: which sleepers are seen at which contrast and rate of pictures.

Ten seconds of each of the drawn rooms with somebody asleep who stirs now and then (*asleep*), who only breathes (*quiet*), and with
nobody (*nobody*). The picture's contrast is made less about its mean while the sensor's noise stays. Printed for each contrast,
a rate a column: how many of 100 were ``in_bed``; of those with nobody in them none may be. Writes
build/quiet_sleepers.json; exit status 1 on a false green.
"""

import argparse
import json
import sys
from itertools import product
from pathlib import Path

import cv2
import numpy as np

from detector.judge import judge
from schemas.vocabulary import Answer
from tests.bench.difficult_kinds import drawn_stage
from tests.bench.drawn_bedrooms import ROOMS, bedroom

RESULT = Path("build/quiet_sleepers.json")
SCENES = {"asleep": "asleep", "quiet": "asleep_quiet", "nobody": "empty"}
CONTRASTS = (1.0, 0.7, 0.5, 0.35, 0.25)
RATES = (1.0, 2.0, 2.5, 3.1, 4.0, 5.0)
"""Pictures a second. Of ten seconds at most forty are judged, four a second."""


def main(argv: list[str]) -> int:
    """Run; return 1 when nobody was green."""
    parser = argparse.ArgumentParser(prog="quiet_sleepers", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, help="looks at each room")
    asked = parser.parse_args(argv)
    cv2.setNumThreads(1)
    rows = ROOMS * asked.seeds
    green: dict[str, dict[str, list[int]]] = {}
    for name, scene in SCENES.items():
        print(f"{name}, of {rows}\ncontrast  " + "".join(f"{rate:>6}/s" for rate in RATES), flush=True)
        green[name] = {}
        for contrast in CONTRASTS:
            line = [_green(scene, contrast, rate, asked.seeds) for rate in RATES]
            green[name][str(contrast)] = line
            print(f"{contrast:>8}  " + "".join(f"{round(100 * n / rows):>7}%" for n in line), flush=True)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"n": rows, "rates": RATES, "green": green}, indent=1) + "\n", encoding="utf-8")
    return 1 if any(any(line) for line in green["nobody"].values()) else 0


def _green(scene: str, contrast: float, rate: float, seeds: int) -> int:
    """Return how many looks at *scene* are green."""
    found = 0
    for number, seed in product(range(ROOMS), range(seeds)):
        rng = np.random.default_rng([number, seed, 31])
        cv2.setRNGSeed(int(rng.integers(2**31)))
        stage = drawn_stage(scene, number, rng, fps=rate).fainter(contrast, bedroom(number).noise)
        found += judge(stage.session()).answer is Answer.IN_BED
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
