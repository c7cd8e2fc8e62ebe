"""The parser of SMS replies: any spelling, never an exception, and doubt goes to a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.replies import carer_actions as actions
from alarm_center.core.replies.carer_actions import TABLE, CarerAction
from alarm_center.core.replies.parse_reply import CarerCommand, Empty, FreeText, parse_reply


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
        ("klar 230", actions.DONE, 230),  # no case number has three digits
        ("klar 2230", actions.DONE, 2230),  # a case or a time: who knows the cases decides
        ("\u200b1\u00a04821", actions.TAKE, 4821),  # invisible and unbreakable spaces
    ],
)
def test_a_digit_or_its_word_is_read_in_any_spelling(text: str, action: CarerAction, case_no: int | None) -> None:
    assert parse_reply(text) == CarerCommand(action, case_no)


@pytest.mark.parametrize(
    ("text", "minutes", "case_no"),
    [
        ("sen 15", 15, None),
        ("Sen 15 min", 15, None),
        ("sen 15min 4821", 15, 4821),
        ("4821 försenad 20", 20, 4821),
        ("Jag blir 15 min sen", 15, None),
        ("jag är försenad ca 20 minuter.", 20, None),
        ("20 min sent", 20, None),
        ("late 10", 10, None),
        ("I'm 10 minutes late", 10, None),
        ("delayed by 5 min", 5, None),
    ],
)
def test_a_delay_is_read_with_its_minutes(text: str, minutes: int, case_no: int | None) -> None:
    assert parse_reply(text) == CarerCommand(actions.RUNS_LATE, case_no, minutes)


@pytest.mark.parametrize(
    "text",
    ["sen", "inte sen 15", "sen 15?", "sen 0", "sen 300", "sen 4821", "sen 15-20", "sen 15 min kvar", "senast 15", "1 sen 15",
     "sen 15:30", "sen 15 👎", "försenad", "sen 15 20 min"],
)  # fmt: skip
def test_a_delay_in_doubt_is_for_a_person_to_read(text: str) -> None:
    assert parse_reply(text) == FreeText(text)


@pytest.mark.parametrize(
    "word",
    ["larm", "larmet", "alarm", "besök", "besöket", "visit", "nr", "number", "tack", "thanks", "kl", "klockan", "at"],
)
def test_a_word_that_says_nothing_changes_nothing(word: str) -> None:
    assert parse_reply(f"ja {word} 4821") == parse_reply(f"Ja, {word.upper()} 4821") == CarerCommand(actions.TAKE, 4821)
    assert parse_reply(word) == FreeText(word)


@pytest.mark.parametrize("hour", ["kl 4", "klockan 4", "at 4", "tack kl 4"])
def test_a_digit_after_the_clocks_word_is_an_hour(hour: str) -> None:
    assert parse_reply(hour) == FreeText(hour)


CARERS_WRITE: dict[CarerAction, tuple[str, ...]] = {
    actions.TAKE: (
        "ja", "japp", "tar", "ta", "jag tar", "tar det", "jag tar det", "tar den", "jag tar den", "tar larmet",
        "jag tar larmet", "åker", "jag åker", "kommer", "jag kommer", "på väg", "jag är på väg", "yes", "take", "taking",
        "take it", "i take", "i take it", "taking it", "i'll take it", "accept", "going", "coming", "on my way",
    ),
    actions.CANNOT: (
        "nej", "kan inte", "kan ej", "jag kan inte", "tar inte", "tar ej", "upptagen", "jag är upptagen", "no", "cannot",
        "can not", "can't", "i cannot", "i can't", "busy",
    ),
    actions.ON_SITE: (
        "framme", "jag är framme", "på plats", "jag är på plats", "on site", "onsite", "i am on site", "arrived",
    ),
    actions.DONE: ("klar", "klart", "jag är klar", "färdig", "done", "i am done", "finished"),
    actions.CANNOT_GET_IN: (
        "kommer inte in", "kan inte komma in", "kommer ej in", "jag kommer inte in", "inte in", "cannot get in",
        "can't get in", "can not get in", "no access",
    ),
    actions.STAYING: ("stannar", "stannar kvar", "jag stannar", "jag stannar kvar", "staying", "stay", "i stay"),
    actions.HELP: (
        "hjälp", "hjälp mig", "behöver hjälp", "jag behöver hjälp", "help", "help me", "need help", "i need help", "sos",
    ),
}  # fmt: skip


@pytest.mark.parametrize("action", CARERS_WRITE, ids=lambda action: action.name)
def test_what_carers_write_is_understood(action: CarerAction) -> None:
    assert [words for words in CARERS_WRITE[action] if parse_reply(words) != CarerCommand(action)] == []


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


NO_MARK = "\N{BLACK SQUARE}\N{MODIFIER LETTER CENTRED LEFT HALF RING}\N{NOT EQUAL TO}\N{INFINITY}\u0378\ue000\N{COMBINING ENCLOSING CIRCLE}"
"""One of each kind of sign: other, modifier, mathematical (struck out and whole), not given out, private, and around another."""


@pytest.mark.parametrize("sign", NO_MARK, ids=ascii)
def test_an_unknown_sign_of_any_kind_may_say_no(sign: str) -> None:
    assert parse_reply(f"1 {sign}") == FreeText(f"1 {sign}")
    assert parse_reply(f"9 {sign}") == CarerCommand(actions.HELP)


@pytest.mark.parametrize("sign", "👍👌✅✔☑🆗", ids=ascii)
def test_a_sign_that_says_yes_stands_beside_all_but_no(sign: str) -> None:
    assert parse_reply(f"1 {sign}") == CarerCommand(actions.TAKE)
    assert parse_reply(f"2 {sign}") == FreeText(f"2 {sign}")


@pytest.mark.parametrize("sign", "🙏🙂😊😀😃😄👋❤🚗🚙🚘🚐🏃", ids=ascii)
def test_a_kind_sign_changes_nothing(sign: str) -> None:
    assert parse_reply(f"1 {sign}") == CarerCommand(actions.TAKE)
    assert parse_reply(f"2 {sign}") == CarerCommand(actions.CANNOT)


@pytest.mark.parametrize("mark", "?¿؟՞፧‽⸮？﹖⁇⁈⁉", ids=ascii)
def test_a_question_is_no_answer(mark: str) -> None:
    """Each action but a cry for help: who is in need may be unsure of the spelling."""
    for action in TABLE:
        for said in (action.digit, *action.phrases):
            for asked in (f"{said}{mark}", f"{said} {mark}", f"{said} 4821{mark}", f"{mark} {said}"):
                if action is actions.HELP:
                    assert isinstance(parse_reply(asked), CarerCommand), asked
                else:
                    assert parse_reply(asked) == FreeText(asked)


@pytest.mark.parametrize("tone", "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff", ids=ascii)
def test_the_tone_of_a_thumb_changes_nothing(tone: str) -> None:
    assert parse_reply(f"1 \N{THUMBS UP SIGN}{tone}") == CarerCommand(actions.TAKE)


@pytest.mark.parametrize("sign", "\U0001f3fa\U0001f400", ids=ascii)
def test_a_sign_beside_the_tones_is_a_sign(sign: str) -> None:
    assert parse_reply(f"1 {sign}") == FreeText(f"1 {sign}")


@pytest.mark.parametrize("text", ["1\u00b4", "\u00b41", "1 `"], ids=ascii)
def test_a_stray_accent_changes_nothing(text: str) -> None:
    assert parse_reply(text) == CarerCommand(actions.TAKE)


@pytest.mark.parametrize("line", "\u0334\u0335\u0336\u0337\u0338", ids=ascii)
def test_what_is_struck_out_is_no_answer(line: str) -> None:
    assert parse_reply(f"1{line}") == FreeText(f"1{line}")


@pytest.mark.parametrize("mark", "'’`\N{COMBINING ACUTE ACCENT}\u200d", ids=ascii)
def test_a_mark_within_a_word_is_left_out(mark: str) -> None:
    assert parse_reply(f"kla{mark}r") == CarerCommand(actions.DONE)


@pytest.mark.parametrize(("text", "read"), [("1 " + "." * 158, True), ("1 " + "." * 159, False)])
def test_a_command_has_160_characters_at_most(text: str, read: bool) -> None:
    assert parse_reply(text) == (CarerCommand(actions.TAKE) if read else FreeText(text))


@pytest.mark.parametrize("number", ["100", "999999"])
def test_a_case_number_has_three_to_six_digits(number: str) -> None:
    assert parse_reply(f"1 {number}") == CarerCommand(actions.TAKE, int(number))
    for other in ("99", "1000000"):
        assert parse_reply(f"1 {other}") == FreeText(f"1 {other}")


@pytest.mark.parametrize("time", ["0.00", "9:59", "19.30", "20:00", "23.59", "0000", "0959"])
def test_a_time_beside_a_command_is_left_out(time: str) -> None:
    assert parse_reply(f"klar {time}") == CarerCommand(actions.DONE)


@pytest.mark.parametrize(("number", "clock"), [(999, False), (1059, True), (1060, False), (2359, True), (2400, False)])
def test_a_number_reads_as_a_time_from_ten_to_midnight(number: int, clock: bool) -> None:
    assert CarerCommand(actions.DONE, number).reads_as_clock is clock
    assert not CarerCommand(actions.DONE).reads_as_clock


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\r\n\t",
        "\u00a0",
        "\u2028",
        "\u2029",
        "\u200b",
        "\ufeff",
        "\ufe0f",
        "\x00",
        "\u200b\u00a0\u200b",
        "\u200b\u2028\u200b",
        "\u200b\u2029\u200b",
        "\u200b\x00\u200b",
    ],
)
def test_nothing_that_can_be_seen_is_empty(text: str) -> None:
    assert parse_reply(text) == Empty()


@pytest.mark.parametrize(("number", "clock"), [(2230, True), (1000, True), (2400, False), (1360, False), (4821, False)])
def test_a_number_that_could_be_a_time_is_known_as_such(number: int, clock: bool) -> None:
    assert CarerCommand(actions.DONE, number).reads_as_clock is clock


def test_each_phrase_reads_as_its_action_with_or_without_no() -> None:
    for action in TABLE:
        for phrase in action.phrases:
            for said in (phrase, phrase.upper(), phrase.title()):
                assert parse_reply(said) == CarerCommand(action)
                assert parse_reply(f"{said} 4821") == parse_reply(f"4821, {said}") == CarerCommand(action, 4821)


@given(st.text(max_size=400))
def test_the_parser_answers_every_text(text: str) -> None:
    reply = parse_reply(text)
    assert isinstance(reply, CarerCommand | Empty) or reply == FreeText(text)


@given(st.text(st.characters(codec=None), min_size=1, max_size=30), st.sampled_from(sorted(TABLE.by_digit)))
def test_a_digit_among_other_characters_is_no_other_action(around: str, digit: str) -> None:
    reply = parse_reply(f"{around} {digit}")
    assert not isinstance(reply, CarerCommand) or reply.action is TABLE.by_digit[digit]


@given(
    st.sampled_from(sorted(TABLE.by_digit)), st.integers(100, 999_999), st.sampled_from(["", " ", "  ", "\t"]),
    st.sampled_from([" ", ": ", " - ", ", ", "\n"]), st.sampled_from(["", ".", "!", " "]), st.booleans(),
)  # fmt: skip
def test_a_digit_and_a_number_are_read_in_either_order(
    digit: str, case_no: int, before: str, between: str, after: str, turned: bool
) -> None:
    parts = (str(case_no), digit) if turned else (digit, str(case_no))
    assert parse_reply(before + between.join(parts) + after) == CarerCommand(TABLE.by_digit[digit], case_no)


@pytest.mark.parametrize(
    "text", ["Vill inte ha kameran", "hon vill inte ha kameran.", "stäng kameran", "She doesn't want the camera"]
)
def test_a_no_to_the_camera_is_read_in_both_languages(text: str) -> None:
    assert parse_reply(text) == CarerCommand(actions.NO_CAMERA)
