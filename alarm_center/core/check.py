"""What becomes of one owed check: every path ends in seen, alarmed or cancelled, by its deadline.

`TRANSITIONS` is the whole machine, and the diagram in docs/check.md is drawn from it. What an answer does stands in the
reason table (`plan.REASON_TABLE`), what comes late or twice in `late.LATE`. Only an ``in_bed`` within its attempt's
window leads to ``seen``.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from alarm_center.core import late, moves
from alarm_center.core.alarm_kinds import POLICY
from alarm_center.core.case import (
    ENDED,
    Attempt,
    AttemptState,
    Check,
    CheckDecision,
    CheckState,
    Clear,
    Effect,
    NewConfig,
    Raise,
    Write,
)
from alarm_center.core.happenings import (
    AskAgain,
    Cancel,
    CheckEvent,
    FaultGone,
    FaultKnown,
    Found,
    PersonSaid,
    Restore,
    StaffDone,
    StaffOnSite,
    Tick,
)
from alarm_center.core.late import Then, When
from alarm_center.core.moves import deadline as deadline
from alarm_center.core.plan import Plan, Reaction, Rule
from alarm_center.core.wishes import ask_again, cancel, illegal, person_said, restore
from schemas import timeline
from schemas.vocabulary import AlarmKind, Answer, Cause, GreenBy, Reason, Show

_PLANNED, _OPEN, _WAITING, _TO_LOOK = CheckState.PLANNED, CheckState.OPEN, CheckState.WAITING, CheckState.TO_LOOK
_SEEN, _ALARMED, _CANCELLED = CheckState.SEEN, CheckState.ALARMED, CheckState.CANCELLED

TRANSITIONS: Final[Mapping[tuple[CheckState, type[CheckEvent]], frozenset[CheckState]]] = {
    (_PLANNED, Tick): frozenset({_PLANNED, _OPEN, _ALARMED}),
    (_PLANNED, Found): frozenset({_PLANNED, _OPEN, _WAITING, _TO_LOOK, _SEEN, _ALARMED}),
    (_PLANNED, Cancel): frozenset({_CANCELLED}),
    (_PLANNED, FaultKnown): frozenset({_PLANNED}),
    (_PLANNED, FaultGone): frozenset({_PLANNED}),
    (_PLANNED, StaffOnSite): frozenset({_PLANNED}),
    (_PLANNED, StaffDone): frozenset({_PLANNED}),
    (_OPEN, Tick): frozenset({_OPEN, _WAITING, _TO_LOOK, _ALARMED}),
    (_OPEN, Found): frozenset({_OPEN, _WAITING, _TO_LOOK, _SEEN, _ALARMED}),
    (_OPEN, Cancel): frozenset({_CANCELLED}),
    (_OPEN, FaultKnown): frozenset({_OPEN}),
    (_OPEN, FaultGone): frozenset({_OPEN}),
    (_OPEN, StaffOnSite): frozenset({_OPEN}),
    (_OPEN, StaffDone): frozenset({_OPEN}),
    (_WAITING, Tick): frozenset({_WAITING, _OPEN, _ALARMED}),
    (_WAITING, Found): frozenset({_WAITING, _TO_LOOK, _SEEN, _ALARMED}),
    (_WAITING, AskAgain): frozenset({_WAITING}),
    (_WAITING, Cancel): frozenset({_CANCELLED}),
    (_WAITING, FaultKnown): frozenset({_WAITING}),
    (_WAITING, FaultGone): frozenset({_WAITING}),
    (_WAITING, StaffOnSite): frozenset({_WAITING}),
    (_WAITING, StaffDone): frozenset({_WAITING}),
    (_TO_LOOK, Tick): frozenset({_TO_LOOK, _ALARMED}),
    (_TO_LOOK, Found): frozenset({_TO_LOOK, _ALARMED}),
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
        for fact in (Tick, Found, FaultKnown, FaultGone, StaffOnSite, StaffDone)
    },
}
"""Where each event can lead from each state. What is not here is refused with `IllegalMove`."""

_SERVICE: Final = Rule(Reaction.RETRY, AlarmKind.SERVICE, POLICY[AlarmKind.SERVICE].priority)
"""When we ourselves were away: one immediate attempt, then a service alarm."""


def plan_check(
    *,
    check_id: UUID,
    org: str,
    resident_id: UUID,
    device_id: str | None,
    night: date,
    slot_id: UUID,
    opens_at: datetime,
    closes_at: datetime,
    seconds: int,
    green_by: GreenBy,
    show: Show,
    plan: Plan,
) -> Check:
    """Return the check that a slot owes on *night*: planned, its first attempt on the device's list.

    A check that a person turns green is always shown to one, whatever *show* says.
    """
    return Check(
        check_id=check_id,
        org=org,
        resident_id=resident_id,
        device_id=device_id,
        night=night,
        slot_id=slot_id,
        opens_at=opens_at,
        closes_at=closes_at,
        seconds=seconds,
        green_by=green_by,
        show=Show.ALWAYS if green_by is GreenBy.OPERATOR else show,
        next_step_at=opens_at,
        attempts=(Attempt(1, Cause.SCHEDULED, opens_at, closes_at, seconds),),
        rechecks_left=plan.rechecks,
    )


def decide(check: Check, event: CheckEvent, plan: Plan, now: datetime) -> CheckDecision:
    """Return what *check* becomes on *event*, and what has to happen because of it.

    Raises:
        IllegalMove: *event* cannot happen in this state; nothing has changed.
    """
    allowed = TRANSITIONS.get((check.state, type(event)))
    if allowed is None:
        raise illegal(check, f"is {check.state}: {type(event).__name__} cannot happen")
    decision = _decide(check, event, plan, now)
    assert decision.check.state in allowed, f"{check.state} to {decision.check.state} on {event} is not in TRANSITIONS"
    return decision


def _decide(check: Check, event: CheckEvent, plan: Plan, now: datetime) -> CheckDecision:
    match event:
        case Found():
            return _found(check, event, plan, now)
        case PersonSaid():
            return person_said(check, event, plan, now)
        case AskAgain():
            return ask_again(check, event, plan, now)
        case Cancel():
            return cancel(check, event, now)
        case Restore():
            return restore(check, event, now)
    if check.state in ENDED:
        return CheckDecision(check)
    match event:
        case Tick():
            return _tick(check, event, plan, now)
        case FaultKnown():
            return _fault_known(check, event, plan, now)
        case FaultGone():
            return _fault_gone(check)
        case StaffOnSite():
            return _staff_on_site(check)
        case StaffDone():
            return _staff_done(check, now)


# ---- time ----


def _tick(check: Check, tick: Tick, plan: Plan, now: datetime) -> CheckDecision:
    due = check.next_step_at or now
    if now < due:
        return CheckDecision(check)
    if check.state is _PLANNED and now < check.opens_at:
        return _raise_fault(replace(check, next_step_at=check.opens_at), Reason.FAULT)
    was_away = now - due > plan.grace
    check = replace(check, held=check.held or tick.staff_on_site)
    match check.state:
        case CheckState.PLANNED:
            return _open(check, tick, plan, now)
        case CheckState.OPEN:
            return _no_session(replace(check, late=check.late or was_away), tick, was_away, plan, now)
        case CheckState.WAITING:
            return _look_again(replace(check, late=check.late or was_away), tick, plan, now)
        case _:
            return moves.nobody_looked(replace(check, late=check.late or was_away), plan)


def _open(check: Check, tick: Tick, plan: Plan, now: datetime) -> CheckDecision:
    if check.held:
        return moves.wait_for_staff(check, plan, now)
    if now <= check.closes_at:
        return _opened(check, plan)
    was_held = check.deadline is not None
    check = moves.missed(
        replace(check, late=check.late or not was_held, retries_left=0, deadline=deadline(check, plan))
    )
    looked = moves.command(check, Cause.CATCH_UP, plan.retry_window, plan, now) if tick.device_online else None
    if was_held:
        return looked or moves.nobody_looked(check, plan)
    if looked is None:
        told = moves.standing(check, None, Reason.NO_SESSION, plan)
        looked = moves.blind(told, _SERVICE, Reason.NO_SESSION, plan, more_tonight=tick.more_tonight)
    return moves.after(looked, Write(timeline.CheckLate(int((now - check.opens_at).total_seconds() // 60))))


def _opened(check: Check, plan: Plan) -> CheckDecision:
    opened = replace(
        check,
        state=_OPEN,
        next_step_at=check.closes_at + plan.grace,
        deadline=deadline(check, plan),
        rechecks_left=plan.rechecks,
    )
    return CheckDecision(opened, (Write(timeline.CheckOpened(attempt=1)),))


def _no_session(check: Check, tick: Tick, was_away: bool, plan: Plan, now: datetime) -> CheckDecision:
    """The attempt's time is over and nothing came."""
    attempt = moves.current(check).number
    check = moves.missed(check)
    if check.held:
        return moves.wait_for_staff(check, plan, now)
    if tick.device_online and not tick.detectors_alive and now < deadline(check, plan):
        # The session was probably made, and nobody could judge it.
        told = moves.standing(check, None, Reason.NO_SESSION, plan)
        decision = moves.to_look(told, plan, now)
    else:
        rule = _SERVICE if was_away else plan.rule(Answer.CANNOT_TELL, Reason.NO_SESSION)
        if rule.reaction is Reaction.RETRY and not tick.device_online:
            rule = replace(rule, reaction=Reaction.TECHNICAL)
        decision = moves.follow(check, None, Reason.NO_SESSION, rule, plan, now, more_tonight=tick.more_tonight)
    return moves.after(decision, Write(timeline.CheckMissed(attempt)))


