"""Trouble that comes before anybody has the case, twice, to two carers, or late: none of it hides another, or ends it."""

from datetime import timedelta

import pytest

from alarm_center.core.alarm.alarm_effects import CalmBoard, RedBoard
from alarm_center.core.alarm.alarm_events import (
    Arrived,
    CalledOff,
    CannotGetIn,
    ColleagueInNeed,
    ConditionReported,
    Declined,
    NeedsHelp,
    Took,
)
from alarm_center.core.alarm.state import Alarm, AlarmState, DispatchPurpose, Notice, NoticeState
from alarm_center.core.alarm.trouble import LATE_AGAIN, SAID_AGAIN, carer_of, of_kind
from alarm_center.core.alarm.trouble_ladders import SEEN_TO_FOR
from alarm_center.core.decision import IllegalMove, Raise
from alarm_center.core.plan import Plan, Wording
from schemas.vocabulary import AlarmKind, Channel, Condition, Outcome, Priority, TroubleKind
from tests.support.alarm_story import FIRST, FIXED, LEAD, SECOND, START, Story, accepted, colleague, on_site, town

HELP, LOCKED_OUT, LATE = TroubleKind.HELP, TroubleKind.CANNOT_GET_IN, TroubleKind.LATE
TWO_CARERS = Plan(two_carers=True)


def open_kinds(story: Story) -> list[TroubleKind]:
    return [trouble.kind for trouble in story.alarm.unacknowledged]


def seeking(story: Story) -> DispatchPurpose | None:
    dispatch = story.alarm.dispatch
    return dispatch.seeking if dispatch is not None and dispatch.seeks else None


def first_notice(story: Story, phone: str) -> Notice:
    assert story.alarm.dispatch is not None
    return next(notice for notice in story.alarm.dispatch.notices if notice.phone == phone)


def clear(story: Story) -> None:
    for carer in story.carers.values():
        carer.inbox.clear()


def cried_before_anybody_took_it() -> Story:
    story = Story(AlarmKind.SOMETHING_WRONG)
    story.passes(minutes=2)
    story.carer(FIRST).needs_help()
    return story


def two_on_the_way() -> Story:
    story = accepted(plan=TWO_CARERS)
    story.passes(minutes=1)
    story.carer(SECOND).takes()
    return story


# ---- before anybody has the case ----


@pytest.mark.parametrize("by", ["operator", "lead"])
def test_a_cry_before_it_is_taken_leaves_it_sought_for(by: str) -> None:
    story = cried_before_anybody_took_it()
    if by == "operator":
        story.operator().acknowledges(HELP)
    else:
        story.carer(LEAD).takes()
        assert story.carer(LEAD).inbox.pop() == (Wording.YOU_SEE_TO_IT, Channel.SMS)
    assert (story.state(), open_kinds(story)) == (AlarmState.DISPATCHED, [])
    story.passes(seconds=SEEN_TO_FOR.total_seconds() - 1)
    assert (seeking(story), open_kinds(story)) == (DispatchPurpose.CALL_OUT, [])
    assert not story.carer(FIXED).inbox
    story.passes(seconds=1)
    assert (seeking(story), open_kinds(story)) == (DispatchPurpose.CALL_OUT, [HELP]), "no word of it for 15 minutes"
    story.carer(FIXED).receives(Wording.VOICE_TROUBLE_HELP, Channel.CALL)
    clear(story)
    story.passes(minutes=55)
    assert open_kinds(story) == [HELP, TroubleKind.NOT_TAKEN], "nobody has the resident's alarm: it is red"
    assert (Wording.CALL_OUT, Channel.CALL) in story.carer(FIXED).inbox and story.carer(LEAD).inbox


def test_a_lesser_trouble_follows_the_rounds_for_help() -> None:
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    story.passes(seconds=30)
    story.carer(FIRST).needs_help()
    story.passes(seconds=10)
    story.operator().acknowledges(HELP)
    story.passes(seconds=SEEN_TO_FOR.total_seconds() - 1)
    assert (seeking(story), open_kinds(story)) == (DispatchPurpose.ACCESS, [LOCKED_OUT])
    assert (Wording.VOICE_TROUBLE_HELP, Channel.CALL) not in story.carer(FIXED).inbox, "help is seen to"
    assert (Wording.VOICE_TROUBLE_CANNOT_GET_IN, Channel.CALL) in story.carer(LEAD).inbox
    story.passes(seconds=1)
    assert open_kinds(story) == [LOCKED_OUT, HELP], "no word from the address for 15 minutes"
    assert (Wording.VOICE_TROUBLE_HELP, Channel.CALL) in story.carer(FIXED).inbox


