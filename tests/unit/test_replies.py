"""How a reply by SMS is read: in any spelling, without ever raising, and in doubt for a person to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core import carer_actions as actions
from alarm_center.core.carer_actions import TABLE, CarerAction
from alarm_center.core.replies import Command, Empty, FreeText, parse_reply


@pytest.mark.parametrize(
    ("text", "action", "case_no"),
    [
        ("1", actions.TAKE, None),
        (" 1 \n", actions.TAKE, None),
        ("1.", actions.TAKE, None),
        ('"1"!', actions.TAKE, None),
        ("1 4821", actions.TAKE, 4821),
        ("4821 1", actions.TAKE, 4821),
        ("4821: 1", actions.TAKE, 4821),
        ("1,4821", actions.TAKE, 4821),
        ("1#4821", actions.TAKE, 4821),
        ("ja 4821", actions.TAKE, 4821),
        ("ja4821", actions.TAKE, 4821),
        ("TAR", actions.TAKE, None),
        ("1=tar", actions.TAKE, None),
        ("1 ja tack", actions.TAKE, None),
        ("Jag tar larmet 4821!", actions.TAKE, 4821),
        ("larm 4821 ja", actions.TAKE, 4821),
        ("I'll take it", actions.TAKE, None),
        ("I’ll take it", actions.TAKE, None),
        ("Åker", actions.TAKE, None),
        ("aker", actions.TAKE, None),
        ("A\u030aker", actions.TAKE, None),  # the ring as a character of its own
        ("2", actions.CANNOT, None),
        ("Nej tack", actions.CANNOT, None),
        ("kan  INTE", actions.CANNOT, None),
        ("can't", actions.CANNOT, None),
        ("3", actions.ON_SITE, None),
        ("på plats", actions.ON_SITE, None),
        ("pa plats 4821", actions.ON_SITE, 4821),
        ("4", actions.DONE, None),
        ("Klart.", actions.DONE, None),
        ("5", actions.CANNOT_GET_IN, None),
        ("Kommer inte in", actions.CANNOT_GET_IN, None),
        ("6", actions.STAYING, None),
        ("stannar", actions.STAYING, None),
        ("9", actions.HELP, None),
        ("HJÄLP", actions.HELP, None),
        ("hjalp!!", actions.HELP, None),
        ("9 help", actions.HELP, None),
        ("１", actions.TAKE, None),  # full width
        ("١ ٤٨٢١", actions.TAKE, 4821),  # Arabic-Indic
        ("1\ufe0f\u20e3", actions.TAKE, None),  # a keycap
        ("1 👍", actions.TAKE, None),
        ("1 \N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}", actions.TAKE, None),
        ("4 ✅\ufe0f", actions.DONE, None),
        ("2 🙏", actions.CANNOT, None),
        ("9 ❌", actions.HELP, None),  # whatever it means: somebody cries for help
        ("🙅 hjälp", actions.HELP, None),
        ("klar 0230", actions.DONE, None),  # no case number begins with 0
        ("framme 0215", actions.ON_SITE, None),
        ("framme 02:15", actions.ON_SITE, None),
        ("klar kl 2.30", actions.DONE, None),
        ("1 02:15", actions.TAKE, None),
        ("klar 4821 02:30", actions.DONE, 4821),
        ("klar 4821 0230", actions.DONE, 4821),
        ("klar 2230", actions.DONE, 2230),  # a case or a time: who knows the cases decides
        ("\u200b1\u00a04821", actions.TAKE, 4821),  # invisible and unbreakable spaces
    ],
)
def test_a_digit_or_its_word_is_read_in_any_spelling(text: str, action: CarerAction, case_no: int | None) -> None:
    assert parse_reply(text) == Command(action, case_no)


@pytest.mark.parametrize(
    "text",
    [
        "5 min kvar",  # five minutes left, not "cannot get in"
        "3 minuter bort",
        "1 kommer om 10 min",
        "kommer inte",
        "inte framme",
        "klar snart",
        "1 2",
        "1 nej",
        "inte 1",
        "1 👎",
        "❌ 1",
        "1 👎🏽",
        "🚫 1",
        "1 ✋",
        "1 🙅‍♂️",
        "1 🤷",
        "3 ✗",
        "1 ≠",
        "1\u0336",  # struck out
        "1\u20e0",  # in a circle with a stroke through it
        "2 👍",  # no, or yes?
        "02:15",
        "2.30",
        "kl 4",  # four o'clock, not "done"
        "klockan 3",
        "at 1",
        "klar 2:75",
        "klar 24.15",
        "ja kan inte",
        "1 4821 4822",
        "4821",
        "14821",
        "11",
        "01",
        "0",
        "8",
        "8",
        "112",
        "10",
        "ok",
        "👍",
        "?",
        "…",
        "STOPP",
        "Tack",
        "1st",
        "1½",
        "一",
        'Gillade "Larm 4821 PRIO 1 omr 3. Svara 1=tar 2=kan inte."',
        "Jag kan inte svara just nu, ringer upp senare.",
        "1" * 4000,
        "hjälp " * 700,
        "\ud800",
    ],
)
def test_anything_else_is_kept_for_a_person_to_read(text: str) -> None:
    assert parse_reply(text) == FreeText(text)


@pytest.mark.parametrize("text", ["", " ", "\r\n\t", "\u200b", "\ufeff", "\ufe0f", "\x00"])
def test_nothing_that_can_be_seen_is_empty(text: str) -> None:
    assert parse_reply(text) == Empty()


@pytest.mark.parametrize(("number", "clock"), [(2230, True), (1000, True), (2400, False), (1360, False), (4821, False)])
def test_a_number_that_could_be_a_time_is_known_as_such(number: int, clock: bool) -> None:
    assert Command(actions.DONE, number).reads_as_clock is clock


def test_every_phrase_reads_as_its_own_action_with_and_without_a_number() -> None:
    for action in TABLE:
        for phrase in action.phrases:
            for said in (phrase, phrase.upper(), phrase.title()):
                assert parse_reply(said) == Command(action)
                assert parse_reply(f"{said} 4821") == parse_reply(f"4821, {said}") == Command(action, 4821)


@given(st.text(max_size=400))
def test_the_parser_answers_every_text(text: str) -> None:
    reply = parse_reply(text)
    assert isinstance(reply, Command | Empty) or reply == FreeText(text)


@given(st.text(st.characters(codec=None), min_size=1, max_size=30), st.sampled_from(sorted(TABLE.by_digit)))
def test_a_digit_among_any_characters_never_becomes_another_action(around: str, digit: str) -> None:
    reply = parse_reply(f"{around} {digit}")
    assert not isinstance(reply, Command) or reply.action is TABLE.by_digit[digit]


@given(
    st.sampled_from(sorted(TABLE.by_digit)), st.integers(100, 999_999), st.sampled_from(["", " ", "  ", "\t"]),
    st.sampled_from([" ", ": ", " - ", ", ", "\n"]), st.sampled_from(["", ".", "!", " "]), st.booleans(),
)  # fmt: skip
def test_a_digit_and_a_number_are_read_in_either_order(
    digit: str, case_no: int, before: str, between: str, after: str, turned: bool
) -> None:
    parts = (str(case_no), digit) if turned else (digit, str(case_no))
    assert parse_reply(before + between.join(parts) + after) == Command(TABLE.by_digit[digit], case_no)
