"""Looks in words: why one was allowed, how long it lasted, and the sentences that a resident is handed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from alarm_center.core import look_review
from alarm_center.core.logged_looks import ListedLook, LoggedLook, LookCause
from alarm_center.core.look_review import LookVerdict
from alarm_center.words.catalogues import SPEECHES
from alarm_center.words.look_words import cause_words, length_words, list_sentence, short_name, view_words

ZONE = "Europe/Stockholm"
SV, EN = SPEECHES["sv"], SPEECHES["en"]
AT = datetime(2026, 11, 3, 1, 4, tzinfo=UTC)
CHECK_AT = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)
LOOK = LoggedLook(
    look_id=UUID(int=1), began_at=AT, ended_at=AT + timedelta(seconds=12), user_id=UUID(int=2), who="Olle Operatör",
    roles=("operator",), resident_no=4, resident="Daga Persson", area="3", kind="session", clear=True, reason=None,
    cause=LookCause.CHECK, due=True, check_at=CHECK_AT, case_no=None, raised_for=None,
)  # fmt: skip
LISTED = ListedLook(
    at=AT, ended_at=AT + timedelta(seconds=12), who="Olle Operatör", live=False, blurred=False, reason=None,
    cause=LookCause.CHECK, check_at=CHECK_AT, raised_for=None, seconds=None, device=None, judged=None,
)  # fmt: skip
DEVICE = replace(LISTED, ended_at=None, who=None, cause=None, seconds=10, device="camera", judged=True)


def test_words_that_the_database_knows_stay_as_they_are() -> None:
    assert [cause.value for cause in LookCause] == [
        "check", "recheck", "asked_again", "alarm", "live", "own_alarm", "colleague_alarm", "trial", "mounting",
    ]  # fmt: skip
    assert [verdict.value for verdict in LookVerdict] == ["in_duty", "unclear", "wrong"]
    assert (look_review.QUIET_FROM, look_review.QUIET_UNTIL) == (1, 5)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "Tillsynen 02:00 väntade på att någon tittade"),
        ({"cause": LookCause.ALARM, "case_no": 4801}, "Larm 4801, som kom av sig självt"),
        ({"cause": LookCause.OWN_ALARM, "case_no": 4801, "due": False, "raised_for": "called"},
            "Larm 4801, som personen själv skapade: Personen har ringt eller larmat"),
        ({"cause": LookCause.COLLEAGUE_ALARM, "case_no": 4801, "due": False, "raised_for": "other"},
            "Larm 4801, som en kollega skapade: Annat skäl"),
    ],
)  # fmt: skip
def test_the_cause_is_said_with_the_reason_that_was_given(changed: dict[str, object], words: str) -> None:
    assert cause_words(replace(LOOK, **changed), ZONE, SV) == words  # type: ignore[arg-type]


def test_a_view_says_whether_it_was_clear_and_why() -> None:
    assert view_words(LOOK, SV) == "Bild"
    assert view_words(replace(LOOK, clear=False), SV) == "Bild, suddad"
    assert view_words(replace(LOOK, kind="live"), SV) == "Direktbild"
    assert view_words(replace(LOOK, reason="worried"), SV) == "Klar bild begärd: Oro för personen"


def test_a_length_that_nobody_noted_is_said_so() -> None:
    assert length_words(LOOK.lasted, SV) == "12 s"
    assert length_words(replace(LOOK, ended_at=AT + timedelta(seconds=75)).lasted, SV) == "1 min 15 s"
    assert length_words(replace(LOOK, ended_at=None).lasted, SV) == "okänd tid, högst 10 min"
    assert length_words(timedelta(milliseconds=40), SV) == "1 s"


@pytest.mark.parametrize(
    ("listed", "swedish"),
    [
        (LISTED, "Tisdag 3 november kl 02:04 tittade Olle O. på dig i 12 sekunder, för tillsynen kl 02:00."),
        (replace(LISTED, cause=LookCause.RECHECK, blurred=True),
            "Tisdag 3 november kl 02:04 tittade Olle O. på dig i 12 sekunder, för att titta igen efter tillsynen kl 02:00. "
            "Bilden var suddad."),
        (replace(LISTED, cause=LookCause.OWN_ALARM, check_at=None, raised_for="relative", live=True, reason="worried"),
            "Tisdag 3 november kl 02:04 tittade Olle O. på dig i 12 sekunder, för ett larm som personalen skapade "
            "(anhörig eller granne har ringt). Bilden visades klar: oro för personen. Det var en direktbild."),
        (replace(LISTED, cause=LookCause.ALARM),
            "Tisdag 3 november kl 02:04 tittade Olle O. på dig i 12 sekunder, för ett larm efter tillsynen kl 02:00."),
        (DEVICE, "Tisdag 3 november kl 02:04 var kameran vaken i 10 sekunder. En dator tolkade bilden och sparade den inte."),
        (replace(DEVICE, judged=False), "Tisdag 3 november kl 02:04 var kameran vaken i 10 sekunder. Ingen bild sparades."),
        (replace(DEVICE, device="sensors"),
            "Tisdag 3 november kl 02:04 mätte sensorerna. En dator tolkade mätningen. Ingen bild togs."),
    ],
)  # fmt: skip
def test_a_resident_reads_who_looked_in_whole_sentences(listed: ListedLook, swedish: str) -> None:
    assert list_sentence(listed, ZONE, SV) == swedish


def test_the_list_speaks_english_too() -> None:
    assert list_sentence(LISTED, ZONE, EN) == (
        "Tuesday 3 November at 02:04 Olle O. looked at you for 12 seconds, because of the check at 02:00."
    )


def test_a_resident_is_given_no_last_names() -> None:
    assert [short_name(name) for name in ("Olle Operatör", "Anna Maria af Klint", "Siv")] == [
        "Olle O.",
        "Anna K.",
        "Siv",
    ]
