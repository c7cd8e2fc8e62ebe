"""Catalogues: every text in every language; templates: no bare Swedish, and nothing that the browser is told to refuse."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from alarm_center.core.alarm.state import AlarmState, NoticeState
from alarm_center.core.check.state import CheckState
from alarm_center.web.page import TEMPLATES
from alarm_center.words import code_words
from alarm_center.words.catalogues import SPEECHES, best_language
from alarm_center.words.update_catalogues import TRANSLATED, catalogue_of, source_texts
from schemas.vocabulary import AlarmKind, Answer, CancelReason, Channel, Outcome, Reason

_FIELD = re.compile(r"%\((\w+)\)s")
PAGES = sorted(TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_is_missing_untranslated_or_left_over(language: str) -> None:
    wanted = {message.id for message in source_texts() if message.id}
    have = {message.id: message for message in catalogue_of(language) if message.id}
    assert len(wanted) > 200
    assert have.keys() == wanted, f"run python -m alarm_center.words.update_catalogues: {wanted ^ have.keys()}"
    assert not [id_ for id_, message in have.items() if not is_translated(message)]
    assert not [id_ for id_, message in have.items() if message.fuzzy]


def is_translated(message: Message) -> bool:
    """Tell whether *message* has its words in the catalogue's language, every plural form included."""
    forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
    return all(forms) and (not message.pluralizable or len(forms) > 1)


def test_a_translation_has_the_fields_of_its_source() -> None:
    for message in catalogue_of("en"):
        sources = message.id if isinstance(message.id, list | tuple) else (message.id,)
        forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
        for form in forms if message.id else ():
            assert set(_FIELD.findall(str(form))) == set(_FIELD.findall(str(sources[0]))), message.id


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (code_words.REASONS, Reason),
        (code_words.ANSWERS, Answer),
        (code_words.KINDS, AlarmKind),
        (code_words.ALARM_STATES, AlarmState),
        (code_words.CHECK_STATES, CheckState),
        (code_words.OUTCOMES, Outcome),
        (code_words.CANCELLED, CancelReason),
        (code_words.NOTICE_STATES, NoticeState),
        (code_words.CHANNELS, Channel),
    ],
)
def test_every_code_has_its_words(table: dict[str, str], codes: list[str]) -> None:
    assert not [code for code in codes if code not in table]


def test_nobody_is_ever_said_to_be_well() -> None:
    for language in TRANSLATED:  # each message has the Swedish beside it
        for message in catalogue_of(language):
            text = f"{message.id} {message.string}".lower()
            assert not re.search(r"mår bra|\bis well\b|\bis fine\b|\bmår\b|andas|puls|breath", text), text


def test_no_template_holds_what_the_policy_refuses() -> None:
    assert PAGES
    for template in PAGES:
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), template
        assert not re.search(r"\son\w+=|\sstyle=|javascript:|<style|https?://", text), template
        # Every form that changes something brings its token; one that only asks would leave it in an address.
        assert len(re.findall(r'<form(?![^>]*method="get")', text)) == text.count('name="csrf" value='), template


def test_no_swedish_stands_outside_the_catalogue() -> None:
    for template in PAGES:
        text = template.read_text(encoding="utf-8")
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]+>", "", text, flags=re.DOTALL)
        assert not re.findall(r"\w*[åäöÅÄÖ]\w*", text.replace("Fjärrtillsyn", "")), template


def test_the_browsers_language_is_taken_and_swedish_else() -> None:
    assert best_language("en-GB,en;q=0.9,sv;q=0.8") == "en"
    assert best_language("fi-FI,sv;q=0.5") == "sv"
    assert best_language("") == best_language("de,*") == "sv"
    assert SPEECHES["en"]("Jag tar larmet") == "I take it"
    assert SPEECHES["sv"]("Jag tar larmet") == "Jag tar larmet"


def test_what_the_detector_saw_is_told_in_words() -> None:
    """The centre may not import the detector: its source says which evidence there is."""
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parents[2].joinpath("detector").glob("*.py")
    )
    known = set(re.findall(r'Evidence\(what="(\w+)"', source)) | {"bed_cools", "warm_outside"}
    assert len(known) >= 10
    assert known <= code_words.SIGNS.keys()