def test_the_fixed_number_hears_what_got_louder() -> None:
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    story.passes(seconds=30)
    story.carer(FIRST).needs_help()
    story.operator().acknowledges(HELP)
    story.passes(seconds=270)
    story.carer(FIXED).receives(Wording.VOICE_TROUBLE_CANNOT_GET_IN, Channel.CALL).takes()
    assert open_kinds(story) == []


def test_the_fixed_number_hears_one_of_two_at_a_time() -> None:
    """A phone has one open question: a lesser one must not take the place of a graver at the same instant."""
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    story.passes(seconds=120)
    story.carer(FIRST).needs_help()
    story.passes(seconds=180)
    assert sum(isinstance(effect, RedBoard) for effect in story.effects) == 2
    story.carer(FIXED).receives(Wording.VOICE_TROUBLE_HELP, Channel.CALL)
    assert not story.carer(FIXED).inbox


def test_the_fixed_number_hears_of_help_after_the_rounds() -> None:
    """Given back by the one who had it and cried: the resident's alarm has had its rounds, and is called about by itself."""
    story = cried_before_anybody_took_it()
    story.carer(SECOND).arrives()
    story.carer(SECOND).declines()
    while TroubleKind.NOT_TAKEN not in open_kinds(story):
        story.passes(minutes=1)
    assert seeking(story) is DispatchPurpose.CALL_OUT and HELP in open_kinds(story)
    clear(story)
    story.passes(minutes=5)
    assert (Wording.VOICE_TROUBLE_HELP, Channel.CALL) in story.carer(FIXED).inbox


def test_help_that_is_seen_to_after_its_rounds_is_over() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.passes(minutes=25)
    assert seeking(story) is DispatchPurpose.HELP
    story.operator().acknowledges(HELP)
    clear(story)
    story.passes(minutes=4)
    assert seeking(story) is None
    story.nobody_hears_more()


# ---- late ----


def test_late_that_an_operator_has_seen_begins_anew() -> None:
    story = accepted()
    while not story.alarm.troubles:
        story.passes(minutes=1)
    story.operator().acknowledges(LATE)
    clear(story)
    story.passes(seconds=LATE_AGAIN.total_seconds() - 1)
    story.nobody_hears_more()
    story.passes(seconds=1)
    assert open_kinds(story) == [LATE]
    story.carer(LEAD).receives(Wording.ESCALATION_LATE)
    story.passes(minutes=5)
    assert story.has(RedBoard)


# ---- a word that comes again, and another carer's ----


def test_a_cry_just_after_an_acknowledgement_is_heard() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.passes(minutes=2)
    story.operator().acknowledges(HELP)
    story.passes(seconds=50)
    story.carer(FIRST).needs_help()
    assert open_kinds(story) == [HELP]


def test_a_cry_that_is_repeated_does_not_put_off_red() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    for _ in range(2):
        story.passes(seconds=SAID_AGAIN.total_seconds() + 10)
        clear(story)
        story.carer(FIRST).needs_help()
        assert not story.carer(LEAD).inbox, "the search goes on as it was"
    story.passes(seconds=40)
    assert story.has(RedBoard)


def test_a_helper_who_is_hurt_is_heard_at_once() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.carer(SECOND).takes()
    assert open_kinds(story) == []
    story.passes(seconds=40)
    clear(story)
    story.carer(SECOND).needs_help()
    assert open_kinds(story) == [HELP]
    assert story.alarm.phones_in_need() == {FIRST, SECOND}
    story.carer(LEAD).receives(Wording.TROUBLE_HELP)
    story.passes(minutes=40)
    assert story.has(RedBoard)


def test_two_who_cry_are_told_of_both() -> None:
    story = two_on_the_way()
    story.carer(FIRST).needs_help()
    story.passes(seconds=30)
    began = story.alarm.troubles[0]
    clear(story)
    story.carer(SECOND).needs_help()
    cry = of_kind(story.alarm.troubles, HELP)
    assert cry is not None and (cry.began_at, cry.louder_at) == (began.began_at, began.louder_at)
    assert story.alarm.phones_in_need() == {FIRST, SECOND}
    carer = carer_of(story.alarm, cry)
    assert carer is not None and carer.phone == SECOND, "the text names the one that nobody has heard of"
    story.carer(LEAD).receives(Wording.TROUBLE_HELP)


