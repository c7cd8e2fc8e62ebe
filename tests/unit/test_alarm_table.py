"""The table of an alarm's moves is exact: each of them can happen, and nothing else can."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest

from alarm_center.core.alarm import alarm_decisions
from alarm_center.core.alarm.alarm_decisions import decide
from alarm_center.core.alarm.alarm_events import (
    CARER_REPLIES,
    AcknowledgeTrouble,
    AlarmEvent,
    AlarmTick,
    AskCarersAgain,
    CalledOff,
    CancelDispatch,
    CarerReply,
    ClaimCase,
    Close,
    ColleagueInNeed,
    ConditionReported,
    Done,
    InCall,
    IntoIncident,
    Joined,
    ReleaseCase,
    Renew,
    ReplaceCarer,
    SendPatrol,
    SiteReply,
    TakeOver,
    Undelivered,
)
from alarm_center.core.alarm.alarm_table import FACT_TABLE, REPLY_TABLE, SCREEN_TABLE, TRANSITIONS, next_states
from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.decision import IllegalMove
from alarm_center.core.plan import Plan
from schemas.vocabulary import AlarmKind, Condition, Outcome, Priority, Reason, TroubleKind
from tests.support.alarm_story import CARER_WORDS, FIRST, OPERATORS, SECOND, START, Story, colleague, fresh_ids

USER, COLLEAGUE = OPERATORS


def stories() -> Iterator[Story]:
    """Yield an alarm in each state that it can be in, free and held."""
    for held in (False, True):
        for build in (
            visit,
            visit_sent,
            opened,
            called_off,
            lead_asked,
            sent,
            sent_again,
            cried_for_help,
            taken,
            taken_by_two,
            taken_by_one_of_two,
            locked_out,
            there_after_the_shift,
            there,
            there_and_done,
            taken_anew_with_nobody_home,
            closed,
        ):
            story = build()
            if held and story.state() is not AlarmState.CLOSED:
                story.happens(ClaimCase(USER))
            yield story


def opened() -> Story:
    return Story()


def visit() -> Story:
    return Story(visit=True, arrive_by=START + timedelta(hours=2))


def visit_sent() -> Story:
    story = visit()
    story.passes(minutes=120)
    return story


def sent() -> Story:
    """Both patrols have been asked."""
    story = Story(signed_in=False)
    story.passes(minutes=10)
    return story


def called_off() -> Story:
    story = sent()
    story.happens(ConditionReported(Condition.CLEARED))
    return story


def lead_asked() -> Story:
    """Called off, and not closed by anybody in time."""
    story = called_off()
    story.passes(minutes=10)
    return story


def sent_again() -> Story:
    story = lead_asked()
    story.happens(SendPatrol(COLLEAGUE))
    return story


def cried_for_help() -> Story:
    """By a carer who was asked, before anybody had taken it: the lead is asked to see to it."""
    story = sent()
    story.carer(FIRST).needs_help()
    return story


def taken() -> Story:
    story = sent()
    story.carer(FIRST).takes()
    return story


def taken_by_two() -> Story:
    story = Story(signed_in=False, plan=Plan(two_carers=True))
    story.passes(minutes=10)
    story.carer(FIRST).takes()
    story.carer(SECOND).takes()
    return story


def taken_by_one_of_two() -> Story:
    """The second is still sought."""
    story = Story(signed_in=False, plan=Plan(two_carers=True))
    story.passes(minutes=10)
    story.carer(FIRST).takes()
    return story


def locked_out() -> Story:
    """On site, and the lead is asked to see to it."""
    story = there()
    story.carer(FIRST).cannot_get_in()
    return story


def there_after_the_shift() -> Story:
    """The owner's shift is over, and somebody on duty is sought."""
    story = there()
    story.roster = replace(story.roster, shifts=story.roster.shifts[1:])
    assert story.alarm.hand_over is not None
    held = replace(story.alarm.hand_over, at=story.now, asked=True)
    story.alarm = replace(story.alarm, hand_over=held)
    story.ticks()
    return story


def there() -> Story:
    story = taken()
    story.carer(FIRST).arrives()
    return story


def there_and_done() -> Story:
    story = there()
    story.carer(FIRST).is_done()
    return story


