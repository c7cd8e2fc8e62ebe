"""One alarm from its opening to its outcome: who holds it, when it goes out by itself, and what carers find there."""

from datetime import timedelta
from uuid import UUID

import pytest

from alarm_center.core.alarm import TRANSITIONS
from alarm_center.core.alarm_events import Arrived, Evidence, IntoIncident, Joined, Tick, Took
from alarm_center.core.case import AlarmState, Hold, IllegalMove, Raise
from alarm_center.core.plan import Plan, Wording
from schemas.vocabulary import AlarmKind, Channel, Condition, HandledBy, Outcome, Priority, Reason
from tests.support.alarm_story import FIRST, LEAD, NEAR, SECOND, START, Story, town

FALL = AlarmKind.SOMETHING_WRONG
HOME_CARE = Plan(handled_by=HandledBy.HOME_CARE)


def accepted(kind: AlarmKind = AlarmKind.NOT_SEEN, eta_minutes: int | None = None, plan: Plan | None = None) -> Story:
    """A story in which the first patrol has just taken it."""
    story = Story(kind, signed_in=False, plan=plan)
    story.passes(seconds=120)
    story.carer(FIRST).takes(eta_minutes)
    story.carer(FIRST).inbox.clear()
    return story


def on_site(kind: AlarmKind = AlarmKind.NOT_SEEN, plan: Plan | None = None) -> Story:
    """A story in which the first patrol is on site."""
    story = accepted(kind, plan=plan)
    story.passes(minutes=12)
    story.carer(FIRST).arrives()
    story.carer(FIRST).inbox.clear()
    return story


# ---- who holds it, and when it goes out by itself ----


@pytest.mark.parametrize(
    ("kind", "plan", "signed_in", "seconds"),
    [
        (FALL, Plan(), True, 60),
        (AlarmKind.NOT_SEEN, Plan(), True, 120),
        (AlarmKind.TECHNICAL, Plan(), True, 120),
        (FALL, Plan(), False, 0),
        (AlarmKind.NOT_SEEN, Plan(), False, 0),
        (AlarmKind.TECHNICAL, Plan(), False, 120),
        (FALL, HOME_CARE, True, 0),
        (AlarmKind.NOT_SEEN, HOME_CARE, True, 120),
        (AlarmKind.TECHNICAL, HOME_CARE, True, 120),
    ],
)
def test_an_alarm_goes_out_by_itself(kind: AlarmKind, plan: Plan, signed_in: bool, seconds: int) -> None:
    story = Story(kind, plan=plan, signed_in=signed_in)
    assert story.alarm.next_step_at == START + timedelta(seconds=seconds)
    if seconds:
        story.passes(seconds=seconds - 1)
        assert story.state() is AlarmState.OPEN
    story.passes(seconds=1)
    assert story.state() is AlarmState.DISPATCHED
    story.carer(FIRST).receives(Wording.CALL_OUT)


def test_a_claim_moves_the_sending_once_to_three_minutes_after_the_opening() -> None:
    story = Story(FALL)
    story.passes(seconds=50)
    story.operator().claims()
    assert story.state() is AlarmState.CLAIMED
    assert story.alarm.self_dispatch_at == START + timedelta(minutes=3)
    story.operator().lets_go()
    story.passes(seconds=100)
    story.operator(2).claims()
    story.passes(seconds=30)
    assert story.state() is AlarmState.DISPATCHED


def test_a_call_with_the_resident_holds_it_to_five_minutes_and_no_longer() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    operator = story.operator()
    operator.claims()
    operator.is_in_call()
    for _ in range(9):
        story.passes(seconds=30)
        operator.is_active()
    assert story.state() is AlarmState.CLAIMED
    story.passes(seconds=30)
    assert story.state() is AlarmState.DISPATCHED


def test_the_end_of_a_call_takes_its_extra_time_back() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    operator = story.operator()
    operator.claims()
    operator.is_in_call()
    story.passes(seconds=60)
    operator.is_in_call(on=False)
    assert story.alarm.self_dispatch_at == START + timedelta(minutes=3)


def test_home_care_never_holds_priority_1_by_looking_first() -> None:
    story = Story(FALL, plan=HOME_CARE)
    story.operator().claims()
    story.ticks()
    assert story.state() is AlarmState.DISPATCHED


def test_one_holds_it_and_another_has_to_take_it_over_with_a_reason() -> None:
    story = Story()
    story.operator(1).claims()
    with pytest.raises(IllegalMove, match="take it over"):
        story.operator(2).claims()
    with pytest.raises(IllegalMove, match="take it over"):
        story.operator(2).closes(Outcome.FALSE_ALARM)
    story.operator(2).takes_over("colleague_away")
    assert story.alarm.holder == UUID(int=2)
    with pytest.raises(IllegalMove, match="claim it first"):
        story.operator(1).is_active()