# ---- another carer's "klar" ----


@pytest.mark.parametrize("acknowledged", [False, True])
def test_done_does_not_end_another_carers_cry(acknowledged: bool) -> None:
    story = two_on_the_way()
    story.carer(FIRST).arrives()
    story.carer(FIRST).needs_help()
    story.carer(SECOND).needs_help()
    if acknowledged:
        story.operator().acknowledges(HELP)
    story.passes(seconds=10)
    story.carer(FIRST).is_done()
    assert [trouble.kind for trouble in story.alarm.troubles] == [HELP]
    assert seeking(story) is DispatchPurpose.HELP and story.alarm.phones_in_need() == {SECOND}
    story.carer(SECOND).is_done()
    assert story.alarm.troubles == () and seeking(story) is None


def test_an_outcome_raises_another_carers_cry_anew() -> None:
    story = two_on_the_way()
    story.carer(SECOND).needs_help()
    story.carer(FIRST).is_done(Outcome.HELPED_UP)
    assert story.state() is AlarmState.CLOSED
    assert Raise(AlarmKind.MANUAL, Priority.FIRST, None, in_need=(colleague(SECOND),)) in story.effects


@pytest.mark.parametrize("by", [FIRST, SECOND])
def test_an_outcome_of_who_cried_or_helped_raises_nothing(by: str) -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.carer(SECOND).takes()
    story.carer(by).is_done()
    assert story.alarm.troubles == ()
    story.carer(by).is_done(Outcome.HELPED_UP)
    assert story.state() is AlarmState.CLOSED and not story.has(Raise)


# ---- who was not told does not see to it ----


def test_a_1_to_the_call_out_is_none_to_the_locked_door() -> None:
    story = Story(AlarmKind.SOMETHING_WRONG)
    story.passes(minutes=4)
    first, second = first_notice(story, FIRST), first_notice(story, SECOND)
    for word in (Took, Arrived, CannotGetIn):
        story.happens(word(first.notice_id))
    story.passes(seconds=20)
    clear(story)
    story.happens(Took(second.notice_id))
    story.carer(SECOND).receives(Wording.GRANTED)
    assert [taker.phone for taker in story.alarm.takers] == [FIRST, SECOND]
    assert (open_kinds(story), seeking(story)) == ([LOCKED_OUT], DispatchPurpose.ACCESS)
    story.passes(minutes=5)
    assert (Wording.VOICE_TROUBLE_CANNOT_GET_IN, Channel.CALL) in story.carer(LEAD).inbox and story.has(RedBoard)


# ---- called off, and a visit ----


def test_not_taken_is_over_when_the_camera_calls_it_off() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    while not story.alarm.troubles:
        story.passes(minutes=5)
    assert open_kinds(story) == [TroubleKind.NOT_TAKEN]
    story.happens(ConditionReported(Condition.CLEARED))
    assert story.alarm.troubles == () and story.has(CalmBoard)
    clear(story)
    story.passes(minutes=5)
    assert not story.carer(FIXED).inbox


def overdue_visit_with_a_cry() -> Story:
    story = Story(AlarmKind.MANUAL, visit=True, arrive_by=START + timedelta(hours=3))
    story.passes(minutes=179)
    story.carer(FIRST).needs_help()
    story.passes(minutes=2)
    return story


def test_a_visit_that_is_overdue_leaves_the_search_for_help() -> None:
    story = overdue_visit_with_a_cry()
    assert not story.alarm.is_calm
    assert seeking(story) is DispatchPurpose.HELP
    story.operator().acknowledges(HELP)
    story.passes(minutes=30)
    assert seeking(story) is DispatchPurpose.CALL_OUT


def test_a_visit_with_a_cry_is_not_called_off() -> None:
    story = overdue_visit_with_a_cry()
    story.operator().acknowledges(HELP)
    story.passes(minutes=30)
    with pytest.raises(IllegalMove):
        story.happens(CalledOff("planning"))


