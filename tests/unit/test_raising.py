"""An alarm raised by hand: what a form has to say, and what is foreseen of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.alarm import open_alarm
from alarm_center.core.case import Alarm
from alarm_center.core.plan import Plan
from alarm_center.core.raising import NOTE_LONGEST, Coming, Course, Missing, Wish, foresee, read
from schemas.vocabulary import AlarmKind, HandledBy, Priority, RaisedFor
from tests.support.alarm_story import Story, town

AT = datetime(2026, 3, 1, 1, tzinfo=UTC)
FIRST, SECOND, THIRD = Priority


def wish(priority: Priority = SECOND) -> Wish:
    return Wish(RaisedFor.CALLED, priority)


def open_case(priority: Priority) -> Alarm:
    return open_alarm(
        alarm_id=UUID(int=1), org="by", area_id=UUID(int=2), resident_id=UUID(int=3), device_id=None, case_no=4801,
        kind=AlarmKind.NOT_SEEN, priority=priority, reason=None, plan=Plan(), now=AT, somebody_signed_in=True,
    ).alarm  # fmt: skip


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (("called", "2", ""), Wish(RaisedFor.CALLED, SECOND)),
        (("relative", "1", "  Dottern\nringde "), Wish(RaisedFor.RELATIVE, FIRST, "Dottern ringde")),
        (("other", "3", "Lampan lyser"), Wish(RaisedFor.OTHER, THIRD, "Lampan lyser")),
        (("other", "3", " \n "), Missing.NOTE),
        (("", "2", ""), Missing.REASON),
        (("on_floor", "2", ""), Missing.REASON),
        (("called", "", ""), Missing.PRIORITY),
        (("called", "0", ""), Missing.PRIORITY),
        (("called", "²", ""), Missing.PRIORITY),
    ],
)
def test_what_a_form_says(form: tuple[str, str, str], said: Wish | Missing) -> None:
    assert read(*form) == said


@given(st.text(), st.text(), st.text())
def test_any_form_is_read(reason: str, priority: str, note: str) -> None:
    said = read(reason, priority, note)
    assert isinstance(said, Missing) or said.note is None or 0 < len(said.note) <= NOTE_LONGEST


@pytest.mark.parametrize(
    ("priority", "plan", "signed_in", "coming"),
    [
        (FIRST, Plan(), True, Coming(Course.WAITS, FIRST, 60)),
        (SECOND, Plan(), True, Coming(Course.WAITS, SECOND, 120)),
        (THIRD, Plan(), True, Coming(Course.WAITS, THIRD, 120)),
        (SECOND, Plan(), False, Coming(Course.AT_ONCE, SECOND)),
        (FIRST, Plan(handled_by=HandledBy.HOME_CARE), True, Coming(Course.AT_ONCE, FIRST)),
    ],
)
def test_what_comes_of_a_new_case(priority: Priority, plan: Plan, signed_in: bool, coming: Coming) -> None:
    assert foresee(wish(priority), None, plan, town(), AT, signed_in) == coming


@pytest.mark.parametrize(
    ("had", "wanted", "course", "then"),
    [
        (SECOND, FIRST, Course.RISES, FIRST),
        (SECOND, SECOND, Course.JOINS, SECOND),
        (FIRST, THIRD, Course.JOINS, FIRST),
    ],
)
def test_what_comes_of_an_open_case(had: Priority, wanted: Priority, course: Course, then: Priority) -> None:
    assert foresee(wish(wanted), open_case(had), Plan(), town(), AT, True) == Coming(
        course, then, case_no=4801, had=had
    )


@pytest.mark.parametrize("wanted", Priority)
def test_of_a_case_that_the_viewer_does_not_see_only_number_and_area_are_told(wanted: Priority) -> None:
    told = {foresee(wish(wanted), open_case(had), Plan(), town(), AT, True, "9") for had in Priority}
    assert told == {Coming(Course.BEYOND, wanted, case_no=4801, area="9")}


@given(
    st.sampled_from(Priority),
    st.none() | st.sampled_from(Priority),
    st.booleans(),
    st.sampled_from(HandledBy),
    st.integers(0, 600),
    st.integers(0, 600),
)
def test_what_is_foreseen_is_what_the_decisions_come_to(
    wanted: Priority, had: Priority | None, signed_in: bool, handled_by: HandledBy, first: int, later: int
) -> None:
    """With any of the town's own delays: the alarm is asked about at the instant that was said, and not before."""
    plan = Plan(
        handled_by=handled_by, self_dispatch_first=timedelta(seconds=first), self_dispatch=timedelta(seconds=later)
    )
    case = None if had is None else open_case(had)
    said = foresee(wish(wanted), case, plan, town(), AT, signed_in)
    if case is not None:
        assert (said.priority, said.course) == (
            min(wanted, case.priority),
            Course.RISES if wanted < case.priority else Course.JOINS,
        )
        return
    story = Story(AlarmKind.MANUAL, wanted, plan=plan, signed_in=signed_in)
    story.ticks()
    if said.course is Course.WAITS:
        story.passes(seconds=said.seconds - 1)
        assert not story.alarm.seeks
        story.passes(seconds=1)
    assert story.alarm.seeks and story.alarm.priority is said.priority
