"""Check decisions: the states of one check, and the effect of time, sessions, faults and staff on it.

`TRANSITIONS` is the whole machine, and the diagram in docs/check.md is drawn from it. The effect of an answer
stands in the reason table (`plan.REASON_TABLE`), that of a late or second session in `late_sessions.LATE`, that of a
person's request in `check_requests`. Only an ``in_bed`` within its attempt's window leads to ``seen``.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from alarm_center.core.alarm.alarm_kinds import POLICY
from alarm_center.core.check import late_sessions, transitions
from alarm_center.core.check.check_effects import CheckDecision, CheckEffect, Clear, NewConfig
from alarm_center.core.check.check_events import (
    AskAgain,
    Cancel,
    CheckEvent,
    CheckTick,
    FaultGone,
    FaultKnown,
    PersonSaid,
    Restore,
    SessionJudged,
    StaffDone,
    StaffOnSite,
    VisitBeside,
)
from alarm_center.core.check.check_requests import (
    apply_answer,
    cancel_check,
    illegal_move,
    plan_visit_beside,
    request_look,
    restore_check,
)
from alarm_center.core.check.late_sessions import Circumstance, LateEffect
from alarm_center.core.check.state import ENDED, Attempt, AttemptState, Check, CheckState, NewCheck
from alarm_center.core.check.transitions import deadline as deadline
from alarm_center.core.decision import Raise, Write
from alarm_center.core.plan import Plan
from alarm_center.core.reason_table import Reaction, Rule
from schemas import timeline
from schemas.vocabulary import AlarmKind, Answer, Cause, GreenBy, Reason, Show

_PLANNED, _OPEN, _WAITING, _TO_LOOK = CheckState.PLANNED, CheckState.OPEN, CheckState.WAITING, CheckState.TO_LOOK
_SEEN, _ALARMED, _CANCELLED = CheckState.SEEN, CheckState.ALARMED, CheckState.CANCELLED

TRANSITIONS: Final[Mapping[tuple[CheckState, type[CheckEvent]], frozenset[CheckState]]] = {
    (_PLANNED, CheckTick): frozenset({_PLANNED, _OPEN, _ALARMED}),
    (_PLANNED, SessionJudged): frozenset({_PLANNED, _OPEN, _WAITING, _TO_LOOK, _SEEN, _ALARMED}),
    (_PLANNED, Cancel): frozenset({_CANCELLED}),
    (_PLANNED, VisitBeside): frozenset({_PLANNED}),
    (_PLANNED, FaultKnown): frozenset({_PLANNED}),
    (_PLANNED, FaultGone): frozenset({_PLANNED}),
    (_PLANNED, StaffOnSite): frozenset({_PLANNED}),
    (_PLANNED, StaffDone): frozenset({_PLANNED}),
    (_OPEN, CheckTick): frozenset({_OPEN, _WAITING, _TO_LOOK, _ALARMED}),
    (_OPEN, SessionJudged): frozenset({_OPEN, _WAITING, _TO_LOOK, _SEEN, _ALARMED}),
    (_OPEN, Cancel): frozenset({_CANCELLED}),
    (_OPEN, FaultKnown): frozenset({_OPEN}),
    (_OPEN, FaultGone): frozenset({_OPEN}),
    (_OPEN, StaffOnSite): frozenset({_OPEN}),
    (_OPEN, StaffDone): frozenset({_OPEN}),
    (_WAITING, CheckTick): frozenset({_WAITING, _OPEN, _ALARMED}),
    (_WAITING, SessionJudged): frozenset({_WAITING, _TO_LOOK, _SEEN, _ALARMED}),
    (_WAITING, AskAgain): frozenset({_WAITING}),
    (_WAITING, Cancel): frozenset({_CANCELLED}),
    (_WAITING, FaultKnown): frozenset({_WAITING}),
    (_WAITING, FaultGone): frozenset({_WAITING}),
    (_WAITING, StaffOnSite): frozenset({_WAITING}),
    (_WAITING, StaffDone): frozenset({_WAITING}),
    (_TO_LOOK, CheckTick): frozenset({_TO_LOOK, _ALARMED}),
    (_TO_LOOK, SessionJudged): frozenset({_TO_LOOK, _ALARMED}),
    (_TO_LOOK, PersonSaid): frozenset({_SEEN, _WAITING, _OPEN, _ALARMED}),
    (_TO_LOOK, AskAgain): frozenset({_TO_LOOK}),
    (_TO_LOOK, Cancel): frozenset({_CANCELLED}),
    (_TO_LOOK, FaultKnown): frozenset({_TO_LOOK}),
    (_TO_LOOK, FaultGone): frozenset({_TO_LOOK}),
    (_TO_LOOK, StaffOnSite): frozenset({_TO_LOOK}),
    (_TO_LOOK, StaffDone): frozenset({_TO_LOOK}),
    # The one way back: consent was given again, or a pause has ended, before anything was to be made of the check.
    (_CANCELLED, Restore): frozenset({_PLANNED}),
    # Otherwise an end is an end: new evidence speaks to the alarm, never to the check.
    (_ALARMED, PersonSaid): frozenset({_ALARMED}),
    (_ALARMED, AskAgain): frozenset({_ALARMED}),
    (_ALARMED, Cancel): frozenset({_ALARMED}),
    **{
        (ended, fact): frozenset({ended})
        for ended in (_SEEN, _ALARMED, _CANCELLED)
        for fact in (CheckTick, SessionJudged, FaultKnown, FaultGone, StaffOnSite, StaffDone)
    },
}
"""States that each event can lead to from each state. An event that is not here is refused with `IllegalMove`."""

_SERVICE: Final = Rule(Reaction.RETRY, AlarmKind.SERVICE)
"""The rule after an absence of our own: one immediate attempt, then a service alarm of that kind's own priority."""