def test_who_takes_without_having_been_told_keeps_help_sought() -> None:
    """Asked for the alarm before the cry, and answering that: one more is needed who knows of it."""
    story = Story(AlarmKind.SOMETHING_WRONG, signed_in=False)
    story.passes(minutes=4)
    asked = first_notice(story, SECOND)
    assert asked.state is NoticeState.ASKED or asked.state is NoticeState.EXPIRED
    story.carer(FIRST).needs_help()
    story.happens(Took(asked.notice_id))
    after: Alarm = story.alarm
    assert (after.state, [taker.phone for taker in after.takers]) == (AlarmState.ACCEPTED, [SECOND])
    assert (open_kinds(story), seeking(story)) == ([HELP], DispatchPurpose.HELP)
    story.happens(NeedsHelp(first_notice(story, FIRST).notice_id))
    assert open_kinds(story) == [HELP]


# ---- who saw to it, and cannot ----


def test_a_lead_who_cannot_after_all_is_heard_each_time() -> None:
    """2, 1 and 2 again: the last word counts, though the same notice said no before."""
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    for _ in range(2):
        story.carer(LEAD).declines()
        assert open_kinds(story) == [LOCKED_OUT]
        story.carer(LEAD).takes()
        assert open_kinds(story) == []
    story.carer(LEAD).declines()
    assert open_kinds(story) == [LOCKED_OUT]
    story.passes(minutes=6)
    assert story.has(RedBoard)


def test_a_no_to_the_next_question_takes_back_the_yes() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    first = first_notice(story, LEAD)
    story.happens(Took(first.notice_id))
    assert open_kinds(story) == []
    story.passes(minutes=12)
    asked = story.carer(LEAD).notice
    assert asked.notice_id != first.notice_id, "help is sought on, and the lead is asked again"
    story.happens(Declined(asked.notice_id))
    assert open_kinds(story) == [HELP]


def test_an_outcome_raises_no_cry_that_somebody_has_seen_to() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.operator().acknowledges(HELP)
    story.carer(SECOND).takes()
    story.carer(SECOND).is_done(Outcome.HELPED_UP)
    assert story.state() is AlarmState.CLOSED and not story.has(Raise)


def test_the_second_at_the_door_stays_when_the_first_gives_back() -> None:
    story = two_on_the_way()
    for phone in (FIRST, SECOND):
        story.carer(phone).cannot_get_in()
    story.carer(FIRST).declines()
    (left,) = story.alarm.troubles
    carer = carer_of(story.alarm, left)
    assert left.kind is LOCKED_OUT and carer is not None and carer.phone == SECOND


def test_a_doubled_cry_after_a_helpers_1_asks_nobody_again() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.carer(SECOND).takes()
    clear(story)
    story.carer(FIRST).needs_help()
    assert seeking(story) is None and story.carer(LEAD).inbox == []


# ---- without the case ----


def test_a_colleague_without_the_case_is_asked_nothing() -> None:
    story = Story(AlarmKind.MANUAL, Priority.FIRST, signed_in=True)
    story.happens(ColleagueInNeed(colleague(FIRST)))
    story.ticks()
    assert story.alarm.phones_in_need() == {FIRST} and story.state() is AlarmState.DISPATCHED
    story.passes(minutes=40)
    assert story.carer(FIRST).inbox == [] and story.carer(SECOND).inbox[0] == (Wording.TROUBLE_HELP, Channel.SMS)
    assert story.alarm.troubles[0].loud


def test_a_colleague_who_was_asked_here_is_the_same_one() -> None:
    story = Story(AlarmKind.MANUAL, Priority.FIRST, signed_in=False)
    story.ticks()
    asked = first_notice(story, FIRST)
    clear(story)
    story.happens(ColleagueInNeed(colleague(FIRST)))
    story.happens(ColleagueInNeed(colleague(FIRST)))
    assert story.alarm.troubles[0].carers == (asked.notice_id,)
    story.passes(minutes=30)
    assert story.carer(FIRST).inbox == []


def test_a_leads_second_no_hastens_the_next_step() -> None:
    """The first no was to the door, the second to the cry: the call that would follow comes at once, and goes to who is left."""
    story = on_site()
    story.roster = town(FIRST, LEAD)
    story.carer(FIRST).cannot_get_in()
    story.carer(LEAD).takes()
    story.passes(minutes=2)
    story.carer(FIRST).needs_help()
    clear(story)
    story.carer(LEAD).declines()
    assert story.carer(LEAD).inbox[-1] == (Wording.DECLINED, Channel.SMS)
    before = story.alarm.next_step_at
    assert before is not None and before - story.now <= timedelta(seconds=180)
    assert story.alarm.dispatch is not None and story.alarm.dispatch.step == len(story.alarm.dispatch.chain)
