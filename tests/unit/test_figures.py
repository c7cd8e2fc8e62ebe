"""Figures of a span of nights: each alarm in one part, shares that tell nothing that is hidden, and which nights they are of."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from alarm_center.core.figures import (
    FigureCase,
    PartShare,
    answered_row,
    arrived_row,
    by_key,
    count_table,
    device_rows,
    nights_asked,
    part_share,
)
from schemas.vocabulary import AlarmKind, Outcome
from tests.unit.test_night_report import FALL, MORNING, NEVER, TWO


def test_an_answer_stands_in_the_first_limit_it_kept() -> None:
    cases = [replace(FALL, answered_at=TWO + timedelta(seconds=s)) for s in (0, 30, 31, 60, 180, 181)]
    gone = replace(NEVER, closed_at=TWO + timedelta(seconds=100))
    others = [replace(FALL, visit=True), replace(FALL, kind=AlarmKind.TECHNICAL), gone, NEVER]
    assert answered_row([*cases, *others], MORNING) == [2, 2, 1, 2]
    assert arrived_row([FALL, NEVER, replace(FALL, on_site_at=None)], MORNING) == [1, 1]


def test_devices_with_few_alarms_are_one_row() -> None:
    fall = FigureCase(FALL, "cam1", Outcome.HELPED_UP, 1, 0)
    others = [
        replace(fall, device="cam2", outcome=Outcome.FALSE_ALARM), replace(fall, device=None), replace(fall, outcome=None),
        replace(fall, counted=replace(FALL, kind=AlarmKind.TECHNICAL)),
    ]  # fmt: skip
    assert device_rows([*[fall] * 4, replace(fall, outcome=Outcome.OTHER), *others]) == {
        "cam1": [4, 0, 1],
        "": [0, 1, 0],
    }


def test_rows_of_one_key_are_summed() -> None:
    assert by_key([("3", [1, 2]), ("4", [1, 0]), ("3", [1, 0])], 2) == {"3": [2, 2], "4": [1, 0]}
    assert count_table({"3": [0, 0]}).keys == ()


@pytest.mark.parametrize(
    ("row", "shares"),
    [
        ([60, 30, 10, 0], [PartShare(60, False), PartShare(90, False), PartShare(100, False)]),
        ([60, 30, 8, 2], [PartShare(60, False), PartShare(90, False), PartShare(96, True)]),
        ([299, 0, 0, 1], [PartShare(98, True)] * 3),
        ([1, 1, 0, 0], [None, None, None]),
    ],
)
def test_a_share_tells_no_small_count(row: list[int], shares: list[PartShare | None]) -> None:
    table = count_table({"3": row})
    assert [part_share(table, 0, parts) for parts in (1, 2, 3)] == shares


def test_a_page_is_of_a_month_or_at_most_a_quarter() -> None:
    today = date(2026, 11, 22)
    october = date(2026, 10, 1), date(2026, 10, 31)
    assert nights_asked(None, None, today) == nights_asked(today, date(2026, 1, 1), today) == october
    assert nights_asked(today + timedelta(days=1), today + timedelta(days=9), today) == october
    assert nights_asked(date(2026, 11, 1), date(2026, 11, 30), today) == (date(2026, 11, 1), today)
    first, last = nights_asked(date(2020, 1, 1), today, today)
    assert (last - first).days == 91 and last == today