def plan_check(new: NewCheck, plan: Plan) -> Check:
    """Return the check that *new* asks for: planned, its first attempt on the device's list.

    A check that a person turns green is always shown to one, whatever ``show`` says.
    """
    return Check(
        check_id=new.check_id,
        org=new.org,
        resident_id=new.resident_id,
        device_id=new.device_id,
        night=new.night,
        slot_id=new.slot_id,
        opens_at=new.opens_at,
        closes_at=new.closes_at,
        seconds=new.seconds,
        green_by=new.green_by,
        show=Show.ALWAYS if new.green_by is GreenBy.OPERATOR else new.show,
        next_step_at=new.opens_at,
        attempts=(Attempt(1, Cause.SCHEDULED, new.opens_at, new.closes_at, new.seconds),),
        rechecks_left=plan.rechecks,
    )


def decide(check: Check, event: CheckEvent, plan: Plan, now: datetime) -> CheckDecision:
    """Return what *check* becomes on *event*, and what has to happen because of it.

    Raises:
        IllegalMove: *event* cannot happen in this state; nothing has changed.
    """
    allowed = TRANSITIONS.get((check.state, type(event)))
    if allowed is None:
        raise illegal_move(check, f"is {check.state}: {type(event).__name__} cannot happen")
    decision = _decide(check, event, plan, now)
    assert decision.check.state in allowed, f"{check.state} to {decision.check.state} on {event} is not in TRANSITIONS"
    return decision


def _decide(check: Check, event: CheckEvent, plan: Plan, now: datetime) -> CheckDecision:
    match event:
        case SessionJudged():
            return _apply_session(check, event, plan, now)
        case PersonSaid():
            return apply_answer(check, event, plan, now)
        case AskAgain():
            return request_look(check, event, plan, now)
        case Cancel():
            return cancel_check(check, event, now)
        case Restore():
            return restore_check(check, now)
        case VisitBeside():
            return plan_visit_beside(check, event)
    if check.state in ENDED:
        return CheckDecision(check)
    match event:
        case CheckTick():
            return _apply_tick(check, event, plan, now)
        case FaultKnown():
            return _apply_fault(check, event, plan, now)
        case FaultGone():
            return _clear_fault(check)
        case StaffOnSite():
            return _record_staff(check)
        case StaffDone():
            return _resume_after_staff(check, now)


# ---- time ----


def _apply_tick(check: Check, tick: CheckTick, plan: Plan, now: datetime) -> CheckDecision:
    due = check.next_step_at or now
    if now < due:
        return CheckDecision(check)
    if check.state is _PLANNED and now < check.opens_at:
        return _raise_fault(replace(check, next_step_at=check.opens_at), Reason.FAULT)
    was_away = now - due > plan.grace
    check = replace(check, staff_inside=check.staff_inside or tick.staff_on_site)
    match check.state:
        case CheckState.PLANNED:
            return _open_check(check, tick, plan, now)
        case CheckState.OPEN:
            return _apply_no_session(replace(check, late=check.late or was_away), tick, was_away, plan, now)
        case CheckState.WAITING:
            return _look_again(replace(check, late=check.late or was_away), tick, plan, now)
        case _:
            return transitions.end_as_nobody_looked(replace(check, late=check.late or was_away), plan)


