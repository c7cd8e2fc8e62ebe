"""Memory leaks of judging: a process's resident size after a thousand sessions of all kinds, and after ten thousand."""

import json
import subprocess
import sys
from typing import Any

import cv2
import numpy as np

from detector.calibrate import calibrate
from detector.judge import judge
from drawn_homes import SCENES, draw, profile
from schemas.messages import Frame, Profile, SensorChannel, Session
from schemas.vocabulary import DeviceKind
from tests.bench.bench_judge import session

SESSIONS = 10_000
WARM = 1_000
_SMALL = (320, 240)


def run() -> list[dict[str, Any]]:
    """Return the measure: MiB resident at the end, beside those after the first tenth."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_leak"], capture_output=True, text=True, check=True, timeout=900
    )
    early, late = json.loads(done.stdout)
    return [
        {
            "name": "judge_after_10000",
            "value": round(late, 1),
            "unit": "MiB",
            "baseline": round(early, 1),
            "ratio": round(late / early, 3),
        }
    ]


def main() -> None:
    """Judge ten thousand sessions one after another; print the MiB resident after the first tenth and at the end."""
    cv2.setNumThreads(1)
    asked = _sessions()
    early = 0.0
    for number in range(SESSIONS):
        judge(asked[number % len(asked)])
        if number == WARM:
            early = _resident()
    print(json.dumps([early, _resident()]))


def _sessions() -> list[Session]:
    """Return sessions of every drawn scene, calibrated and broken ones, noise and sensors, in small pictures."""
    base = session("asleep")
    made = []
    for scene in SCENES:
        frames = tuple(
            Frame(ms=n * 500, jpeg=_small(jpeg, n)) for n, jpeg in enumerate(draw(scene, 1, 6.0, 2.0, _SMALL))
        )
        made.append(
            base.model_copy(update={"frames": frames, "profile": Profile.model_validate(profile(scene, _SMALL))})
        )
    empty = made[list(SCENES).index("empty")]
    made.append(empty.model_copy(update={"profile": calibrate(empty.frames, empty.profile)}))
    made.append(empty.model_copy(update={"frames": tuple(Frame(ms=f.ms, jpeg=f.jpeg[:-9]) for f in empty.frames)}))
    load = np.random.default_rng(1).normal(70, 0.2, 50)
    channel = SensorChannel(
        name="load",
        quantity="bed_load_kg",
        ms=tuple(range(0, 10_000, 200)),
        values=tuple((float(v),) for v in load),
    )
    made.append(base.model_copy(update={"kind": DeviceKind.SENSORS, "frames": (), "channels": (channel,)}))
    made.append(made[0].model_copy(update={"channels": (channel,)}))
    return made


def _small(jpeg: bytes, seed: int) -> bytes:
    """Return *jpeg* with a little noise of its own, so that no two frames are the same bytes."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    noisy = np.asarray(picture, np.float64) + np.random.default_rng(seed).normal(0, 1, _SMALL[::-1])
    return cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8))[1].tobytes()


def _resident() -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
