"""Nothing is decided by reading the timeline: its months are dropped, and a fact that decides has a column."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "alarm_center"
MAY_QUERY = {
    "store/events.py": "the pages' boards ask through it",
    "store/seal_lines.py": "the sealer, and verify",
    "store/released_seals.py": "the chain of 0.2.0, and verify",
    "store/case_history.py": "why",
    "store/migrations/versions/0008_home/34_months.sql": "drops a month, and counts its lines",
    "store/figures.py": "figures of a span of nights: when a case was first taken, and when somebody was there",
    "store/night_reports.py": "the morning report: when a case was first taken, and when somebody was there",
    "store/readiness.py": "doctor: the age of the newest line",
}
MAY_ASK = {
    "timeline.py": "tells the pictures, which are no fact, and the listeners",
    "store/released_seals.py": "the chain of 0.2.0, and verify",
    "web/stream.py": "the stream to open pages",
    "web/operator/board.py": "the board's place in the stream",
    "web/operator/calling.py": "the place in the stream of a page beside the board",
    "web/operator/faster_colleague.py": "names who answered before; it decides nothing",
    "web/operator/case_page.py": "the lines on a case's page",
    "web/operator/manual_alarm.py": "the form's place in the stream",
    "web/planner/desk.py": "a form's place in the stream",
}
QUERY = re.compile(r"\b(?:from|join|using)\s+(?:fjt\.)?events\b(?!\s+import)", re.IGNORECASE)
ASKING = {"lines_after", "newest_cursor", "of_case", "event_of"}
"""The functions of `store.events` that read."""


def asks(source: str) -> bool:
    """Say whether a module uses a function that reads lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "events" and node.attr in ASKING:
            return True
        imports = isinstance(node, ast.ImportFrom) and node.module == "alarm_center.store.events"
        if imports and ASKING & {name.name for name in node.names}:  # type: ignore[attr-defined]  # it imports
            return True
    return False


def sources(*suffixes: str) -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in suffixes:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_no_query_but_theirs_reads_the_timeline() -> None:
    found = {name for name, source in sources(".py", ".sql") if QUERY.search(source)}
    assert sorted(found - MAY_QUERY.keys()) == [], "a fact that decides has a column"
    assert found == MAY_QUERY.keys(), "a name that is no longer needed"


def test_no_module_but_theirs_asks_for_lines() -> None:
    found = {name for name, source in sources(".py") if asks(source)}
    assert sorted(found - MAY_ASK.keys()) == [], "a fact that decides has a column"
    assert found == MAY_ASK.keys(), "a name that is no longer needed"


@pytest.mark.parametrize(
    "sql", ["select 1 from events where kind = $1", "from alarms\n  join events e using (alarm_id)", "FROM fjt.events"]
)
def test_a_query_on_the_timeline_is_seen(sql: str) -> None:
    assert QUERY.search(sql)


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("await events.of_case(tx, alarm_id=a)", True),
        ("from alarm_center.store.events import newest_cursor", True),
        ("await events.write(tx, at, line)", False),
        ("from alarm_center.store.events import NewEvent", False),
    ],
)
def test_a_module_that_asks_for_lines_is_seen(source: str, seen: bool) -> None:
    assert asks(source) is seen
