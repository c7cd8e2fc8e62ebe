"""Counting rules of the morning report: each owed look once, targets only where they apply, and beds that are often empty."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from alarm_center.core.night_report import (
    EmptyTime,
    Kept,
    PastTime,
    ReportCase,
    ReportGroup,
    ReportLook,
    night_to_report,
    often_empty,
    report_rows,
)
from schemas.vocabulary import AlarmKind

TWO = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
MORNING = TWO + timedelta(hours=6)
HERE = ReportGroup("3", "")
FALL = ReportCase(
    HERE, AlarmKind.SOMETHING_WRONG, False, TWO, TWO + timedelta(minutes=45), TWO + timedelta(hours=1),
    TWO + timedelta(minutes=1), TWO + timedelta(minutes=1), TWO + timedelta(minutes=20),
)  # fmt: skip
NEVER = replace(FALL, answered_at=None, sent_at=None, on_site_at=None)


def minutes(count: int) -> datetime:
    return TWO + timedelta(minutes=count)


def test_each_owed_look_is_counted_once() -> None:
    states = ("seen", "seen", "alarmed", "cancelled", "planned", "to_look")
    looks = [ReportLook(HERE, state, by_visit=False) for state in states]
    (counts,) = report_rows([*looks, ReportLook(HERE, "cancelled", by_visit=True)], [], MORNING).values()
    assert (counts.owed, counts.seen, counts.alarmed, counts.cancelled, counts.unfinished) == (6, 2, 1, 1, 2)


def test_rows_stand_by_area_and_performer() -> None:
    alfa, other = ReportGroup("3", "Alfa"), ReportGroup("12", "")
    looks = [ReportLook(group, "seen", by_visit=False) for group in (alfa, HERE, other)]
    assert list(report_rows(looks, [replace(FALL, group=HERE)], MORNING)) == [other, HERE, alfa]
    assert report_rows([], [], MORNING) == {}


@pytest.mark.parametrize(
    ("case", "answered"),
    [
        (FALL, Kept(1, 1)),
        (replace(FALL, answered_at=minutes(3)), Kept(1, 1)),
        (replace(FALL, answered_at=minutes(4)), Kept(0, 1)),
        (NEVER, Kept(0, 1)),
        (replace(NEVER, closed_at=minutes(2)), Kept(0, 0)),
        (replace(NEVER, closed_at=None), Kept(0, 1)),
        (replace(FALL, kind=AlarmKind.TECHNICAL), Kept(0, 0)),
        (replace(FALL, visit=True), Kept(0, 0)),
    ],
)
def test_an_answer_is_late_or_in_time(case: ReportCase, answered: Kept) -> None:
    (counts,) = report_rows([], [case], MORNING).values()
    assert counts.answered == answered


@pytest.mark.parametrize(
    ("case", "now", "arrived"),
    [
        (FALL, MORNING, Kept(1, 1)),
        (replace(FALL, on_site_at=minutes(46)), MORNING, Kept(0, 1)),
        (replace(FALL, on_site_at=None, closed_at=minutes(30)), MORNING, Kept(0, 0)),
        (replace(FALL, on_site_at=None, closed_at=minutes(60)), MORNING, Kept(0, 1)),
        (replace(FALL, on_site_at=None, closed_at=None), minutes(44), Kept(0, 0)),
        (replace(FALL, on_site_at=None, closed_at=None), minutes(46), Kept(0, 1)),
        (NEVER, MORNING, Kept(0, 0)),
        (replace(FALL, arrive_by=None), MORNING, Kept(0, 0)),
    ],
)
def test_an_arrival_is_late_or_in_time(case: ReportCase, now: datetime, arrived: Kept) -> None:
    (counts,) = report_rows([], [case], now).values()
    assert counts.arrived == arrived


def test_faults_and_visits_stand_apart_from_alarms() -> None:
    visit = replace(FALL, kind=AlarmKind.MANUAL, visit=True)
    cases = [FALL, replace(FALL, kind=AlarmKind.TECHNICAL), visit, replace(visit, on_site_at=None)]
    (counts,) = report_rows([], cases, MORNING).values()
    assert (counts.alarms, counts.faults, counts.visits) == (1, 1, Kept(1, 2))


def test_a_visit_that_was_called_off_was_not_owed() -> None:
    visit = replace(NEVER, kind=AlarmKind.MANUAL, visit=True, closed_at=minutes(30))
    late, made = replace(visit, closed_at=minutes(50)), replace(visit, on_site_at=minutes(20))
    (counts,) = report_rows([], [visit, late, made], MORNING).values()
    assert counts.visits == Kept(1, 2)


@pytest.mark.parametrize("night", [date(2026, 3, 28), date(2026, 10, 24), date(2026, 11, 21)])
def test_a_morning_begins_at_five_on_the_wall(night: date) -> None:
    """Also in the two nights of which one has an hour less and the other an hour more."""
    stockholm = ZoneInfo("Europe/Stockholm")
    five = datetime.combine(night + timedelta(days=1), time(5), tzinfo=stockholm).astimezone(UTC)
    assert night_to_report(five, stockholm) == night
    assert night_to_report(five - timedelta(seconds=1), stockholm) == night - timedelta(days=1)
    assert night_to_report(five + timedelta(hours=18), stockholm) == night


def past(empty: int, nights: int, at: time = time(2), who: int = 1) -> list[PastTime]:
    first = date(2026, 11, 8)
    return [PastTime(UUID(int=who), at, first + timedelta(days=n), n < empty) for n in range(nights)]


def test_a_bed_that_is_often_empty_is_suggested() -> None:
    assert often_empty(past(6, 14)) == [EmptyTime(UUID(int=1), time(2), 6, 14)]
    assert often_empty(past(4, 14)) == [], "less than a third"
    assert often_empty(past(3, 3)) == [], "too few nights"
    found = often_empty([*past(5, 14), *past(9, 14, time(5)), *past(5, 14, who=2)])
    assert [(each.resident_id.int, each.at.hour) for each in found] == [(1, 5), (1, 2), (2, 2)]


def test_two_looks_at_one_time_are_one_night() -> None:
    twice = past(5, 5) + past(0, 5)
    assert often_empty(twice) == [EmptyTime(UUID(int=1), time(2), 5, 5)]
