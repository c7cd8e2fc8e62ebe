"""Shift patterns: their nights, and the rows laid from them through any sequence of swaps, sick leave, edits and clock changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import event, given
from hypothesis import strategies as st

from alarm_center.core import calendar
from alarm_center.core.laid_nights import patterns_of
from alarm_center.core.shift_patterns import (
    NIGHTS_AHEAD,
    DutyPost,
    LaidShifts,
    ShiftPattern,
    ShiftRow,
    Substitute,
    WantedShift,
    lay_shifts,
    wanted_shifts,
)
from alarm_center.core.staffing import AreaTimes, staffed_nights
from schemas.vocabulary import Duty
from tests.support.rota import RotaModel, rota_steps

STOCKHOLM = ZoneInfo("Europe/Stockholm")
EVENING = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
TONIGHT = date(2026, 11, 22)
AREA, ANNA, BEA = UUID(int=3), UUID(int=11), UUID(int=12)
POST = DutyPost(AREA, ANNA, "Patrull 3", Duty.PATROL)
EVERY = (0, 1, 2, 3, 4, 5, 6)
NIGHTLY = ShiftPattern(UUID(int=1), UUID(int=1), POST, time(21, 30), time(7), EVERY, TONIGHT - timedelta(days=1))


def nights(count: int, first: date = TONIGHT) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def rows_of(laid: LaidShifts, *, is_held: bool = False) -> list[ShiftRow]:
    return [
        ShiftRow(UUID(int=100 + n), one.line_id, one.night, one.post, one.starts_at, one.ends_at, is_held)
        for n, one in enumerate(laid.added)
    ]


def wanted_tonight(*substitutes: Substitute, pattern: ShiftPattern = NIGHTLY) -> list[WantedShift]:
    return wanted_shifts([pattern], substitutes, [TONIGHT], STOCKHOLM)


def test_a_pattern_holds_on_its_weekdays_without_end() -> None:
    weekend = replace(NIGHTLY, weekdays=(4, 5))
    assert [night for night in nights(8) if weekend.holds_on(night)] == [date(2026, 11, 27), date(2026, 11, 28)]
    assert weekend.holds_on(date(2046, 11, 23)), "a Friday in twenty years"


def test_a_rotation_comes_each_so_many_weeks() -> None:
    first = date(2026, 11, 25)
    other = replace(NIGHTLY, weekdays=(0,), every_weeks=3, week_of=first)
    assert [night for night in nights(64) if other.holds_on(night)] == [
        date(2026, 11, 23), date(2026, 12, 14), date(2027, 1, 4),
    ]  # fmt: skip


def test_a_substitute_stands_in_for_a_part_of_the_night() -> None:
    begins, ends = NIGHTLY.span(TONIGHT, STOCKHOLM)
    sick_at = begins + timedelta(hours=3)
    found = wanted_tonight(Substitute(NIGHTLY.line_id, TONIGHT, BEA, sick_at, ends))
    assert [(one.post.carer_id, one.starts_at, one.ends_at) for one in found] == [
        (ANNA, begins, sick_at), (BEA, sick_at, ends),
    ]  # fmt: skip
    assert wanted_tonight(Substitute(NIGHTLY.line_id, TONIGHT, None, begins, ends)) == []


def test_of_two_substitutes_the_newer_counts() -> None:
    begins, ends = NIGHTLY.span(TONIGHT, STOCKHOLM)
    swapped = Substitute(NIGHTLY.line_id, TONIGHT, BEA, begins, ends)
    found = wanted_tonight(swapped, replace(swapped, carer_id=ANNA))
    assert [(one.post.carer_id, one.starts_at, one.ends_at) for one in found] == [(ANNA, begins, ends)]


def test_a_shift_with_a_muster_goes_on_through_an_edit() -> None:
    rows = rows_of(lay_shifts(wanted_tonight(), [], EVENING), is_held=True)
    at_two = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    edited = replace(NIGHTLY, pattern_id=UUID(int=2), starts=time(22), ends=time(6))
    laid = lay_shifts(wanted_tonight(pattern=edited), rows, at_two)
    assert (laid.added, laid.ended, laid.deleted) == ((), (), ())
    assert [(one.row.shift_id, one.starts_at, one.ends_at) for one in laid.moved] == [
        (rows[0].shift_id, rows[0].starts_at, datetime(2026, 11, 23, 5, 0, tzinfo=UTC))
    ]


def test_the_sick_carers_shift_ends_and_stays() -> None:
    rows = rows_of(lay_shifts(wanted_tonight(), [], EVENING), is_held=True)
    at_one = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    sick = Substitute(NIGHTLY.line_id, TONIGHT, BEA, at_one, rows[0].ends_at)
    laid = lay_shifts(wanted_tonight(sick), rows, at_one)
    assert [(one.row.shift_id, one.ends_at) for one in laid.ended] == [(rows[0].shift_id, at_one)]
    assert not laid.moved and not laid.deleted
    assert [(one.post.carer_id, one.starts_at) for one in laid.added] == [(BEA, at_one)]


def test_rows_of_an_earlier_release_become_the_lines() -> None:
    old = [replace(row, line_id=None) for row in rows_of(lay_shifts(wanted_tonight(), [], EVENING))]
    laid = lay_shifts(wanted_tonight(), old, EVENING)
    assert [one.line_id for one in laid.moved] == [NIGHTLY.line_id] and not laid.added
    assert lay_shifts([], old, EVENING) == LaidShifts(), "nobody knows whether they are wanted"
    assert lay_shifts([], old, EVENING, whole_rota=True).deleted == tuple(old)


def test_both_clock_change_nights_keep_their_hours() -> None:
    for night, hours in ((date(2027, 3, 27), 8.5), (date(2026, 10, 24), 10.5), (TONIGHT, 9.5)):
        begins, ends = NIGHTLY.span(night, STOCKHOLM)
        assert (ends - begins) / timedelta(hours=1) == hours


def test_what_is_taken_over_at_once_twice_leaves_no_empty_row() -> None:
    at_ten = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    first = rows_of(lay_shifts(wanted_tonight(), [], at_ten), is_held=True)
    ends = first[0].ends_at
    sick = Substitute(NIGHTLY.line_id, TONIGHT, BEA, at_ten, ends)
    held = replace(first[0], ends_at=at_ten + timedelta(microseconds=1))
    taken = rows_of(lay_shifts(wanted_tonight(sick), first, at_ten))
    back = replace(sick, carer_id=ANNA, from_at=taken[0].starts_at)
    laid = lay_shifts(wanted_tonight(sick, back), [held, *taken], at_ten)
    assert [(one.post.carer_id, one.starts_at, one.ends_at) for one in laid.added] == [(ANNA, taken[0].starts_at, ends)]


# ---- any sequence ----


@given(rota_steps())
def test_at_each_instant_one_answer_and_no_muster_lost(steps: Sequence[object]) -> None:
    """Rows answer for each line at each instant as people have said, and held rows stay."""
    model = RotaModel(STOCKHOLM)
    for step in steps:
        held_before = {row.shift_id for row in model.rows if row.is_held}
        model.take(step)
        event(type(step).__name__)
        assert held_before <= {row.shift_id for row in model.rows}, "a row with a muster or a notice is lost"
        model.expect_one_answer()
        assert model.lay() == LaidShifts(), "laying twice changes something"


@given(rota_steps())
def test_holes_are_exactly_those_warned_of(steps: Sequence[object]) -> None:
    """Warnings of a night are the stretches in which nobody is on duty by what people have said."""
    model = RotaModel(STOCKHOLM)
    for step in steps:
        model.take(step)
    tonight = calendar.night_of(model.now, STOCKHOLM)
    ahead = [night for night in nights(7, tonight + timedelta(days=1))]
    needed = AreaTimes(model.area, time(23), 0, frozenset(EVERY), tonight, None)
    late = replace(needed, local_time=time(4))
    warned = staffed_nights(ahead, [needed, late], model.duty_shifts(), STOCKHOLM, needs_lead=False)
    for each in warned:
        begins = calendar.instant_of(each.night, time(23), STOCKHOLM)
        ends = calendar.instant_of(each.night, time(4), STOCKHOLM) + timedelta(hours=1)
        at = begins
        while at < ends:
            told = any(hole.from_at <= at < hole.until for hole in each.holes)
            assert told is not model.is_anybody_on_duty(at), (each.night, at)
            at += timedelta(minutes=15)


# ---- nights that an earlier release laid ----


@st.composite
def laid_rows(draw: st.DrawFn) -> list[ShiftRow]:
    """Nights of up to three shifts of an area in five weeks, each as somebody swapped them."""
    found: list[ShiftRow] = []
    for carer, starts, ends in (
        (ANNA, time(21, 30), time(7)),
        (BEA, time(21, 30), time(7)),
        (ANNA, time(12), time(20)),
    ):
        pattern = replace(NIGHTLY, post=replace(POST, carer_id=carer), starts=starts, ends=ends)
        for n in sorted(draw(st.sets(st.integers(0, 34), max_size=35))):
            night = TONIGHT + timedelta(days=n)
            begins_at, ends_at = pattern.span(night, STOCKHOLM)
            if ends_at > EVENING:
                found.append(ShiftRow(UUID(int=100 + len(found)), None, night, pattern.post, begins_at, ends_at))
    return found


@given(laid_rows())
def test_patterns_of_laid_nights_make_just_them(laid: list[ShiftRow]) -> None:
    last = max((row.night for row in laid), default=TONIGHT)
    made = wanted_shifts(
        patterns_of(laid, EVENING, STOCKHOLM),
        [],
        nights((last - TONIGHT).days + 2, TONIGHT - timedelta(days=1)),
        STOCKHOLM,
    )
    going_on = [(one.post.carer_id, one.starts_at) for one in made if one.ends_at > EVENING]
    assert sorted(going_on) == sorted((row.post.carer_id, row.starts_at) for row in laid)


def test_a_swapped_night_parts_the_laid_nights_in_two() -> None:
    laid = [
        replace(
            row, line_id=None, post=replace(POST, carer_id=BEA) if row.night == TONIGHT + timedelta(days=9) else POST
        )
        for row in rows_of(lay_shifts(wanted_shifts([NIGHTLY], [], nights(20), STOCKHOLM), [], EVENING))
    ]
    found = patterns_of(laid, EVENING, STOCKHOLM)
    assert sorted((each.post.carer_id, each.from_night, each.until_night) for each in found if each.until_night) == [
        (ANNA, TONIGHT, date(2026, 12, 1)), (BEA, date(2026, 12, 1), date(2026, 12, 2)),
    ]  # fmt: skip
    assert [each.until_night for each in found if each.from_night == date(2026, 12, 2)] == [None]
    assert NIGHTS_AHEAD > 7, "a hole is warned of a week ahead"