def _open_check(check: Check, tick: CheckTick, plan: Plan, now: datetime) -> CheckDecision:
    if check.staff_inside:
        return transitions.wait_for_staff(check, plan, now)
    if now <= check.closes_at:
        return _open_in_time(check, plan)
    was_held = check.deadline is not None
    check = transitions.mark_missed(
        replace(check, late=check.late or not was_held, retries_left=0, deadline=deadline(check, plan))
    )
    looked = (
        transitions.open_for_command(check, Cause.CATCH_UP, plan.retry_window, plan, now)
        if tick.device_online
        else None
    )
    if was_held:
        return looked or transitions.end_as_nobody_looked(check, plan)
    if looked is None:
        told = transitions.record_answer(check, None, Reason.NO_SESSION, plan)
        ruled = transitions.RuledAnswer(None, Reason.NO_SESSION, _SERVICE, tick.more_tonight)
        looked = transitions.end_in_technical_alarm(told, ruled, plan)
    return transitions.prepend_effects(
        looked, Write(timeline.CheckLate(int((now - check.opens_at).total_seconds() // 60)))
    )


def _open_in_time(check: Check, plan: Plan) -> CheckDecision:
    opened = replace(
        check,
        state=_OPEN,
        next_step_at=check.closes_at + plan.grace,
        deadline=deadline(check, plan),
        rechecks_left=plan.rechecks,
    )
    return CheckDecision(opened, (Write(timeline.CheckOpened(attempt=1)),))


def _apply_no_session(check: Check, tick: CheckTick, was_away: bool, plan: Plan, now: datetime) -> CheckDecision:
    """Decide when an attempt's time is over and no session has come."""
    attempt = transitions.deciding_attempt(check).number
    check = transitions.mark_missed(check)
    if check.staff_inside:
        return transitions.wait_for_staff(check, plan, now)
    if tick.device_online and not tick.detectors_alive and now < deadline(check, plan):
        # The session was probably made, and nobody could judge it.
        told = transitions.record_answer(check, None, Reason.NO_SESSION, plan)
        decision = transitions.ask_person_to_look(told, plan, now)
    else:
        rule = _SERVICE if was_away else plan.rule(Answer.CANNOT_TELL, Reason.NO_SESSION)
        if rule.reaction is Reaction.RETRY and not tick.device_online:
            rule = replace(rule, reaction=Reaction.TECHNICAL)
        ruled = transitions.RuledAnswer(None, Reason.NO_SESSION, rule, tick.more_tonight)
        decision = transitions.apply_rule(check, ruled, plan, now)
    return transitions.prepend_effects(decision, Write(timeline.CheckMissed(attempt)))


def _look_again(check: Check, tick: CheckTick, plan: Plan, now: datetime) -> CheckDecision:
    if check.staff_inside:
        return transitions.wait_for_staff(check, plan, now)
    doubt = transitions.open_doubt(check, plan)
    if doubt is not None:
        looked = transitions.open_for_command(check, Cause.RECHECK, plan.recheck_window, plan, now)
        return looked or transitions.end_in_alarm(check, doubt, check.reason)
    looked = transitions.open_for_command(check, Cause.CATCH_UP, plan.retry_window, plan, now)
    return looked or transitions.end_as_nobody_looked(check, plan)


# ---- what is found ----


def _apply_session(check: Check, found: SessionJudged, plan: Plan, now: datetime) -> CheckDecision:
    when = late_sessions.circumstance_of(check, found, plan, now)
    if when is not None:
        return _apply_late_session(check, found, when, plan, now)
    opened: tuple[CheckEffect, ...] = ()
    if check.state is _PLANNED:  # the session was quicker than the clockwork
        check, opened = (opening := _open_in_time(check, plan)).check, opening.effects
    deciding = check.state is _OPEN and found.attempt == transitions.deciding_attempt(check).number
    decision = _apply_timely_session(
        late_sessions.record_session(check, found, AttemptState.ANSWERED), found, deciding, plan, now
    )
    taken = timeline.FindingTaken(found.session_id, found.attempt, found.answer, found.reason)
    return transitions.prepend_effects(decision, *opened, Write(taken))


def _apply_timely_session(
    check: Check, found: SessionJudged, deciding: bool, plan: Plan, now: datetime
) -> CheckDecision:
    if found.answer is None:
        if not deciding:
            return CheckDecision(check)
        # No detector, and nobody who may look: somebody has to go there.
        return (
            transitions.ask_person_to_look(check, plan, now)
            if found.shown
            else transitions.end_as_nobody_looked(check, plan)
        )
    rule = plan.rule(found.answer, found.reason)
    if not late_sessions.is_alarm_now(rule):
        if check.state is _TO_LOOK or not (deciding or rule.reaction is Reaction.SEEN):
            return CheckDecision(check)  # somebody asked for this look, and is the one to judge it
        if check.green_by is GreenBy.OPERATOR and rule.reaction not in (Reaction.RETRY, Reaction.TECHNICAL):
            told = transitions.record_answer(check, found.answer, found.reason, plan)
            if found.shown:
                return transitions.ask_person_to_look(told, plan, now)
            if rule.reaction is Reaction.SEEN:
                # A person has to turn it green, and none may see it.
                return transitions.end_as_nobody_looked(told, plan)
    ruled = transitions.RuledAnswer(found.answer, found.reason, rule, found.more_tonight)
    return transitions.apply_rule(check, ruled, plan, now)


def _apply_late_session(
    check: Check, found: SessionJudged, when: Circumstance, plan: Plan, now: datetime
) -> CheckDecision:
    then = late_sessions.LATE[when, late_sessions.outcome_of(found, plan)]
    if then is LateEffect.NOTHING:
        return CheckDecision(check)
    if then is LateEffect.DROPPED:
        dropped = Write(timeline.FindingDropped(found.session_id, found.attempt))
        return CheckDecision(check, (dropped,))
    attempt = late_sessions.attempt_of(check, found)
    if late_sessions.is_judged_since(attempt, found):
        check = late_sessions.record_session(check, found, attempt.state)
    elif attempt.state is not AttemptState.ANSWERED:
        timely = late_sessions.is_on_time(attempt, found, plan, now)
        check = late_sessions.record_session(check, found, AttemptState.ANSWERED if timely else attempt.state)
    evidence = Write(
        timeline.EvidenceTaken(when.name.lower(), found.session_id, found.attempt, found.answer, found.reason)
    )
    if then is LateEffect.EVIDENCE or found.answer is None:
        return CheckDecision(check, (evidence,))
    if then is LateEffect.CLEARED:
        return CheckDecision(check, (evidence, Clear()))
    rule = plan.rule(found.answer, found.reason)
    if then is LateEffect.RAISED:
        return CheckDecision(check, (evidence, transitions.raise_for_rule(rule, found.reason, late=check.late)))
    told = replace(check, answer=found.answer, reason=found.reason, deadline=deadline(check, plan))
    return transitions.prepend_effects(transitions.end_in_alarm(told, rule, found.reason), evidence)


# ---- what is known of the device and of the staff ----


def _apply_fault(check: Check, known: FaultKnown, plan: Plan, now: datetime) -> CheckDecision:
    if check.state is not _PLANNED or check.fault_known or check.next_step_at is None:
        return CheckDecision(check)
    raise_at = check.opens_at - max(plan.fault_ahead, plan.arrive_within)
    if now < raise_at:
        return CheckDecision(replace(check, next_step_at=min(check.next_step_at, raise_at)))
    return _raise_fault(check, known.fault)


def _raise_fault(check: Check, fault: Reason) -> CheckDecision:
    """Raise an alarm for a fault that is known ahead. The check stays owed, and can still be seen."""
    raised = Raise(AlarmKind.TECHNICAL, POLICY[AlarmKind.TECHNICAL].priority, fault)
    return CheckDecision(replace(check, fault_known=True), (Write(timeline.FaultAlarmed(fault)), raised))


def _clear_fault(check: Check) -> CheckDecision:
    if check.state is _PLANNED and check.next_step_at is not None:
        check = replace(check, next_step_at=max(check.next_step_at, check.opens_at))
    # A fault that has mended itself before anybody drove needs nobody; what else has joined the case stays.
    gone = (Write(timeline.FaultMended()), Clear(AlarmKind.TECHNICAL)) if check.fault_known else ()
    return CheckDecision(replace(check, fault_known=False), gone)


def _record_staff(check: Check) -> CheckDecision:
    return CheckDecision(replace(check, staff_inside=True), () if check.staff_inside else _list_change(check))


def _resume_after_staff(check: Check, now: datetime) -> CheckDecision:
    """Make the step due that has waited for staff to be done."""
    if not check.staff_inside:
        return CheckDecision(check)
    waited = check.next_step_at == check.deadline and check.state in (_PLANNED, _WAITING)
    released = replace(check, staff_inside=False)
    if not waited or check.next_step_at is None:
        return CheckDecision(released, _list_change(check))
    due = replace(released, next_step_at=min(now, check.next_step_at))
    return CheckDecision(due, (Write(timeline.CheckReleased()), *_list_change(check)))


def _list_change(check: Check) -> tuple[NewConfig, ...]:
    """Return the change of the device's list: a check that waits for staff is not on it."""
    on_list = check.device_id is not None and check.attempts[0].state is AttemptState.OWED
    return (NewConfig(),) if on_list else ()
