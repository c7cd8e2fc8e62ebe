"""The one table of what a carer can do: what is made from it, and the mistakes in it that are named."""

from dataclasses import replace
from typing import Any

import pytest

from alarm_center.core.alarm.alarm_events import CARER_REPLIES as EVENTS
from alarm_center.core.alarm.alarm_events import Staying
from alarm_center.core.messages.sms_text import template
from alarm_center.core.messages.sms_words import WORDS, Language
from alarm_center.core.plan import Wording
from alarm_center.core.replies import carer_actions as actions
from alarm_center.core.replies.carer_actions import ROWS, TABLE, VOICE, Bilingual, CarerAction, CarerActions
from alarm_center.core.replies.parse_reply import FILLERS, CarerCommand, FreeText, parse_reply
from schemas.timeline import CarerStaying
from schemas.vocabulary import TroubleKind


@pytest.mark.parametrize(
    ("wording", "swedish", "english"),
    [
        (Wording.CALL_OUT, "1=tar 2=kan inte", "1=take 2=cannot"),
        (Wording.GRANTED, "3=framme 4=klar 5=kommer inte in 9=hjälp", "3=on site 4=done 5=cannot get in 9=help"),
        (Wording.ON_SITE_CHECK, "4=klar 6=stannar 9=hjälp", "4=done 6=staying 9=help"),
        (Wording.VISIT, "1=tar 2=kan inte", "1=take 2=cannot"),
        (Wording.REMINDER, "1=tar 2=kan inte", "1=take 2=cannot"),
        (Wording.ESCALATION, "1=tar 2=kan inte", "1=take 2=cannot"),
        (Wording.ESCALATION_LATE, "1=tar 2=kan inte", "1=take 2=cannot"),
        (Wording.MUSTER, "1=tar 2=kan inte", "1=take 2=cannot"),
        (
            Wording.ARRIVED,
            "4=klar 5=kommer inte in 6=stannar 9=hjälp",
            "4=done 5=cannot get in 6=staying 9=help",
        ),
        (Wording.STAYING, "4=klar 9=hjälp", "4=done 9=help"),
        (
            Wording.NOT_UNDERSTOOD,
            "1=tar 2=kan inte 3=framme 4=klar 5=kommer inte in 6=stannar 9=hjälp",
            "1=take 2=cannot 3=on site 4=done 5=cannot get in 6=staying 9=help",
        ),
        (
            Wording.VOICE_ON_SITE_CHECK,
            "4 om du är klar, 6 om du stannar, 9 om du behöver hjälp",
            "4 if you are done, 6 if you are staying, 9 if you need help",
        ),
        (Wording.VOICE_CALL_OUT, "1 om du tar det, 2 om du inte kan", "1 to take it, 2 if you cannot"),
        (Wording.TAKEN, "", ""),
    ],
)
def test_a_texts_menu_is_what_the_rows_offer(wording: Wording, swedish: str, english: str) -> None:
    assert (TABLE.menu(wording, "sv"), TABLE.menu(wording, "en")) == (swedish, english)


ON_SITE = Wording.VOICE_ON_SITE_CHECK
ASKING = actions.VOICE - {Wording.VOICE_CONNECT, Wording.VOICE_INCIDENT_LATE}
"""A call that connects an operator, or tells of an incident, asks for nothing."""
CALLS_OUT = ASKING - {ON_SITE}
TROUBLES = {wording for wording in Wording if wording.value.startswith("trouble_")}
HEARD_OF = (TroubleKind.LATE, TroubleKind.SILENT, TroubleKind.UNDELIVERED)
GOT_IN = (*HEARD_OF, TroubleKind.CANNOT_GET_IN)


