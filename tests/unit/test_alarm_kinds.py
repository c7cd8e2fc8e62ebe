"""Everything that depends on an alarm's kind stands in one table, and nothing else decides by it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alarm_center.core.alarm_kinds import POLICY, Lane
from alarm_center.web import words
from schemas.vocabulary import AlarmKind, Priority

ROOT = Path(__file__).parents[2]
KINDS_IN_SQL = re.compile(rf"\bkind\s*(=|<>|!=|in)\s*\(?\s*'({'|'.join(AlarmKind)})'")
TABLES = {"alarm_center/core/alarm_kinds.py", "alarm_center/core/plan.py", "alarm_center/web/words.py"}
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
        ("core/alarm_kinds.py POLICY", POLICY.keys()),
        ("web/words.py KINDS", words.KINDS.keys()),
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
    assert found == [], "ask the kind's row in core/alarm_kinds.py, or its lane"


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