def _look_again(check: Check, tick: Tick, plan: Plan, now: datetime) -> CheckDecision:
    if check.held:
        return moves.wait_for_staff(check, plan, now)
    doubt = moves.doubt(check, plan)
    if doubt is not None:
        looked = moves.command(check, Cause.RECHECK, plan.recheck_window, plan, now)
        return looked or moves.alarm(check, doubt, check.reason)
    looked = moves.command(check, Cause.CATCH_UP, plan.retry_window, plan, now)
    return looked or moves.nobody_looked(check, plan)


# ---- what is found ----


def _found(check: Check, found: Found, plan: Plan, now: datetime) -> CheckDecision:
    when = late.when(check, found, plan, now)
    if when is not None:
        return _late_session(check, found, when, plan, now)
    opened: tuple[Effect, ...] = ()
    if check.state is _PLANNED:  # the session was quicker than the clockwork
        check, opened = (opening := _opened(check, plan)).check, opening.effects
    deciding = check.state is _OPEN and found.attempt == moves.current(check).number
    decision = _on_time(late.noted(check, found, AttemptState.ANSWERED), found, deciding, plan, now)
    taken = timeline.FindingTaken(found.session_id, found.attempt, found.answer, found.reason)
    return moves.after(decision, *opened, Write(taken))


