"""A connection goes back to its pool as it is: so no statement of ours sets anything for longer than its transaction."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LISTENS = {"store/hints.py": "the replica's own connection"}


def _sources() -> Iterator[tuple[str, str]]:
    room = ROOT / "alarm_center"
    for path in sorted(room.rglob("*")):
        if path.suffix in (".py", ".sql"):
            yield path.relative_to(room).as_posix(), path.read_text(encoding="utf-8")


def lasting(source: str) -> list[str]:
    """Return the calls of the server's ``set_config`` that are not local to their transaction."""
    found = []
    for begun in re.finditer(r"(?<![.\w])set_config\((?!tx)", source):
        end, depth = begun.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(source[end], 0)
            end += 1
        call = source[begun.start() : end]
        if not re.search(r",\s*true\)$", call):
            found.append(call)
    return found


def test_every_setting_is_local_to_its_transaction() -> None:
    assert [(name, call) for name, source in _sources() for call in lasting(source)] == []


def test_no_pooled_connection_listens() -> None:
    listens = re.compile(r"\badd_listener\b|[\"']\s*listen\s", re.IGNORECASE)
    assert {name for name, source in _sources() if listens.search(source)} == LISTENS.keys()


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("select set_config('fjt.case', f(g($1)), true)", False),
        ("await devices.set_config(tx, org)", False),
        ("select set_config('fjt.case', $1, false)", True),
        ("perform set_config('fjt.case', f($1),\n    local)", True),
    ],
)
def test_a_lasting_setting_is_seen(source: str, seen: bool) -> None:
    assert bool(lasting(source)) is seen
