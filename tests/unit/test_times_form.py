"""A planner's lines of times: what is read, every fault at once, and a quieter time beside a busy one."""

from dataclasses import replace
from datetime import date, time

import pytest

from alarm_center.core.slot_changes import SlotPattern, WantedSlot
from alarm_center.core.times_form import (
    BUSY,
    EVERY_DAY,
    MOST_TIMES,
    TimeFault,
    TimesLine,
    parse_clock,
    parse_times,
    quieter_time,
)

THREE = TimesLine("03:00")
EXACT = WantedSlot(SlotPattern(time(3), 0, EVERY_DAY, False, 10))


@pytest.mark.parametrize("text", ["0300", "03:00", "3:00", "3.00", " 03:00 "])
def test_a_time_is_read_as_people_write_it(text: str) -> None:
    assert parse_clock(text) == time(3)


@pytest.mark.parametrize("text", ["", "3", "24:00", "03:60", "tre", "-3:00", "03:00:00"])
def test_what_is_no_time_of_day_is_none(text: str) -> None:
    assert parse_clock(text) is None


def test_exact_times_and_windows_are_read() -> None:
    window = replace(THREE, at="23:30", between="0030", by_visit=True, nights=(4, 5), seconds=20)
    assert parse_times([THREE, window])[0] == [EXACT, WantedSlot(SlotPattern(time(23, 30), 60, (4, 5), True, 20))]


def test_a_line_that_ends_or_is_empty_is_passed_over() -> None:
    assert parse_times([replace(THREE, ends=True), TimesLine(), THREE]) == ([EXACT], [])


def test_dates_of_the_first_and_last_night_are_read() -> None:
    [slot], _ = parse_times([replace(THREE, from_night="2026-12-01", until_night="2026-12-24")])
    assert slot == replace(EXACT, from_night=date(2026, 12, 1), until_night=date(2026, 12, 24))


def test_every_fault_is_told_with_its_line() -> None:
    lines = [
        replace(THREE, at="25:00"),
        replace(THREE, between="x"),
        replace(THREE, between="12:00"),
        replace(THREE, nights=()),
        replace(THREE, from_night="1/12"),
        replace(THREE, until_night="1/12"),
        THREE,
        THREE,
    ]
    assert parse_times(lines)[1] == [
        (0, TimeFault.UNREADABLE),
        (1, TimeFault.WINDOW_UNREADABLE),
        (2, TimeFault.WINDOW_TOO_LONG),
        (3, TimeFault.NO_NIGHTS),
        (4, TimeFault.DATE_UNREADABLE),
        (5, TimeFault.DATE_UNREADABLE),
        (7, TimeFault.TWICE),
    ]


def test_a_window_is_at_most_eight_hours() -> None:
    assert parse_times([replace(THREE, between="11:00")])[0] == [WantedSlot(replace(EXACT.pattern, window_minutes=480))]
    assert parse_times([replace(THREE, between="11:01")])[1] == [(0, TimeFault.WINDOW_TOO_LONG)]


def test_a_form_never_leaves_nobody_looking() -> None:
    assert parse_times([replace(THREE, ends=True)])[1] == [(0, TimeFault.NONE_LEFT)]
    assert parse_times([])[1] == [(0, TimeFault.NONE_LEFT)]


def test_seconds_outside_the_limits_are_brought_inside() -> None:
    assert [slot.pattern.seconds for slot in parse_times([replace(THREE, seconds=1)])[0]] == [5]
    assert [slot.pattern.seconds for slot in parse_times([replace(THREE, seconds=90)])[0]] == [60]


def test_there_is_a_most_of_times() -> None:
    lines = [replace(THREE, at=f"{hour:02}:00") for hour in range(MOST_TIMES)]
    assert parse_times(lines)[1] == []
    assert parse_times([*lines, replace(THREE, at="23:59")])[1] == [(MOST_TIMES, TimeFault.TOO_MANY)]


def test_a_busy_time_is_offered_a_quieter_one() -> None:
    looks = {time(3): BUSY + 1, time(2, 50): BUSY, time(3, 10): 2, time(3, 20): 1, time(3, 40): 0}
    assert quieter_time(looks, time(3, 9)) == (time(2, 40), 0), "half an hour away at most, the nearest of the quietest"
    assert quieter_time(looks | {time(2, 40): 3, time(2, 30): 3, time(3, 30): 3}, time(3)) == (time(3, 20), 1)
    assert quieter_time({time(3): BUSY}, time(3)) is None
    everywhere = {time(hour, minute): 50 for hour in range(24) for minute in range(0, 60, 10)}
    assert quieter_time(everywhere, time(3)) is None
    assert quieter_time({time(0): BUSY + 1, time(0, 10): 9, time(23, 50): 0}, time(0)) == (time(23, 50), 0)
