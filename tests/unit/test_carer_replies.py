"""Carers' words about one alarm, from acceptance to outcome, and the steps when they are silent."""

from datetime import timedelta
from uuid import UUID

import pytest

from alarm_center.core.alarm.alarm_effects import StaffPresence
from alarm_center.core.alarm.alarm_events import Arrived, CarerReply, ConditionReported, NoCamera
from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.decision import IllegalMove, Raise, Write
from alarm_center.core.plan import Wording
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import ROWS, CarerAction, CarerActions
from schemas import timeline
from schemas.vocabulary import AlarmKind, Channel, Condition, Outcome, Priority, Reason
from tests.support.alarm_story import FIRST, LEAD, SECOND, Story, accepted, colleague, on_site

FALL = AlarmKind.SOMETHING_WRONG


def test_the_whole_way_from_the_sms_to_the_outcome() -> None:
    story = Story(FALL)
    story.passes(seconds=60)
    patrol = story.carer(FIRST).receives(Wording.CALL_OUT)
    patrol.takes(eta_minutes=10)
    patrol.receives(Wording.GRANTED)
    assert story.state() is AlarmState.ACCEPTED
    story.passes(minutes=9)
    patrol.arrives()
    patrol.receives(Wording.ARRIVED)
    assert story.state() is AlarmState.ON_SITE
    assert story.effects.count(StaffPresence(inside=True)) == 1
    story.passes(minutes=20)
    patrol.is_done(Outcome.HELPED_UP)
    assert story.state() is AlarmState.CLOSED
    assert (story.alarm.outcome, story.alarm.closed_by) == (Outcome.HELPED_UP, str(patrol.notice.notice_id))
    assert StaffPresence(inside=False) in story.effects
    story.nobody_hears_more()


@pytest.mark.parametrize(("eta", "minutes"), [(20, 20), (None, 43)], ids=["as was said", "the area's target"])
def test_not_on_site_in_time_asks_the_lead_once(eta: int | None, minutes: int) -> None:
    story = accepted(eta_minutes=eta)
    story.passes(minutes=minutes, seconds=-1)
    story.nobody_hears_more()
    story.passes(seconds=1)
    lead = story.carer(LEAD).receives(Wording.ESCALATION_LATE)
    assert story.lines("arrival_late") == 1
    assert story.state() is AlarmState.ACCEPTED
    story.passes(seconds=90)
    lead.receives(Wording.VOICE_TROUBLE_LATE, Channel.CALL)
    story.carer(FIRST).arrives()
    story.carer(FIRST).receives(Wording.ARRIVED)
    lead.receives(Wording.SEEN_TO)
    story.passes(minutes=20)
    story.nobody_hears_more()


def test_a_lead_who_drives_instead_gets_a_limit_too() -> None:
    story = accepted(eta_minutes=20)
    story.passes(minutes=20)
    story.carer(LEAD).receives(Wording.ESCALATION_LATE).takes(eta_minutes=15)
    story.carer(LEAD).receives(Wording.GRANTED)
    assert story.alarm.limits.limit_at == story.now + timedelta(minutes=15)
    story.carer(LEAD).arrives()
    assert story.state() is AlarmState.ON_SITE


def test_whoever_accepts_late_still_has_time_to_drive() -> None:
    story = Story(signed_in=False)
    story.passes(minutes=44)
    story.carer(FIRST).takes()
    assert story.alarm.limits.limit_at == story.now + timedelta(minutes=10)


def test_a_carers_new_arrival_time_moves_the_lateness() -> None:
    story = accepted(eta_minutes=20)
    story.passes(minutes=15)
    story.carer(FIRST).takes(eta_minutes=10)
    story.carer(FIRST).receives(Wording.GRANTED)
    story.passes(minutes=9)
    story.nobody_hears_more()
    story.passes(minutes=1)
    story.carer(LEAD).receives(Wording.ESCALATION_LATE)


def test_a_yes_said_again_moves_no_limit_without_a_new_time() -> None:
    story = accepted(eta_minutes=20)
    limit = story.alarm.limits.limit_at
    story.passes(minutes=5)
    story.carer(FIRST).takes()
    assert (story.alarm.limits.limit_at, story.lines("eta")) == (limit, 0)


