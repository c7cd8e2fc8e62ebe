"""``python -m tests.bench.one_sleeper``: how often one sleeper is taken for two, and two in one bed for one.

One: the recorded restless sleeper, in ten-second windows moved by a second, at 6 and 3 pictures a second; and drawn
ones who toss and turn in a single and in a double bed. Two: drawn pairs in a double bed that is one zone, one of them at least
restless; and one of two who are expected in such a bed, the other missing. Row *n* takes room *n* of `drawn_bedrooms`, and its chances from SHA-256(tree id, kind, row) as `drawn_difficulties`
has them. Each is judged with the bed's head end said and unsaid. At the recorded room's right border somebody else's shoes
move in the recording's first second, which is no wrong count: once they are seen, once masked. Writes build/one_sleeper.json; exit status
1 where one in twenty sleepers is counted as two, or a pair, or one of two, is green.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2

from detector.evaluate import camera_rows
from detector.judge import judge
from schemas.messages import Frame, Session, Zone
from schemas.vocabulary import Answer, Reason
from tests.bench import drawn_bedrooms as rooms
from tests.bench.difficult_kinds import chances_of, drawn_stage
from tests.bench.drawn_difficulties import tree_id

RESULT = Path("build/one_sleeper.json")
MOST = 0.05
RECORDED = "s11c2"
SHOES = Zone(name="mask", kind="mask", polygon=((0.85, 0.3), (1.0, 0.3), (1.0, 0.9), (0.85, 0.9)))
RECORDED_HEAD = (0.24, 0.5)

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class CountedKind:
    """One kind of look: of *n*, so many were ``in_bed`` and ``count``, so many ``wrong``, of which ``may_be`` may be."""

    name: str
    n: int
    in_bed: int
    count: int
    wrong: int
    may_be: float


def main(argv: list[str]) -> int:
    """Run; return 1 where more are counted than lie there than may be, or fewer."""
    parser = argparse.ArgumentParser(prog="one_sleeper", description=__doc__)
    parser.add_argument("--rows", type=int, default=48, help="drawn rows of each kind")
    parser.add_argument("--tree", default="", help="the tree id that the rows are drawn by; this one's when not said")
    asked = parser.parse_args(argv)
    cv2.setNumThreads(1)
    tree = asked.tree or tree_id()
    print(f"tree {tree}, {asked.rows} rows a kind")
    report = [*_recorded(), *_drawn(tree, asked.rows)]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(
        json.dumps({"tree": tree, "kinds": [asdict(kind) for kind in report]}, indent=1) + "\n", encoding="utf-8"
    )
    return 1 if any(kind.wrong > kind.may_be for kind in report) else 0


def _recorded() -> Iterator[CountedKind]:
    folder = Path(os.environ.get("FJT_FOOTAGE", Path(__file__).parents[2] / ".." / "shared" / "footage"))
    found = (
        [row.session for row in camera_rows(folder) if row.session.session_id == RECORDED] if folder.is_dir() else []
    )
    for session in found:
        for masked in (True, False):
            for every in (1, 2):
                name = f"recorded at {6 // every} a second{', shoes masked' if masked else ''}"
                yield from _both(name, _windows(session, every, masked), people=1, alone=masked)


def _windows(session: Session, every: int, masked: bool) -> Iterator[tuple[Session, Place]]:
    """Yield *session*'s recording to and fro in ten-second windows, each a second after the one before."""
    pictures = list(dict.fromkeys(frame.jpeg for frame in session.frames))[::every]
    there_and_back = [*pictures, *pictures[-2:0:-1]]
    fps = 6 // every
    zones = (*session.profile.zones, SHOES) if masked else session.profile.zones
    room = session.profile.model_copy(update={"zones": zones})
    for first in range(0, len(there_and_back), fps):
        shown = [there_and_back[(first + n) % len(there_and_back)] for n in range(10 * fps)]
        frames = tuple(Frame(ms=round(n * 1000 / fps), jpeg=jpeg) for n, jpeg in enumerate(shown))
        yield session.model_copy(update={"frames": frames, "profile": room, "replayed": True}), RECORDED_HEAD


def _drawn(tree: str, rows: int) -> Iterator[CountedKind]:
    for scene, people in (("restless", 1), ("restless_in_double", 1), ("pair", 2)):
        yield from _both(scene.replace("_", " "), _rows(scene, tree, rows), people)
    for scene in ("restless", "restless_in_double"):
        name = f"{scene.replace('_', ' ')}, one of two missing"
        yield from _both(name, ((_of_two(session), head) for session, head in _rows(scene, tree, rows)), people=2)


def _of_two(session: Session) -> Session:
    return session.model_copy(update={"profile": session.profile.model_copy(update={"expected_people": 2})})


def _rows(scene: str, tree: str, rows: int) -> Iterator[tuple[Session, Place]]:
    for row in range(rows):
        rng = chances_of(tree, scene, row)
        stage = drawn_stage(scene, row % rooms.ROOMS, rng)
        head_left, head_right, foot_right, foot_left = rooms.bedroom(row % rooms.ROOMS).bed
        head, foot = (head_left + head_right) / 2, (foot_right + foot_left) / 2
        x, y = head + 0.12 * (foot - head)
        yield stage.session(), (float(x) / rooms.WIDTH, float(y) / rooms.HEIGHT)


def _both(
    name: str, looks: Iterator[tuple[Session, Place]], people: int, *, alone: bool = True
) -> Iterator[CountedKind]:
    """Yield what was said of *looks* with the head end said and unsaid, and print it; *alone*: nobody else is in the room."""
    judged = [(judge(_headed(session, head)), judge(session)) for session, head in looks]
    for number, said in enumerate(("head end said", "unsaid")):
        found = [pair[number] for pair in judged]
        green = sum(each.answer is Answer.IN_BED for each in found)
        counted = sum(Reason.COUNT in each.reasons for each in found)
        wrong, most = (counted if alone else 0, MOST * len(found)) if people == 1 else (green, 0.0)
        made = CountedKind(f"{name}, {said}", len(found), green, counted, wrong, most)
        print(
            f"{made.name:52} n {made.n:>3}  in_bed {green:>3}  count {counted:>3}  wrong {wrong:>2} ({wrong / made.n:.1%})"
        )
        yield made


def _headed(session: Session, head: Place) -> Session:
    zones = tuple(z.model_copy(update={"head": head}) if z.kind == "bed" else z for z in session.profile.zones)
    return session.model_copy(update={"profile": session.profile.model_copy(update={"zones": zones})})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
