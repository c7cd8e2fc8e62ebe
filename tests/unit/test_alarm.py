"""One alarm: who holds it, when it goes out by itself, and what new evidence does to it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from alarm_center.core.alarm.alarm_events import AlarmTick, CalledOff, ConditionReported, IntoIncident, Joined, Took
from alarm_center.core.alarm.alarm_table import TRANSITIONS
from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.decision import IllegalMove
from alarm_center.core.plan import Plan, Wording
from schemas.vocabulary import AlarmKind, Channel, Condition, HandledBy, Outcome, Priority, Reason
from tests.support.alarm_story import FIRST, LEAD, NEAR, SECOND, START, Story, accepted, on_site, town

FALL = AlarmKind.SOMETHING_WRONG
HOME_CARE = Plan(handled_by=HandledBy.HOME_CARE)


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


def test_a_claim_moves_self_dispatch_once_to_three_minutes() -> None:
    story = Story(FALL)
    story.passes(seconds=50)
    story.operator().claims()
    assert story.state() is AlarmState.CLAIMED
    assert story.alarm.limits.self_dispatch_at == START + timedelta(minutes=3)
    story.operator().lets_go()
    story.passes(seconds=100)
    story.operator(2).claims()
    story.passes(seconds=30)
    assert story.state() is AlarmState.DISPATCHED


def test_a_claim_does_not_hold_up_a_visit() -> None:
    story = Story(AlarmKind.MANUAL, visit=True, arrive_by=START + timedelta(hours=2))
    due = story.alarm.limits.self_dispatch_at
    story.operator().claims()
    assert (story.alarm.limits.self_dispatch_at, story.alarm.claim.moved) == (due, False)


def test_a_call_holds_self_dispatch_to_five_minutes_at_most() -> None:
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
    assert story.alarm.limits.self_dispatch_at == START + timedelta(minutes=3)


def test_home_care_never_holds_priority_1_by_looking_first() -> None:
    story = Story(FALL, plan=HOME_CARE)
    story.operator().claims()
    story.ticks()
    assert story.state() is AlarmState.DISPATCHED


def test_a_held_alarm_is_taken_over_only_with_a_reason() -> None:
    story = Story()
    story.operator(1).claims()
    with pytest.raises(IllegalMove, match="take it over"):
        story.operator(2).claims()
    with pytest.raises(IllegalMove, match="take it over"):
        story.operator(2).closes(Outcome.FALSE_ALARM)
    story.operator(2).takes_over("colleague_away")
    assert story.alarm.lease.holder == UUID(int=2)
    with pytest.raises(IllegalMove, match="claim it first"):
        story.operator(1).is_active()


def test_a_lease_that_lapses_frees_the_alarm() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    story.operator(1).claims()
    story.passes(seconds=89)
    assert story.state() is AlarmState.CLAIMED
    story.passes(seconds=1)
    assert (story.state(), story.alarm.lease.holder) == (AlarmState.OPEN, None)
    assert story.lines("lease_lapsed") == 1
    story.operator(2).claims()


def test_a_lapsed_lease_stops_nobody_before_the_tick() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    story.operator(1).claims()
    story.now += timedelta(seconds=90)
    story.operator(2).claims()
    assert story.alarm.lease.holder == UUID(int=2)


def test_waiting_alarms_go_out_when_the_last_operator_leaves() -> None:
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


# ---- new evidence ----


def test_in_bed_calls_the_patrol_off_and_a_person_closes() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.happens(ConditionReported(Condition.CLEARED))
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
    story.happens(ConditionReported(Condition.CLEARED))
    story.passes(minutes=9)
    story.nobody_hears_more()
    story.operator().closes(Outcome.WELL_IN_BED)


def test_in_bed_after_a_fall_changes_only_the_condition() -> None:
    story = Story(FALL)
    story.happens(ConditionReported(Condition.CLEARED))
    assert story.alarm.condition is Condition.CLEARED
    story.passes(seconds=60)
    story.carer(FIRST).receives(Wording.CALL_OUT)
    assert story.state() is AlarmState.DISPATCHED


def test_in_bed_does_not_call_off_help_for_a_carer() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    story.carer(FIRST).needs_help()
    story.happens(ConditionReported(Condition.CLEARED))
    story.passes(seconds=90)
    story.carer(SECOND).receives(Wording.TROUBLE_HELP).receives(Wording.VOICE_TROUBLE_HELP, Channel.CALL)


def test_in_bed_with_a_carer_on_the_way_is_peoples_decision() -> None:
    story = accepted()
    story.happens(ConditionReported(Condition.CLEARED))
    assert (story.state(), story.alarm.condition) == (AlarmState.ACCEPTED, Condition.CLEARED)
    story.nobody_hears_more()


def test_something_wrong_after_all_sends_again_with_priority_1() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    story.happens(ConditionReported(Condition.CLEARED))
    story.carer(FIRST).inbox.clear()
    story.happens(ConditionReported(Condition.ACTIVE, Reason.ON_FLOOR))
    story.carer(FIRST).receives(Wording.CALL_OUT)
    assert (story.alarm.kind, story.alarm.priority, story.alarm.condition) == (FALL, Priority.FIRST, Condition.ACTIVE)
    story.passes(seconds=90)
    story.carer(FIRST).receives(Wording.CALL_OUT, Channel.CALL)


def test_only_a_more_urgent_reason_starts_a_new_chain() -> None:
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


def test_something_new_after_done_sends_somebody_again() -> None:
    story = on_site()
    story.carer(FIRST).is_done()
    story.carer(FIRST).inbox.clear()
    story.happens(Joined(FALL, Priority.FIRST, Reason.ON_FLOOR))
    assert story.state() is AlarmState.DISPATCHED
    story.carer(FIRST).receives(Wording.CALL_OUT)


# ---- incidents and visits ----


def test_an_alarm_in_an_incident_goes_out_only_by_hand() -> None:
    story = Story(AlarmKind.TECHNICAL, signed_in=False)
    story.passes(seconds=30)
    story.happens(IntoIncident(UUID(int=17)))
    story.passes(minutes=200)
    story.nobody_hears_more()
    assert story.alarm.next_step_at is not None
    story.operator().sends_patrol()
    story.carer(FIRST).receives(Wording.CALL_OUT)


def test_a_town_without_a_target_waits_for_no_incident_for_ever() -> None:
    story = Story(AlarmKind.TECHNICAL, plan=Plan(arrive_within=timedelta(0)))
    story.happens(IntoIncident(UUID(int=17)))
    story.passes(minutes=6)
    story.nobody_hears_more()


def test_something_wrong_is_never_part_of_an_incident() -> None:
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
    assert story.alarm.limits.limit_at == START + timedelta(hours=3)
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
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.nobody_hears_more()


# ---- the table ----


def test_every_state_that_is_open_can_be_closed_and_ticked() -> None:
    for state in set(AlarmState) - {AlarmState.CLOSED}:
        assert (state, AlarmTick) in TRANSITIONS
        assert any(AlarmState.CLOSED in after for (before, _), after in TRANSITIONS.items() if before is state)


def test_what_is_not_in_the_table_changes_nothing() -> None:
    story = accepted()
    before = story.alarm
    with pytest.raises(IllegalMove, match="SendPatrol cannot happen while accepted"):
        story.operator().sends_patrol()
    assert story.alarm is before


def test_an_acceptance_is_told_only_to_others_who_were_asked() -> None:
    story = Story(FALL, signed_in=False, roster=town(NEAR))
    story.ticks()
    story.carer(NEAR).receives(Wording.CALL_OUT)
    story.happens(Took(story.carer(NEAR).notice.notice_id))
    story.carer(NEAR).receives(Wording.GRANTED)
    story.nobody_hears_more()


def test_seen_in_bed_does_not_call_off_what_a_person_has_raised() -> None:
    story = Story(AlarmKind.MANUAL, signed_in=False)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.happens(ConditionReported(Condition.CLEARED))
    assert (story.state(), story.alarm.condition) == (AlarmState.DISPATCHED, Condition.CLEARED)
    story.nobody_hears_more()


def test_a_closed_alarm_has_no_limit_left() -> None:
    story = Story()
    before = story.alarm.limits
    assert before.self_dispatch_at is not None
    story.operator().closes(Outcome.FALSE_ALARM)
    assert story.alarm.limits == replace(before, self_dispatch_at=None, limit_at=None)


def test_an_untaken_visit_is_called_off_and_the_asked_are_told() -> None:
    story = Story(visit=True, arrive_by=START + timedelta(hours=2))
    story.passes(seconds=(timedelta(hours=2) - story.plan.visit_lead).total_seconds())
    story.carer(FIRST).receives(Wording.VISIT)
    assert story.state() is AlarmState.DISPATCHED
    story.happens(CalledOff("planning"))
    assert story.state() is AlarmState.CLOSED
    assert (story.alarm.outcome, story.alarm.closed_by) == (Outcome.OTHER, "planning")
    story.carer(FIRST).receives(Wording.STOOD_DOWN)


def test_an_accepted_visit_or_an_alarm_is_never_called_off() -> None:
    taken = Story(visit=True, arrive_by=START + timedelta(hours=2))
    taken.passes(minutes=120)
    held, alarm = Story(visit=True, arrive_by=START + timedelta(hours=2)), Story()
    held.operator().claims()
    taken.carer(FIRST).takes()
    for story in (taken, held, alarm):
        before = story.alarm
        with pytest.raises(IllegalMove):
            story.happens(CalledOff("planning"))
        assert story.alarm == before


def test_a_visit_that_is_sent_out_and_held_is_not_called_off() -> None:
    story = Story(visit=True, arrive_by=START + timedelta(hours=2))
    story.passes(minutes=120)
    story.operator().claims()
    assert story.state() is AlarmState.DISPATCHED
    with pytest.raises(IllegalMove, match="somebody has this visit"):
        story.happens(CalledOff("planning"))
    story.passes(minutes=5)
    story.happens(CalledOff("planning"))
    assert story.state() is AlarmState.CLOSED


def test_a_lesser_report_leaves_the_case_as_urgent() -> None:
    story = Story(AlarmKind.NOT_SEEN, Priority.FIRST)
    story.happens(Joined(FALL, Priority.SECOND, Reason.ON_FLOOR))
    assert (story.alarm.kind, story.alarm.priority) == (FALL, Priority.FIRST)


def test_something_worse_sends_an_open_case_earlier() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    assert story.alarm.limits.self_dispatch_at == START + timedelta(seconds=120)
    story.happens(Joined(FALL, Priority.FIRST, Reason.ON_FLOOR))
    assert story.alarm.limits.self_dispatch_at == START + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("kind", "priority", "stays"),
    [
        (AlarmKind.TECHNICAL, Priority.SECOND, True),
        (AlarmKind.TECHNICAL, Priority.FIRST, False),
        (AlarmKind.NOT_SEEN, Priority.SECOND, False),
        (AlarmKind.MANUAL, Priority.THIRD, False),
    ],
)
def test_what_is_of_the_person_or_urgent_leaves_an_incident(kind: AlarmKind, priority: Priority, stays: bool) -> None:
    story = Story(AlarmKind.TECHNICAL)
    incident = UUID(int=0x1C)
    story.happens(IntoIncident(incident))
    story.happens(Joined(kind, priority, None))
    assert story.alarm.incident_id == (incident if stays else None)
