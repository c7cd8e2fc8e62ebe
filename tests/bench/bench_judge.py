"""The cost of judging a session beside the bare grey decode of its frames, on one core, and its memory; that of a second look."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from detector.calibrate import calibrate
from detector.judge import judge
from detector.networks import load_network
from drawn_homes import draw, profile
from schemas.messages import Frame, Profile, Session
from schemas.vocabulary import DeviceKind

FRAMES = 50
ROUNDS = 31

_PEAK = """
import json, resource
from tests.bench.bench_judge import session
from detector.judge import judge
made = session()
for _ in range({times}):
    judge(made)
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
"""


def session(scene: str = "asleep") -> Session:
    """Return ten seconds of a drawn night, 640 × 480, five frames a second."""
    frames = draw(scene, 1, FRAMES / 5.0, 5.0)
    return Session(
        session_id="bench",
        org="bench",
        device="d1",
        kind=DeviceKind.CAMERA,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=10,
        profile=Profile.model_validate(profile(scene)),
        frames=tuple(Frame(ms=i * 200, jpeg=jpeg) for i, jpeg in enumerate(frames)),
    )


def run() -> list[dict[str, Any]]:
    """Return the measures: milliseconds a session, each judging beside the decode run just before it; memory in MiB."""
    cv2.setNumThreads(1)
    made = session()

    def decode() -> None:
        for frame in made.frames:
            cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)

    decode()
    judge(made)
    room = calibrate(session("empty").frames, made.profile)
    known = made.model_copy(update={"profile": room})
    triples = [(_ms(decode), _ms(lambda: judge(made)), _ms(lambda: judge(known))) for _ in range(ROUNDS)]
    once, often = _peak(1), _peak(200)
    return [
        *(
            {
                "name": name,
                "value": round(statistics.median(triple[column] for triple in triples), 2),
                "unit": "ms",
                "baseline": round(statistics.median(triple[0] for triple in triples), 2),
                "ratio": round(statistics.median(triple[column] / triple[0] for triple in triples), 3),
            }
            for column, name in ((1, "judge_vs_decode"), (2, "judge_calibrated_vs_decode"))
        ),
        {
            "name": "judge_peak_memory",
            "value": round(often, 1),
            "unit": "MiB",
            "baseline": round(once, 1),
            "ratio": round(often / once, 3),
        },
        *_second_look(made),
    ]


def _second_look(made: Session) -> list[dict[str, Any]]:
    """Return the cost of the second look of the network in ``FJT_PERSON_MODEL`` beside the judging before it; no row without one."""
    path = os.environ.get("FJT_PERSON_MODEL")
    if not path:
        print("no second look measured: FJT_PERSON_MODEL names no network", file=sys.stderr)
        return []
    network = load_network(Path(path))
    pairs = [(_ms(lambda: judge(made)), _ms(lambda: network.people(made.frames, made.profile))) for _ in range(ROUNDS)]
    return [
        {
            "name": "second_look_vs_judge",
            "value": round(statistics.median(pair[1] for pair in pairs), 2),
            "unit": "ms",
            "baseline": round(statistics.median(pair[0] for pair in pairs), 2),
            "ratio": round(statistics.median(pair[1] / pair[0] for pair in pairs), 3),
        }
    ]


def _ms(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


def _peak(times: int) -> float:
    """Return the largest resident size of a process that judges one session *times* times, MiB."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK.format(times=times)], capture_output=True, text=True, check=True, timeout=120
    )
    return float(json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
