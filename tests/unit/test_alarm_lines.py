"""All that comes of an alarm: each line with its fields, whom a message goes to, and what the alarm keeps."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from alarm_center.core.alarm.alarm_decisions import open_alarm
from alarm_center.core.alarm.alarm_effects import Notify, Tell
from alarm_center.core.alarm.alarm_events import CalledOff, ConditionReported, IntoIncident, Joined
from alarm_center.core.alarm.alarm_parts import Acceptance, Limits, ScreenClaim
from alarm_center.core.alarm.lease import Lease
from alarm_center.core.alarm.state import Alarm, AlarmState, Dispatch, DispatchState, NewAlarm, Notice, NoticeState
from alarm_center.core.decision import Write
from alarm_center.core.plan import CHAINS, Plan, Wording
from alarm_center.core.replies.carer_actions import (
    AT_HOSPITAL,
    ROWS,
    RUNS_LATE,
    TAKE,
    WHERE_UNKNOWN,
    WITH_RELATIVE,
    CarerAction,
)
from schemas import timeline
from schemas.timeline import Payload
from schemas.vocabulary import AlarmKind, Channel, Condition, Outcome, Priority, Reason, Who
from tests.support.alarm_story import FIRST, HERE, LEAD, SECOND, START, Story, accepted, on_site, town

P1, P2, P3 = Priority
FALL = AlarmKind.SOMETHING_WRONG
USER, OTHER = UUID(int=0x51), UUID(int=0x52)
DISPATCH, ASKED, CALLED, SECOND_ASKED = (UUID(int=0x1001 + n) for n in range(4))
"""The ids that a story gives its dispatch and its first three notices."""
INCIDENT = UUID(int=17)


def lines(story: Story) -> list[Payload]:
    return [effect.payload for effect in story.effects if isinstance(effect, Write)]


def new_lines(story: Story, already: int) -> list[Payload]:
    return lines(story)[already:]


def told(story: Story) -> list[tuple[Wording, Notice]]:
    return [(effect.wording, effect.notice) for effect in story.effects if isinstance(effect, Tell)]


# ---- opening ----


def opens(kind: AlarmKind, *, signed_in: bool = True, visit: bool = False, plan: Plan | None = None) -> Alarm:
    new = NewAlarm(
        alarm_id=UUID(int=1), org="nordby", area_id=HERE, resident_id=UUID(int=7), device_id="b27", case_no=4821,
        kind=kind, priority=P2, reason=Reason.UP, visit=visit,
    )  # fmt: skip
    return open_alarm(new, plan or Plan(), START, somebody_signed_in=signed_in).alarm


def test_an_alarm_opens_with_all_that_it_was_raised_with() -> None:
    new = NewAlarm(
        alarm_id=UUID(int=1), org="nordby", area_id=HERE, resident_id=UUID(int=7), device_id="b27", case_no=4821,
        kind=AlarmKind.NOT_SEEN, priority=P2, reason=Reason.UP,
    )  # fmt: skip
    decision = open_alarm(new, Plan(), START, somebody_signed_in=True)
    assert decision.alarm == Alarm(
        alarm_id=UUID(int=1),
        org="nordby",
        area_id=HERE,
        resident_id=UUID(int=7),
        device_id="b27",
        case_no=4821,
        kind=AlarmKind.NOT_SEEN,
        priority=P2,
        reason=Reason.UP,
        opened_at=START,
        visit=False,
        state=AlarmState.OPEN,
        condition=Condition.ACTIVE,
        next_step_at=START + timedelta(minutes=2),
        limits=Limits(self_dispatch_at=START + timedelta(minutes=2), arrive_by=START + timedelta(minutes=45)),
    )
    assert decision.effects == (Write(timeline.AlarmOpened(AlarmKind.NOT_SEEN, P2, 4821, Reason.UP, False)),)


def test_a_visit_opens_calm_whatever_it_is_raised_with() -> None:
    story = Story(AlarmKind.MANUAL, visit=True)
    assert story.effects == [Write(timeline.AlarmOpened(AlarmKind.MANUAL, P3, 4821, None, True))]
    alarm = opens(AlarmKind.MANUAL, visit=True)
    assert (alarm.priority, alarm.visit, alarm.limits.limit_at) == (P3, True, None)
    assert alarm.limits.arrive_by == START + timedelta(minutes=45)
    assert alarm.next_step_at == alarm.limits.self_dispatch_at == START


def test_a_test_waits_for_its_outcome_alone() -> None:
    alarm = opens(AlarmKind.TEST, signed_in=False)
    assert (alarm.limits.self_dispatch_at, alarm.limits.limit_at) == (None, START + timedelta(minutes=10))
    assert alarm.next_step_at == START + timedelta(minutes=10)


# ---- from the opening to the close ----


def test_the_lines_of_an_alarm_that_a_patrol_takes() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=180)
    patrol = story.carer(FIRST)
    patrol.takes(eta_minutes=5)
    patrol.takes(eta_minutes=8)
    patrol.arrives()
    patrol.stays()
    patrol.is_done()
    patrol.is_done(Outcome.HELPED_UP)
    assert lines(story) == [
        timeline.AlarmOpened(FALL, P1, 4821),
        timeline.DispatchStarted(DISPATCH, P1),
        timeline.CarerAsked(ASKED, Who.PATROL, Channel.SMS, 1),
        timeline.CarerAsked(CALLED, Who.PATROL, Channel.CALL, 1),
        timeline.CarerAsked(SECOND_ASKED, Who.SECOND_PATROL, Channel.SMS, 1),
        timeline.CarerAccepted(CALLED, 5),
        timeline.EtaChanged(CALLED, 8),
        timeline.CarerOnSite(CALLED),
        timeline.CarerStaying(CALLED),
        timeline.CarerDone(CALLED),
        timeline.CarerDone(CALLED),
        timeline.AlarmClosed(Outcome.HELPED_UP, str(CALLED)),
    ]


def test_a_notice_says_who_was_asked_for_what_and_when() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=90)
    first = Notice(
        ASKED,
        1,
        0,
        Who.PATROL,
        Channel.SMS,
        Wording.CALL_OUT,
        FIRST,
        UUID(int=1),
        "Patrull 1",
        START,
        NoticeState.ASKED,
    )
    call = replace(first, notice_id=CALLED, step=1, channel=Channel.CALL, asked_at=START + timedelta(seconds=90))
    assert [e for e in story.effects if isinstance(e, Notify)] == [Notify(first, first=True), Notify(call, first=False)]
    assert story.alarm.dispatch == Dispatch(
        dispatch_id=DISPATCH,
        chain=CHAINS[P1],
        started_at=START,
        round_started_at=START,
        round=1,
        step=2,
        state=DispatchState.RUNNING,
        notices=(replace(first, state=NoticeState.EXPIRED), call),
        last_round=3,
        needed=1,
    )


def test_an_acceptance_keeps_when_it_was_and_who_owns_it() -> None:
    story = accepted(eta_minutes=20)
    at = story.now
    assert story.alarm.acceptance == Acceptance(ASKED, at)
    taken = story.carer(FIRST).notice
    assert (taken.state, taken.answered_at, story.alarm.accepted_at) == (NoticeState.TOOK, at, at)
    story.passes(minutes=5)
    story.carer(FIRST).arrives()
    assert story.alarm.acceptance == Acceptance(ASKED, at, story.now, story.now, staff_inside=True)
    arrived = story.now
    story.passes(minutes=5)
    story.carer(FIRST).stays()
    assert story.alarm.acceptance == Acceptance(ASKED, at, arrived, story.now, staff_inside=True)
    story.carer(FIRST).is_done()
    assert story.alarm.acceptance == Acceptance(ASKED, at, arrived, story.now, done_at=story.now)


def test_a_closed_alarm_waits_for_nothing_and_is_nobodys() -> None:
    story = Story(FALL)
    story.operator().claims()
    story.operator().sends_patrol()
    story.carer(FIRST).takes()
    story.passes(minutes=1)
    story.operator().closes(Outcome.FALSE_ALARM)
    alarm = story.alarm
    assert (alarm.state, alarm.outcome, alarm.closed_by, alarm.closed_at) == (
        AlarmState.CLOSED,
        Outcome.FALSE_ALARM,
        str(USER),
        story.now,
    )
    assert (alarm.claim, alarm.next_step_at, alarm.limits.limit_at, alarm.seeks) == (
        ScreenClaim(moved=True),
        None,
        None,
        False,
    )
    assert lines(story)[-1] == timeline.AlarmClosed(Outcome.FALSE_ALARM, str(USER))


# ---- people at a screen ----


def test_the_lines_of_people_at_a_screen() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    first, second = story.operator(0x51), story.operator(0x52)
    first.claims()
    first.claims()
    first.is_in_call()
    first.is_in_call()
    first.is_in_call(on=False)
    second.takes_over("colleague_away")
    second.lets_go()
    first.takes_over("nobody_has_it")
    first.sends_patrol()
    story.passes(seconds=90)
    assert new_lines(story, 1) == [
        timeline.CaseClaimed(USER),
        timeline.CallNoted(USER, True),
        timeline.CallNoted(USER, False),
        timeline.CaseTakenOver(OTHER, USER, "colleague_away"),
        timeline.CaseClaimed(OTHER),
        timeline.CaseReleased(OTHER),
        timeline.CaseClaimed(USER),
        timeline.PatrolSent(USER),
        timeline.DispatchStarted(DISPATCH, P2),
        timeline.CarerAsked(ASKED, Who.PATROL, Channel.SMS, 1),
        timeline.LeaseLapsed(USER),
    ]


def test_each_act_at_a_screen_renews_the_lease() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    operator = story.operator()
    operator.claims()
    for act in (operator.is_active, operator.is_in_call, operator.claims):
        story.passes(seconds=60)
        act()
        assert story.alarm.lease == Lease(USER, story.now + timedelta(seconds=90))


def test_a_call_ends_with_the_hold_of_who_made_it() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    operator = story.operator()
    operator.claims()
    operator.is_in_call()
    operator.is_active()
    operator.claims()
    assert story.alarm.claim.in_call
    operator.lets_go()
    assert story.alarm.claim == ScreenClaim(moved=True)
    story.operator(0x52).claims()
    assert not story.alarm.claim.in_call


def test_an_alarm_is_held_as_its_lease_says() -> None:
    story = Story(AlarmKind.NOT_SEEN)
    story.operator().claims()
    alarm, now = story.alarm, story.now
    over = now + timedelta(seconds=90)
    assert (alarm.is_held(now), alarm.is_held_by(USER, now), alarm.is_held_by_other(OTHER, now)) == (True, True, True)
    assert (alarm.is_held_by(OTHER, now), alarm.is_held_by_other(USER, now)) == (False, False)
    assert (alarm.is_held(over), alarm.is_held_by(USER, over), alarm.is_held_by_other(OTHER, over)) == (False,) * 3


# ---- carers ----


@pytest.mark.parametrize("row", [row for row in ROWS if row is not RUNS_LATE], ids=lambda row: row.name)
def test_a_carers_line_names_the_notice_that_was_answered(row: CarerAction) -> None:
    story = Story(FALL, signed_in=False) if row is TAKE else accepted()
    story.ticks()
    if row in (AT_HOSPITAL, WITH_RELATIVE, WHERE_UNKNOWN):
        story.carer(FIRST).finds_nobody()  # the answer to "Vet du var?"
    already = len(lines(story))
    notice = story.carer(FIRST).notice
    story.happens(row.event(notice.notice_id))
    assert row.line(notice.notice_id) in new_lines(story, already)
    assert [n.notice_id for wording, n in told(story) if wording is row.answer] == [notice.notice_id] * bool(row.answer)


def test_a_late_or_strange_word_is_written_with_its_notice() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=180)
    first, second = story.carer(FIRST).notice.notice_id, story.carer(SECOND).notice.notice_id
    already = len(lines(story))
    story.carer(FIRST).takes()
    story.carer(SECOND).takes()
    story.carer(SECOND).arrives()
    story.carer(SECOND).is_not_reached()
    story.operator().closes(Outcome.FALSE_ALARM)
    story.carer(FIRST).takes()
    story.carer(FIRST).is_not_reached()
    assert new_lines(story, already) == [
        timeline.CarerAccepted(first),
        timeline.TookTooLate(second),
        timeline.CaseNotTheirs(second),
        timeline.NoticeUndelivered(second),
        timeline.AlarmClosed(Outcome.FALSE_ALARM, str(USER)),
        timeline.WordAfterClose(first, "took"),
        timeline.WordAfterClose(first, "undelivered"),
    ]


def test_who_is_late_or_silent_is_written_with_the_owners_notice() -> None:
    late, silent = accepted(eta_minutes=20), on_site()
    late.passes(minutes=20)
    silent.passes(minutes=30)
    assert timeline.ArrivalLate(ASKED) in lines(late)
    assert lines(silent)[-1] == timeline.SiteSilent(ASKED)


def test_a_missing_outcome_is_written_and_the_lead_asked() -> None:
    story = on_site()
    story.carer(FIRST).is_done()
    already = len(lines(story))
    story.passes(minutes=10)
    asked = story.carer(LEAD).notice
    assert (asked.state, asked.channel, asked.asked_at) == (NoticeState.EXPIRED, Channel.SMS, story.now)
    assert new_lines(story, already) == [
        timeline.OutcomeMissing(),
        timeline.CarerAsked(asked.notice_id, Who.LEAD, Channel.SMS, 1),
    ]
    assert story.alarm.limits.limit_at == story.now + timedelta(minutes=30)


def test_a_role_that_nobody_fills_is_written_once_a_round() -> None:
    story = Story(FALL, signed_in=False, roster=town(LEAD))
    story.ticks()
    nobody = [line for line in lines(story) if isinstance(line, timeline.NobodyOnDuty)]
    assert nobody == [timeline.NobodyOnDuty(Who.PATROL, HERE), timeline.NobodyOnDuty(Who.SECOND_PATROL, HERE)]


def test_the_last_round_is_written_with_its_number() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=3 * 420)
    assert timeline.DispatchExhausted(3) in lines(story)
    dispatch = story.alarm.dispatch
    assert dispatch is not None and dispatch.repeat_at == story.now + timedelta(minutes=5)


# ---- evidence, and what joins ----


def test_evidence_and_what_joins_are_written() -> None:
    story = Story(AlarmKind.NOT_SEEN, signed_in=False)
    story.ticks()
    already = len(lines(story))
    story.happens(ConditionReported(Condition.CLEARED))
    story.happens(Joined(AlarmKind.CANNOT_TELL, P2, Reason.STILL))
    story.happens(ConditionReported(Condition.ACTIVE, Reason.ON_FLOOR))
    asked = [n.notice_id for n in story.alarm.dispatch.notices] if story.alarm.dispatch else []
    assert new_lines(story, already) == [
        timeline.CaseCleared(),
        timeline.DispatchCalledOff(DISPATCH),
        timeline.CaseJoined(AlarmKind.CANNOT_TELL, P2),
        timeline.DispatchStarted(DISPATCH, P2),
        timeline.CarerAsked(asked[1], Who.PATROL, Channel.SMS, 2),
        timeline.CaseWorsened(Reason.ON_FLOOR),
        timeline.CarerAsked(asked[2], Who.PATROL, Channel.SMS, 3),
    ]
    assert (story.alarm.kind, story.alarm.reason, story.alarm.priority) == (FALL, Reason.ON_FLOOR, P1)


@pytest.mark.parametrize("condition", list(Condition))
def test_a_visit_and_a_test_hear_nothing_of_evidence(condition: Condition) -> None:
    visit = Story(AlarmKind.MANUAL, visit=True, arrive_by=START + timedelta(hours=2))
    for story in (visit, Story(AlarmKind.TEST)):
        before, already = story.alarm, len(lines(story))
        story.happens(ConditionReported(condition, Reason.ON_FLOOR))
        assert (story.alarm, new_lines(story, already)) == (before, [])


def test_what_joins_as_urgent_leaves_the_kind_if_not_at_once() -> None:
    story = Story(AlarmKind.MANUAL, P1)
    story.happens(Joined(AlarmKind.NOT_SEEN, P1, Reason.UP))
    assert (story.alarm.kind, story.alarm.reason) == (AlarmKind.MANUAL, None)
    story.happens(Joined(FALL, P1, Reason.HALF_OUT))
    assert (story.alarm.kind, story.alarm.reason) == (FALL, Reason.HALF_OUT)
    story.happens(Joined(FALL, P1, Reason.ON_FLOOR))
    assert story.alarm.reason is Reason.HALF_OUT


def test_part_of_an_incident_is_written_and_may_wait() -> None:
    story = Story(AlarmKind.TECHNICAL)
    story.passes(seconds=30)
    story.operator().claims()
    story.happens(IntoIncident(INCIDENT))
    assert story.state() is AlarmState.CLAIMED
    assert lines(story)[-1] == timeline.PutIntoIncident(INCIDENT)
    assert story.alarm.incident_id == INCIDENT
    assert story.alarm.limits.self_dispatch_at == story.now + timedelta(minutes=45)


def test_a_visit_that_is_called_off_is_closed_by_its_rule() -> None:
    story = Story(visit=True, arrive_by=START + timedelta(hours=2))
    story.happens(CalledOff("planning"))
    assert lines(story)[-1] == timeline.AlarmClosed(Outcome.OTHER, "planning")