def taken_anew_with_nobody_home() -> Story:
    """Nobody was home, the carer left, and something more came: the next one is on the way to a person who is missed."""
    story = there()
    story.carer(FIRST).finds_nobody()
    story.carer(FIRST).is_done()
    story.happens(Joined(AlarmKind.SOMETHING_WRONG, Priority.FIRST))
    story.carer(SECOND).takes()
    assert (story.state(), story.alarm.has_nobody_home) == (AlarmState.ACCEPTED, True)
    return story


def closed() -> Story:
    story = there()
    story.carer(FIRST).is_done(Outcome.HELPED_UP)
    return story


def events(story: Story) -> Iterator[AlarmEvent]:
    """Yield everything that could happen to it."""
    yield from (AlarmTick(True), ClaimCase(USER), TakeOver(USER, "shift_end"), Renew(USER), InCall(USER, True))
    yield from (ReleaseCase(USER), SendPatrol(USER), Close(USER, Outcome.WELL_IN_BED), IntoIncident(UUID(int=9)))
    yield from (ConditionReported(Condition.CLEARED), ConditionReported(Condition.ACTIVE, Reason.ON_FLOOR))
    yield CalledOff("planning")
    yield ColleagueInNeed(colleague(SECOND))
    yield AcknowledgeTrouble(USER, TroubleKind.NOT_TAKEN)
    yield Joined(AlarmKind.SOMETHING_WRONG, Priority.FIRST)
    yield from (AskCarersAgain(USER), CancelDispatch(USER))
    for notice in () if story.alarm.dispatch is None else story.alarm.dispatch.notices:
        yield from (word(notice.notice_id) for word in CARER_WORDS)
        yield ReplaceCarer(USER, notice.notice_id)
        yield Done(notice.notice_id, Outcome.WELL_IN_BED)


def test_each_move_of_the_table_can_happen_and_nothing_else_can() -> None:
    happened: dict[tuple[AlarmState, type], set[AlarmState]] = {}
    for story in stories():
        for event in events(story):
            for later in (timedelta(0), timedelta(seconds=80), timedelta(minutes=3)):
                try:
                    after = decide(
                        story.alarm, event, story.plan, story.roster, story.now + later, fresh_ids().__next__
                    )
                except IllegalMove:
                    continue
                happened.setdefault((story.state(), type(event)), set()).add(after.alarm.state)
    assert happened == {move: set(after) for move, after in TRANSITIONS.items()}


def test_every_event_has_one_row_of_one_table() -> None:
    rows = [event for table in (SCREEN_TABLE, REPLY_TABLE, FACT_TABLE) for event in table]
    assert len(rows) == len(set(rows))
    assert set(get_args(AlarmEvent)) == {*SCREEN_TABLE, CarerReply, *FACT_TABLE}


def test_a_carers_word_is_answered_in_every_state() -> None:
    class Singing(CarerReply):
        """A word that nobody has thought of yet."""

    class Humming(SiteReply):
        """A word said at the address that nobody has thought of yet."""

    refused = [
        (event.__name__, state)
        for event in (*CARER_REPLIES, Undelivered, Singing, Humming)
        for state in AlarmState
        if not next_states(state, event)
    ]
    assert refused == []
    assert next_states(AlarmState.OPEN, Humming) == {AlarmState.ON_SITE}


def test_what_no_row_has_leads_nowhere() -> None:
    assert next_states(AlarmState.CLOSED, ClaimCase) == next_states(AlarmState.OPEN, int) == frozenset()


def test_what_the_table_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    story = opened()
    monkeypatch.setattr(alarm_decisions, "next_states", lambda state, event: frozenset())
    with pytest.raises(IllegalMove, match="ClaimCase cannot happen while open"):
        story.happens(ClaimCase(USER))
    assert (story.state(), story.lines("claimed")) == (AlarmState.OPEN, 0)


def test_no_decision_leaves_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    story = opened()
    monkeypatch.setattr(alarm_decisions, "next_states", lambda state, event: frozenset({AlarmState.OPEN}))
    with pytest.raises(AssertionError, match="open to claimed on ClaimCase"):
        story.happens(ClaimCase(USER))
