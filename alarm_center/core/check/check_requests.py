"""A user's answer, second look, cancellation or restore of one check."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from alarm_center.core.check.check_effects import (
    CallOff,
    CheckDecision,
    CheckEffect,
    Clear,
    CommandLook,
    NewConfig,
    Visit,
)
from alarm_center.core.check.check_events import AskAgain, Cancel, PersonSaid, VisitBeside
from alarm_center.core.check.state import ENDED, Attempt, AttemptState, Check, CheckState
from alarm_center.core.check.transitions import (
    ATTEMPTS,
    RuledAnswer,
    apply_rule,
    deadline,
    deciding_attempt,
    end_as_seen,
    prepend_effects,
    raise_for_rule,
    says_something,
)
from alarm_center.core.decision import IllegalMove, Write
from alarm_center.core.plan import Plan
from alarm_center.core.reason_table import Reaction, Rule
from schemas import timeline
from schemas.limits import SECONDS_MAX, SECONDS_MIN
from schemas.vocabulary import REASONS, AlarmKind, Answer, CancelReason, Cause, Instead, Priority, Reason

_WRONG: Final = Rule(Reaction.ALARM, AlarmKind.SOMETHING_WRONG, Priority.FIRST)
"""A person who says that something is wrong is never asked to wait, whatever the reason."""


def apply_answer(check: Check, said: PersonSaid, plan: Plan, now: datetime) -> CheckDecision:
    """Apply a person's answer: it decides a check that waits for a look, and goes to the alarm of an alarmed one."""
    if said.reason is not None and said.reason not in REASONS[said.answer]:
        raise illegal_move(check, f"{said.reason} is no reason for {said.answer}")
    written = Write(timeline.PersonAnswered(said.answer, said.user, said.session_id, said.reason))
    effects: tuple[CheckEffect, ...] = ()
    if check.state is CheckState.ALARMED:
        if said.answer is Answer.IN_BED:
            _require_newest(check, said, plan)
            effects = (Clear(),)
        elif said.answer is Answer.SOMETHING_WRONG:
            effects = (raise_for_rule(_WRONG, said.reason, late=check.late),)
        return CheckDecision(check, (written, *effects))
    if said.answer is Answer.IN_BED:
        _require_evidence(check, said, plan)
        _require_newest(check, said, plan)
        return prepend_effects(end_as_seen(check, said.user), written)
    reason = said.reason
    if said.answer is Answer.CANNOT_TELL and reason is None:
        reason = Reason.PERSON_UNSURE
    rule = _WRONG if said.answer is Answer.SOMETHING_WRONG else plan.rule(said.answer, reason)
    decision = apply_rule(check, RuledAnswer(said.answer, reason, rule, said.more_tonight), plan, now)
    return prepend_effects(decision, written)


def _require_evidence(check: Check, said: PersonSaid, plan: Plan) -> None:
    """Green needs a sound session of the newest look, that came in its time."""
    for attempt in check.attempts:
        if attempt.session_id == said.session_id and attempt.state is AttemptState.ANSWERED:
            sound = attempt.answer is None or says_something(plan.rule(attempt.answer, attempt.reason))
            if sound and attempt.number >= deciding_attempt(check).number:
                return
    raise illegal_move(check, f"session {said.session_id} cannot turn it green; look again first")


def _require_newest(check: Check, said: PersonSaid, plan: Plan) -> None:
    """An answer about an older picture never lowers what a later look may have shown: it may have waited in a page for its turn.

    A later look that says nothing, from a camera with a fault, is no newer picture.
    """
    seen = next((attempt for attempt in check.attempts if attempt.session_id == said.session_id), None)
    if seen is None:
        return
    for attempt in check.attempts:
        came = attempt.session_id is not None and attempt.number > seen.number
        if came and (attempt.answer is None or says_something(plan.rule(attempt.answer, attempt.reason))):
            raise illegal_move(
                check, f"session {said.session_id} is older than the newest look; look at that one first"
            )


def request_look(check: Check, ask: AskAgain, plan: Plan, now: datetime) -> CheckDecision:
    """Add a look for a person's eyes. By itself it decides only an ``in_bed`` of a waiting check, and something wrong."""
    if check.staff_inside:
        raise illegal_move(check, "staff are with the resident; the device is not woken")
    if check.device_id is None:
        raise illegal_move(check, "has no device to look with")
    if not SECONDS_MIN <= ask.seconds <= SECONDS_MAX:
        raise illegal_move(check, f"cannot look for {ask.seconds} s; {SECONDS_MIN} to {SECONDS_MAX} s can be asked for")
    number = len(check.attempts) + 1
    if number > ATTEMPTS - (0 if check.state in ENDED else check.rechecks_left + check.retries_left + 1):
        raise illegal_move(check, f"has been looked at {number - 1} times; take a live look, or send somebody")
    attempt = Attempt(number, Cause.ASKED, now, now + plan.retry_window, ask.seconds)
    check = replace(check, attempts=(*check.attempts, attempt))
    if check.state is CheckState.TO_LOOK and check.next_step_at is not None:
        until = max(check.next_step_at, attempt.closes_at + plan.grace)
        check = replace(check, next_step_at=min(until, deadline(check, plan)))
    asked = Write(timeline.CheckAttempt(number, Cause.ASKED, ask.user))
    return CheckDecision(check, (asked, CommandLook(attempt)))


