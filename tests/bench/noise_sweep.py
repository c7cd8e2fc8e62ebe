"""``python -m tests.bench.noise_sweep``: a million frames of noise or of nothing, and not one of them somebody in bed.

White, coarse, drifting and salted noise, rows, plain grey of any level, and a still bed under them. Frames are drawn into
pools and sessions are drawn from the pools, so that judging takes the time and not drawing. Exit status 1 on any green.
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.judge import judge
from drawn_homes import SCENES
from schemas.messages import Profile, Session
from schemas.vocabulary import Answer
from tests.unit.detector_sessions import BED, grey, jpeg, night, session

RESULT = Path("build/noise_sweep.json")
KINDS = ("white", "coarse", "drift", "salt", "rows", "plain", "bed_white", "bed_coarse", "bed_drift")
SIZES = ((160, 120), (320, 240), (640, 480))
_POOL = 60
_FRAMES = (8, 16, 25, 40, 60)
Picture = npt.NDArray[np.float32]


def main(argv: list[str]) -> int:
    """Run; return 1 if any session was green."""
    parser = argparse.ArgumentParser(prog="noise_sweep", description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000, help="frames to judge, in sessions of 8 to 60")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(argv)
    cv2.setNumThreads(1)
    report = sweep(asked.frames, asked.seed)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))
    return 1 if report["green"] else 0


def sweep(frames: int, seed: int) -> dict[str, Any]:
    """Return what at least *frames* frames of noise were said to be, in sessions, and which were green."""
    began = time.process_time()
    rng = np.random.default_rng(seed)
    rooms = _rooms()
    said: Counter[str] = Counter()
    green: list[str] = []
    judged = sessions = longest_ms = 0
    pool: list[bytes] = []
    kind = ""
    while judged < frames:
        if sessions % 100 == 0:
            # Small pictures mostly: the blocks are what noise could fool, and a small picture has them too.
            size = SIZES[int(rng.choice(len(SIZES), p=(0.8, 0.17, 0.03)))]
            kind = KINDS[sessions // 100 % len(KINDS)]
            pool = _pool(rng, kind, size)
        asked = _drawn(rng, kind, pool, rooms[int(rng.integers(len(rooms)))])
        before = time.process_time()
        answer = judge(asked).answer
        longest_ms = max(longest_ms, round((time.process_time() - before) * 1000))
        said[answer] += 1
        if answer is Answer.IN_BED:
            green.append(f"session {sessions}: {kind}")
        judged += len(asked.frames)
        sessions += 1
    return {
        "frames": judged,
        "sessions": sessions,
        "green": green,
        "said": dict(said),
        "longest_ms": longest_ms,
        "cpu_s": round(time.process_time() - began, 1),
    }


def _rooms() -> list[Profile]:
    halves = [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]], [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]]
    couple = {"zones": {"bed_left": halves[0], "bed_right": halves[1]}, "expected_people": 2}
    whole = {"zones": {"bed": [[0, 0], [1, 0], [1, 1], [0, 1]]}}
    drawn = [night(scene).profile for scene in ("empty", "couple_one_missing") if scene in SCENES]
    return [BED, Profile.model_validate(couple), Profile.model_validate(whole), *drawn]


def _drawn(rng: np.random.Generator, kind: str, pool: list[bytes], room: Profile) -> Session:
    """Return a session of frames from *pool*: in any order, or in the pool's own where they drift."""
    count = int(rng.choice(_FRAMES))
    if kind.endswith("drift"):
        start = int(rng.integers(len(pool)))
        there_and_back = pool + pool[-2:0:-1]
        chosen = [there_and_back[(start + n) % len(there_and_back)] for n in range(count)]
    else:
        chosen = [pool[int(n)] for n in rng.integers(0, len(pool), count)]
    return session(chosen, room, fps=max(count / 10.0, 3.0))


def _pool(rng: np.random.Generator, kind: str, size: tuple[int, int]) -> list[bytes]:
    shape = (size[1], size[0])
    mean, level = float(rng.uniform(0, 255)), float(rng.uniform(0.5, 60))
    ground: Picture = np.full(shape, mean, np.float32)
    if kind.startswith("bed_"):
        level = float(rng.uniform(0.5, 12))
        bed = cv2.resize(grey(night("still_duvet").frames[0]), size, interpolation=cv2.INTER_AREA)
        ground = np.asarray(cv2.GaussianBlur(bed, (0, 0), 0.7), np.float32)
    drift = np.zeros(shape, np.float32)
    made = []
    for _ in range(_POOL):
        what = kind.removeprefix("bed_")
        if what == "plain":
            noise = np.full(shape, rng.uniform(-mean, 255 - mean) if rng.random() < 0.5 else 0.0)
        elif what == "coarse":
            cell = int(rng.choice((8, 16, 32)))
            small = rng.normal(0, level, (max(2, shape[0] // cell), max(2, shape[1] // cell))).astype(np.float32)
            noise = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.float64)
        elif what == "drift":
            drift = drift + rng.normal(0, level / 6, shape).astype(np.float32)
            noise = np.asarray(drift, np.float64)
        elif what == "salt":
            noise = np.where(rng.random(shape) < 0.02, 255.0 - mean, 0.0)
        elif what == "rows":
            noise = rng.normal(0, level, (shape[0], 1)) + np.zeros(shape)
        else:
            noise = rng.normal(0, level, shape)
        made.append(jpeg(ground + noise, int(rng.integers(40, 96))))
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
