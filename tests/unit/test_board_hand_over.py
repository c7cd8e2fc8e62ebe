"""Hand-over: from when a case is news, and whose second word is the same hand-over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from alarm_center.core.hand_over import BoardHandOver, CameCase, is_said_again, news_since
from alarm_center.words.catalogues import SPEECHES
from alarm_center.words.hand_over_words import came_words
from schemas.vocabulary import AlarmKind, Outcome, Priority, Reason

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SIV, OLLE = UUID(int=1), UUID(int=2)


def test_news_begin_with_the_sign_in_or_a_day_ago() -> None:
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert news_since(NOW, NOW - 9 * hour, NOW) == NOW - 9 * hour, (
        "whoever signs in to take over reads all of the shift"
    )
    assert news_since(NOW - 9 * hour, NOW - hour, NOW) == NOW - 9 * hour
    assert news_since(NOW, NOW - 9 * day, NOW) == news_since(NOW, None, NOW) == news_since(None, None, NOW) == NOW - day


def test_a_button_pressed_twice_is_one_hand_over() -> None:
    last = BoardHandOver("storstad", SIV, "Siv", NOW - timedelta(minutes=5), 3)
    assert is_said_again(last, SIV, NOW)
    assert not is_said_again(last, OLLE, NOW), "two take over together"
    assert not is_said_again(last, SIV, NOW + timedelta(seconds=1))
    assert not is_said_again(None, SIV, NOW)


def test_a_case_is_told_with_its_end() -> None:
    fall = CameCase(
        UUID(int=3), 4801, "3", AlarmKind.SOMETHING_WRONG, Reason.ON_FLOOR, Priority.FIRST, False, NOW,
        NOW + timedelta(minutes=37), Outcome.HELPED_UP,
    )  # fmt: skip
    speech, zone = SPEECHES["sv"], "Europe/Stockholm"
    told = "07:00 larm 4801: något är fel: person syns på golvet, område 3 – fick hjälp upp 07:37"
    assert came_words(fall, zone, speech) == told
    still = replace(fall, closed_at=None, outcome=None)
    assert came_words(still, zone, speech).endswith("– pågår")
    assert "besök 4801: planerat besök" in came_words(replace(still, visit=True), zone, speech)
    assert fall.said_reason is Reason.ON_FLOOR and replace(fall, kind=AlarmKind.MANUAL).said_reason is None