def _on_time(check: Check, found: Found, deciding: bool, plan: Plan, now: datetime) -> CheckDecision:
    if found.answer is None:
        if not deciding:
            return CheckDecision(check)
        # No detector, and nobody who may look: somebody has to go there.
        return moves.to_look(check, plan, now) if found.shown else moves.nobody_looked(check, plan)
    rule = plan.rule(found.answer, found.reason)
    if not late.is_alarm_now(rule):
        if check.state is _TO_LOOK or not (deciding or rule.reaction is Reaction.SEEN):
            return CheckDecision(check)  # somebody asked for this look, and is the one to judge it
        if check.green_by is GreenBy.OPERATOR and rule.reaction not in (Reaction.RETRY, Reaction.TECHNICAL):
            told = moves.standing(check, found.answer, found.reason, plan)
            if found.shown:
                return moves.to_look(told, plan, now)
            if rule.reaction is Reaction.SEEN:
                # A person has to turn it green, and none may see it.
                return moves.nobody_looked(told, plan)
    return moves.follow(check, found.answer, found.reason, rule, plan, now, more_tonight=found.more_tonight)


def _late_session(check: Check, found: Found, when: When, plan: Plan, now: datetime) -> CheckDecision:
    then = late.LATE[when, late.comes(found, plan)]
    if then is Then.NOTHING:
        return CheckDecision(check)
    if then is Then.DROPPED:
        dropped = Write(timeline.FindingDropped(found.session_id, found.attempt))
        return CheckDecision(check, (dropped,))
    attempt = late.attempt_of(check, found)
    if late.judged_since(attempt, found):
        check = late.noted(check, found, attempt.state)
    elif attempt.state is not AttemptState.ANSWERED:
        timely = late.on_time(attempt, found, plan, now)
        check = late.noted(check, found, AttemptState.ANSWERED if timely else attempt.state)
    evidence = Write(
        timeline.EvidenceTaken(when.name.lower(), found.session_id, found.attempt, found.answer, found.reason)
    )
    if then is Then.EVIDENCE or found.answer is None:
        return CheckDecision(check, (evidence,))
    if then is Then.CLEARED:
        return CheckDecision(check, (evidence, Clear()))
    rule = plan.rule(found.answer, found.reason)
    if then is Then.RAISED:
        return CheckDecision(check, (evidence, moves.raise_by(rule, found.reason, late=check.late)))
    told = replace(check, answer=found.answer, reason=found.reason, deadline=deadline(check, plan))
    return moves.after(moves.alarm(told, rule, found.reason), evidence)