def test_a_time_given_from_the_site_moves_no_limit() -> None:
    story = on_site()
    limit = story.alarm.limits.limit_at
    story.carer(FIRST).takes(eta_minutes=10)
    assert (story.alarm.limits.limit_at, story.lines("eta")) == (limit, 0)


def test_silence_on_site_is_asked_then_called_then_told() -> None:
    story = on_site()
    patrol = story.carer(FIRST)
    story.passes(minutes=30)
    patrol.receives(Wording.ON_SITE_CHECK)
    story.passes(minutes=5)
    patrol.receives(Wording.ON_SITE_CHECK, Channel.CALL)
    story.carer(LEAD).receives(Wording.TROUBLE_SILENT)
    patrol.stays()
    patrol.receives(Wording.STAYING)
    story.carer(LEAD).receives(Wording.SEEN_TO)
    story.passes(minutes=29)
    story.nobody_hears_more()
    story.passes(minutes=1)
    patrol.receives(Wording.ON_SITE_CHECK)


def test_done_without_an_outcome_stays_open() -> None:
    story = on_site()
    patrol = story.carer(FIRST)
    patrol.is_done()
    patrol.receives(Wording.DONE)
    assert story.state() is AlarmState.ON_SITE
    assert story.effects[-3:].count(StaffPresence(inside=False)) == 1
    story.passes(minutes=10)
    story.carer(LEAD).receives(Wording.OUTCOME)
    story.passes(minutes=29)
    story.nobody_hears_more()
    story.operator().closes(Outcome.WELL_ELSEWHERE)
    assert story.state() is AlarmState.CLOSED
    story.nobody_hears_more()


def test_the_lead_who_is_asked_how_it_ended_can_say_so() -> None:
    story = on_site()
    story.carer(FIRST).is_done()
    story.passes(minutes=10)
    lead = story.carer(LEAD).receives(Wording.OUTCOME)
    lead.is_done()
    lead.receives(Wording.DONE)
    assert story.state() is AlarmState.ON_SITE
    lead.is_done(Outcome.WELL_IN_BED)
    assert story.alarm.closed_by == str(lead.notice.notice_id)


def test_the_asked_lead_says_other_only_with_a_note() -> None:
    story = on_site()
    story.carer(FIRST).is_done()
    story.passes(minutes=10)
    with pytest.raises(IllegalMove, match="needs a note"):
        story.carer(LEAD).is_done(Outcome.OTHER)
    story.carer(LEAD).is_done(Outcome.OTHER, note=True)
    assert (story.state(), story.alarm.outcome) == (AlarmState.CLOSED, Outcome.OTHER)


def test_a_lead_who_takes_it_after_that_question_is_believed() -> None:
    """Something new has happened, and the lead who was only asked how it ended goes there."""
    story = on_site()
    story.carer(FIRST).is_done()
    story.passes(minutes=10)
    lead = story.carer(LEAD).receives(Wording.OUTCOME)
    story.happens(ConditionReported(Condition.ACTIVE, Reason.ON_FLOOR))
    assert story.state() is AlarmState.DISPATCHED
    lead.takes()
    lead.receives(Wording.GRANTED)
    lead.is_done()
    assert story.state() is AlarmState.ON_SITE


def test_cannot_get_in_keeps_it_open_and_tells_the_lead() -> None:
    story = accepted()
    patrol = story.carer(FIRST)
    patrol.cannot_get_in()
    patrol.receives(Wording.CANNOT_GET_IN)
    story.carer(LEAD).receives(Wording.TROUBLE_CANNOT_GET_IN)
    assert story.state() is AlarmState.ON_SITE
    patrol.arrives()
    patrol.receives(Wording.ARRIVED)
    story.carer(LEAD).receives(Wording.SEEN_TO)


