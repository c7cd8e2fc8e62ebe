"""An owner whose shift ends is asked whether they stay; without an answer somebody on duty is sought, and nothing goes to who is off duty."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alarm_center.core.alarm.alarm_effects import Notify
from alarm_center.core.alarm.hand_over import ANSWER_WITHIN, ASK_BEFORE
from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.plan import Plan, Wording
from alarm_center.core.roster import DutyShift
from schemas.vocabulary import AlarmKind, Duty, Outcome
from tests.support.alarm_story import FIRST, HERE, LEAD, SECOND, START, Story, accepted, on_site, shift

END = START + timedelta(hours=6)
"""The end of everybody's shift in a story."""
DAY = "+465"


def by_day() -> tuple[DutyShift, ...]:
    """Return the day's shifts: a patrol, and the lead's next one."""
    morning, lead = shift(5, HERE, "Patrull 5", DAY), shift(6, HERE, "Ledning", LEAD, Duty.LEAD)
    return tuple(replace(one, starts_at=END, ends_at=END + timedelta(hours=8)) for one in (morning, lead))


def near_the_end(story: Story, *, day: bool = True) -> Story:
    """Let a carer who has it say that they are there each half hour, until 25 minutes are left."""
    if day:
        story.roster = replace(story.roster, shifts=(*story.roster.shifts, *by_day()))
    while story.now < END - timedelta(minutes=25):
        story.passes(minutes=min(20, (END - timedelta(minutes=25) - story.now) / timedelta(minutes=1)))
        story.carer(FIRST).stays()
    for carer in story.carers.values():
        carer.inbox.clear()
    return story


def test_the_owner_is_asked_before_the_shift_ends_and_may_stay() -> None:
    story = near_the_end(on_site())
    story.passes(minutes=5)
    assert story.now == END - ASK_BEFORE
    story.carer(FIRST).receives(Wording.SHIFT_ENDS)
    story.carer(FIRST).stays()
    story.carer(FIRST).receives(Wording.STAYING)
    story.passes(minutes=25)
    assert story.now > END
    story.nobody_hears_more()
    assert [taker.phone for taker in story.alarm.takers] == [FIRST]


def test_without_an_answer_the_next_shift_and_the_lead_are_asked() -> None:
    story = near_the_end(on_site())
    story.passes(minutes=25)
    story.carer(FIRST).receives(Wording.SHIFT_ENDS)
    story.carer(DAY).receives(Wording.CALL_OUT)
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.nobody_hears_more()
    assert (story.state(), story.alarm.staff_inside) == (AlarmState.ON_SITE, True), (
        "the owner has it until somebody says 1"
    )
    story.carer(DAY).takes()
    story.carer(FIRST).receives(Wording.TAKEN)
    story.carer(DAY).receives(Wording.GRANTED)
    assert (story.state(), story.alarm.staff_inside) == (AlarmState.ACCEPTED, False)
    assert [taker.phone for taker in story.alarm.takers] == [DAY]
    assert (story.lines("shift_ending"), story.lines("hand_over_sought"), story.lines("handed_over")) == (1, 1, 1)
    story.carer(LEAD).inbox.clear()
    story.passes(minutes=600)
    assert story.carer(FIRST).inbox == [], "nothing more goes to who is off duty"


def test_three_days_of_silence_call_nobody_who_is_off_duty() -> None:
    story = on_site()
    story.roster = replace(story.roster, shifts=(*story.roster.shifts, *by_day()))
    story.passes(minutes=3 * 24 * 60)
    late = [n for n in story.alarm.takers if n.phone == FIRST]
    assert late, "the owner has it until somebody on duty says 1"
    dispatch = story.alarm.dispatch
    assert dispatch is not None
    mine = [n.asked_at for n in dispatch.notices if n.phone == FIRST]
    assert max(mine) <= END
    assert max(n.asked_at for n in dispatch.notices) > END + timedelta(hours=60), "somebody is asked all the time"


def test_a_word_after_the_end_keeps_it_and_ends_the_search() -> None:
    story = near_the_end(on_site())
    story.passes(minutes=25)
    story.carer(FIRST).receives(Wording.SHIFT_ENDS)
    story.carer(FIRST).stays()
    story.carer(FIRST).receives(Wording.STAYING)
    story.carer(DAY).receives(Wording.CALL_OUT).receives(Wording.TAKEN)
    assert not story.alarm.seeks
    story.carer(DAY).takes()
    assert [taker.phone for taker in story.alarm.takers] == [FIRST]


def test_an_outcome_after_the_end_asks_no_second_carer() -> None:
    story = near_the_end(on_site(plan=Plan(two_carers=True)))
    story.passes(minutes=26)
    story.effects.clear()
    story.carer(FIRST).is_done(Outcome.HELPED_UP)
    assert story.state() is AlarmState.CLOSED and not story.has(Notify) and not story.alarm.seeks


def test_who_stays_and_falls_silent_is_relieved() -> None:
    story = near_the_end(on_site())
    story.passes(minutes=5)
    story.carer(FIRST).stays()
    story.passes(minutes=60)
    assert Wording.CALL_OUT in [wording for wording, _ in story.carer(DAY).inbox] or any(
        wording is Wording.TROUBLE_SILENT for wording, _ in story.carer(DAY).inbox
    )
    assert story.alarm.hand_over is not None and story.alarm.hand_over.searching