def test_an_operator_who_walks_away_loses_it_and_it_is_back_on_top() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    story.operator(1).claims()
    story.passes(seconds=89)
    assert story.state() is AlarmState.CLAIMED
    story.passes(seconds=1)
    assert (story.state(), story.alarm.holder) == (AlarmState.OPEN, None)
    assert story.lines("lease_lapsed") == 1
    story.operator(2).claims()


def test_a_lapsed_lease_stops_nobody_even_before_the_clock_has_come_by() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    story.operator(1).claims()
    story.now += timedelta(seconds=90)
    story.operator(2).claims()
    assert story.alarm.holder == UUID(int=2)


def test_when_the_last_operator_signs_out_the_waiting_alarms_go_out() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    story.passes(seconds=10)
    story.signed_in = False
    story.ticks()
    assert story.state() is AlarmState.DISPATCHED


def test_an_operator_sends_at_once_and_twice_sends_once() -> None:
    story = Story(AlarmKind.TECHNICAL)
    story.operator().claims()
    story.operator().sends_patrol()
    story.operator().sends_patrol()
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.nobody_hears_more()


def test_a_test_alarm_sends_nothing_ever() -> None:
    story = Story(AlarmKind.TEST, Priority.FIRST, signed_in=False)
    story.passes(minutes=60)
    with pytest.raises(IllegalMove, match="test never sends"):
        story.operator().sends_patrol()
    story.nobody_hears_more()
    story.operator().closes(Outcome.FALSE_ALARM)
    assert story.alarm.next_step_at is None


# ---- a carer has it ----


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
    assert story.effects.count(Hold(on=True)) == 1
    story.passes(minutes=20)
    patrol.is_done(Outcome.HELPED_UP)
    assert story.state() is AlarmState.CLOSED
    assert (story.alarm.outcome, story.alarm.closed_by) == (Outcome.HELPED_UP, str(patrol.notice.notice_id))
    assert Hold(on=False) in story.effects
    story.nobody_hears_more()


@pytest.mark.parametrize(("eta", "minutes"), [(20, 20), (None, 43)], ids=["as was said", "the area's target"])
def test_not_on_site_in_time_asks_the_lead_once(eta: int | None, minutes: int) -> None:
    story = accepted(eta_minutes=eta)
    story.passes(minutes=minutes, seconds=-1)
    story.nobody_hears_more()
    story.passes(seconds=1)
    lead = story.carer(LEAD).receives(Wording.ESCALATION_LATE)
    assert story.lines("late") == 1
    assert story.state() is AlarmState.ACCEPTED
    story.passes(seconds=90)
    lead.receives(Wording.CALL_OUT, Channel.CALL)
    story.carer(FIRST).arrives()
    story.carer(FIRST).receives(Wording.ARRIVED)
    lead.receives(Wording.TAKEN)
    story.passes(minutes=20)
    story.nobody_hears_more()


def test_a_lead_who_drives_instead_gets_a_limit_too() -> None:
    story = accepted(eta_minutes=20)
    story.passes(minutes=20)
    story.carer(LEAD).receives(Wording.ESCALATION_LATE).takes(eta_minutes=15)
    story.carer(LEAD).receives(Wording.GRANTED)
    assert story.alarm.limit_at == story.now + timedelta(minutes=15)
    story.carer(LEAD).arrives()
    assert story.state() is AlarmState.ON_SITE


def test_whoever_accepts_late_still_has_time_to_drive() -> None:
    story = Story(signed_in=False)
    story.passes(minutes=44)
    story.carer(FIRST).takes()
    assert story.alarm.limit_at == story.now + timedelta(minutes=10)


def test_half_an_hour_of_silence_on_site_is_asked_about_then_called_then_told_to_the_lead() -> None:
    story = on_site()
    patrol = story.carer(FIRST)
    story.passes(minutes=30)
    patrol.receives(Wording.ON_SITE_CHECK)
    story.passes(minutes=5)
    patrol.receives(Wording.ON_SITE_CHECK, Channel.CALL)
    story.carer(LEAD).receives(Wording.CALL_OUT)
    patrol.stays()
    patrol.receives(Wording.STAYING)
    story.carer(LEAD).receives(Wording.TAKEN)
    story.passes(minutes=29)
    story.nobody_hears_more()
    story.passes(minutes=1)
    patrol.receives(Wording.ON_SITE_CHECK)


