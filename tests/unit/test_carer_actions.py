"""The one table of what a carer can do: what is made from it, and the mistakes in it that are named."""

from dataclasses import replace
from typing import Any

import pytest

from alarm_center.core import carer_actions as actions
from alarm_center.core.alarm_events import WORDS as EVENTS
from alarm_center.core.alarm_events import Staying
from alarm_center.core.carer_actions import ROWS, TABLE, VOICE, Bilingual, CarerAction, CarerActions
from alarm_center.core.plan import Wording
from alarm_center.core.replies import Command, FreeText, parse_reply
from alarm_center.core.sms_text import WORDS, Language, template
from schemas.timeline import CarerStaying


@pytest.mark.parametrize(
    ("wording", "swedish", "english"),
    [
        (Wording.CALL_OUT, "1=tar 2=kan inte", "1=take 2=cannot"),
        (Wording.GRANTED, "3=framme 4=klar 5=kommer inte in 9=hjälp", "3=on site 4=done 5=cannot get in 9=help"),
        (Wording.ON_SITE_CHECK, "4=klar 6=stannar 9=hjälp", "4=done 6=staying 9=help"),
        (Wording.VOICE_CALL_OUT, "1 om du tar det, 2 om du inte kan", "1 to take it, 2 if you cannot"),
        (Wording.TAKEN, "", ""),
    ],
)
def test_a_texts_menu_is_what_the_rows_offer(wording: Wording, swedish: str, english: str) -> None:
    assert (TABLE.menu(wording, "sv"), TABLE.menu(wording, "en")) == (swedish, english)


@pytest.mark.parametrize("language", list(Language))
def test_what_is_offered_is_shown_and_no_digit_is_copied_out(language: Language) -> None:
    offered = {wording for row in TABLE for wording in row.offered_in}
    shown = {wording for wording in Wording if "{menu}" in WORDS[language][wording]}
    assert offered == shown | {Wording.MUSTER}, "the muster offers its digits in words of its own"
    for wording, words in WORDS[language].items():
        loose = set(words) & set(TABLE.by_digit) - set("112")
        # A call is heard again with any key that it does not take; it says 3.
        assert not loose - ({"3"} if wording is Wording.VOICE_CALL_OUT else set()), wording
        assert "{take}" not in template(wording, language)


def test_a_call_takes_every_key_that_it_names() -> None:
    for row in TABLE:
        assert row.offered_in & VOICE <= row.counts_in, row.name
        assert not row.offered_in & VOICE or row.spoken, row.name


def test_each_row_is_of_a_word_that_the_machine_is_drawn_with() -> None:
    assert {row.event for row in ROWS} == set(EVENTS), "core/alarm_events.py WORDS and the table's rows belong together"


def test_with_a_row_more_its_digit_is_read_and_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    class Waits(Staying): ...

    row = CarerAction(
        name="waits", event=Waits, line=CarerStaying, digit="8", phrases=("väntar på kollega",),
        label=Bilingual("väntar", "waiting"), offered_in=frozenset({Wording.ARRIVED}),
    )  # fmt: skip
    assert parse_reply("8") == FreeText("8")
    monkeypatch.setattr(actions, "TABLE", CarerActions((*ROWS, row)))
    assert parse_reply("8") == parse_reply("Väntar på kollega!") == Command(row)
    assert "8=väntar 9=hjälp" in template(Wording.ARRIVED, Language.SV)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "take"}, "name 'take' stands on take and on take"),
        ({"digit": "4"}, "digit '4' stands on done and on again"),
        ({"phrases": ("klart",)}, "phrase 'klart' stands on done and on again"),
        ({}, "event 'Staying' stands on staying and on again"),
    ],
)
def test_two_rows_that_answer_to_one_thing_are_named(fields: dict[str, Any], says: str) -> None:
    base = CarerAction(name="again", event=Staying, line=CarerStaying)
    with pytest.raises(ValueError, match=says):
        CarerActions((*ROWS, replace(base, **fields)))