# ---- what is known of the device and of the staff ----


def _fault_known(check: Check, known: FaultKnown, plan: Plan, now: datetime) -> CheckDecision:
    if check.state is not _PLANNED or check.fault_known or check.next_step_at is None:
        return CheckDecision(check)
    raise_at = check.opens_at - max(plan.fault_ahead, plan.arrive_within)
    if now < raise_at:
        return CheckDecision(replace(check, next_step_at=min(check.next_step_at, raise_at)))
    return _raise_fault(check, known.fault)


def _raise_fault(check: Check, fault: Reason) -> CheckDecision:
    """The check stays owed, and can still be seen."""
    raised = Raise(AlarmKind.TECHNICAL, POLICY[AlarmKind.TECHNICAL].priority, fault)
    return CheckDecision(replace(check, fault_known=True), (Write(timeline.FaultAlarmed(fault)), raised))


def _fault_gone(check: Check) -> CheckDecision:
    if check.state is _PLANNED and check.next_step_at is not None:
        check = replace(check, next_step_at=max(check.next_step_at, check.opens_at))
    # A fault that has mended itself before anybody drove needs nobody; what else has joined the case stays.
    gone = (Write(timeline.FaultMended()), Clear(AlarmKind.TECHNICAL)) if check.fault_known else ()
    return CheckDecision(replace(check, fault_known=False), gone)


def _staff_on_site(check: Check) -> CheckDecision:
    return CheckDecision(replace(check, held=True), () if check.held else _listed(check))


def _staff_done(check: Check, now: datetime) -> CheckDecision:
    """What had waited for done is due now."""
    if not check.held:
        return CheckDecision(check)
    waited = check.next_step_at == check.deadline and check.state in (_PLANNED, _WAITING)
    released = replace(check, held=False)
    if not waited or check.next_step_at is None:
        return CheckDecision(released, _listed(check))
    due = replace(released, next_step_at=min(now, check.next_step_at))
    return CheckDecision(due, (Write(timeline.CheckReleased()), *_listed(check)))


def _listed(check: Check) -> tuple[NewConfig, ...]:
    """Held checks are not on the device's list."""
    on_list = check.device_id is not None and check.attempts[0].state is AttemptState.OWED
    return (NewConfig(),) if on_list else ()
