"""``python -m tests.bench.second_look MODEL``: a network as second look at recorded and drawn rooms.

Four kinds, each as recorded and altered by light, lens and coding: somebody who lies dead still on the floor (a fall's
last picture, with a sensor's noise); the same beside a sleeper who moves; recorded and drawn sleepers; empty rooms. Prints, for each, how
often the network sees a person outside the bed and what it does to the findings. Needs the footage.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from detector.evaluate import camera_rows, session_of
from detector.judge import judge
from detector.networks import load_network
from detector.person_model import second_look
from schemas.messages import Finding, Frame, Session
from schemas.vocabulary import Answer
from tests.unit.detector_alterations import Alteration, jpeg_of
from tests.unit.detector_sessions import night

FRAMES, FPS = 40, 4.0
ALTERED = 5
"""Altered copies of each session, beside it as it is."""
SEEDS = range(1, 9)
DRAWN = {"asleep": ("asleep", "asleep_couple"), "empty": ("empty", "still_duvet")}
SLEEPERS = ("s4_fall_01", "s4_fall_02_before")
FALLEN = "s4_fall_02_whole"
"""A fall in the room of these sleepers: what of its last picture lies outside the bed is laid into theirs."""
COLOUR = cv2.IMREAD_COLOR


def main(argv: list[str]) -> int:
    """Run; return 1 if somebody alone in an empty room or asleep was said to be on the floor."""
    folder = Path(os.environ.get("FJT_FOOTAGE", Path(__file__).parents[2] / ".." / "shared" / "footage"))
    if len(argv) != 1 or not folder.is_dir():
        print("give a network's file, and the footage in FJT_FOOTAGE", file=sys.stderr)
        return 2
    network = load_network(Path(argv[0]))
    rows = {row.session.session_id: row.session for row in camera_rows(folder) if "camera_" not in row.label}
    false = 0
    for name, sessions in kinds(folder, rows).items():
        before, after = Counter[str](), Counter[str]()
        seen = asked = 0
        for session in each_altered(sessions):
            made = judge(session)
            told = second_look(
                made, network.people(session.frames, session.profile), session.profile, in_bed_too=network.sees_beds
            )
            outside = any(evidence.what == "person" and evidence.zone is None for evidence in told.evidence)
            seen, asked = seen + outside, asked + 1
            before[_said(made)] += 1
            after[_said(told)] += 1
        print(f"{name}: seen outside the bed in {seen} of {asked}")
        print("  before", dict(before.most_common()))
        print("  after ", dict(after.most_common()))
        false += seen if name in DRAWN else 0
    return int(false > 0)


def kinds(folder: Path, rows: dict[str, Session]) -> dict[str, list[Session]]:
    """Return the sessions of each kind, as recorded or drawn."""
    fallen = [session for name, session in rows.items() if "_fall_" in name and name not in SLEEPERS]
    empty = [rows["roomc_empty"], rows["roomc2_empty"]]
    asleep = [session for name, session in rows.items() if name.startswith("s11c") or name in SLEEPERS]
    drawn = {kind: [night(scene, seed) for scene in scenes for seed in SEEDS] for kind, scenes in DRAWN.items()}
    return {
        "floor": [still(session) for session in fallen],
        "floor beside a sleeper": [beside(folder, rows[name], rows[FALLEN]) for name in SLEEPERS],
        "asleep": asleep + drawn["asleep"],
        "empty": empty + drawn["empty"],
    }


def still(session: Session) -> Session:
    """Return ten seconds of the picture in which *session* ends before it is played back, with new noise in each."""
    distinct = list(dict.fromkeys(frame.jpeg for frame in session.frames))
    last = _picture(distinct[-1])
    chance = np.random.default_rng(len(distinct))
    return _with_pictures(session, lambda number: last + chance.normal(0.0, 2.0, last.shape))


def beside(folder: Path, sleeper: Session, fall: Session) -> Session:
    """Return *sleeper* with the one who lies on the floor at the end of *fall*, still, in the same room."""
    take = session_of(folder / "scenes" / "room_c" / "empty").frames
    empty = np.median([_picture(frame.jpeg) for frame in take], axis=0)
    last = _picture(list(dict.fromkeys(frame.jpeg for frame in fall.frames))[-1])
    height, width = last.shape[:2]
    bed = np.zeros((height, width), np.uint8)
    polygon = np.array(sleeper.profile.zones[0].polygon) * (width, height)
    cv2.fillPoly(bed, [polygon.astype(np.int32)], 1)
    other = (np.abs(last - empty).max(axis=2) > 25).astype(np.uint8)
    body = cv2.dilate(cv2.morphologyEx(other, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.ones((15, 15), np.uint8))
    laid = ((body > 0) & (bed == 0))[..., None]
    shown = [_picture(frame.jpeg) for frame in sleeper.frames]
    chance = np.random.default_rng(7)
    return _with_pictures(
        sleeper, lambda n: np.where(laid, last + chance.normal(0.0, 2.0, last.shape), shown[n % len(shown)])
    )


def each_altered(sessions: list[Session]) -> Iterator[Session]:
    """Yield each session as it is, and altered."""
    for place, session in enumerate(sessions):
        yield session
        for number in range(ALTERED):
            yield Alteration.drawn(1000 * place + number).of(session)


def _with_pictures(session: Session, draw: Callable[[int], np.ndarray]) -> Session:
    frames = tuple(
        Frame(ms=round(number * 1000 / FPS), jpeg=jpeg_of(np.asarray(draw(number), np.float32), 85))
        for number in range(FRAMES)
    )
    return session.model_copy(update={"frames": frames, "seconds": 10})


def _picture(jpeg: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), COLOUR)
    assert picture is not None
    return picture.astype(np.float32)


def _said(finding: Finding) -> str:
    known = finding.answer in (Answer.IN_BED, Answer.NOT_SEEN)
    return str(finding.answer) if known else f"{finding.answer}({finding.reasons[0]})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
