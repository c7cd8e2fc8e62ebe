"""Courses: a role's course, its steps, and how long a finished one counts."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.courses import (
    COURSE_OF,
    STEPS,
    CourseMark,
    CourseRule,
    CourseState,
    TrainingCourse,
    courses_of,
    months_later,
    progress,
    worst,
)
from alarm_center.core.roles import ROLE_RIGHTS, Right
from alarm_center.web.training.course_pages import GOALS
from alarm_center.words import course_words
from alarm_center.words.catalogues import SPEECHES
from schemas.vocabulary import Role

OLLE, CARE = UUID(int=1), TrainingCourse.CARE
DONE = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
YEAR = CourseRule(12, ZoneInfo("Europe/Stockholm"))


def mark(step: str | None, at: datetime = DONE) -> CourseMark:
    return CourseMark("storstad", OLLE, CARE, step, at)


def test_each_role_with_a_course_may_walk_it() -> None:
    assert set(COURSE_OF) == {role for role, rights in ROLE_RIGHTS.items() if Right.TRAIN in rights}
    assert courses_of([Role.COORDINATOR, Role.LEAD, Role.CARER]) == (CARE, TrainingCourse.PLANNER)
    assert courses_of([Role.AUDITOR]) == ()


def test_each_step_has_words_and_each_link_a_goal() -> None:
    for course, steps in STEPS.items():
        assert tuple(course_words.STEPS[course]) == steps
        assert [step for step in steps if bool(course_words.STEPS[course][step].link) != (step in GOALS)] == []


def test_a_finished_course_counts_for_the_towns_months() -> None:
    steps = [mark(step) for step in STEPS[CARE]]
    assert progress(CARE, steps, YEAR, DONE).is_whole
    finished = [*steps, mark(None)]
    until = date(2027, 11, 23)  # by the wall clock it was past midnight
    found = progress(CARE, finished, YEAR, DONE)
    assert (found.state, found.finished_on, found.valid_until) == (CourseState.VALID, date(2026, 11, 23), until)
    assert not found.walked, "the next time begins from the first step"
    year = timedelta(days=365)
    assert progress(CARE, finished, YEAR, DONE + year).state is CourseState.VALID
    assert progress(CARE, finished, YEAR, DONE + year + timedelta(days=1)).state is CourseState.EXPIRED
    again = progress(CARE, [*finished, mark("door", DONE + 2 * year)], YEAR, DONE + 2 * year)
    assert again.walked == {"door"} and again.state is CourseState.EXPIRED


def test_a_person_of_two_towns_walks_for_the_one_that_lacks_it() -> None:
    there = progress(CARE, [mark(None)], YEAR, DONE)
    new = progress(CARE, [], YEAR, DONE)
    assert worst([there, new]) == new and new.state is CourseState.NEVER


def test_months_end_where_the_month_does() -> None:
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2027, 12, 31), 2) == date(2028, 2, 29)
    assert months_later(date(2026, 11, 22), 12) == date(2027, 11, 22)


def test_many_who_lack_a_course_are_few_words() -> None:
    states = [(name, CourseState.NEVER) for name in ("Anna", "Bo", "Anna", "Cia", "Dan", "Eva")]
    sentences = course_words.lacking_sentences([("Olle", CourseState.EXPIRED), *states], SPEECHES["sv"])
    assert sentences == ["Kursen har gått ut: Olle.", "Kursen är inte gjord: Anna, Bo, Cia och 2 till."]
    assert course_words.lacking_sentences([("Olle", CourseState.VALID)], SPEECHES["sv"]) == []
