"""Rules of a dispatch that no single story shows: who is asked once more, who is left out, and what a search begins with."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from alarm_center.core.alarm.alarm_effects import Notify
from alarm_center.core.alarm.alarm_events import ConditionReported, Declined, Took
from alarm_center.core.alarm.alarm_parts import Limits
from alarm_center.core.alarm.state import AlarmState, Dispatch, DispatchPurpose, DispatchState, Notice, NoticeState
from alarm_center.core.alarm.trouble_ladders import CHAINS as TROUBLE_CHAINS
from alarm_center.core.plan import CHAINS, Plan, Step, Wording
from schemas.vocabulary import AlarmKind, Channel, Condition, Outcome, Priority, Who
from tests.support.alarm_story import FIRST, FIXED, LEAD, NEAR, ON_DUTY, SECOND, START, Story, accepted, on_site, town

FALL = AlarmKind.SOMETHING_WRONG
TWO_CARERS = Plan(two_carers=True)
MINUTE = timedelta(minutes=1)


def dispatch_of(story: Story) -> Dispatch:
    assert story.alarm.dispatch is not None
    return story.alarm.dispatch


def notices(story: Story, phone: str) -> list[Notice]:
    return [notice for notice in dispatch_of(story).notices if notice.phone == phone]


def states(story: Story, phone: str) -> list[NoticeState]:
    return [notice.state for notice in notices(story, phone)]


# ---- one phone has one open question ----


def test_a_new_question_takes_the_older_ones_place() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=180)
    assert states(story, FIRST) == [NoticeState.EXPIRED, NoticeState.ASKED]
    assert states(story, SECOND) == [NoticeState.ASKED]


def test_a_no_to_either_question_of_a_phone_is_to_both() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=90)
    text, call = notices(story, FIRST)
    story.happens(Declined(text.notice_id))
    assert states(story, FIRST) == [NoticeState.DECLINED, NoticeState.DECLINED]
    assert {(n.round, n.answered_at) for n in notices(story, FIRST)} == {(1, story.now)}
    assert states(story, SECOND) == [NoticeState.ASKED]
    assert call.notice_id != text.notice_id


def test_a_yes_too_late_to_a_lost_question_is_stood_down() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=180)
    text = notices(story, FIRST)[0]
    story.carer(SECOND).takes()
    story.happens(Took(text.notice_id))
    assert states(story, FIRST) == [NoticeState.STOOD_DOWN, NoticeState.STOOD_DOWN]
    assert states(story, SECOND) == [NoticeState.TOOK]


def test_who_has_it_is_not_told_that_it_is_taken() -> None:
    story = accepted(plan=TWO_CARERS)
    story.carer(SECOND).takes()
    assert story.carer(FIRST).inbox == []
    story.carer(SECOND).receives(Wording.CALL_OUT).receives(Wording.GRANTED)


# ---- what a search begins with ----


def test_each_trouble_is_graver_than_the_one_before() -> None:
    assert [purpose.rank for purpose in DispatchPurpose] == [0, 1, 2, 3, 4]


def test_a_trouble_asks_the_lead_and_help_asks_everybody() -> None:
    to_lead = [(0, Who.LEAD, Channel.SMS), (90, Who.LEAD, Channel.CALL), (180, Who.SECOND_PATROL, Channel.SMS)]
    said = {
        purpose: [(step.after.total_seconds(), step.who, step.channel) for step in chain]
        for purpose, chain in TROUBLE_CHAINS.items()
    }
    assert said == {
        DispatchPurpose.LATE: to_lead,
        DispatchPurpose.SILENCE: to_lead,
        DispatchPurpose.ACCESS: to_lead,
        DispatchPurpose.HELP: [
            (0, Who.SECOND_PATROL, Channel.SMS),
            (0, Who.LEAD, Channel.SMS),
            (90, Who.SECOND_PATROL, Channel.CALL),
            (90, Who.LEAD, Channel.CALL),
        ],
    }


@pytest.mark.parametrize(("rounds", "last"), [(0, 2), (1, 2), (2, 3)])
def test_a_search_begun_anew_has_all_its_rounds_before_it(rounds: int, last: int) -> None:
    story = accepted(plan=Plan(rounds=rounds))
    story.carer(FIRST).declines()
    assert dispatch_of(story).last_round == last


def test_who_said_no_stays_so_when_somebody_has_to_go_again() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    story.carer(FIRST).declines()
    story.carer(SECOND).takes()
    story.carer(SECOND).is_done()
    story.happens(ConditionReported(Condition.ACTIVE))
    assert states(story, FIRST)[0] is NoticeState.DECLINED
    assert states(story, SECOND)[0] is NoticeState.STOOD_DOWN


@pytest.mark.parametrize(
    ("says", "purpose", "asked"),
    [
        ("cannot_get_in", DispatchPurpose.ACCESS, [LEAD]),
        ("finds_nobody", DispatchPurpose.ACCESS, [LEAD]),
        ("needs_help", DispatchPurpose.HELP, [SECOND, LEAD]),
    ],
)
def test_a_search_for_help_wants_one_carer_more(says: str, purpose: DispatchPurpose, asked: list[str]) -> None:
    story = on_site()
    getattr(story.carer(FIRST), says)()
    search = dispatch_of(story)
    assert (search.seeking, search.state, search.round, search.last_round) == (purpose, DispatchState.RUNNING, 2, 4)
    assert (search.needed, search.round_started_at, search.repeat_at) == (2, story.now, None)
    assert [n.phone for n in search.notices if n.round == 2] == asked


@pytest.mark.parametrize(("plan", "needed"), [(Plan(), 1), (TWO_CARERS, 2)])
def test_a_search_begun_anew_wants_as_many_as_were_agreed(plan: Plan, needed: int) -> None:
    story = accepted(plan=plan)
    story.carer(FIRST).declines()
    search = dispatch_of(story)
    assert (search.needed, search.round, search.last_round) == (needed, 2, 4)
    assert (search.chain, search.seeking) == (CHAINS[Priority.SECOND], DispatchPurpose.CALL_OUT)


def test_one_of_two_who_cannot_leaves_one_to_be_found() -> None:
    story = accepted(plan=TWO_CARERS)
    story.carer(SECOND).takes()
    story.carer(FIRST).declines()
    assert (dispatch_of(story).needed, [n.phone for n in dispatch_of(story).takers]) == (2, [SECOND])


def test_one_of_two_who_came_to_help_and_cannot_is_replaced() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.carer(SECOND).takes()
    story.carer(SECOND).declines()
    search = dispatch_of(story)
    assert ([n.phone for n in search.takers], search.needed, search.seeks) == ([FIRST], 2, True)


def test_a_lesser_trouble_does_not_begin_a_search_anew() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    before = dispatch_of(story)
    story.carer(FIRST).cannot_get_in()
    assert (dispatch_of(story).seeking, dispatch_of(story).round) == (DispatchPurpose.HELP, before.round)


def test_the_same_trouble_again_does_not_begin_a_search_anew() -> None:
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    story.carer(FIRST).cannot_get_in()
    assert dispatch_of(story).round == 2


@pytest.mark.parametrize(
    ("trouble", "word", "over"),
    [
        ("cannot_get_in", "arrives", True),
        ("cannot_get_in", "stays", False),
        ("needs_help", "arrives", False),
        ("needs_help", "stays", False),
        ("needs_help", "is_done", True),
    ],
)
def test_a_word_from_the_site_ends_the_troubles_of_its_row(trouble: str, word: str, over: bool) -> None:
    story = on_site()
    getattr(story.carer(FIRST), trouble)()
    getattr(story.carer(FIRST), word)()
    assert story.alarm.seeks is not over
    if over:
        assert (dispatch_of(story).state, dispatch_of(story).repeat_at) == (DispatchState.ACCEPTED, None)


def test_a_second_carer_is_sought_again_when_the_trouble_is_over() -> None:
    story = on_site(plan=TWO_CARERS)
    story.carer(FIRST).cannot_get_in()
    story.carer(FIRST).arrives()
    assert (dispatch_of(story).seeking, dispatch_of(story).needed, story.alarm.seeks) == (
        DispatchPurpose.CALL_OUT,
        2,
        True,
    )


# ---- after the last round ----


def exhausted(*phones: str, fixed: str | None = FIXED) -> Story:
    story = Story(FALL, signed_in=False, roster=town(*phones, fixed=fixed))
    story.passes(seconds=3 * 420 - 1)
    for carer in story.carers.values():
        carer.inbox.clear()
    story.passes(seconds=1)
    return story


def test_after_the_last_round_lead_and_fixed_number_are_called() -> None:
    story = exhausted(FIRST, SECOND, LEAD)
    called = [n for n in dispatch_of(story).notices if n.round == 4]
    assert [(n.phone, n.who, n.channel, n.asked_at) for n in called] == [
        (LEAD, Who.LEAD, Channel.CALL, story.now),
        (FIXED, Who.FIXED, Channel.CALL, story.now),
    ]
    assert dispatch_of(story).repeat_at == story.now + timedelta(minutes=5)
    story.passes(minutes=5)
    assert dispatch_of(story).round == 5


def test_a_lead_who_answers_the_fixed_number_is_called_once() -> None:
    story = exhausted(FIRST, LEAD, fixed=LEAD)
    assert [n.phone for n in dispatch_of(story).notices if n.round == 4] == [LEAD]


def test_with_nobody_to_call_the_timeline_says_so_each_time() -> None:
    story = Story(FALL, signed_in=False, roster=replace(town(FIRST, fixed=None)))
    story.roster = replace(story.roster, shifts=())
    story.ticks()
    said = story.lines("nobody_on_duty")
    story.passes(minutes=5)
    assert story.lines("nobody_on_duty") == said + 1
    assert story.alarm.next_step_at == story.now + timedelta(minutes=5)


def test_who_has_it_is_not_called_after_the_last_round() -> None:
    story = accepted(plan=TWO_CARERS)
    story.roster = town(LEAD)
    story.passes(minutes=31)
    story.carer(LEAD).takes()
    story.carer(LEAD).inbox.clear()
    story.passes(minutes=20)
    assert [w for w, channel in story.carer(LEAD).inbox if channel is Channel.CALL and w is Wording.CALL_OUT] == []


# ---- who is asked ----


def test_a_call_goes_to_who_had_the_text() -> None:
    story = Story(FALL, signed_in=False)
    story.ticks()
    story.roster = town(FIRST, SECOND, LEAD, busy=frozenset({ON_DUTY[0].shift_id}))
    story.passes(seconds=90)
    story.carer(FIRST).receives(Wording.CALL_OUT).receives(Wording.CALL_OUT, Channel.CALL)
    assert story.carer(SECOND).inbox == []


def test_somebody_new_in_a_role_is_texted_before_being_called() -> None:
    story = Story(FALL, signed_in=False, roster=town(FIRST, LEAD))
    story.ticks()
    story.roster = town(SECOND, LEAD)
    story.passes(seconds=90)
    story.carer(SECOND).receives(Wording.CALL_OUT)


def test_the_second_patrol_is_another_than_the_first() -> None:
    story = Story(FALL, signed_in=False, roster=town(FIRST, NEAR, LEAD))
    story.passes(seconds=180)
    assert [(n.phone, n.who) for n in dispatch_of(story).notices] == [
        (FIRST, Who.PATROL),
        (FIRST, Who.PATROL),
        (NEAR, Who.SECOND_PATROL),
    ]


def test_a_reminder_is_a_call_out_for_who_was_not_asked_before() -> None:
    story = Story(AlarmKind.TECHNICAL, signed_in=False, roster=town(FIRST, LEAD))
    story.passes(seconds=120)
    story.roster = town(SECOND, LEAD)
    story.passes(minutes=15)
    story.carer(SECOND).receives(Wording.CALL_OUT)


def test_a_further_step_goes_to_the_roles_last_asked_phone() -> None:
    steps = (Step(timedelta(0), Who.PATROL), Step(MINUTE, Who.PATROL), Step(2 * MINUTE, Who.PATROL))
    plan = Plan(chains=MappingProxyType({Priority.SECOND: steps}))
    story = Story(signed_in=False, plan=plan, roster=town(FIRST))
    story.ticks()
    story.roster = town(SECOND)
    story.passes(minutes=1)
    story.roster = town(FIRST, SECOND)
    story.passes(minutes=1)
    assert [n.phone for n in dispatch_of(story).notices] == [FIRST, SECOND, SECOND]


def test_a_patrol_that_comes_on_duty_last_is_asked_by_sms() -> None:
    story = exhausted(LEAD)
    story.roster = town(LEAD, FIRST)
    story.passes(minutes=5)
    asked = notices(story, FIRST)[0]
    assert (asked.who, asked.channel, asked.wording) == (Who.PATROL, Channel.SMS, Wording.CALL_OUT)


def test_a_busy_patrol_does_not_hold_up_the_second_carer() -> None:
    busy = frozenset({ON_DUTY[0].shift_id})
    story = Story(
        AlarmKind.SOMETHING_WRONG, signed_in=False, plan=TWO_CARERS, roster=town(FIRST, NEAR, LEAD, busy=busy)
    )
    story.ticks()
    story.carer(NEAR).takes()
    story.carer(LEAD).receives(Wording.CALL_OUT)
    assert states(story, FIRST) == [NoticeState.ASKED]


def test_the_first_of_two_who_is_done_is_done_alone() -> None:
    story = Story(FALL, signed_in=False, plan=TWO_CARERS)
    story.ticks()
    for phone in (FIRST, SECOND):
        story.carer(phone).takes()
        story.carer(phone).arrives()
    story.carer(FIRST).is_done()
    assert [(n.phone, n.done_at) for n in story.alarm.takers] == [(FIRST, story.now), (SECOND, None)]
    story.carer(SECOND).is_done()
    story.carer(FIRST).stays()
    assert [(n.phone, n.done_at) for n in story.alarm.takers] == [(FIRST, None), (SECOND, story.now)]


# ---- calm alarms ----


@pytest.mark.parametrize(
    ("arrive_within", "reminder", "lead"),
    [(60, 15, 60), (20, 10, 20), (6, 3, 6), (5, 2.5, 5), (4, 2.5, 5), (0, 2.5, 5)],
)
def test_a_calm_alarm_asks_the_lead_at_the_latest_time(arrive_within: float, reminder: float, lead: float) -> None:
    arrive_by = START + timedelta(minutes=2 + arrive_within)
    story = Story(AlarmKind.TECHNICAL, signed_in=False, arrive_by=arrive_by)
    story.passes(seconds=120)
    assert [step.after for step in dispatch_of(story).chain] == [
        timedelta(0),
        timedelta(minutes=reminder),
        timedelta(minutes=lead),
    ]


def test_a_closed_alarm_asks_nobody_and_leaves_its_takers() -> None:
    story = accepted()
    story.operator().closes(Outcome.FALSE_ALARM)
    assert (story.state(), states(story, FIRST)) == (AlarmState.CLOSED, [NoticeState.TOOK])
    asked = sum(isinstance(effect, Notify) for effect in story.effects)
    story.passes(minutes=60)
    assert sum(isinstance(effect, Notify) for effect in story.effects) == asked


def test_a_carer_who_gives_it_back_is_not_asked_in_the_new_round() -> None:
    story = accepted()
    story.passes(minutes=3)
    story.carer(FIRST).declines()
    given_back = notices(story, FIRST)[0]
    assert (given_back.state, given_back.round, given_back.answered_at) == (NoticeState.DECLINED, 2, story.now)
    assert [n.phone for n in dispatch_of(story).notices if n.state is NoticeState.ASKED] == [SECOND]


def test_the_clockwork_comes_back_to_an_alarm_without_limits() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    story.alarm = replace(story.alarm, limits=Limits())
    story.ticks()
    assert story.alarm.next_step_at == story.now + timedelta(minutes=5)


def test_a_lead_who_is_asked_how_it_ended_begins_no_search() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    story.happens(ConditionReported(Condition.CLEARED))
    story.passes(minutes=10)
    story.carer(LEAD).receives(Wording.OUTCOME)
    assert (dispatch_of(story).state, story.alarm.seeks, story.state()) == (
        DispatchState.STOOD_DOWN,
        False,
        AlarmState.OPEN,
    )
    story.passes(minutes=29)
    story.nobody_hears_more()


def test_a_search_that_is_called_off_is_not_taken_up_by_itself() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False, roster=replace(town(), shifts=()))
    story.ticks()
    assert dispatch_of(story).repeat_at is not None
    story.happens(ConditionReported(Condition.CLEARED))
    assert (dispatch_of(story).state, dispatch_of(story).repeat_at) == (DispatchState.STOOD_DOWN, None)
    story.happens(ConditionReported(Condition.ACTIVE))
    assert dispatch_of(story).seeks


def test_a_search_after_the_last_round_ends_with_its_close() -> None:
    story = exhausted(FIRST, LEAD)
    story.operator().closes(Outcome.FALSE_ALARM)
    assert (dispatch_of(story).state, dispatch_of(story).repeat_at) == (DispatchState.STOOD_DOWN, None)


def test_who_takes_it_after_the_last_round_ends_the_calls() -> None:
    story = exhausted(FIRST, SECOND, LEAD)
    story.carer(LEAD).takes()
    assert (dispatch_of(story).state, dispatch_of(story).repeat_at) == (DispatchState.ACCEPTED, None)


def test_the_next_round_does_not_wait_for_a_busy_patrol() -> None:
    story = Story(FALL, signed_in=False, roster=town(FIRST, LEAD, busy=frozenset({ON_DUTY[0].shift_id})))
    story.ticks()
    assert states(story, FIRST) == [NoticeState.ASKED]
    story.passes(seconds=10)
    story.carer(LEAD).declines()
    last = dispatch_of(story).chain[-1]
    assert dispatch_of(story).round_started_at == story.now - last.after


def test_a_lost_sms_moves_no_round_while_another_may_answer() -> None:
    story = Story(FALL, signed_in=False, roster=town(FIRST, LEAD))
    story.passes(seconds=200)
    began = dispatch_of(story).round_started_at
    story.carer(LEAD).is_not_reached()
    assert (dispatch_of(story).step, dispatch_of(story).round_started_at) == (len(dispatch_of(story).chain), began)
    assert states(story, FIRST)[-1] is NoticeState.ASKED


def test_the_second_of_two_is_waited_for_before_another_is_asked() -> None:
    story = Story(FALL, signed_in=False, plan=TWO_CARERS, roster=town(FIRST, SECOND, LEAD))
    story.passes(seconds=180)
    story.carer(FIRST).takes()
    assert (states(story, SECOND), notices(story, LEAD)) == ([NoticeState.ASKED], [])
