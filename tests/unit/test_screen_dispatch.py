"""A person at a screen turns a dispatch round: another is sent, carers are asked again or called back, whatever comes at once."""

import pytest

from alarm_center.core.alarm.alarm_effects import Notify
from alarm_center.core.alarm.alarm_events import ColleagueInNeed
from alarm_center.core.alarm.screen_dispatch import AGAIN_AT_SOONEST
from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.decision import IllegalMove
from alarm_center.core.plan import Plan, Wording
from schemas.vocabulary import AlarmKind, Channel, Outcome, Priority, TroubleKind
from tests.support.alarm_story import FIRST, LEAD, SECOND, Story, accepted, colleague, on_site, town

FALL = AlarmKind.SOMETHING_WRONG


def asked() -> Story:
    """A story in which the first patrol has just been asked."""
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT)
    return story


# ---- another is sent ----


def test_another_is_sent_in_the_stead_of_who_has_it() -> None:
    story = accepted()
    story.operator().replaces(FIRST)
    story.carer(FIRST).receives(Wording.SEEN_TO)
    story.carer(SECOND).receives(Wording.CALL_OUT)
    story.nobody_hears_more()
    assert (story.state(), story.owner) == (AlarmState.DISPATCHED, None)
    assert story.lines("carer_replaced") == 1
    story.carer(SECOND).takes()
    story.carer(SECOND).receives(Wording.GRANTED)
    story.passes(minutes=30)
    story.nobody_hears_more()


def test_a_colleagues_outcome_asks_nobody_once_it_is_over() -> None:
    """Cried for help without the case, and ends it by a word after the one who had it was replaced."""
    story = accepted(FALL)
    story.happens(ColleagueInNeed(colleague(SECOND)))
    story.operator().replaces(FIRST)
    story.effects.clear()
    story.carer(SECOND).is_done(Outcome.HELPED_UP)
    assert story.state() is AlarmState.CLOSED and not story.has(Notify) and not story.alarm.seeks
    story.carer(LEAD).inbox = story.carer(LEAD).inbox[-1:]
    story.carer(LEAD).receives(Wording.TAKEN)


def test_another_is_asked_in_the_stead_of_who_was_asked() -> None:
    story = asked()
    story.operator().replaces(FIRST)
    story.carer(FIRST).receives(Wording.SEEN_TO)
    story.carer(SECOND).receives(Wording.CALL_OUT)
    story.passes(minutes=5)
    assert (Wording.CALL_OUT, Channel.CALL) not in story.carer(FIRST).inbox, "the round asks them no more"


def test_two_who_send_another_at_once_send_one() -> None:
    story = accepted()
    story.operator(0x51).replaces(FIRST)
    already = len(story.effects)
    story.operator(0x52).replaces(FIRST)
    assert len(story.effects) == already
    assert story.lines("carer_replaced") == 1


def test_a_carer_who_arrives_first_is_not_sent_away() -> None:
    story = accepted()
    story.carer(FIRST).arrives()
    with pytest.raises(IllegalMove, match="ReplaceCarer cannot happen while on_site"):
        story.operator().replaces(FIRST)


def test_a_carer_who_is_there_after_all_has_it() -> None:
    story = accepted()
    story.operator().replaces(FIRST)
    story.carer(FIRST).receives(Wording.SEEN_TO)
    story.carer(FIRST).arrives()
    assert story.state() is AlarmState.ON_SITE
    assert [taker.phone for taker in story.alarm.takers] == [FIRST]
    story.carer(SECOND).receives(Wording.CALL_OUT).receives(Wording.TAKEN)


def test_of_two_carers_the_other_keeps_it() -> None:
    story = Story(FALL, signed_in=False, plan=Plan(two_carers=True))
    story.passes(seconds=180)
    for phone in (FIRST, SECOND):
        story.carer(phone).takes()
    story.operator().replaces(FIRST)
    assert story.state() is AlarmState.ACCEPTED
    assert [taker.phone for taker in story.alarm.takers] == [SECOND]
    assert story.alarm.seeks


# ---- asked again ----


def test_carers_are_asked_again_from_the_beginning() -> None:
    story = asked()
    story.passes(minutes=4)
    story.operator().asks_again()
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.nobody_hears_more()
    assert story.lines("asked_again") == 1


