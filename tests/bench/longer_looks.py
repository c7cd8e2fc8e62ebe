"""``python -m tests.bench.longer_looks``: is a quiet sleeper who is not believed in 10 s believed in 20?

Drawn sleepers and empty beds, at the picture's full and half contrast with the room's noise, at three rates of pictures. The
sleepers breathe, and stir in their first ten seconds alone, before any look: a first look of 10 s, the next 10 s, and both as one
look of 20. Of the first looks that are not green it says how many each of the others is: what a recheck of 20 s gains beside
one of 10. Exit status 1 on any green of an empty bed.
"""

import argparse
import sys
from collections import Counter
from dataclasses import replace

import cv2

from detector.judge import judge
from schemas.vocabulary import Answer
from tests.bench.difficult_kinds import Stage, chances_of, drawn_stage
from tests.bench.drawn_bedrooms import ROOMS, bedroom

CONTRASTS = (1.0, 0.5)
RATES = (5.0, 3.1, 2.5)


def main(argv: list[str]) -> int:
    """Run; return 1 when an empty bed was green."""
    parser = argparse.ArgumentParser(prog="longer_looks", description=__doc__)
    parser.add_argument("--rows", type=int, default=24, help="drawn rooms of each contrast and rate")
    asked = parser.parse_args(argv)
    cv2.setNumThreads(1)
    false = 0
    for scene in ("asleep", "empty"):
        for contrast in CONTRASTS:
            for rate in RATES:
                said = _measure(scene, contrast, rate, asked.rows)
                false += sum(said[n] for n in ("first", "second", "long")) if scene == "empty" else 0
                line = ", ".join(f"{name} {said[name]}" for name in ("first", "second", "long"))
                after = f"{said['second_after']} by 10 s more, {said['long_after']} by 20 s"
                print(
                    f"{scene} contrast {contrast:g} rate {rate:g}: {line} of {asked.rows}; of those not green at first {after}",
                    flush=True,
                )
    return 1 if false else 0


def _measure(scene: str, contrast: float, rate: float, rows: int) -> Counter[str]:
    said: Counter[str] = Counter()
    for row in range(rows):
        rng = chances_of("longer", scene, row)
        stage = drawn_stage(scene, row % ROOMS, rng, seconds=32.0, fps=rate)
        whole = stage.fainter(contrast, bedroom(row % ROOMS).noise)
        first, second, long = (_is_green(_part(whole, *part)) for part in ((12, 22), (22, 32), (12, 32)))
        said["first"] += first
        said["second"] += second
        said["long"] += long
        said["second_after"] += second and not first
        said["long_after"] += long and not first
    return said


def _part(stage: Stage, begin: int, end: int) -> Stage:
    return replace(stage, pictures=stage.pictures[round(begin * stage.fps) : round(end * stage.fps)])


def _is_green(stage: Stage) -> bool:
    return judge(stage.session()).answer is Answer.IN_BED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
