"""How a reply by SMS is read: in any spelling, without ever raising, and in doubt for a person to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.replies import DIGITS, PHRASES, Action, Command, Empty, FreeText, parse_reply


@pytest.mark.parametrize(
    ("text", "action", "case_no"),
    [
        ("1", Action.TAKE, None),
        (" 1 \n", Action.TAKE, None),
        ("1.", Action.TAKE, None),
        ('"1"!', Action.TAKE, None),
        ("1 4821", Action.TAKE, 4821),
        ("4821 1", Action.TAKE, 4821),
        ("4821: 1", Action.TAKE, 4821),
        ("1,4821", Action.TAKE, 4821),
        ("1#4821", Action.TAKE, 4821),
        ("ja 4821", Action.TAKE, 4821),
        ("ja4821", Action.TAKE, 4821),
        ("TAR", Action.TAKE, None),
        ("1=tar", Action.TAKE, None),
        ("1 ja tack", Action.TAKE, None),
        ("Jag tar larmet 4821!", Action.TAKE, 4821),
        ("larm 4821 ja", Action.TAKE, 4821),
        ("I'll take it", Action.TAKE, None),
        ("I’ll take it", Action.TAKE, None),
        ("Åker", Action.TAKE, None),
        ("aker", Action.TAKE, None),
        ("A\u030aker", Action.TAKE, None),  # the ring as a character of its own
        ("2", Action.CANNOT, None),
        ("Nej tack", Action.CANNOT, None),
        ("kan  INTE", Action.CANNOT, None),
        ("can't", Action.CANNOT, None),
        ("3", Action.ON_SITE, None),
        ("på plats", Action.ON_SITE, None),
        ("pa plats 4821", Action.ON_SITE, 4821),
        ("4", Action.DONE, None),
        ("Klart.", Action.DONE, None),
        ("5", Action.CANNOT_GET_IN, None),
        ("Kommer inte in", Action.CANNOT_GET_IN, None),
        ("6", Action.STAYING, None),
        ("stannar", Action.STAYING, None),
        ("9", Action.HELP, None),
        ("HJÄLP", Action.HELP, None),
        ("hjalp!!", Action.HELP, None),
        ("9 help", Action.HELP, None),
        ("１", Action.TAKE, None),  # full width
        ("١ ٤٨٢١", Action.TAKE, 4821),  # Arabic-Indic
        ("1\ufe0f\u20e3", Action.TAKE, None),  # a keycap
        ("1 👍", Action.TAKE, None),
        ("\u200b1\u00a04821", Action.TAKE, 4821),  # invisible and unbreakable spaces
    ],
)
def test_a_digit_or_its_word_is_read_in_any_spelling(text: str, action: Action, case_no: int | None) -> None:
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
        "ja kan inte",
        "1 4821 4822",
        "4821",
        "14821",
        "11",
        "01",
        "0",
        "7",
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


def test_every_phrase_reads_as_its_own_action_with_and_without_a_number() -> None:
    for action, phrases in PHRASES.items():
        for phrase in phrases:
            for said in (phrase, phrase.upper(), phrase.title()):
                assert parse_reply(said) == Command(action)
                assert parse_reply(f"{said} 4821") == parse_reply(f"4821, {said}") == Command(action, 4821)


@given(st.text(max_size=400))
def test_the_parser_answers_every_text(text: str) -> None:
    reply = parse_reply(text)
    assert isinstance(reply, Command | Empty) or reply == FreeText(text)


@given(st.text(st.characters(codec=None), min_size=1, max_size=30), st.sampled_from(sorted(DIGITS)))
def test_a_digit_among_any_characters_never_becomes_another_action(around: str, digit: str) -> None:
    reply = parse_reply(f"{around} {digit}")
    assert not isinstance(reply, Command) or reply.action is DIGITS[digit]


@given(
    st.sampled_from(sorted(DIGITS)), st.integers(100, 999_999), st.sampled_from(["", " ", "  ", "\t"]),
    st.sampled_from([" ", ": ", " - ", ", ", "\n"]), st.sampled_from(["", ".", "!", " "]), st.booleans(),
)  # fmt: skip
def test_a_digit_and_a_number_are_read_in_either_order(
    digit: str, case_no: int, before: str, between: str, after: str, turned: bool
) -> None:
    parts = (str(case_no), digit) if turned else (digit, str(case_no))
    assert parse_reply(before + between.join(parts) + after) == Command(DIGITS[digit], case_no)
