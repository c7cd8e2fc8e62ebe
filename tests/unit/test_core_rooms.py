"""Rooms of the core: what a room names as its own is imported from the room, not from a module inside it."""

import ast
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = tuple(f"alarm_center.core.{room}" for room in ("alarm", "check", "messages", "replies"))


def imports_from_inside(source: str) -> list[str]:
    """Return the imports in *source* that go past a room to get a name that the room itself gives."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        room = next((room for room in ROOMS if node.module.startswith(f"{room}.")), None)
        if room is not None:
            public = set(import_module(room).__all__)
            found += [f"{node.module}.{alias.name}" for alias in node.names if alias.name in public]
    return found


def test_other_parts_import_from_a_room_not_from_inside() -> None:
    past = {
        str(path.relative_to(ROOT)): inside
        for top in ("alarm_center", "fjarrtillsyn")
        for path in (ROOT / top).rglob("*.py")
        if ROOT / "alarm_center/core" not in path.parents
        and (inside := imports_from_inside(path.read_text(encoding="utf-8")))
    }
    assert past == {}


def test_an_import_past_a_room_is_seen() -> None:
    assert imports_from_inside("from alarm_center.core.check.state import ENDED, Check") == [
        "alarm_center.core.check.state.ENDED",
        "alarm_center.core.check.state.Check",
    ]
    assert imports_from_inside("from alarm_center.core.check import Check") == []
