"""The drawings in docs/ are those of the code."""

from enum import StrEnum
from pathlib import Path

import pytest

from alarm_center.core.diagram import DRAWINGS, markdown_table, redraw_page, state_diagram

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if "<!-- drawn:" in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_shows_what_the_code_does(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert redraw_page(text, DRAWINGS) == text, f"draw it anew: python -m alarm_center.core.diagram < docs/{page.name}"


def test_every_drawing_is_shown_somewhere() -> None:
    shown = "".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert [name for name in DRAWINGS if f"<!-- drawn: {name} -->" not in shown] == []


class Lamp(StrEnum):
    OFF = "off"
    ON = "on"
    BROKEN = "broken"


class Press: ...


class PowerCut: ...


def test_a_machine_is_drawn_without_what_changes_nothing() -> None:
    transitions: dict[tuple[Lamp, type], frozenset[Lamp]] = {
        (Lamp.OFF, Press): frozenset({Lamp.ON}),
        (Lamp.ON, Press): frozenset({Lamp.OFF, Lamp.BROKEN}),
        (Lamp.ON, PowerCut): frozenset({Lamp.OFF, Lamp.ON}),
        (Lamp.BROKEN, Press): frozenset({Lamp.BROKEN}),
    }

    assert state_diagram(transitions, start=Lamp.OFF, ended={Lamp.BROKEN}).splitlines() == [
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> off",
        "    off --> on: press",
        "    on --> off: power cut, press",
        "    on --> broken: press",
        "    broken --> [*]",
        "```",
    ]


def test_only_what_is_marked_is_drawn_anew() -> None:
    page = "before\n<!-- drawn: it -->\nold\n<!-- end -->\nafter\n"

    new = redraw_page(page, {"it": lambda: markdown_table(["a"], [["b"]])})

    assert new == "before\n<!-- drawn: it -->\n| a |\n| --- |\n| b |\n<!-- end -->\nafter\n"


def test_a_page_that_wants_what_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="no drawing 'moon'; there are sun"):
        redraw_page("<!-- drawn: moon -->\n<!-- end -->", {"sun": str})
