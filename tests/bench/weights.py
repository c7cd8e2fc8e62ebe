"""``python -m tests.bench.weights``: drawn load cells: how many breathing weights live, and how many dead ones do.

A row a kind: the share that :func:`detector.weight.comes_again` believes. Ten seconds at 4 and at 10 readings a second;
a breath by its amplitude (kg), rate (a minute) and noise (kg); a dead weight by what happens to it.
"""

import sys
from collections.abc import Callable

import numpy as np

from detector.thresholds import SENSORS
from detector.weight import Line, comes_again

ROWS = 1000
SECONDS = 10.0


def main() -> int:
    """Run; return 1 when more than one dead weight in two hundred lives."""
    worst = 0.0
    for fps in (4.0, 10.0):
        for amplitude, level in ((0.3, 0.01), (0.3, 0.05), (0.1, 0.01), (0.1, 0.05), (0.05, 0.01)):
            shares = [_share(fps, _breath(amplitude, rate, level)) for rate in (10, 14, 20, 30)]
            print(f"{fps:g}/s breath ±{amplitude} kg, noise {level}: 10, 14, 20, 30 a minute", *shares)
        for name, draw in DEAD.items():
            share = _share(fps, draw)
            worst = max(worst, share)
            print(f"{fps:g}/s dead, {name}: {share}")
    return int(worst > 0.005)


Draw = Callable[[Line, np.random.Generator], Line]


def _share(fps: float, draw: Draw) -> float:
    chance = np.random.default_rng(11)
    ms = np.arange(0.0, SECONDS * 1000, 1000 / fps)
    lively = [comes_again(ms, 71.0 + draw(ms, chance), SENSORS["bed_load_life_kg"]) for _ in range(ROWS)]
    return round(float(np.mean(lively)), 3)


def _breath(amplitude: float, a_minute: float, level: float) -> Draw:
    def draw(ms: Line, chance: np.random.Generator) -> Line:
        swing = amplitude * np.sin(2 * np.pi * (a_minute * ms / 60_000 + chance.uniform()))
        return np.asarray(swing + chance.normal(0.0, level, len(ms)))

    return draw


def _steps(count: int, settling_ms: float) -> Draw:
    def draw(ms: Line, chance: np.random.Generator) -> Line:
        line = chance.normal(0.0, 0.01, len(ms))
        for at, height in zip(chance.uniform(0, SECONDS * 1000, count), chance.uniform(-2, 2, count), strict=True):
            line = line + height * (1 - np.exp(-np.clip(ms - at, 0.0, None) / settling_ms))
        return np.asarray(line)

    return draw


def _noise(level: float, scale: float) -> Draw:
    def draw(ms: Line, chance: np.random.Generator) -> Line:
        line = chance.uniform(0, 1) + chance.normal(0.0, level, len(ms))
        return np.asarray(np.round(line / scale) * scale if scale else line)

    return draw


DEAD: dict[str, Draw] = {
    **{f"{n} sharp steps": _steps(n, 1.0) for n in (1, 2, 3, 4)},
    **{f"{n} that settle": _steps(n, 400.0) for n in (1, 2, 3)},
    **{f"noise {level}": _noise(level, 0.0) for level in (0.02, 0.1, 0.5)},
    **{f"noise {level}, scale 0.1": _noise(level, 0.1) for level in (0.02, 0.05, 0.1)},
    "a creep": lambda ms, chance: np.asarray(chance.uniform(-1, 1) * ms / 10_000 + chance.normal(0.0, 0.02, len(ms))),
}


if __name__ == "__main__":
    sys.exit(main())
