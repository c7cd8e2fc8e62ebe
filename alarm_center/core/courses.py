"""Courses of people: the course of each role, its steps, and how long a finished one counts.

A course that is missing or has run out is told to the person, the leads and the planners. No right hangs on it.
"""

import calendar
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from schemas.vocabulary import Role


class TrainingCourse(StrEnum):
    """A short course: of the board, of the patrol's answers, of planning."""

    OPERATOR = "operator"
    CARE = "care"
    PLANNER = "planner"


COURSE_OF: Final[Mapping[Role, TrainingCourse]] = MappingProxyType(
    {
        Role.OPERATOR: TrainingCourse.OPERATOR,
        Role.SUPERVISOR: TrainingCourse.OPERATOR,
        Role.LEAD: TrainingCourse.CARE,
        Role.CARER: TrainingCourse.CARE,
        Role.CASE_OFFICER: TrainingCourse.PLANNER,
        Role.COORDINATOR: TrainingCourse.PLANNER,
    }
)
"""The course of each role that has one."""

STEPS: Final[Mapping[TrainingCourse, tuple[str, ...]]] = MappingProxyType(
    {
        TrainingCourse.OPERATOR: ("take", "dispatch", "doubt", "close", "reserve"),
        TrainingCourse.CARE: ("answer", "door", "help", "reserve"),
        TrainingCourse.PLANNER: ("agreement", "pause", "refusal", "threats"),
    }
)
"""Steps of each course, in the order in which its page shows them."""


PROVEN: Final = ("close",)
"""Steps that are walked by what the person has done in an exercise, and by no word of theirs."""


class CourseState(StrEnum):
    """The state of a person's course, the worst first."""

    NEVER = "never"
    EXPIRED = "expired"
    VALID = "valid"


_WORST_FIRST: Final = tuple(CourseState)


@dataclass(frozen=True, slots=True)
class CourseMark:
    """A step that somebody has walked; without ``step`` the whole course."""

    org: str
    user_id: UUID
    course: TrainingCourse
    step: str | None
    done_at: datetime


@dataclass(frozen=True, slots=True)
class CourseRule:
    """The months for which a finished course counts in a town, and the zone of its days."""

    months: int
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class CourseProgress:
    """A person's course in one town: its state, its last finished day, its last valid day, and the steps walked since."""

    course: TrainingCourse
    state: CourseState
    finished_at: datetime | None
    finished_on: date | None
    valid_until: date | None
    walked: frozenset[str]

    @property
    def is_whole(self) -> bool:
        """Tell whether every step has been walked since the course was last finished."""
        return self.walked >= set(STEPS[self.course])


def courses_of(roles: Iterable[Role]) -> tuple[TrainingCourse, ...]:
    """Return the courses of a person with these roles, each once."""
    found = {COURSE_OF[role] for role in roles if role in COURSE_OF}
    return tuple(course for course in TrainingCourse if course in found)


def progress(course: TrainingCourse, marks: Collection[CourseMark], rule: CourseRule, now: datetime) -> CourseProgress:
    """Return how far a person is at *now*, by their marks of the course in one town."""
    finished = max((mark.done_at for mark in marks if mark.step is None), default=None)
    walked = frozenset(
        mark.step for mark in marks if mark.step is not None and (finished is None or mark.done_at > finished)
    )
    if finished is None:
        return CourseProgress(course, CourseState.NEVER, None, None, None, walked)
    finished_on = finished.astimezone(rule.zone).date()
    until = months_later(finished_on, rule.months)
    state = CourseState.VALID if now.astimezone(rule.zone).date() <= until else CourseState.EXPIRED
    return CourseProgress(course, state, finished, finished_on, until, walked)


def worst(found: Iterable[CourseProgress]) -> CourseProgress:
    """Return the progress in the town where the person lacks most: they walk the course for all of their towns at once."""
    return min(
        found,
        key=lambda each: (_WORST_FIRST.index(each.state), each.valid_until or date.min, len(each.walked)),
    )


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
