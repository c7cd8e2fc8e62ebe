"""Printed lists: the text of each stays as towns know it, in both languages."""

from pathlib import Path
from typing import Final

import pytest

from alarm_center.words.incident_paper import incident_text
from alarm_center.words.paper import WIDTH
from alarm_center.words.reserve_paper import reserve_text
from tests.unit import papers

_PAPERS: Final = Path(__file__).parent / "golden" / "papers"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_each_printed_list_keeps_its_text(language: str) -> None:
    printed = {
        "reserve_list": reserve_text(papers.reserve_list(language)),
        "reserve_list_empty": reserve_text(papers.reserve_list(language, empty=True)),
        "incident_list": incident_text(papers.incident_list(language)),
    }
    for name, text in printed.items():
        assert text == (_PAPERS / f"{name}.{language}.txt").read_text(encoding="utf-8"), name


def test_a_reserve_list_is_no_wider_than_the_paper() -> None:
    assert max(map(len, reserve_text(papers.reserve_list("sv")).splitlines())) <= WIDTH