def test_done_without_an_outcome_stays_open_until_a_person_gives_one() -> None:
    story = on_site()
    patrol = story.carer(FIRST)
    patrol.is_done()
    patrol.receives(Wording.DONE)
    assert story.state() is AlarmState.ON_SITE
    assert story.effects[-3:].count(Hold(on=False)) == 1
    story.passes(minutes=10)
    story.carer(LEAD).receives(Wording.OUTCOME)
    story.passes(minutes=29)
    story.nobody_hears_more()
    story.operator().closes(Outcome.WELL_ELSEWHERE)
    assert story.state() is AlarmState.CLOSED
    story.nobody_hears_more()


def test_who_cannot_get_in_keeps_it_open_and_the_lead_hears_at_once() -> None:
    story = accepted()
    patrol = story.carer(FIRST)
    patrol.cannot_get_in()
    patrol.receives(Wording.CANNOT_GET_IN)
    story.carer(LEAD).receives(Wording.CALL_OUT)
    assert story.state() is AlarmState.ON_SITE
    patrol.arrives()
    patrol.receives(Wording.ARRIVED)
    story.carer(LEAD).receives(Wording.TAKEN)


def test_nobody_home_keeps_it_open_and_the_lead_hears_at_once() -> None:
    story = on_site()
    story.carer(FIRST).finds_nobody()
    story.carer(LEAD).receives(Wording.CALL_OUT).takes()
    story.carer(LEAD).receives(Wording.GRANTED)
    assert story.state() is AlarmState.ON_SITE
    story.nobody_hears_more()


def test_a_carer_in_need_gets_another_patrol_and_the_lead_at_once() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.carer(FIRST).receives(Wording.HELP_COMING)
    story.carer(SECOND).receives(Wording.CALL_OUT)
    story.carer(LEAD).receives(Wording.CALL_OUT)
    assert story.alarm.priority is Priority.FIRST
    story.carer(SECOND).takes()
    story.carer(SECOND).receives(Wording.GRANTED)
    story.carer(LEAD).receives(Wording.TAKEN)
    assert story.alarm.accepted_notice == story.carer(FIRST).notice.notice_id
    story.nobody_hears_more()


def test_a_cry_for_help_is_not_silenced_by_arriving() -> None:
    story = accepted()
    story.carer(FIRST).needs_help()
    story.carer(FIRST).arrives()
    story.passes(seconds=90)
    story.carer(SECOND).receives(Wording.CALL_OUT).receives(Wording.CALL_OUT, Channel.CALL)


def test_a_carer_in_need_after_the_alarm_is_closed_is_a_new_alarm() -> None:
    story = on_site()
    story.carer(FIRST).is_done(Outcome.WELL_IN_BED)
    story.carer(FIRST).needs_help()
    story.carer(FIRST).receives(Wording.HELP_COMING)
    assert story.effects[-2:-1] == [Raise(AlarmKind.MANUAL, Priority.FIRST, None)]
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


# ---- new evidence ----


def test_seen_in_bed_calls_the_patrol_off_and_leaves_a_person_to_close() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.happens(Evidence(Condition.CLEARED))
    story.carer(FIRST).receives(Wording.STOOD_DOWN)
    assert (story.state(), story.alarm.condition) == (AlarmState.OPEN, Condition.CLEARED)
    story.carer(FIRST).takes()
    story.carer(FIRST).receives(Wording.STOOD_DOWN)
    assert story.state() is AlarmState.OPEN
    story.passes(minutes=10)
    story.carer(LEAD).receives(Wording.OUTCOME)
    story.nobody_hears_more()


def test_seen_in_bed_before_anybody_was_sent_sends_nobody() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    story.passes(seconds=60)
    story.happens(Evidence(Condition.CLEARED))
    story.passes(minutes=9)
    story.nobody_hears_more()
    story.operator().closes(Outcome.WELL_IN_BED)


def test_seen_in_bed_after_a_fall_changes_nothing_but_the_condition() -> None:
    story = Story(FALL)
    story.happens(Evidence(Condition.CLEARED))
    assert story.alarm.condition is Condition.CLEARED
    story.passes(seconds=60)
    story.carer(FIRST).receives(Wording.CALL_OUT)
    assert story.state() is AlarmState.DISPATCHED


def test_seen_in_bed_when_a_carer_is_on_the_way_is_for_people_to_decide() -> None:
    story = accepted()
    story.happens(Evidence(Condition.CLEARED))
    assert (story.state(), story.alarm.condition) == (AlarmState.ACCEPTED, Condition.CLEARED)
    story.nobody_hears_more()


def test_something_wrong_after_all_sends_again_with_priority_1() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    story.happens(Evidence(Condition.CLEARED))
    story.carer(FIRST).inbox.clear()
    story.happens(Evidence(Condition.ACTIVE, Reason.ON_FLOOR))
    story.carer(FIRST).receives(Wording.CALL_OUT)
    assert (story.alarm.kind, story.alarm.priority, story.alarm.condition) == (FALL, Priority.FIRST, Condition.ACTIVE)
    story.passes(seconds=90)
    story.carer(FIRST).receives(Wording.CALL_OUT, Channel.CALL)


