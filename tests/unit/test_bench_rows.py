"""Rows of the benches of difficulties: each is drawn again by its tree id, kind and number, whatever was drawn before."""

import os
from pathlib import Path

import pytest

from schemas.messages import Session
from tests.bench.difficult_kinds import KINDS, chances_of, stages_of


def drawn_row(rooms: str, name: str, row: int, tree: str = "a tree") -> Session:
    (kind,) = (each for each in KINDS if each.name == name)
    rng = chances_of(tree, name, row)
    stage = stages_of(rooms, kind, row, rng)
    assert stage is not None
    return kind.change(stage, rng).session()


@pytest.mark.footage
def test_a_recorded_row_is_the_same_whatever_came_before(footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "FJT_FOOTAGE", str(footage))
    first = drawn_row("recorded", "gone by jump", 0)
    drawn_row("recorded", "asleep", 1)
    assert drawn_row("recorded", "gone by jump", 0) == first
    assert drawn_row("recorded", "gone by jump", 2) != first
