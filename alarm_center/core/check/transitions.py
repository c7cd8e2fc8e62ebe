"""Transitions of a check: look by command, wait, hand over to a person, end. `check_decisions` says when each is made."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from alarm_center.core.alarm.alarm_kinds import POLICY
from alarm_center.core.check.check_effects import CheckDecision, CheckEffect, CommandLook
from alarm_center.core.check.state import Attempt, AttemptState, Check, CheckState
from alarm_center.core.decision import Raise, Write
from alarm_center.core.plan import Plan
from alarm_center.core.reason_table import Reaction, Rule
from schemas import timeline
from schemas.vocabulary import AlarmKind, Answer, Cause, GreenBy, Priority, Reason

ATTEMPTS: Final = 20
"""Attempts of one check at most: the contract numbers them from 1 to 20."""


def deadline(check: Check, plan: Plan) -> datetime:
    """Return the instant by which *check* has ended, whatever happens: the end of its last possible attempt.

    Counted are the scheduled attempt, one retry and every recheck, each with its grace, and, where a person turns the
    check green, the time that the person has to look. Asked for once the check is opened, the written deadline holds.
    """
    if check.deadline is not None:
        return check.deadline
    scheduled = plan.grace + plan.retry_window + plan.grace + _looking_time(check, plan)
    recheck = plan.recheck + plan.recheck_window + plan.grace + _looking_time(check, plan)
    return check.closes_at + scheduled + plan.rechecks * recheck


def _looking_time(check: Check, plan: Plan) -> timedelta:
    return plan.look_within if check.green_by is GreenBy.OPERATOR else timedelta(0)


def _last_close(check: Check, plan: Plan) -> datetime:
    """Return when a look by command has to be over, for its answer to come by the deadline."""
    return deadline(check, plan) - plan.grace - _looking_time(check, plan)


def _recheck_seconds(check: Check, plan: Plan) -> int:
    return max(check.seconds, round(plan.recheck_look.total_seconds()))


def prepend_effects(decision: CheckDecision, *effects: CheckEffect) -> CheckDecision:
    """Return *decision* with *effects* before its own."""
    return replace(decision, effects=effects + decision.effects)


def deciding_attempt(check: Check) -> Attempt:
    """Return the attempt that decides: the last one that no person asked for."""
    return next(a for a in reversed(check.attempts) if a.cause is not Cause.ASKED)


def replace_attempt(check: Check, attempt: Attempt) -> Check:
    attempts = tuple(attempt if a.number == attempt.number else a for a in check.attempts)
    return replace(check, attempts=attempts)


def mark_missed(check: Check) -> Check:
    attempt = deciding_attempt(check)
    if attempt.state is not AttemptState.OWED:
        return check
    return replace_attempt(check, replace(attempt, state=AttemptState.MISSED, reason=Reason.NO_SESSION))


def open_doubt(check: Check, plan: Plan) -> Rule | None:
    """Return the rule of a doubt that no later look has explained, ``None`` without one."""
    if check.answer is None:
        return None
    rule = plan.rule(check.answer, check.reason)
    again = rule.reaction is Reaction.RECHECK or (rule.reaction is Reaction.RETRY and says_something(rule))
    return rule if again else None


def record_answer(check: Check, answer: Answer | None, reason: Reason | None, plan: Plan) -> Check:
    """Return *check* with its newest answer. One that shows nothing does not hide an earlier doubt."""
    if answer is None and reason is None:
        return check
    if open_doubt(check, plan) is not None and not says_something(plan.rule(answer or Answer.CANNOT_TELL, reason)):
        return check
    return replace(check, answer=answer, reason=reason)


def says_something(rule: Rule) -> bool:
    """Return whether an answer of this rule says anything of the person, and not of the device alone."""
    of_person = rule.kind is not None and not POLICY[rule.kind].of_device
    return of_person or rule.reaction not in (Reaction.RETRY, Reaction.TECHNICAL)


# ---- going on ----


def open_for_command(check: Check, cause: Cause, window: timedelta, plan: Plan, now: datetime) -> CheckDecision | None:
    """Open *check* for a look by command; ``None`` where none can be made before its deadline."""
    closes_at = min(now + window, _last_close(check, plan))
    seconds = _recheck_seconds(check, plan) if cause is Cause.RECHECK else check.seconds
    too_short = closes_at - now < timedelta(seconds=seconds)
    if too_short or check.device_id is None or len(check.attempts) >= ATTEMPTS:
        return None
    attempt = Attempt(len(check.attempts) + 1, cause, now, closes_at, seconds)
    opened = replace(
        check,
        state=CheckState.OPEN,
        attempts=(*check.attempts, attempt),
        next_step_at=closes_at + plan.grace,
        deadline=deadline(check, plan),
    )
    return CheckDecision(opened, (Write(timeline.CheckAttempt(attempt.number, cause)), CommandLook(attempt)))


def ask_person_to_look(check: Check, plan: Plan, now: datetime) -> CheckDecision:
    """Ask a person to say what the session shows."""
    until = min(now + plan.look_within, deadline(check, plan))
    look = replace(check, state=CheckState.TO_LOOK, next_step_at=until)
    return CheckDecision(look, (Write(timeline.CheckToLook(len(check.attempts))),))


def wait_for_staff(check: Check, plan: Plan, now: datetime) -> CheckDecision:
    """Wait until staff are done, at most until the deadline; then nobody has looked."""
    until = deadline(check, plan)
    if now >= until:
        return end_as_nobody_looked(check, plan)
    state = CheckState.PLANNED if check.state is CheckState.PLANNED else CheckState.WAITING
    return CheckDecision(
        replace(check, state=state, deadline=until, next_step_at=until), (Write(timeline.CheckHeld()),)
    )


@dataclass(frozen=True, slots=True)
class RuledAnswer:
    """An answer to a check with its reason and the plan's rule for it; no answer where no session came.

    ``more_tonight`` says that the resident has another check to come this night.
    """

    answer: Answer | None
    reason: Reason | None
    rule: Rule
    more_tonight: bool


def apply_rule(check: Check, ruled: RuledAnswer, plan: Plan, now: datetime) -> CheckDecision:
    """Do what the rule of *ruled* says."""
    answer, reason, rule = ruled.answer, ruled.reason, ruled.rule
    told = record_answer(check, answer, reason, plan)
    match rule.reaction:
        case Reaction.SEEN:
            return end_as_seen(told, "detector")
        case Reaction.RECHECK:
            again_at = now + plan.recheck
            look = timedelta(seconds=_recheck_seconds(told, plan))
            if told.rechecks_left and again_at + look <= _last_close(told, plan):
                waiting = replace(
                    told, state=CheckState.WAITING, next_step_at=again_at, rechecks_left=told.rechecks_left - 1
                )
                return CheckDecision(waiting, (Write(timeline.CheckWaiting(answer, reason)),))
        case Reaction.RETRY:
            if told.staff_inside:
                return wait_for_staff(told, plan, now)
            if told.retries_left:
                once = replace(told, retries_left=told.retries_left - 1)
                if (retried := open_for_command(once, Cause.RETRY, plan.retry_window, plan, now)) is not None:
                    return retried
            return end_in_technical_alarm(told, ruled, plan)
        case Reaction.TECHNICAL:
            return end_in_technical_alarm(told, ruled, plan)
    return end_in_alarm(told, rule, reason)


# ---- ending ----


def end_as_seen(check: Check, by: str) -> CheckDecision:
    ended = replace(check, state=CheckState.SEEN, next_step_at=None, answer=Answer.IN_BED, reason=None, seen_by=by)
    return CheckDecision(ended, (Write(timeline.CheckSeen(by)),))


def end_in_technical_alarm(check: Check, ruled: RuledAnswer, plan: Plan) -> CheckDecision:
    """End *check*, which nobody can see: in an alarm of the rule's kind, or of an open doubt, which is worse."""
    rule = ruled.rule
    amiss = open_doubt(check, plan)
    if amiss is not None:
        rule = amiss
    elif rule.kind is not None and not ruled.more_tonight:
        rule = replace(rule, priority=_on_the_last_check(rule.kind, rule.priority))
    return end_in_alarm(check, rule, ruled.reason)


