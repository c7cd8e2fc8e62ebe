"""A mounting's steps, the corners that fit as a bed, the code however it is typed, and the first nights that ask for somebody."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core import mounting
from alarm_center.core.mounting import (
    ORDER,
    BedDoubt,
    BedFault,
    Easter,
    MountingCourse,
    MountingStep,
    bed_fault,
    bed_zones,
    step_after,
)
from schemas.messages import Profile

BED = ((0.3, 0.3), (0.7, 0.3), (0.7, 0.85), (0.3, 0.85))
STEPS = st.sampled_from(ORDER[:-1])
COURSES = st.builds(MountingCourse, st.booleans(), st.booleans())


def test_a_step_that_is_answered_leads_to_the_next() -> None:
    walked, step = [], ORDER[0]
    while step is not MountingStep.DONE:
        walked.append(step)
        step = step_after(step, step, MountingCourse(weekend=False))
    assert walked == [each for each in ORDER[:-1] if each is not MountingStep.WEEKEND]
    assert step_after(MountingStep.TRIAL, MountingStep.TRIAL, MountingCourse(weekend=True)) is MountingStep.WEEKEND


@given(STEPS, STEPS, COURSES)
def test_an_answer_given_again_loses_nothing_but_after_a_bed(
    step: MountingStep, reached: MountingStep, course: MountingCourse
) -> None:
    if not mounting.reachable(step, reached):
        return
    after = step_after(step, reached, course)
    if step is MountingStep.BED:
        assert after is MountingStep.SLEEPERS
    elif step is MountingStep.PAPER:
        assert after is MountingStep.DONE
    else:
        assert mounting.reachable(reached, after)


@given(STEPS, COURSES)
def test_back_leads_to_the_step_before(step: MountingStep, course: MountingCourse) -> None:
    if step not in course.screens:
        return
    earlier = mounting.before(step, course)
    assert (earlier is None) == (step is MountingStep.CONSENT)
    assert earlier is None or mounting.next_step(earlier, course) is step


def test_where_nobody_may_see_there_is_no_test_picture() -> None:
    course = MountingCourse(weekend=False, shown=False)
    assert mounting.next_step(MountingStep.LAMP, course) is MountingStep.BED
    assert mounting.before(MountingStep.BED, course) is MountingStep.LAMP
    assert [mounting.is_tried(answer, shown=False) for answer in ("in_bed", "not_seen", None)] == [True, False, False]
    assert mounting.is_tried("not_seen", shown=True)


def test_only_steps_after_the_code_need_a_camera() -> None:
    assert [each for each in ORDER if not mounting.needs_camera(each)] == [MountingStep.CONSENT, MountingStep.CODE]
    assert not mounting.reachable(MountingStep.LOOK, MountingStep.DONE), "what is done is not changed"
    assert mounting.reachable(MountingStep.STOPPED, MountingStep.STOPPED)


@pytest.mark.parametrize(
    ("corners", "fault"),
    [
        (BED, None),
        (tuple(reversed(BED)), None),
        (None, BedFault.UNREADABLE),
        (((0.0, 0.3), *BED[1:]), BedFault.CUT_OFF),
        ((*BED[:2], (0.7, 1.0), BED[3]), BedFault.CUT_OFF),
        ((BED[0], BED[2], BED[1], BED[3]), BedFault.CROSSED),
        ((BED[0],) * 4, BedFault.CROSSED),
        (((0.4, 0.4), (0.5, 0.4), (0.5, 0.5), (0.4, 0.5)), BedFault.TOO_SMALL),
    ],
)
def test_corners_fit_as_a_bed_or_say_why_not(
    corners: tuple[mounting.Corner, ...] | None, fault: BedFault | None
) -> None:
    assert bed_fault(corners) is fault


def rectangle(left: float, top: float, right: float, bottom: float) -> tuple[mounting.Corner, ...]:
    return (left, top), (right, top), (right, bottom), (left, bottom)


@pytest.mark.parametrize(
    ("corners", "people", "doubt"),
    [
        (BED, 1, None),
        (rectangle(0.2, 0.13, 0.75, 0.82), 1, None),  # the largest of the recorded rooms
        (rectangle(0.08, 0.1, 0.83, 0.79), 2, None),  # two people's, as near as can be
        (rectangle(0.08, 0.1, 0.83, 0.79), 1, BedDoubt.TOO_LARGE),
        (rectangle(0.1, 0.1, 0.85, 0.95), 2, BedDoubt.TOO_LARGE),
        (rectangle(0.04, 0.4, 0.95, 0.7), 1, BedDoubt.TOO_WIDE),
        (rectangle(0.02, 0.02, 0.98, 0.98), 2, BedDoubt.TOO_WIDE),
    ],
)
def test_a_bed_too_large_to_be_one_is_asked_about(
    corners: tuple[mounting.Corner, ...], people: int, doubt: BedDoubt | None
) -> None:
    assert bed_fault(corners) is None
    assert mounting.bed_doubt(corners, people) is doubt


def test_corners_are_read_in_per_cent() -> None:
    form = {f"{axis}{n}": str(corner[at] * 100) for n, corner in enumerate(BED) for at, axis in enumerate("xy")}
    assert [pytest.approx(each) for each in BED] == list(mounting.read_corners(form) or ())
    assert mounting.read_corners({**form, "x0": "abc"}) is None
    assert mounting.read_corners({**form, "x0": "nan"}) is None
    assert mounting.read_corners({**form, "x0": "101"}) is None
    assert mounting.read_corners({}) is None


@pytest.mark.parametrize("head", range(4))
@pytest.mark.parametrize("people", [1, 2])
def test_a_bed_is_a_zone_a_person_with_its_head_end(head: int, people: int) -> None:
    zones = Profile.model_validate({"zones": bed_zones(BED, head, people)}).zones
    assert [zone.kind for zone in zones] == ["bed"] * people
    ends = BED[head], BED[(head + 1) % 4]
    for zone in zones:
        assert zone.head is not None
        # The pillow is nearer to the head end than the bed's middle is.
        across = 0 if ends[0][0] == ends[1][0] else 1
        assert abs(zone.head[across] - ends[0][across]) < abs(0.5 - ends[0][across])


@pytest.mark.parametrize("typed", ["ACDE-FGHJ-KM", "acdefghjkm", " acde fghj km "])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert mounting.read_code(typed) == "ACDEFGHJKM"


@pytest.mark.parametrize("typed", ["", "ACDE", "ACDE-FGHJ-KMN", "ÅCDE-FGHJ-KM"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert mounting.read_code(typed) is None


def test_easter_and_the_days_that_hang_on_it() -> None:
    assert [Easter(year).sunday for year in (2024, 2026, 2027, 2038)] == [
        date(2024, 3, 31), date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25),
    ]  # fmt: skip
    assert [day for day in range(1, 31) if mounting.is_holiday(date(2026, 4, day))] == [3, 5, 6]
    assert [day for day in range(1, 32) if mounting.is_holiday(date(2026, 5, day))] == [1, 14]
    assert [day for day in range(1, 31) if mounting.is_holiday(date(2026, 6, day))] == [6, 19]
    assert [day for day in range(1, 32) if mounting.is_holiday(date(2026, 12, day))] == [24, 25, 26, 31]


@pytest.mark.parametrize(
    ("night", "asked"),
    [
        (date(2026, 11, 26), False),  # Thursday
        (date(2026, 11, 27), True),
        (date(2026, 11, 29), True),
        (date(2026, 11, 30), False),
        (date(2026, 12, 23), True),  # before Christmas Eve
        (date(2026, 12, 31), True),
        (date(2026, 5, 13), True),  # before Ascension Day
    ],
)
def test_a_first_night_without_an_office_asks_who_answers(night: date, asked: bool) -> None:
    assert mounting.starts_in_weekend(night) is asked
