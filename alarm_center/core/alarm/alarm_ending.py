"""End of an alarm: the outcome that the lead is asked for, the close, and the cry for help that outlives it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from alarm_center.core.alarm import dispatch as dispatching
from alarm_center.core.alarm import trouble
from alarm_center.core.alarm.alarm_change import AlarmChange
from alarm_center.core.alarm.alarm_effects import Tell
from alarm_center.core.alarm.alarm_parts import ScreenClaim
from alarm_center.core.alarm.state import AlarmState, DispatchState, Notice
from alarm_center.core.decision import Colleague, IllegalMove, Raise
from alarm_center.core.plan import Step, Wording
from schemas import timeline
from schemas.vocabulary import AlarmKind, Channel, Outcome, Priority, TroubleKind, Who


class NobodyFound(IllegalMove):
    """An end of a case of which the person was not at home, and is neither found nor known to be elsewhere."""


def ask_lead_for_outcome(change: AlarmChange) -> None:
    """Ask the lead on duty how the alarm ended. Nobody needs to go, so nothing waits for a reply.

    It is asked by SMS. Where no lead on duty takes any, the carer who is done counts as silent: the lead is called. Without
    a carer or a lead it is a trouble of the case: an operator hears of it.
    """
    alarm = change.alarm
    lead = change.roster.lead_by_sms(alarm.area_id, change.now)
    if lead is None and alarm.takers and change.roster.responders(Who.LEAD, alarm.area_id, change.now):
        change.begin_trouble(TroubleKind.SILENT, alarm.takers[0])
        return
    if alarm.dispatch is None:
        resting = dispatching.new_dispatch(change.context)
        change.dispatch = replace(resting, state=DispatchState.STOOD_DOWN)
    if lead is None:
        if trouble.of_kind(alarm.troubles, TroubleKind.OUTCOME_MISSING) is None:
            change.set_troubles(trouble.begin(alarm, TroubleKind.OUTCOME_MISSING, None, change.plan, change.now))
        return
    change.set_troubles(trouble.end(alarm.troubles, (TroubleKind.OUTCOME_MISSING,)))
    step = Step(timedelta(0), Who.LEAD, Channel.SMS, Wording.OUTCOME)
    change.adopt(dispatching.ask_carer(change.dispatch, change.context, lead, step))
    change.dispatch = dispatching.expire_notice(change.dispatch, change.dispatch.notices[-1])


def close_alarm(change: AlarmChange, by: UUID | str, outcome: Outcome, note: bool, phone: str | None = None) -> None:
    """Close the alarm with *outcome*, and tell every carer but the one with *phone*, who said so.

    Raises:
        IllegalMove: the outcome is `other`, and there is no note.
        NobodyFound: nobody was home, and neither the outcome nor a note says where the person is.
    """
    alarm = change.alarm
    if outcome is Outcome.OTHER and not note:
        raise IllegalMove(f"alarm {alarm.alarm_id}: outcome other needs a note that says what happened")
    if trouble.keeps_open(alarm.troubles, outcome, note=note):
        raise NobodyFound(f"alarm {alarm.alarm_id}: nobody was home: {outcome} needs a note that says why it is over")
    if alarm.dispatch is not None:
        there = alarm.state is AlarmState.ON_SITE
        for taker in alarm.takers if alarm.done_at is None else ():
            if taker.phone != phone:
                wording = Wording.CASE_CLOSED if there else Wording.STOOD_DOWN
                change.effects.append(Tell(wording, taker))
        over = alarm.dispatch
        if alarm.seeks or not alarm.takers:
            over = replace(over, state=DispatchState.STOOD_DOWN, repeat_at=None)
        # Also who was called about a trouble while nobody else was sought.
        change.adopt(dispatching.stand_down(over, Wording.STOOD_DOWN))
    if alarm.state is AlarmState.ON_SITE:
        change.record_staff_inside(False)
    change.alarm = replace(
        change.alarm,
        state=AlarmState.CLOSED,
        outcome=outcome,
        closed_by=str(by),
        closed_at=change.now,
        claim=ScreenClaim(moved=alarm.claim.moved),
    )
    change.limits = replace(change.limits, self_dispatch_at=None, limit_at=None)
    change.set_troubles(())
    change.add_line(timeline.AlarmClosed(outcome, str(by)))
    cry = None if phone is None else trouble.cry_of_others(alarm, phone)
    if cry is not None and not cry.acknowledged:  # the case is over, another carer's trouble is not
        crying = {word.notice_id for word in cry.words}
        notices = () if alarm.dispatch is None else alarm.dispatch.notices
        raise_for_colleagues(change, [notice for notice in notices if notice.notice_id in crying])


def raise_for_colleagues(change: AlarmChange, notices: Iterable[Notice]) -> None:
    """Raise an alarm for the carers of *notices*, who cry for help: this case is over."""
    in_need = {n.phone: Colleague(n.phone, n.patrol, n.shift_id) for n in notices}
    change.effects.append(Raise(AlarmKind.MANUAL, Priority.FIRST, None, in_need=tuple(in_need.values())))
