"""Leads who take no SMS: what is told by SMS alone goes to the next who does, and without one it gets louder."""

from dataclasses import replace

from alarm_center.core.alarm.alarm_effects import RedBoard, TellLead
from alarm_center.core.alarm.alarm_events import RunsLate
from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.plan import Wording
from schemas.vocabulary import Channel, Duty, TroubleKind
from tests.support.alarm_story import FIRST, FIXED, HERE, LEAD, Story, accepted, shift, town

OTHER_LEAD = "+468"


def stopped(story: Story, *, other: bool) -> Story:
    """Let the lead have written STOP; another is on duty, or none."""
    shifts = tuple(replace(one, takes_sms=one.phone != LEAD) for one in story.roster.shifts)
    more = (shift(9, HERE, "Ledning 2", OTHER_LEAD, Duty.LEAD),) if other else ()
    story.roster = replace(story.roster, shifts=(*shifts, *more))
    return story


def done_without_outcome(*, other: bool) -> Story:
    story = stopped(accepted(), other=other)
    story.carer(FIRST).arrives()
    story.carer(FIRST).is_done()
    for carer in story.carers.values():
        carer.inbox.clear()
    return story


def test_the_next_lead_is_asked_how_it_ended() -> None:
    story = done_without_outcome(other=True)
    story.passes(minutes=story.plan.outcome_within.total_seconds() / 60)
    story.carer(OTHER_LEAD).receives(Wording.OUTCOME)
    story.nobody_hears_more()


def test_without_a_lead_who_takes_sms_they_are_called() -> None:
    story = done_without_outcome(other=False)
    story.passes(minutes=story.plan.outcome_within.total_seconds() / 60)
    story.carer(LEAD).receives(Wording.VOICE_TROUBLE_SILENT, Channel.CALL)
    assert [each.kind for each in story.alarm.troubles] == [TroubleKind.SILENT]
    story.passes(minutes=30)
    assert any(each.loud for each in story.alarm.troubles)
    assert story.state() is AlarmState.ON_SITE


def test_without_carer_and_lead_an_operator_hears_of_it() -> None:
    story = stopped(Story(), other=False)
    story.operator().sends_patrol()
    story.operator().calls_back()
    story.carer(FIRST).inbox.clear()
    story.passes(minutes=story.plan.outcome_within.total_seconds() / 60)
    assert [(each.kind, each.loud) for each in story.alarm.unacknowledged] == [(TroubleKind.OUTCOME_MISSING, False)]
    story.passes(minutes=5)
    assert story.has(RedBoard)
    fixed = story.carer(FIXED).receives(Wording.VOICE_TROUBLE_OUTCOME, Channel.CALL)
    fixed.takes()
    fixed.receives(Wording.YOU_SEE_TO_IT)
    assert (story.alarm.unacknowledged, story.alarm.takers) == ((), ())
    fixed.declines()
    fixed.receives(Wording.DECLINED)
    assert story.alarm.unacknowledged and not story.alarm.seeks, "nobody is sent for an outcome"
    story.nobody_hears_more()
    story.roster = town()
    story.passes(minutes=30)
    story.carer(LEAD).receives(Wording.OUTCOME)
    assert story.alarm.troubles == ()


def test_the_next_lead_hears_that_a_carer_is_late() -> None:
    story = stopped(accepted(), other=True)
    story.happens(RunsLate(story.carer(FIRST).notice.notice_id, 15))
    assert [each.phone for each in story.effects if isinstance(each, TellLead)] == [OTHER_LEAD]
