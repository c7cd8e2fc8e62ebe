"""``python -m tests.bench.drawn_difficulties``: false greens, lost greens and false alarms under drawn difficulties, kind by kind.

Each kind of `difficult_kinds` is drawn over and over: row *n* takes the room *n*, and its chances from SHA-256(tree id, kind, row),
so that another state of the tree is measured on other rows; ``--tree`` draws those of a former state again. Printed for each
kind: how many rows were green that must not be, with the upper bound 3/n of a share of which none was seen (the
rule of three; J. Hanley and A. Lippman-Hand, *JAMA* 249, 1983), how many sleepers were not green, and how many rows were
``something_wrong`` without anything being wrong. ``--rooms night`` draws over the homes of `drawn_homes`, seeds 1 to 8, and
``--rooms recorded`` over the footage. Writes build/difficulties_ROOMS.json; exit status 1 on any false green.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2

from detector.judge import judge
from schemas.messages import Finding
from schemas.vocabulary import Answer
from tests.bench.difficult_kinds import KINDS, Kind, chances_of, stages_of

RESULT = Path("build")


def main(argv: list[str]) -> int:
    """Run; return 1 when a row was green that must not be."""
    parser = argparse.ArgumentParser(prog="drawn_difficulties", description=__doc__)
    parser.add_argument("--rows", type=int, default=40, help="rows of each kind")
    parser.add_argument("--kinds", default="", help="only those whose names have one of these, with commas between")
    parser.add_argument("--tree", default="", help="the tree id that the rows are drawn by; this one's when not said")
    parser.add_argument("--rooms", default="drawn", choices=("drawn", "night", "recorded"))
    parser.add_argument("--said", action="store_true", help="print what was said of each row that was not right")
    asked = parser.parse_args(argv)
    cv2.setNumThreads(1)
    tree = asked.tree or tree_id()
    wanted = [kind for kind in KINDS if any(part in kind.name for part in asked.kinds.split(","))]
    print(f"tree {tree}, {asked.rows} rows a kind, {asked.rooms} rooms")
    print(
        f"{'kind':24} {'n':>3} {'false green':>12} {'lost green':>10} {'false alarm':>11} {'missed':>6} {'right':>5}  said"
    )
    report = {}
    for kind in wanted:
        report[kind.name] = measured = _measure(kind, tree, asked.rows, asked.rooms, said=asked.said)
        if measured["n"]:
            print(_line(kind.name, measured), flush=True)
    RESULT.mkdir(exist_ok=True)
    whole = {"tree": tree, "rooms": asked.rooms, "kinds": report}
    (RESULT / f"difficulties_{asked.rooms}.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    return 1 if any(of["false_green"] for of in report.values()) else 0


def tree_id() -> str:
    """Return the id of the tree that is checked out, as git has it."""
    return subprocess.run(
        ["git", "rev-parse", "HEAD^{tree}"], check=True, capture_output=True, text=True
    ).stdout.strip()


def _measure(kind: Kind, tree: str, rows: int, rooms: str, *, said: bool) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for name, made in _findings(kind, tree, rows, rooms):
        answers[_said(made)] += 1
        counts["n"] += 1
        right = made.answer in kind.right
        counts["right"] += right
        counts["false_green"] += made.answer is Answer.IN_BED and not kind.may_be_green
        counts["lost_green"] += made.answer is not Answer.IN_BED and kind.asleep
        counts["false_alarm"] += made.answer is Answer.SOMETHING_WRONG and Answer.SOMETHING_WRONG not in kind.right
        counts["missed"] += made.answer is Answer.NOT_SEEN and Answer.SOMETHING_WRONG in kind.right
        if said and not right:
            print(f"    {name}: {_said(made)} {made.detail} {[(e.what, e.value) for e in made.evidence]}")
    names = ("n", "right", "false_green", "lost_green", "false_alarm", "missed")
    return {name: counts[name] for name in names} | {"said": dict(answers)}


def _findings(kind: Kind, tree: str, rows: int, rooms: str) -> Iterator[tuple[str, Finding]]:
    for row in range(rows):
        rng = chances_of(tree, kind.name, row)
        stage = stages_of(rooms, kind, row, rng)
        if stage is not None:
            yield f"{kind.name} {row} {stage.name}", judge(kind.change(stage, rng).session())


def _said(made: Finding) -> str:
    return f"{made.answer}" + (f"({','.join(made.reasons)})" if made.reasons else "")


def _line(name: str, of: dict[str, Any]) -> str:
    bound = f"(<{3 / of['n']:.2f})" if not of["false_green"] else ""
    return (
        f"{name:24} {of['n']:>3} {of['false_green']:>4} {bound:>7} {of['lost_green']:>10} {of['false_alarm']:>11}"
        f" {of['missed']:>6} {of['right']:>5}  {', '.join(f'{k} {n}' for k, n in of['said'].items())}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
