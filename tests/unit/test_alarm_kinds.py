"""The table of alarm kinds: each kind has its row, and nothing else decides by the kind."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alarm_center.core.alarm.alarm_kinds import POLICY, Flood, KindPolicy, Lane
from alarm_center.words import code_words
from schemas.vocabulary import AlarmKind, Priority

ROOT = Path(__file__).parents[2]
KINDS_IN_SQL = re.compile(rf"\bkind\s*(=|<>|!=|in)\s*\(?\s*'({'|'.join(AlarmKind)})'")
TABLES = {
    "alarm_center/core/alarm/alarm_kinds.py",
    "alarm_center/core/reason_table.py",
    "alarm_center/words/code_words.py",
}
"""The policy, the reasons' rows, and the words: a row or a word a kind."""
CODE = [
    path
    for folder in ("alarm_center", "schemas", "gateway", "detector", "fjarrtillsyn")
    for path in sorted((ROOT / folder).rglob("*.py"))
    # The demo's people choose by kind, as people do.
    if "demo" not in path.parts and path.relative_to(ROOT).as_posix() not in TABLES
]
SQL = sorted((ROOT / "alarm_center").rglob("*.sql"))


def choices(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that compare with a kind, or gather kinds; one that only raises an alarm of a kind does neither."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare | ast.Set | ast.Tuple | ast.List | ast.Dict | ast.MatchValue):
            inside = [child for child in ast.iter_child_nodes(node) if ast.unparse(child).startswith("AlarmKind.")]
            if inside:
                yield node.lineno
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KINDS_IN_SQL.search(node.value):
            yield node.lineno


@pytest.mark.parametrize(
    ("place", "has"),
    [
        ("core/alarm/alarm_kinds.py POLICY", POLICY.keys()),
        ("words/code_words.py KINDS", code_words.KINDS.keys()),
        ("docs/alarm.md", set(re.findall(r"^\| (\w+) \|", (ROOT / "docs/alarm.md").read_text("utf-8"), re.MULTILINE))),
    ],
)
def test_every_kind_is_named_in(place: str, has: set[AlarmKind]) -> None:
    assert [kind.value for kind in AlarmKind if kind not in has] == [], f"{place} lacks a kind"


def test_nothing_but_the_table_decides_by_the_kind() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in CODE
        for line in choices(ast.parse(path.read_text(encoding="utf-8")))
    ]
    found += [str(path.relative_to(ROOT)) for path in SQL if KINDS_IN_SQL.search(path.read_text(encoding="utf-8"))]
    assert found == [], "ask the kind's row in core/alarm/alarm_kinds.py, or its lane"


@pytest.mark.parametrize(
    "source",
    [
        "alarm.kind is AlarmKind.TEST",
        "alarm.kind in (AlarmKind.TEST, other)",
        "{AlarmKind.TEST: 1}",
        """'select 1 from alarms where kind <> \\'test\\''""",
    ],
)
def test_a_decision_by_kind_is_found(source: str) -> None:
    assert list(choices(ast.parse(source)))


def test_what_people_and_falls_raise_is_never_held_or_joined() -> None:
    for kind in (AlarmKind.SOMETHING_WRONG, AlarmKind.MANUAL):
        policy = POLICY[kind]
        assert not policy.held_for_likes and policy.flood is None and not policy.camera_calls_off, kind


def test_a_fall_is_priority_1_and_tests_have_their_own_lane() -> None:
    assert POLICY[AlarmKind.SOMETHING_WRONG].priority is Priority.FIRST
    assert [kind for kind, policy in POLICY.items() if policy.lane is Lane.TEST] == [AlarmKind.TEST]


REAL = set(AlarmKind) - {AlarmKind.TEST}
UNSEEN = {AlarmKind.NOT_SEEN, AlarmKind.CANNOT_TELL, AlarmKind.NOBODY_LOOKED}
BY_ANSWER: list[tuple[str, Callable[[KindPolicy], bool], set[AlarmKind]]] = [
    ("sends staff", lambda row: row.real, REAL),
    ("floods by its share of devices", lambda row: row.flood is Flood.SHARE_OF_DEVICES, {AlarmKind.TECHNICAL}),
    ("floods above its usual", lambda row: row.flood is Flood.ABOVE_USUAL, UNSEEN | {AlarmKind.SERVICE}),
    ("is of the service's absence", lambda row: row.of_our_absence, {AlarmKind.SERVICE}),
    ("waits for its likes", lambda row: row.held_for_likes, {AlarmKind.TECHNICAL, AlarmKind.SERVICE}),
    ("is at once", lambda row: row.at_once, {AlarmKind.SOMETHING_WRONG}),
    ("needs an agreed visit", lambda row: row.needs_agreed_visit, {AlarmKind.TECHNICAL}),
    ("says its reason", lambda row: row.says_reason, UNSEEN | {AlarmKind.SOMETHING_WRONG, AlarmKind.TECHNICAL}),
    ("is never called off by a camera", lambda row: not row.camera_calls_off, {AlarmKind.SOMETHING_WRONG, AlarmKind.MANUAL}),
    ("is more urgent last", lambda row: row.last_of_night is Priority.SECOND, {AlarmKind.TECHNICAL}),
    ("is priority 1", lambda row: row.priority is Priority.FIRST, {AlarmKind.SOMETHING_WRONG}),
    ("is priority 2", lambda row: row.priority is Priority.SECOND, UNSEEN | {AlarmKind.MANUAL}),
    ("is priority 3", lambda row: row.priority is Priority.THIRD, {AlarmKind.TECHNICAL, AlarmKind.SERVICE, AlarmKind.TEST}),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "kinds"), [row[1:] for row in BY_ANSWER], ids=[row[0] for row in BY_ANSWER])
def test_which_kinds_have_each_answer(answer: Callable[[KindPolicy], bool], kinds: set[AlarmKind]) -> None:
    assert {kind for kind, row in POLICY.items() if answer(row)} == kinds