def test_nobody_home_keeps_it_open_and_the_lead_hears_at_once() -> None:
    story = on_site()
    story.carer(FIRST).finds_nobody()
    story.carer(LEAD).receives(Wording.TROUBLE_NOBODY_HOME).takes()
    story.carer(LEAD).receives(Wording.YOU_SEE_TO_IT)
    assert story.state() is AlarmState.ON_SITE
    story.carer(FIRST).receives(Wording.NOBODY_HOME)
    story.nobody_hears_more()


def test_help_sends_another_patrol_and_the_lead_at_once() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.carer(FIRST).receives(Wording.HELP_COMING)
    story.carer(SECOND).receives(Wording.TROUBLE_HELP)
    story.carer(LEAD).receives(Wording.TROUBLE_HELP)
    assert story.alarm.priority is Priority.FIRST
    story.carer(SECOND).takes()
    story.carer(SECOND).receives(Wording.GRANTED)
    story.carer(LEAD).receives(Wording.SEEN_TO)
    assert story.owner == story.carer(FIRST).notice.notice_id
    story.nobody_hears_more()


def test_a_cry_for_help_is_not_silenced_by_arriving() -> None:
    story = accepted()
    story.carer(FIRST).needs_help()
    story.carer(FIRST).arrives()
    story.passes(seconds=90)
    story.carer(SECOND).receives(Wording.TROUBLE_HELP).receives(Wording.VOICE_TROUBLE_HELP, Channel.CALL)


def test_help_after_the_alarm_is_closed_is_a_new_alarm() -> None:
    story = on_site()
    story.carer(FIRST).is_done(Outcome.WELL_IN_BED)
    story.carer(FIRST).needs_help()
    story.carer(FIRST).receives(Wording.HELP_COMING)
    assert story.effects[-2:-1] == [Raise(AlarmKind.MANUAL, Priority.FIRST, None, in_need=(colleague(FIRST),))]
    assert story.state() is AlarmState.CLOSED


def test_on_site_without_having_said_1_counts_for_both() -> None:
    story = Story(signed_in=False)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT).arrives()
    story.carer(FIRST).receives(Wording.ARRIVED)
    assert story.state() is AlarmState.ON_SITE


def test_on_site_at_what_another_has_is_answered_with_not_yours() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=180)
    story.carer(FIRST).takes()
    story.carer(SECOND).inbox.clear()
    story.carer(SECOND).arrives()
    story.carer(SECOND).receives(Wording.NOT_YOURS)
    assert story.state() is AlarmState.ACCEPTED


def test_a_second_no_is_answered_and_hastens_nothing() -> None:
    story = Story(FALL, signed_in=False)
    story.ticks()
    patrol = story.carer(FIRST).receives(Wording.CALL_OUT)
    patrol.declines()
    patrol.receives(Wording.DECLINED)
    story.carer(SECOND).receives(Wording.CALL_OUT)
    before = story.alarm
    patrol.declines()
    patrol.receives(Wording.DECLINED)
    assert story.alarm == before
    assert story.lines("declined") == 1
    story.nobody_hears_more()


def test_taking_what_is_closed_is_answered_with_need_not_go() -> None:
    story = Story(FALL, signed_in=False)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.operator().closes(Outcome.WELL_IN_BED)
    story.carer(FIRST).receives(Wording.STOOD_DOWN).takes()
    story.carer(FIRST).receives(Wording.STOOD_DOWN)
    assert story.state() is AlarmState.CLOSED


def test_closing_tells_the_carer_who_is_on_the_way() -> None:
    story = accepted()
    story.operator().closes(Outcome.WELL_IN_BED)
    story.carer(FIRST).receives(Wording.STOOD_DOWN)
    story.nobody_hears_more()


def test_other_is_an_outcome_only_with_a_note() -> None:
    story = on_site()
    with pytest.raises(IllegalMove, match="needs a note"):
        story.operator().closes(Outcome.OTHER)
    with pytest.raises(IllegalMove, match="needs a note"):
        story.carer(FIRST).is_done(Outcome.OTHER)
    assert story.state() is AlarmState.ON_SITE
    story.carer(FIRST).is_done(Outcome.OTHER, note=True)
    assert story.state() is AlarmState.CLOSED