def _on_the_last_check(kind: AlarmKind, priority: Priority | None) -> Priority:
    """Return the priority where nobody looks again before the morning: some kinds are then more urgent."""
    wanted = priority or POLICY[kind].priority
    return min(wanted, POLICY[kind].last_of_night or wanted)


def end_as_nobody_looked(check: Check, plan: Plan) -> CheckDecision:
    """End a check whose time for a person's look, or for staff to be done, is over."""
    rule = plan.rule(Answer.CANNOT_TELL, Reason.NOBODY_LOOKED)
    return end_in_alarm(replace(check, reason=Reason.NOBODY_LOOKED), rule, Reason.NOBODY_LOOKED)


def end_in_alarm(check: Check, rule: Rule, reason: Reason | None) -> CheckDecision:
    """End *check* in the alarm that *rule* names."""
    raised = raise_for_rule(rule, reason, late=check.late)
    written = Write(timeline.CheckAlarmed(raised.kind, raised.priority, reason, check.late))
    return CheckDecision(replace(check, state=CheckState.ALARMED, next_step_at=None), (written, raised))


def raise_for_rule(rule: Rule, reason: Reason | None, *, late: bool) -> Raise:
    kind = rule.kind or AlarmKind.CANNOT_TELL
    return Raise(kind, rule.priority or POLICY[kind].priority, reason, late)
