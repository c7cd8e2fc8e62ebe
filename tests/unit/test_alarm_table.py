"""The table of an alarm's moves is exact: each of them can happen, and nothing else can."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from alarm_center.core.alarm import TRANSITIONS, decide
from alarm_center.core.alarm_events import (
    CalledOff,
    Claim,
    Close,
    Done,
    Event,
    Evidence,
    InCall,
    IntoIncident,
    Joined,
    Release,
    Renew,
    SendPatrol,
    TakeOver,
    Tick,
)
from alarm_center.core.case import AlarmState, IllegalMove
from alarm_center.core.plan import Plan
from schemas.vocabulary import AlarmKind, Condition, Outcome, Priority, Reason
from tests.support.alarm_story import CARER_WORDS, FIRST, OPERATORS, SECOND, START, Story, fresh_ids

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
            taken,
            taken_by_two,
            there,
            there_and_done,
            closed,
        ):
            story = build()
            if held and story.state() is not AlarmState.CLOSED:
                story.happens(Claim(USER))
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
    story.happens(Evidence(Condition.CLEARED))
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


def there() -> Story:
    story = taken()
    story.carer(FIRST).arrives()
    return story


def there_and_done() -> Story:
    story = there()
    story.carer(FIRST).is_done()
    return story


def closed() -> Story:
    story = there()
    story.carer(FIRST).is_done(Outcome.HELPED_UP)
    return story


def events(story: Story) -> Iterator[Event]:
    """Yield everything that could happen to it."""
    yield from (Tick(True), Claim(USER), TakeOver(USER, "shift_end"), Renew(USER), InCall(USER, True))
    yield from (Release(USER), SendPatrol(USER), Close(USER, Outcome.WELL_IN_BED), IntoIncident(UUID(int=9)))
    yield from (Evidence(Condition.CLEARED), Evidence(Condition.ACTIVE, Reason.ON_FLOOR))
    yield CalledOff("planning")
    yield Joined(AlarmKind.SOMETHING_WRONG, Priority.FIRST)
    for notice in () if story.alarm.dispatch is None else story.alarm.dispatch.notices:
        yield from (word(notice.notice_id) for word in CARER_WORDS)
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
