"""A reason: its answer, its row of the plan's table and its words, each in one place that a new reason is missed in."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

import pytest

from alarm_center.core.reason_table import REASON_TABLE
from alarm_center.words import code_words
from schemas.vocabulary import REASONS, Reason

_DRAWN: Final = (Path(__file__).parents[2] / "docs/check.md").read_text("utf-8")
_OF_NO_FINDING: Final = {Reason.NO_SESSION, Reason.NOBODY_LOOKED}
"""The centre's own reasons, for what did not come: no detector and no person answers with them."""


@pytest.mark.parametrize(
    ("place", "has"),
    [
        ("schemas/vocabulary.py REASONS (its answer)", frozenset().union(*REASONS.values(), _OF_NO_FINDING)),
        ("core/reason_table.py REASON_TABLE", REASON_TABLE.keys()),
        ("words/code_words.py REASONS", code_words.REASONS.keys()),
        ("docs/check.md (python -m alarm_center.core.diagram)", re.findall(r"^\| (\w+) \|", _DRAWN, re.MULTILINE)),
    ],
)
def test_every_reason_is_named_in(place: str, has: Collection[Reason]) -> None:
    assert [reason.value for reason in Reason if reason not in has] == [], f"{place} lacks a reason"


def test_a_reason_belongs_to_one_answer() -> None:
    for reason in Reason:
        answers = [answer for answer, reasons in REASONS.items() if reason in reasons]
        assert len(answers) == (0 if reason in _OF_NO_FINDING else 1), f"{reason}: {answers}"
