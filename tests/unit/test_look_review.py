"""Rules of the log's review: hints about a month's looks, and the sample that nobody chooses."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from alarm_center.core import look_review
from alarm_center.core.look_review import Hint, LookOfMonth, PersonTally, draw_sample, hints, sample_size

OLLE, SIV, KIM = (UUID(int=n) for n in (1, 2, 3))
ORDINARY = PersonTally(
    OLLE, "Olle", looks=100, without_check=1, own_alarm=1, unreviewed=1, clear=4, long_ones=1, strangers=0,
    at_quiet_hours=1, most_at_one=1, most_looked_at=7,
)  # fmt: skip
COLLEAGUES = (replace(ORDINARY, user_id=SIV), replace(ORDINARY, user_id=KIM))


def month_of(*looks: int) -> list[LookOfMonth]:
    """Return a month in which each person looked so many times."""
    return [LookOfMonth(UUID(int=10_000 * n + k), UUID(int=n)) for n, many in enumerate(looks) for k in range(many)]


def test_an_ordinary_month_gives_no_hint() -> None:
    assert hints(ORDINARY, (ORDINARY, *COLLEAGUES)) == ()


@pytest.mark.parametrize(
    ("changed", "hint", "one_less"),
    [
        ({"most_at_one": 3}, Hint.SAME_RESIDENT, {"most_at_one": 2}),
        ({"own_alarm": 5}, Hint.MANY_OWN_ALARMS, {"own_alarm": 4}),
        ({"clear": 13}, Hint.MORE_CLEAR, {"clear": 12}),
        ({"long_ones": 3}, Hint.LONG, {"long_ones": 2}),
        ({"at_quiet_hours": 3}, Hint.QUIET_HOURS, {"at_quiet_hours": 2}),
        ({"strangers": 1}, Hint.NO_CASE, {"strangers": 0}),
    ],
)
def test_each_hint_begins_at_its_threshold(changed: dict[str, int], hint: Hint, one_less: dict[str, int]) -> None:
    for fields, expected in ((changed, (hint,)), (one_less, ())):
        tally = replace(ORDINARY, **fields)  # type: ignore[arg-type]
        assert hints(tally, (tally, *COLLEAGUES)) == expected


def test_clear_views_are_compared_with_colleagues_alone() -> None:
    alone = replace(ORDINARY, clear=100)
    assert hints(alone, (alone,)) == (), "nobody to compare with"
    few, enough = replace(ORDINARY, looks=5, clear=4), replace(ORDINARY, looks=5, clear=5)
    assert hints(few, (few, *COLLEAGUES)) == (), "a share of few is chance"
    assert hints(enough, (enough, *COLLEAGUES)) == (Hint.MORE_CLEAR,)
    busy = replace(ORDINARY, looks=400, clear=13)
    assert hints(busy, (busy, *COLLEAGUES)) == (), "a share counts, not a number"


def test_a_look_is_long_after_five_minutes() -> None:
    assert timedelta(minutes=5) == look_review.LONG_LOOK


@pytest.mark.parametrize(("looks", "drawn"), [(0, 0), (7, 7), (20, 20), (400, 20), (401, 21), (1200, 60), (90_000, 60)])
def test_a_sample_is_20_or_5_percent_and_at_most_60(looks: int, drawn: int) -> None:
    assert sample_size(looks) == drawn
    assert len(draw_sample(month_of(looks), "seed")) == drawn


def test_each_person_who_looked_is_in_the_sample() -> None:
    month = month_of(5000, 1, 1, *[3] * 70)
    chosen = draw_sample(month, "seed")
    of = {each.look_id: each.user_id for each in month}
    assert {of[look] for look in chosen} == set(of.values())
    assert len(chosen) == 73, "more than 60, since so many people looked"


def test_the_same_seed_draws_the_same_looks() -> None:
    month = month_of(300, 300)
    chosen = draw_sample(month, "vik 2026-11 abc")
    assert draw_sample(list(reversed(month)), "vik 2026-11 abc") == chosen, "whatever order the rows come in"
    assert draw_sample(month, "vik 2026-11 abd") != chosen


def test_every_look_is_drawn_about_equally_often() -> None:
    month = month_of(100)
    times = Counter(look for n in range(200) for look in draw_sample(month, f"seed {n}"))
    assert len(times) == 100
    assert max(times.values()) < 70, "40 are expected; a look that is drawn far more often would be chosen"


def test_a_month_lasts_from_midnight_to_midnight_in_the_town() -> None:
    stockholm = ZoneInfo("Europe/Stockholm")
    assert look_review.month_span(date(2026, 10, 1), stockholm) == (
        datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC)
    )  # fmt: skip
    assert all(each.tzinfo is UTC for each in look_review.month_span(date(2026, 10, 1), stockholm))


@pytest.mark.parametrize(
    ("day", "before", "after"),
    [
        (date(2027, 1, 31), date(2026, 12, 1), date(2027, 2, 1)),
        (date(2026, 12, 31), date(2026, 11, 1), date(2027, 1, 1)),
        (date(2026, 3, 1), date(2026, 2, 1), date(2026, 4, 1)),
        (date(2026, 11, 30), date(2026, 10, 1), date(2026, 12, 1)),
    ],
)
def test_the_months_beside_one(day: date, before: date, after: date) -> None:
    assert (look_review.month_before(day), look_review.month_after(day)) == (before, after)


def test_a_sample_is_overdue_after_fourteen_days() -> None:
    drawn = datetime(2026, 12, 1, 3, tzinfo=UTC)
    assert not look_review.is_overdue(drawn, None, drawn + timedelta(days=14, seconds=-1))
    assert look_review.is_overdue(drawn, None, drawn + timedelta(days=14))
    assert not look_review.is_overdue(drawn, drawn, drawn + timedelta(days=99))