@pytest.mark.parametrize(
    ("action", "name", "digit", "keys", "at_the_address", "sounds", "inside", "ends", "begins"),
    [
        (actions.TAKE, "take", "1", CALLS_OUT, False, False, None, (), None),
        (actions.CANNOT, "cannot", "2", CALLS_OUT, False, False, None, (), None),
        (actions.ON_SITE, "on_site", "3", frozenset({ON_SITE}), True, False, True, GOT_IN, None),
        (actions.DONE, "done", "4", frozenset({ON_SITE}), True, False, None, (), None),
        (actions.CANNOT_GET_IN, "cannot_get_in", "5", frozenset({ON_SITE}), True, True, False, HEARD_OF, TroubleKind.CANNOT_GET_IN),
        (actions.NOBODY_HOME, "nobody_home", None, frozenset(), True, True, True, GOT_IN, TroubleKind.NOBODY_HOME),
        (actions.STAYING, "staying", "6", frozenset({ON_SITE}), True, False, True, HEARD_OF, None),
        (actions.HELP, "help", "9", ASKING, False, True, None, (), TroubleKind.HELP),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_what_each_action_is_and_does(
    action: CarerAction, name: str, digit: str | None, keys: frozenset[Wording], at_the_address: bool, sounds: bool,
    inside: bool | None, ends: tuple[TroubleKind, ...], begins: TroubleKind | None,
) -> None:  # fmt: skip
    assert (action.name, action.digit, action.counts_in, action.from_the_site) == (name, digit, keys, at_the_address)
    assert (action.sounds, action.staff_inside, action.ends, action.begins) == (sounds, inside, ends, begins)
    assert TABLE.by_name[name] is action
    assert digit is None or TABLE.by_digit[digit] is action


def test_the_link_pages_buttons_and_their_places() -> None:
    assert {row.name: (row.button.label, row.button.place) for row in TABLE if row.button} == {
        "on_site": ("Jag är framme", "on_the_way"),
        "cannot_get_in": ("Kommer inte in", "at_the_door"),
        "nobody_home": ("Ingen hemma", "at_the_door"),
        "at_hospital": ("Sjukhus", "where"),
        "with_relative": ("Hos anhörig, bortrest", "where"),
        "where_unknown": ("Nej, vet inte", "where"),
        "found": ("Hittad", "where"),
        "staying": ("Jag stannar kvar", "on_site"),
        "help": ("Behöver hjälp", "danger"),
    }


def test_the_questions_that_a_bare_digit_answers() -> None:
    asks = {Wording.CALL_OUT, Wording.VISIT, Wording.REMINDER, Wording.ESCALATION, Wording.ESCALATION_LATE}
    asks |= TROUBLES
    assert actions.TAKE.asked_by == asks | CALLS_OUT | {Wording.MUSTER, Wording.MUSTER_WHO}
    assert actions.CANNOT.asked_by == actions.TAKE.asked_by | {Wording.SHIFT_ENDS}
    assert actions.ON_SITE.asked_by == actions.CANNOT_GET_IN.asked_by == {ON_SITE}
    assert actions.DONE.asked_by == {Wording.ON_SITE_CHECK, ON_SITE}
    assert actions.STAYING.asked_by == actions.DONE.asked_by | {Wording.SHIFT_ENDS}
    assert actions.HELP.asked_by == {Wording.ON_SITE_CHECK} | ASKING


@pytest.mark.parametrize("language", list(Language))
def test_what_is_offered_is_shown_and_no_digit_is_copied_out(language: Language) -> None:
    offered = {wording for row in TABLE for wording in row.offered_in}
    shown = {wording for wording in Wording if "{menu}" in WORDS[language][wording]}
    in_own_words = {Wording.MUSTER, Wording.MUSTER_WHO, Wording.SHIFT_ENDS}
    assert offered == shown | TROUBLES | in_own_words, "these offer their digits in words of their own"
    for wording, words in WORDS[language].items():
        loose = set(words) & set(TABLE.by_digit) - set("112")
        # A call is heard again with any key that it does not take; it says 3.
        assert not loose - ({"3"} if wording in CALLS_OUT else set()), wording
        assert "{take}" not in template(wording, language)


def test_a_call_takes_every_key_that_it_names() -> None:
    for row in TABLE:
        assert row.offered_in & VOICE <= row.counts_in, row.name
        assert not row.offered_in & VOICE or row.spoken, row.name


def test_each_row_is_of_a_word_that_the_machine_is_drawn_with() -> None:
    assert {row.event for row in ROWS} == set(EVENTS), (
        "core/alarm/alarm_events.py WORDS and the table's rows belong together"
    )


def test_with_a_row_more_its_digit_is_read_and_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    class WaitsNearby(Staying): ...

    row = CarerAction(
        name="waits", event=WaitsNearby, line=CarerStaying, digit="8", phrases=("väntar på kollega",),
        label=Bilingual("väntar", "waiting"), offered_in=frozenset({Wording.ARRIVED}),
    )  # fmt: skip
    assert parse_reply("8") == FreeText("8")
    monkeypatch.setattr(actions, "TABLE", CarerActions((*ROWS, row)))
    assert parse_reply("8") == parse_reply("Väntar på kollega!") == CarerCommand(row)
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


def test_phrases_and_fillers_stand_in_small_letters() -> None:
    """Menus, docs and the reader's tables show them alike; a reply itself is read in any letters."""
    words = [*TABLE.by_phrase, *FILLERS]
    assert words == [word.lower() for word in words]