def test_a_notice_of_another_alarm_is_refused() -> None:
    story = accepted()
    with pytest.raises(IllegalMove, match="not one of its own"):
        story.happens(Arrived(UUID(int=404)))


class Delays(CarerReply):
    """A word of a row more, said from anywhere."""


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> None:
    row = CarerAction(name="delays", event=Delays, line=timeline.CarerStaying, answer=Wording.HAVE_BOTH)
    monkeypatch.setattr(carer_actions, "TABLE", CarerActions((*ROWS, row)))


@pytest.mark.usefixtures("delays")
def test_a_new_word_does_what_its_row_says() -> None:
    story = accepted()
    patrol = story.carer(FIRST)
    story.happens(Delays(patrol.notice.notice_id))
    patrol.receives(Wording.HAVE_BOTH)
    assert (story.lines("staying"), story.state()) == (1, AlarmState.ACCEPTED)
    story.nobody_hears_more()


@pytest.mark.usefixtures("delays")
def test_a_new_word_about_a_case_not_ones_own_is_answered() -> None:
    story = Story(FALL)
    story.passes(seconds=60)
    patrol = story.carer(FIRST).receives(Wording.CALL_OUT)
    story.happens(Delays(patrol.notice.notice_id))
    patrol.receives(Wording.NOT_YOURS)
    assert (story.lines("staying"), story.lines("not_theirs")) == (0, 1)


@pytest.mark.usefixtures("delays")
def test_a_new_word_after_the_close_is_answered() -> None:
    story = on_site()
    patrol = story.carer(FIRST)
    patrol.is_done(Outcome.WELL_IN_BED)
    story.happens(Delays(patrol.notice.notice_id))
    patrol.receives(Wording.CASE_CLOSED)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_word_after_the_close_is_kept_by_its_code(row: CarerAction) -> None:
    """The codes are those of 0.2.0, written out: stored lines outlive the names of classes."""
    story = on_site()
    patrol = story.carer(FIRST)
    patrol.is_done(Outcome.WELL_IN_BED)
    story.happens(row.event(patrol.notice.notice_id))
    codes = {
        "take": "took", "cannot": "declined", "on_site": "arrived", "done": "done", "cannot_get_in": "cannotgetin",
        "nobody_home": "nobodyhome", "staying": "staying", "help": "needshelp", "no_camera": "no_camera",
        "runs_late": "runs_late", "at_hospital": "at_hospital", "with_relative": "with_relative", "where_unknown": "where_unknown", "found": "found",
    }  # fmt: skip
    assert Write(timeline.WordAfterClose(patrol.notice.notice_id, codes[row.name])) in story.effects


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_rows_word_writes_its_line_and_is_answered(row: CarerAction) -> None:
    story = Story(FALL) if row is carer_actions.TAKE else accepted()
    story.passes(seconds=60)
    patrol = story.carer(FIRST)
    if row in carer_actions.SAY_WHERE:
        patrol.finds_nobody()
    patrol.inbox.clear()
    story.happens(row.event(patrol.notice.notice_id))
    assert story.lines(row.line.kind) == 1, f"{row.name}: core/alarm/carer_replies.py drops it"
    assert [wording for wording, _ in patrol.inbox] == [row.answer] * (row.answer is not None)


def test_a_carer_who_gives_it_back_on_site_is_no_longer_inside() -> None:
    story = on_site()
    story.carer(FIRST).declines()
    assert (story.state(), story.effects.count(StaffPresence(inside=False))) == (AlarmState.DISPATCHED, 1)


def test_a_carer_who_gives_it_back_on_the_way_was_never_inside() -> None:
    story = accepted()
    story.carer(FIRST).declines()
    assert (story.state(), story.effects.count(StaffPresence(inside=False))) == (AlarmState.DISPATCHED, 0)
    assert story.owner is None


def test_a_no_to_the_camera_is_said_in_the_home() -> None:
    story = accepted()
    story.happens(NoCamera(story.carer(FIRST).notice.notice_id))
    story.carer(FIRST).receives(Wording.NO_MORE_LOOKS)
    assert (story.state(), story.effects.count(StaffPresence(inside=True))) == (AlarmState.ON_SITE, 1)
