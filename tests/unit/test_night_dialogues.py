"""The table of the night's dialogues in docs/guarantees.md: counted, each with its test, and no dialogue left out."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NIGHT = ROOT / "tests" / "night"
LEAST = 60
"""Dialogues that have to be there."""
REAL = ("test_twilio_night.py", "test_provider_switch.py")
"""Files of dialogues that run the centre as processes of its own, instead of the part that talks to carers."""

_ROW = re.compile(r"^\| .+ \| ([0-9]+) \| `night/(test_\w+\.py)::(test_\w+)` \|$", re.MULTILINE)
_TEST = re.compile(r"^async def (test_\w+)", re.MULTILINE)


def rows() -> list[tuple[int, str, str]]:
    """Return the table's rows: number, file and test."""
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    return [(int(number), file, test) for number, file, test in _ROW.findall(text)]


def dialogues() -> set[tuple[str, str]]:
    """Return each dialogue of the night, as file and test."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in NIGHT.glob("test_*.py")}
    told = {name: text for name, text in sources.items() if "sms_centre(" in text or name in REAL}
    return {(name, test) for name, text in told.items() for test in _TEST.findall(text)}


def test_each_dialogue_has_its_promise_in_the_table() -> None:
    named = [(file, test) for _, file, test in rows()]
    assert set(named) == dialogues()
    assert len(named) == len(set(named)) >= LEAST


def test_the_dialogues_are_counted() -> None:
    assert [number for number, _, _ in rows()] == list(range(1, len(rows()) + 1))