def cancel_check(check: Check, wish: Cancel, now: datetime) -> CheckDecision:
    """End the check without a look; once one has failed this takes a person's name, unless consent is gone."""
    revoked = wish.reason is CancelReason.CONSENT_REVOKED
    if check.state is CheckState.ALARMED:
        if not revoked:
            raise illegal_move(check, "is alarmed: it ends with the alarm's outcome")
        return CheckDecision(check, (Write(timeline.CheckConsentRevoked()),))
    failed = check.state in (CheckState.WAITING, CheckState.TO_LOOK) or check.attempts[0].state is not AttemptState.OWED
    if failed and not revoked and not (wish.person and wish.agreed_by):
        raise illegal_move(check, f"is {check.state} after a look: {wish.reason} needs a person's name")
    cancelled = replace(
        check,
        state=CheckState.CANCELLED,
        next_step_at=None,
        cancel_reason=wish.reason,
        instead=wish.instead,
        agreed_by=wish.agreed_by,
        visit_beside=check.visit_beside and wish.instead is Instead.VISIT,
    )
    effects: list[CheckEffect] = [Write(timeline.CheckCancelled(wish.reason, wish.instead))]
    if check.device_id is not None:
        effects.append(NewConfig())
    # A patrol that goes anyway is the visit.
    if wish.instead is Instead.VISIT and not check.visit_beside:
        effects.append(Visit(max(check.opens_at, now)))
    elif wish.instead is not Instead.VISIT and check.visit_beside:
        effects.append(CallOff())
    return CheckDecision(cancelled, tuple(effects))


RESTORABLE: Final = frozenset(
    {
        CancelReason.CONSENT_REVOKED,
        CancelReason.DIED,
        CancelReason.DECISION_ENDED,
        CancelReason.PAUSE_AWAY,
        CancelReason.PAUSE_HOSPITAL,
        CancelReason.PAUSE_GUESTS,
        CancelReason.PAUSE_OWN_WISH,
        CancelReason.TOWN_STOP,
    }
)
"""Reasons that end early: consent is given again, a decision is made anew, a pause is cut short, a death was registered by mistake, a town's
stop is over. The other reasons end a check for good."""


def restore_check(check: Check, now: datetime) -> CheckDecision:
    """Owe the check again as it was planned: only before it opens, and only while nobody has looked."""
    # A visit that was planned at the time is taken back too: in a pause nobody may be at home.
    planned_visit = check.cancel_reason is CancelReason.REPLANNED and check.instead is Instead.VISIT
    if check.cancel_reason not in RESTORABLE and not planned_visit:
        raise illegal_move(check, f"was cancelled as {check.cancel_reason}: that is not taken back")
    if now >= check.opens_at:
        raise illegal_move(check, "would have opened already: it is not brought back")
    first = check.attempts[0]
    if len(check.attempts) > 1 or first.state is not AttemptState.OWED or first.session_id is not None:
        raise illegal_move(check, "has been looked at: it is not brought back")
    # What was known of faults and staff when it was cancelled is told again if it still holds.
    restored = replace(
        check,
        state=CheckState.PLANNED,
        next_step_at=check.opens_at,
        staff_inside=False,
        fault_known=False,
        cancel_reason=None,
        instead=None,
        agreed_by=None,
    )
    effects: list[CheckEffect] = [Write(timeline.CheckRestored(check.cancel_reason, check.instead))]
    if check.instead is Instead.VISIT and not check.visit_beside:
        effects.append(CallOff())
    if check.device_id is not None:
        effects.append(NewConfig())
    return CheckDecision(restored, tuple(effects))


def plan_visit_beside(check: Check, wish: VisitBeside) -> CheckDecision:
    """Have a patrol go too, at the time of the look, or not any more. Whatever the look finds changes nothing of it."""
    if wish.wanted == check.visit_beside:
        return CheckDecision(check)
    follows: CheckEffect = Visit(check.opens_at) if wish.wanted else CallOff()
    return CheckDecision(
        replace(check, visit_beside=wish.wanted), (Write(timeline.CheckVisitBeside(wish.wanted)), follows)
    )


def illegal_move(check: Check, why: str) -> IllegalMove:
    return IllegalMove(f"check {check.check_id}: {why}")
