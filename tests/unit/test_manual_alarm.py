"""Manual alarms in the core: what a form has to say, and what is foreseen of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.alarm.alarm_decisions import open_alarm
from alarm_center.core.alarm.manual_alarm import (
    NOTE_LONGEST,
    Course,
    Forecast,
    ManualRequest,
    MissingField,
    forecast,
    parse_form,
)
from alarm_center.core.alarm.state import Alarm, NewAlarm
from alarm_center.core.plan import Plan
from schemas.vocabulary import AlarmKind, HandledBy, Priority, RaisedFor
from tests.support.alarm_story import Story, town

AT = datetime(2026, 3, 1, 1, tzinfo=UTC)
FIRST, SECOND, THIRD = Priority


def wish(priority: Priority = SECOND) -> ManualRequest:
    return ManualRequest(RaisedFor.CALLED, priority)


def open_case(priority: Priority) -> Alarm:
    new = NewAlarm(
        alarm_id=UUID(int=1), org="by", area_id=UUID(int=2), resident_id=UUID(int=3), device_id=None, case_no=4801,
        kind=AlarmKind.NOT_SEEN, priority=priority,
    )  # fmt: skip
    return open_alarm(new, Plan(), AT, somebody_signed_in=True).alarm


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (("called", "2", ""), ManualRequest(RaisedFor.CALLED, SECOND)),
        (("relative", "1", "  Dottern\nringde "), ManualRequest(RaisedFor.RELATIVE, FIRST, "Dottern ringde")),
        (("other", "3", "Lampan lyser"), ManualRequest(RaisedFor.OTHER, THIRD, "Lampan lyser")),
        (("called", "2", "n" * 501), ManualRequest(RaisedFor.CALLED, SECOND, "n" * 500)),
        (("other", "3", " \n "), MissingField.NOTE),
        (("", "2", ""), MissingField.REASON),
        (("on_floor", "2", ""), MissingField.REASON),
        (("called", "", ""), MissingField.PRIORITY),
        (("called", "0", ""), MissingField.PRIORITY),
        (("called", "²", ""), MissingField.PRIORITY),
    ],
)
def test_what_a_form_says(form: tuple[str, str, str], said: ManualRequest | MissingField) -> None:
    assert parse_form(*form) == said


@given(st.text(), st.text(), st.text())
def test_any_form_is_read(reason: str, priority: str, note: str) -> None:
    said = parse_form(reason, priority, note)
    assert isinstance(said, MissingField) or said.note is None or 0 < len(said.note) <= NOTE_LONGEST


@pytest.mark.parametrize(
    ("priority", "plan", "signed_in", "coming"),
    [
        (FIRST, Plan(), True, Forecast(Course.WAITS, FIRST, 60)),
        (SECOND, Plan(), True, Forecast(Course.WAITS, SECOND, 120)),
        (THIRD, Plan(), True, Forecast(Course.WAITS, THIRD, 120)),
        (SECOND, Plan(), False, Forecast(Course.AT_ONCE, SECOND)),
        (FIRST, Plan(handled_by=HandledBy.HOME_CARE), True, Forecast(Course.AT_ONCE, FIRST)),
    ],
)
def test_what_comes_of_a_new_case(priority: Priority, plan: Plan, signed_in: bool, coming: Forecast) -> None:
    assert forecast(wish(priority), None, plan, town(), AT, signed_in) == coming


@pytest.mark.parametrize(
    ("had", "wanted", "course", "then"),
    [
        (SECOND, FIRST, Course.RISES, FIRST),
        (SECOND, SECOND, Course.JOINS, SECOND),
        (FIRST, THIRD, Course.JOINS, FIRST),
    ],
)
def test_what_comes_of_an_open_case(had: Priority, wanted: Priority, course: Course, then: Priority) -> None:
    assert forecast(wish(wanted), open_case(had), Plan(), town(), AT, True) == Forecast(
        course, then, case_no=4801, priority_before=had
    )


@pytest.mark.parametrize("wanted", Priority)
def test_a_case_beyond_the_viewer_shows_number_and_area_only(wanted: Priority) -> None:
    told = {forecast(wish(wanted), open_case(had), Plan(), town(), AT, True, "9") for had in Priority}
    assert told == {Forecast(Course.OUT_OF_SCOPE, wanted, case_no=4801, area="9")}


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
    said = forecast(wish(wanted), case, plan, town(), AT, signed_in)
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


def test_what_joins_a_case_sent_out_begins_its_search_anew() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    coming = forecast(wish(FIRST), story.alarm, Plan(), town(), story.now, True)
    assert (coming.course, coming.priority, coming.priority_before) == (Course.RISES, FIRST, SECOND)
