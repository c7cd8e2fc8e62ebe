"""A resident's card: each of its fields is kept by the import and stands where people look for it."""

from dataclasses import fields
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from alarm_center.core.reserve_list import Entry
from alarm_center.core.resident_card import COLUMNS, Contact, ResidentCard
from alarm_center.town.model import ResidentEntry
from alarm_center.town.residents import KEPT_ELSEWHERE
from alarm_center.web.page import TEMPLATES
from alarm_center.words import resident_words
from alarm_center.words.catalogues import SPEECHES
from alarm_center.words.paper import WIDTH, entry_lines
from schemas.vocabulary import CohabitantSleeps, Mark

_IDS: Final = {"resident_id", "number"}
"""Fields by which a page finds the resident; people read the name."""
_IN_TEMPLATES: Final = {"name", "address", "phone", "risk"}
"""Fields that the templates place themselves, since each has a form of its own; the others are said by resident_words."""


def _plain(**known: Any) -> ResidentCard:
    """A card on which nothing is known but *known*."""
    nothing: dict[Any, Any] = {
        UUID: uuid4(),
        int: 2,
        bool: False,
        str: "",
        tuple[str, ...]: (),
        tuple[Contact, ...]: (),
    }
    empty: dict[str, Any] = {field.name: nothing.get(field.type) for field in fields(ResidentCard)}
    return ResidentCard(**empty | {"name": "Elsa Gran", "address": "Storgatan 4"} | known)


def _known(name: str) -> Any:
    """A value that says something, of the field's own type."""
    if name == "cohabitant_sleeps":
        return CohabitantSleeps.SAME_BED
    if name == "door_tried_on":
        return date(2026, 11, 3)
    if name == "marks":
        return (Mark.DOG,)
    value = getattr(_plain(), name)
    return True if value is False else 3 if isinstance(value, int) else f"<{name}>"


def _paper(card: ResidentCard) -> str:
    return "\n".join(entry_lines(Entry(card, False, False, ()), "", SPEECHES["sv"]))


@pytest.mark.parametrize("name", sorted(set(COLUMNS) - {"resident_id"}))
def test_each_field_stands_on_the_paper(name: str) -> None:
    assert _paper(_plain(**{name: _known(name)})) != _paper(_plain()), f"{name}: say it in words/paper.py"


@pytest.mark.parametrize("name", sorted(set(COLUMNS) - _IDS - _IN_TEMPLATES))
@pytest.mark.parametrize("language", SPEECHES)
def test_each_field_is_said_on_the_pages(name: str, language: str) -> None:
    def said(card: ResidentCard) -> object:
        speech = SPEECHES[language]
        return resident_words.about(card, speech), resident_words.door(card, speech), resident_words.facts(card, speech)

    assert said(_plain(**{name: _known(name)})) != said(_plain()), f"{name}: say it in words/resident_words.py"


@pytest.mark.parametrize("template", ["parts/resident.html", "link.html"])
def test_a_page_shows_all_that_is_said(template: str) -> None:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    wanted = [f"resident.{name}" for name in _IN_TEMPLATES - ({"risk"} if template == "link.html" else set())]
    wanted += [f"resident|{words}" for words in ("about", "door", "facts")]
    wanted += ["one|contact", "one.phone"]
    assert not [part for part in wanted if part not in text]


def test_the_import_keeps_each_field_of_the_card() -> None:
    kept = set(ResidentEntry.model_fields) - KEPT_ELSEWHERE
    assert kept - {"closed_to"} == set(COLUMNS) - _IDS, "a field of the town's model and of the card belong together"
    assert set(ResidentEntry.model_fields) >= KEPT_ELSEWHERE, "no name of a field that is gone"


def test_each_place_where_a_cohabitant_sleeps_is_said() -> None:
    assert set(resident_words.SLEEPS) == set(CohabitantSleeps)
    assert len({_paper(_plain(cohabitant_sleeps=place)) for place in CohabitantSleeps}) == len(CohabitantSleeps)


def test_a_masked_card_keeps_number_risk_and_marks_alone() -> None:
    card = _plain(
        **{name: _known(name) for name in COLUMNS if name not in ("resident_id", "protected")}, protected=True
    )
    kept = {
        field.name for field in fields(ResidentCard) if getattr(card.masked(), field.name) == getattr(card, field.name)
    }
    assert kept == {"resident_id", "number", "risk", "pets", "cohabitant_sleeps", "marks", "protected", "contacts"}
    open_to_all = _plain(notes="Ring på")
    assert open_to_all.masked() is open_to_all


def test_each_mark_is_said() -> None:
    assert set(resident_words.MARKS) == set(Mark)
    assert len({_paper(_plain(marks=(mark,))) for mark in Mark}) == len(Mark)


def test_a_contact_says_what_may_be_told() -> None:
    karin = Contact("Karin", "dotter", "+46701740609", "night", "att någon åker", has_key=True, ring_first=True)
    assert resident_words.contact(karin, SPEECHES["sv"]) == (
        "dotter · ring först · har nyckel · nattetid · får veta: att någon åker"
    )
    bare = Contact("Åke", "", "+46701740610", "any", "", has_key=False, ring_first=False)
    assert resident_words.contact(bare, SPEECHES["sv"]) == "får inget veta"
    paper = " ".join(line.strip() for line in _paper(_plain(contacts=(karin, bare))).splitlines())
    assert "Karin +46701740609 (dotter" in paper and "Åke" in paper


def test_paper_is_no_wider_than_a_page() -> None:
    card = _plain(access="Nyckel i låda " * 20, notes="Hör dåligt " * 30)
    lines = entry_lines(Entry(card, True, True, ()), "02:00", SPEECHES["sv"])
    assert max(map(len, lines)) <= WIDTH
    assert "Två personal. Ring först." in _paper_of(lines)


def _paper_of(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)
