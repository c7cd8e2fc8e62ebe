"""A dispatch: whom it asks, when, and what goes on when nobody answers."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

import pytest

from alarm_center.core.alarm.alarm_effects import Notify, RedBoard
from alarm_center.core.alarm.alarm_events import Joined, Took
from alarm_center.core.alarm.state import AlarmState, DispatchState
from alarm_center.core.plan import Plan, Step, Wording
from schemas.vocabulary import AlarmKind, Channel, Outcome, Priority, Who
from tests.support.alarm_story import FIRST, FIXED, LEAD, NEAR, ON_DUTY, SECOND, START, Story, town

FALL = AlarmKind.SOMETHING_WRONG


def test_priority_1_goes_sms_call_other_patrol_lead() -> None:
    story = Story(FALL, signed_in=False)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.passes(seconds=89)
    story.nobody_hears_more()
    story.passes(seconds=1)
    story.carer(FIRST).receives(Wording.CALL_OUT, Channel.CALL)
    story.passes(seconds=90)
    story.carer(SECOND).receives(Wording.CALL_OUT)
    story.passes(seconds=120)
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.nobody_hears_more()


def test_priority_2_waits_longer_between_its_steps() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.passes(minutes=5)
    story.carer(FIRST).receives(Wording.CALL_OUT, Channel.CALL)
    story.passes(minutes=5)
    story.carer(SECOND).receives(Wording.CALL_OUT)
    story.passes(minutes=10)
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.nobody_hears_more()


def test_priority_3_reminds_and_asks_the_lead_at_the_latest_time() -> None:
    story = Story(AlarmKind.TECHNICAL, signed_in=False, arrive_by=START + timedelta(minutes=40))
    story.passes(seconds=120)
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.passes(minutes=15)
    story.carer(FIRST).receives(Wording.REMINDER)
    story.passes(minutes=22, seconds=59)
    story.nobody_hears_more()
    story.passes(seconds=1)
    assert story.now == START + timedelta(minutes=40)
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.nobody_hears_more()


def test_first_sms_of_an_alarm_is_marked_as_first() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(minutes=6)
    assert [e.first for e in story.effects if isinstance(e, Notify)] == [True, False, False, False]


def test_the_first_acceptance_owns_it_and_others_are_told() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=200)
    story.carer(FIRST).receives(Wording.CALL_OUT).receives(Wording.CALL_OUT, Channel.CALL)
    story.carer(SECOND).receives(Wording.CALL_OUT).takes()
    story.carer(SECOND).receives(Wording.GRANTED)
    story.carer(FIRST).receives(Wording.TAKEN)
    story.carer(FIRST).takes()
    story.carer(FIRST).receives(Wording.TAKEN)
    assert story.owner == story.carer(SECOND).notice.notice_id
    story.passes(minutes=5)
    story.nobody_hears_more()


def test_saying_1_twice_is_answered_twice_and_counts_once() -> None:
    story = Story(FALL, signed_in=False)
    story.ticks()
    patrol = story.carer(FIRST).receives(Wording.CALL_OUT)
    patrol.takes()
    patrol.takes()
    patrol.receives(Wording.GRANTED).receives(Wording.GRANTED)
    assert story.lines("accepted") == 1


def test_a_no_goes_on_to_the_next_without_waiting() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    story.passes(seconds=20)
    story.carer(FIRST).receives(Wording.CALL_OUT).declines()
    story.carer(FIRST).receives(Wording.DECLINED)
    story.carer(SECOND).receives(Wording.CALL_OUT).declines()
    story.carer(SECOND).receives(Wording.DECLINED)
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.nobody_hears_more()


def test_somebody_asked_early_still_gets_the_wait_of_the_chain() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT).declines()
    story.carer(FIRST).receives(Wording.DECLINED)
    story.carer(SECOND).receives(Wording.CALL_OUT)
    story.passes(minutes=9, seconds=59)
    story.nobody_hears_more()
    story.passes(seconds=1)
    story.carer(LEAD).receives(Wording.ESCALATION)


def test_a_no_does_not_hurry_past_somebody_who_may_still_answer() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=180)
    story.carer(FIRST).receives(Wording.CALL_OUT).receives(Wording.CALL_OUT, Channel.CALL)
    story.carer(SECOND).receives(Wording.CALL_OUT)
    story.carer(FIRST).declines()
    story.carer(FIRST).receives(Wording.DECLINED)
    story.nobody_hears_more()


def test_a_decliner_is_asked_anew_in_the_next_round() -> None:
    story = Story(FALL, signed_in=False, roster=town(FIRST))
    story.ticks()
    patrol = story.carer(FIRST).receives(Wording.CALL_OUT)
    before = patrol.notice
    patrol.declines()
    patrol.receives(Wording.DECLINED)
    story.passes(seconds=119)
    story.nobody_hears_more()
    story.passes(seconds=1)
    patrol.receives(Wording.CALL_OUT)
    assert (patrol.notice.round, patrol.notice.notice_id) != (before.round, before.notice_id)


def test_a_no_can_be_taken_back_while_somebody_is_still_sought() -> None:
    story = Story(FALL, signed_in=False)
    story.ticks()
    patrol = story.carer(FIRST).receives(Wording.CALL_OUT)
    patrol.declines()
    patrol.takes()
    patrol.receives(Wording.DECLINED).receives(Wording.GRANTED)
    assert story.state() is AlarmState.ACCEPTED
    story.carer(SECOND).receives(Wording.CALL_OUT).receives(Wording.TAKEN)


def test_an_undelivered_sms_is_followed_by_the_call_at_once() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    patrol = story.carer(FIRST).receives(Wording.CALL_OUT)
    patrol.is_not_reached()
    patrol.receives(Wording.CALL_OUT, Channel.CALL)
    story.nobody_hears_more()


def test_an_answer_to_an_sms_thought_lost_still_counts() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    patrol = story.carer(FIRST).receives(Wording.CALL_OUT)
    lost = patrol.notice.notice_id
    patrol.is_not_reached()
    patrol.receives(Wording.CALL_OUT, Channel.CALL)
    story.happens(Took(lost))
    patrol.receives(Wording.GRANTED)
    assert story.owner == lost


def test_priority_1_skips_a_busy_patrol_which_may_take_both() -> None:
    story = Story(FALL, signed_in=False, roster=town(FIRST, NEAR, LEAD, busy=frozenset({ON_DUTY[0].shift_id})))
    story.ticks()
    story.carer(FIRST).receives(Wording.ALSO_SEEKS)
    story.carer(NEAR).receives(Wording.CALL_OUT)
    story.nobody_hears_more()
    story.carer(FIRST).takes()
    story.carer(FIRST).receives(Wording.GRANTED)
    story.carer(NEAR).receives(Wording.TAKEN)


def test_a_no_beside_a_busy_patrols_question_goes_on_at_once() -> None:
    story = Story(FALL, signed_in=False, roster=town(FIRST, NEAR, LEAD, busy=frozenset({ON_DUTY[0].shift_id})))
    story.ticks()
    story.carer(FIRST).receives(Wording.ALSO_SEEKS)
    story.carer(NEAR).receives(Wording.CALL_OUT).declines()
    story.carer(NEAR).receives(Wording.DECLINED)
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.nobody_hears_more()


def test_a_busy_patrol_is_asked_and_waited_for_with_priority_2() -> None:
    story = Story(signed_in=False, roster=town(FIRST, LEAD, busy=frozenset({ON_DUTY[0].shift_id})))
    story.ticks()
    story.carer(FIRST).receives(Wording.ALSO_SEEKS)
    story.passes(minutes=4)
    story.nobody_hears_more()


def test_a_role_with_nobody_on_duty_is_passed_at_once() -> None:
    story = Story(signed_in=False, roster=town(LEAD))
    story.ticks()
    story.carer(LEAD).receives(Wording.ESCALATION)
    assert story.lines("nobody_on_duty") == 2
    story.nobody_hears_more()


def test_with_nobody_on_duty_the_fixed_number_is_called_at_once() -> None:
    story = Story(signed_in=False, roster=replace(town(), shifts=()))
    story.ticks()
    story.carer(FIXED).receives(Wording.CALL_OUT, Channel.CALL)
    assert story.has(RedBoard)
    story.nobody_hears_more()


def test_after_three_rounds_lead_and_fixed_number_each_5_min() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=3 * 420 - 1)
    assert not story.has(RedBoard)
    rounds = [n.round for n in story.alarm.dispatch.notices] if story.alarm.dispatch else []
    assert rounds == [1] * 4 + [2] * 4 + [3] * 4
    story.passes(seconds=1)
    assert story.has(RedBoard)
    lead, fixed = story.carer(LEAD), story.carer(FIXED)
    for _ in range(3):
        lead.receives(Wording.ESCALATION)
    for _ in range(10):
        lead.receives(Wording.CALL_OUT, Channel.CALL)
        fixed.receives(Wording.CALL_OUT, Channel.CALL)
        story.passes(minutes=5)
    fixed.takes()
    fixed.receives(Wording.CALL_OUT, Channel.CALL).receives(Wording.GRANTED)
    assert story.state() is AlarmState.ACCEPTED


def test_whoever_comes_on_duty_after_every_round_is_asked_too() -> None:
    story = Story(FALL, signed_in=False, roster=town(LEAD))
    story.passes(minutes=30)
    assert story.alarm.dispatch is not None and story.alarm.dispatch.state is DispatchState.EXHAUSTED
    story.roster = town(LEAD, FIRST)
    story.passes(minutes=5)
    story.carer(FIRST).receives(Wording.CALL_OUT).takes()
    story.carer(FIRST).receives(Wording.GRANTED)


def test_after_an_outage_at_most_one_round_is_used_up() -> None:
    story = Story(FALL, signed_in=False)
    story.ticks()
    story.now += timedelta(hours=1)
    story.ticks()
    assert story.alarm.dispatch is not None
    assert [n.round for n in story.alarm.dispatch.notices] == [1, 1, 1, 1, 2]
    assert story.alarm.next_step_at == story.now + timedelta(seconds=90)


def test_a_calm_search_begun_anew_keeps_the_latest_time() -> None:
    story = Story(AlarmKind.TECHNICAL, signed_in=False, arrive_by=START + timedelta(minutes=40))
    story.passes(seconds=120)
    patrol = story.carer(FIRST)
    patrol.arrives()
    patrol.is_done()
    patrol.inbox.clear()
    story.happens(Joined(AlarmKind.TECHNICAL, Priority.THIRD))
    patrol.receives(Wording.CALL_OUT)
    story.passes(minutes=15)
    patrol.receives(Wording.REMINDER)
    story.passes(minutes=22, seconds=59)
    story.nobody_hears_more()
    story.passes(seconds=1)
    assert story.now == START + timedelta(minutes=40)
    story.carer(LEAD).receives(Wording.ESCALATION)


def test_two_carers_are_sought_until_both_have_it() -> None:
    story = Story(signed_in=False, plan=Plan(two_carers=True))
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT).takes()
    story.carer(FIRST).receives(Wording.GRANTED)
    assert story.state() is AlarmState.ACCEPTED
    story.carer(SECOND).receives(Wording.CALL_OUT).takes()
    story.carer(SECOND).receives(Wording.GRANTED)
    assert story.owner == story.carer(FIRST).notice.notice_id
    story.passes(minutes=30)
    story.nobody_hears_more()


def test_a_dispatch_keeps_the_chain_it_began_with() -> None:
    chains = MappingProxyType({Priority.SECOND: (Step(timedelta(0), Who.LEAD),)})
    story = Story(signed_in=False, plan=Plan(chains=chains))
    story.ticks()
    story.plan = Plan()
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.passes(minutes=9)
    story.nobody_hears_more()


def test_an_owner_who_hands_back_is_replaced_at_once() -> None:
    story = Story(FALL, signed_in=False)
    story.ticks()
    patrol = story.carer(FIRST).receives(Wording.CALL_OUT)
    patrol.takes()
    story.passes(minutes=3)
    patrol.declines()
    patrol.receives(Wording.GRANTED).receives(Wording.DECLINED)
    assert story.state() is AlarmState.DISPATCHED
    story.carer(SECOND).receives(Wording.CALL_OUT)
    story.nobody_hears_more()


@pytest.mark.parametrize("busy", [frozenset[UUID](), frozenset({ON_DUTY[3].shift_id})])
def test_the_lead_is_asked_also_when_busy(busy: frozenset[UUID]) -> None:
    story = Story(FALL, signed_in=False, roster=town(LEAD, busy=busy))
    story.ticks()
    story.carer(LEAD).receives(Wording.ESCALATION)


def test_closing_tells_all_who_were_asked_and_asks_no_more() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=180)
    story.carer(FIRST).receives(Wording.CALL_OUT).receives(Wording.CALL_OUT, Channel.CALL)
    story.carer(SECOND).receives(Wording.CALL_OUT)
    story.operator().closes(Outcome.FALSE_ALARM)
    story.carer(FIRST).receives(Wording.STOOD_DOWN)
    story.carer(SECOND).receives(Wording.STOOD_DOWN)
    story.passes(minutes=60)
    story.nobody_hears_more()


def test_a_fault_without_an_agreed_visit_goes_to_the_lead_only() -> None:
    story = Story(AlarmKind.TECHNICAL, plan=Plan(visit_on_fault=False))
    story.passes(minutes=3)
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.passes(minutes=10)
    story.carer(LEAD).receives(Wording.CALL_OUT, Channel.CALL)
    story.nobody_hears_more()
