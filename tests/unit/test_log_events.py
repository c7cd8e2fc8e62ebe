"""Log events: each is named in snake_case, a noun and a past verb, in every part of the service."""

import ast
from collections.abc import Iterator

import pytest

from tests.unit.test_repository import OURS, ROOT

LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
IRREGULAR = {"began", "broken", "given", "laid", "lost", "made", "outrun", "sent", "shown", "withdrawn"}
"""Past verbs that do not end in *ed*."""
PARTICLES = {"out", "up"}
"""Second words of a verb: ``timed_out``, ``given_up``."""


def is_event_name(name: str) -> bool:
    """Return whether *name* is a noun and a past verb in snake_case, as ``broker_lost``."""
    words = name.split("_")
    if not all(word.isalnum() and word == word.lower() for word in words):
        return False
    *noun, verb = words[:-1] if words[-1] in PARTICLES else words
    return bool(noun) and (verb.endswith("ed") or verb in IRREGULAR)


def logged(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each event that is logged by a literal."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called, first = node.func, node.args[0]
        is_log = (
            isinstance(called, ast.Attribute) and called.attr in LEVELS and "log" in ast.unparse(called.value).lower()
        )
        if is_log and isinstance(first, ast.Constant):
            yield node.lineno, str(first.value)


@pytest.mark.parametrize(
    "name", ["broker_lost", "config_refused", "chain_head_recorded", "message_sent", "judging_timed_out"]
)
def test_a_noun_and_a_past_verb_name_an_event(name: str) -> None:
    assert is_event_name(name)


@pytest.mark.parametrize(
    "name", ["refused", "look begins", "stand_in_waits", "Broker_lost", "broker__lost", "no_pulse"]
)
def test_anything_else_names_no_event(name: str) -> None:
    assert not is_event_name(name)


def test_every_log_event_is_a_noun_and_a_past_verb() -> None:
    paths = [path for part in OURS for path in sorted((ROOT / part).rglob("*.py"))]
    events = {
        f"{path.relative_to(ROOT)}:{line}": name
        for path in paths
        for line, name in logged(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert len(events) > 60, "the calls are found"
    assert {place: name for place, name in events.items() if not is_event_name(name)} == {}