def test_who_taps_twice_asks_once() -> None:
    story = asked()
    story.operator(0x51).asks_again()
    story.passes(seconds=AGAIN_AT_SOONEST.total_seconds())
    story.operator(0x51).asks_again()
    story.operator(0x52).asks_again()
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.nobody_hears_more()
    assert story.lines("asked_again") == 1


def test_after_the_last_round_asking_again_begins_anew() -> None:
    story = Story(FALL, Priority.FIRST, signed_in=False)
    story.passes(minutes=30)
    for carer in story.carers.values():
        carer.inbox.clear()
    story.operator().asks_again()
    story.carer(FIRST).receives(Wording.CALL_OUT)


def test_nobody_is_asked_again_who_is_not_sought() -> None:
    with pytest.raises(IllegalMove, match="nobody is sought"):
        accepted().operator().asks_again()


# ---- called back ----


def test_all_are_called_back_and_a_person_says_how_it_ended() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=180)
    story.carer(FIRST).takes()
    for phone in (FIRST, SECOND):
        story.carer(phone).inbox.clear()
    story.operator().calls_back()
    story.carer(FIRST).receives(Wording.STOOD_DOWN)
    assert (story.state(), story.alarm.takers, story.alarm.seeks) == (AlarmState.OPEN, (), False)
    assert story.lines("dispatch_cancelled") == 1
    story.passes(minutes=10)
    story.carer(LEAD).receives(Wording.OUTCOME)
    story.nobody_hears_more()
    story.operator().sends_patrol()
    story.carer(FIRST).receives(Wording.CALL_OUT)


def test_who_was_asked_is_called_back_too_and_may_be_late() -> None:
    story = asked()
    story.operator().calls_back()
    story.carer(FIRST).receives(Wording.STOOD_DOWN)
    story.carer(FIRST).takes()
    story.carer(FIRST).receives(Wording.STOOD_DOWN)
    assert story.lines("took_too_late") == 1
    with pytest.raises(IllegalMove, match="CancelDispatch cannot happen while open"):
        story.operator(0x52).calls_back()


def test_who_is_late_or_lost_the_address_is_in_no_trouble_then() -> None:
    story = accepted(eta_minutes=10)
    story.passes(minutes=11)
    assert TroubleKind.LATE in {trouble.kind for trouble in story.alarm.troubles}
    story.operator().calls_back()
    assert story.alarm.troubles == () and not story.alarm.seeks


@pytest.mark.parametrize("act", ["replaces", "calls_back"])
def test_a_carer_who_cries_for_help_is_not_sent_away(act: str) -> None:
    story = accepted(FALL)
    story.carer(FIRST).needs_help()
    with pytest.raises(IllegalMove, match="needs help"):
        story.operator().replaces(FIRST) if act == "replaces" else story.operator().calls_back()


@pytest.mark.parametrize("act", ["replaces", "asks_again", "calls_back"])
def test_another_persons_case_is_theirs_to_turn_round(act: str) -> None:
    story = accepted()
    story.operator(0x51).claims()
    other = story.operator(0x52)
    with pytest.raises(IllegalMove, match="held by user"):
        other.replaces(FIRST) if act == "replaces" else getattr(other, act)()


def test_who_is_on_site_or_done_is_not_called_back() -> None:
    story = on_site()
    with pytest.raises(IllegalMove, match="CancelDispatch cannot happen while on_site"):
        story.operator().calls_back()
    story.carer(FIRST).is_done(Outcome.HELPED_UP)
    with pytest.raises(IllegalMove, match="while closed"):
        story.operator().asks_again()


def test_who_was_replaced_is_not_asked_in_the_next_rounds() -> None:
    story = asked()
    story.operator().replaces(FIRST)
    story.carer(FIRST).receives(Wording.SEEN_TO)
    story.passes(minutes=90)
    assert story.carer(FIRST).inbox == []
    assert story.carer(SECOND).inbox, "the others are asked in their stead"
    story.operator().asks_again()
    assert story.carer(FIRST).inbox == []


def test_who_was_replaced_is_asked_where_nobody_else_is() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False, roster=town(FIRST, LEAD))
    story.passes(seconds=120)
    story.operator().replaces(FIRST)
    story.carer(FIRST).inbox.clear()
    story.passes(minutes=90)
    story.carer(FIRST).receives(Wording.CALL_OUT)