def test_a_6_on_the_way_keeps_it_and_says_no_arrival() -> None:
    story = accepted(eta_minutes=30)
    story.roster = replace(
        story.roster, shifts=tuple(replace(s, ends_at=START + timedelta(minutes=22)) for s in story.roster.shifts)
    )
    story.alarm = replace(story.alarm, hand_over=None)
    story.ticks()
    story.passes(minutes=12)
    story.carer(FIRST).receives(Wording.SHIFT_ENDS)
    story.carer(FIRST).stays()
    story.carer(FIRST).receives(Wording.GRANTED)
    assert (story.state(), story.alarm.staff_inside) == (AlarmState.ACCEPTED, False)
    assert story.lines("stays_after_shift") == 1


def test_a_2_hands_it_over_at_once() -> None:
    story = near_the_end(on_site())
    story.passes(minutes=5)
    story.carer(FIRST).receives(Wording.SHIFT_ENDS)
    story.carer(FIRST).declines()
    story.carer(FIRST).receives(Wording.DECLINED)
    story.carer(DAY).receives(Wording.CALL_OUT)
    assert (story.state(), story.alarm.hand_over) == (AlarmState.DISPATCHED, None)
    assert story.carer(SECOND).inbox == [], "not whoever is on duty for 20 more minutes"
    story.passes(minutes=5)
    story.carer(DAY).takes()
    story.carer(DAY).receives(Wording.GRANTED)
    assert [taker.phone for taker in story.alarm.takers] == [DAY]


def test_without_a_next_shift_a_2_asks_who_is_on_duty() -> None:
    story = near_the_end(on_site(), day=False)
    story.passes(minutes=5)
    story.carer(FIRST).receives(Wording.SHIFT_ENDS)
    story.carer(FIRST).declines()
    story.carer(SECOND).receives(Wording.CALL_OUT)


def test_a_phone_that_goes_on_is_not_asked() -> None:
    story = on_site()
    mine = shift(1, HERE, "Patrull 1", FIRST)
    on = replace(mine, shift_id=by_day()[0].shift_id, starts_at=END, ends_at=END + timedelta(hours=8))
    story.roster = replace(story.roster, shifts=(*story.roster.shifts, on))
    near_the_end(story, day=False)
    story.passes(minutes=20)
    story.nobody_hears_more()


def test_whoever_takes_it_near_the_end_has_time_to_answer() -> None:
    story = Story(signed_in=False)
    story.now = END - timedelta(minutes=7)
    story.ticks()
    story.carer(FIRST).takes()
    story.carer(FIRST).inbox.clear()
    assert story.alarm.hand_over is not None and story.alarm.hand_over.at == story.now + ANSWER_WITHIN


def test_the_fixed_number_has_no_shift_that_ends() -> None:
    story = Story(signed_in=False, roster=replace(Story().roster, shifts=()))
    story.ticks()
    story.carer("+4610").takes()
    assert story.state() is AlarmState.ACCEPTED and story.alarm.hand_over is None


def two_carers(*, second_takes: bool) -> Story:
    """A story of a two-carer home after the end of everybody's shift: the first is on site, and the day's patrol is asked."""
    story = Story(AlarmKind.NOT_SEEN, signed_in=False, plan=Plan(two_carers=True))
    story.roster = replace(story.roster, whole=True)
    story.passes(seconds=120)
    story.carer(FIRST).takes()
    story.carer(FIRST).arrives()
    if second_takes:
        story.passes(minutes=12)
        story.carer(SECOND).takes()
    near_the_end(story)
    story.passes(minutes=40)
    for carer in story.carers.values():
        carer.inbox.clear()
    story.carer(DAY).takes()
    return story


@pytest.mark.parametrize("second_takes", [False, True])
def test_of_two_carers_none_who_is_off_duty_keeps_it(second_takes: bool) -> None:
    story = two_carers(second_takes=second_takes)
    assert [taker.phone for taker in story.alarm.takers] == [DAY]
    assert (story.state(), story.alarm.staff_inside) == (AlarmState.ACCEPTED, False)
    assert story.owner == story.carer(DAY).notice.notice_id
    assert story.alarm.limits.limit_at is not None and story.alarm.hand_over is not None
    assert story.alarm.seeks, "the second is sought"
    for phone in (FIRST, SECOND):
        story.carer(phone).receives(Wording.TAKEN)
    story.passes(minutes=180)
    assert (story.carer(FIRST).inbox, story.carer(SECOND).inbox) == ([], [])


def test_a_watch_that_an_old_release_lost_begins_again() -> None:
    story = near_the_end(on_site())
    story.alarm = replace(story.alarm, hand_over=None)
    story.now = END + timedelta(minutes=1)
    story.roster = replace(story.roster, shifts=by_day())
    story.ticks()
    assert story.alarm.hand_over is None, "a page may not see the owner's shift"
    story.roster = replace(story.roster, whole=True)
    story.ticks()
    story.ticks()
    story.carer(DAY).receives(Wording.CALL_OUT)
    story.carer(DAY).takes()
    assert [taker.phone for taker in story.alarm.takers] == [DAY]


def test_who_takes_before_their_shift_is_not_off_duty() -> None:
    story = near_the_end(on_site())
    story.roster = replace(story.roster, whole=True)
    story.passes(minutes=5)
    story.carer(FIRST).declines()
    story.carer(DAY).takes()
    assert story.alarm.hand_over is None
    story.passes(minutes=19)
    assert story.lines("hand_over_sought") == 0