def test_a_graver_raise_starts_the_graver_chain_and_a_lesser_one_nothing() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.passes(minutes=2)
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.happens(Joined(AlarmKind.TECHNICAL, Priority.THIRD, Reason.COVERED))
    story.nobody_hears_more()
    assert (story.alarm.kind, story.alarm.priority) == (AlarmKind.NOT_SEEN, Priority.SECOND)
    story.happens(Joined(FALL, Priority.FIRST, Reason.ON_FLOOR))
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.passes(seconds=90)
    story.carer(FIRST).receives(Wording.CALL_OUT, Channel.CALL)
    assert (story.alarm.kind, story.alarm.priority) == (FALL, Priority.FIRST)


def test_the_carer_on_the_way_hears_that_it_is_priority_1_now() -> None:
    story = accepted()
    story.happens(Joined(FALL, Priority.FIRST, Reason.ON_FLOOR))
    story.carer(FIRST).receives(Wording.CALL_OUT)
    assert story.state() is AlarmState.ACCEPTED


def test_something_new_after_the_carer_was_done_sends_somebody_again() -> None:
    story = on_site()
    story.carer(FIRST).is_done()
    story.carer(FIRST).inbox.clear()
    story.happens(Joined(FALL, Priority.FIRST, Reason.ON_FLOOR))
    assert story.state() is AlarmState.DISPATCHED
    story.carer(FIRST).receives(Wording.CALL_OUT)


# ---- incidents and visits ----


def test_part_of_an_incident_it_waits_for_the_areas_target_and_then_goes_out_by_itself() -> None:
    story = Story(AlarmKind.TECHNICAL, signed_in=False)
    story.passes(seconds=30)
    story.happens(IntoIncident(UUID(int=17)))
    story.passes(minutes=44)
    story.nobody_hears_more()
    story.passes(minutes=1)
    story.carer(FIRST).receives(Wording.CALL_OUT)


def test_something_wrong_is_never_part_of_an_incident_and_leaves_the_one_it_was_in() -> None:
    with pytest.raises(IllegalMove):
        Story(FALL).happens(IntoIncident(UUID(int=17)))
    story = Story(AlarmKind.TECHNICAL)
    story.happens(IntoIncident(UUID(int=17)))
    story.happens(Joined(FALL, Priority.FIRST, Reason.ON_FLOOR))
    assert story.alarm.incident_id is None
    story.passes(seconds=60)
    story.carer(FIRST).receives(Wording.CALL_OUT)


def test_a_visit_is_calm_and_sent_out_an_hour_before_its_time() -> None:
    story = Story(AlarmKind.MANUAL, signed_in=False, visit=True, arrive_by=START + timedelta(hours=3))
    story.passes(minutes=119)
    story.nobody_hears_more()
    story.passes(minutes=1)
    patrol = story.carer(FIRST).receives(Wording.VISIT)
    patrol.takes()
    patrol.receives(Wording.GRANTED)
    assert story.alarm.limit_at == START + timedelta(hours=3)
    patrol.arrives()
    patrol.is_done(Outcome.WELL_IN_BED)
    assert story.state() is AlarmState.CLOSED


def test_a_visit_that_nobody_takes_reaches_the_lead_at_its_time() -> None:
    story = Story(AlarmKind.MANUAL, visit=True, arrive_by=START + timedelta(hours=2))
    story.passes(minutes=60)
    story.carer(FIRST).receives(Wording.VISIT)
    story.passes(minutes=15)
    story.carer(FIRST).receives(Wording.VISIT)
    story.passes(minutes=45)
    story.carer(LEAD).receives(Wording.VISIT)
    story.nobody_hears_more()


# ---- the table ----


def test_every_state_that_is_open_can_be_closed_and_ticked() -> None:
    for state in set(AlarmState) - {AlarmState.CLOSED}:
        assert (state, Tick) in TRANSITIONS
        assert any(AlarmState.CLOSED in after for (before, _), after in TRANSITIONS.items() if before is state)


def test_what_is_not_in_the_table_changes_nothing() -> None:
    story = accepted()
    before = story.alarm
    with pytest.raises(IllegalMove, match="SendPatrol cannot happen while accepted"):
        story.operator().sends_patrol()
    assert story.alarm is before


def test_nobody_else_hears_of_an_acceptance_when_nobody_else_was_asked() -> None:
    story = Story(FALL, signed_in=False, roster=town(NEAR))
    story.ticks()
    story.carer(NEAR).receives(Wording.CALL_OUT)
    story.happens(Took(story.carer(NEAR).notice.notice_id))
    story.carer(NEAR).receives(Wording.GRANTED)
    story.nobody_hears_more()
