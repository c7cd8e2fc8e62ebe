"""Sessions that come late, twice or after the end: the table of what each does, and the search for its row.

docs/check.md#what-comes-late-twice-or-after-the-end shows the table.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from alarm_center.core.alarm.alarm_kinds import POLICY
from alarm_center.core.check.check_events import SessionJudged
from alarm_center.core.check.state import Attempt, AttemptState, Check, CheckState
from alarm_center.core.check.transitions import replace_attempt
from alarm_center.core.decision import IllegalMove
from alarm_center.core.plan import Plan
from alarm_center.core.reason_table import Reaction, Rule
from schemas.vocabulary import CancelReason, Priority


class SessionSays(StrEnum):
    """The message of a session, as far as the table cares."""

    IN_BED = "in_bed"
    WRONG = "something_wrong"
    """Something that is an alarm at once."""
    OTHER = "anything else"


class Circumstance(StrEnum):
    """The circumstance in which a session comes; the first that fits, in this order."""

    CONSENT_REVOKED = "consent is revoked"
    SAME_SESSION = "the same session again"
    """Unless nobody had judged it, and now somebody has: see :func:`is_judged_since`."""
    SEEN = "the check is seen"
    CANCELLED = "the check is cancelled"
    ALARMED_SINCE = "the check is alarmed, on something newer or on the same attempt"
    ALARMED = "the check is alarmed"
    ANSWERED = "its attempt is answered already"
    TOO_LATE = "its attempt's time is past"


class LateEffect(StrEnum):
    DROPPED = "dropped, refused"
    NOTHING = "nothing"
    EVIDENCE = "evidence"
    CLEARED = "stays alarmed, cleared"
    RAISED = "the check stays as it ended, an alarm is opened or joined"
    ALARMED = "alarmed"


def _row(
    when: Circumstance, in_bed: LateEffect, wrong: LateEffect, other: LateEffect
) -> dict[tuple[Circumstance, SessionSays], LateEffect]:
    return {(when, SessionSays.IN_BED): in_bed, (when, SessionSays.WRONG): wrong, (when, SessionSays.OTHER): other}


LATE: Final[Mapping[tuple[Circumstance, SessionSays], LateEffect]] = MappingProxyType(
    {
        **_row(Circumstance.CONSENT_REVOKED, LateEffect.DROPPED, LateEffect.DROPPED, LateEffect.DROPPED),
        **_row(Circumstance.SAME_SESSION, LateEffect.NOTHING, LateEffect.NOTHING, LateEffect.NOTHING),
        **_row(Circumstance.SEEN, LateEffect.EVIDENCE, LateEffect.RAISED, LateEffect.EVIDENCE),
        **_row(Circumstance.CANCELLED, LateEffect.EVIDENCE, LateEffect.RAISED, LateEffect.EVIDENCE),
        # An older or a second session never lowers what a later or the first one raised.
        **_row(Circumstance.ALARMED_SINCE, LateEffect.EVIDENCE, LateEffect.RAISED, LateEffect.EVIDENCE),
        **_row(Circumstance.ALARMED, LateEffect.CLEARED, LateEffect.RAISED, LateEffect.EVIDENCE),
        **_row(Circumstance.ANSWERED, LateEffect.EVIDENCE, LateEffect.ALARMED, LateEffect.EVIDENCE),
        **_row(Circumstance.TOO_LATE, LateEffect.EVIDENCE, LateEffect.ALARMED, LateEffect.EVIDENCE),
    }
)
"""Nothing here leads to ``seen``: a session that is late, double or after the end is never green."""


def is_alarm_now(rule: Rule) -> bool:
    """Tell whether *rule* waits for nobody: something is wrong, or a plan made it priority 1."""
    return rule.reaction is Reaction.ALARM and (
        (rule.kind is not None and POLICY[rule.kind].at_once) or rule.priority is Priority.FIRST
    )


def outcome_of(found: SessionJudged, plan: Plan) -> SessionSays:
    """Return the message of *found* as the table sees it; the plan's own rows count."""
    if found.answer is None:
        return SessionSays.OTHER
    rule = plan.rule(found.answer, found.reason)
    if rule.reaction is Reaction.SEEN:
        return SessionSays.IN_BED
    return SessionSays.WRONG if is_alarm_now(rule) else SessionSays.OTHER


def is_on_time(attempt: Attempt, found: SessionJudged, plan: Plan, now: datetime) -> bool:
    """Tell whether *found* was taken and has come within its attempt's window and grace."""
    ends = attempt.closes_at + plan.grace
    taken = found.started_at is None or attempt.opens_at - plan.grace <= found.started_at <= ends
    return taken and attempt.opens_at <= now <= ends


def circumstance_of(check: Check, found: SessionJudged, plan: Plan, now: datetime) -> Circumstance | None:
    """Return the circumstance in which *found* comes, or ``None`` if it is the answer that its attempt waits for.

    Raises:
        IllegalMove: the check has no such attempt, or its time has not come.
    """
    return next((fits for step in STEPS if (fits := step(check, found, plan, now)) is not None), None)


def _consent_is_revoked(check: Check, found: SessionJudged, _plan: Plan, _now: datetime) -> Circumstance | None:
    revoked = not found.consented or check.cancel_reason is CancelReason.CONSENT_REVOKED
    return Circumstance.CONSENT_REVOKED if revoked else None


def _is_same_session(check: Check, found: SessionJudged, _plan: Plan, _now: datetime) -> Circumstance | None:
    known = any(a.session_id == found.session_id and not is_judged_since(a, found) for a in check.attempts)
    return Circumstance.SAME_SESSION if known else None


def _refuse_early(check: Check, found: SessionJudged, _plan: Plan, now: datetime) -> None:
    attempt = attempt_of(check, found)
    if now < attempt.opens_at:
        raise IllegalMove(
            f"check {check.check_id}: session {found.session_id} has come at {now:%H:%M:%S}, "
            f"before attempt {attempt.number} opens at {attempt.opens_at:%H:%M:%S}"
        )


def _has_ended(check: Check, found: SessionJudged, _plan: Plan, _now: datetime) -> Circumstance | None:
    match check.state:
        case CheckState.SEEN:
            return Circumstance.SEEN
        case CheckState.CANCELLED:
            return Circumstance.CANCELLED
        case CheckState.ALARMED:
            answered = [a.number for a in check.attempts if a.state is AttemptState.ANSWERED]
            return Circumstance.ALARMED_SINCE if found.attempt <= max(answered, default=0) else Circumstance.ALARMED
    return None


def _is_answered(check: Check, found: SessionJudged, _plan: Plan, _now: datetime) -> Circumstance | None:
    answered = attempt_of(check, found).state is AttemptState.ANSWERED
    return Circumstance.ANSWERED if answered else None


def _is_too_late(check: Check, found: SessionJudged, plan: Plan, now: datetime) -> Circumstance | None:
    return None if is_on_time(attempt_of(check, found), found, plan, now) else Circumstance.TOO_LATE


STEPS: Final = (_consent_is_revoked, _is_same_session, _refuse_early, _has_ended, _is_answered, _is_too_late)
"""The first that fits names the circumstance. A session without consent is dropped before all else is asked of it, and one
that comes twice is never refused; of an ended check nothing more is asked."""


def attempt_of(check: Check, found: SessionJudged) -> Attempt:
    """Return the attempt that *found* is for.

    Raises:
        IllegalMove: the check has no such attempt.
    """
    for attempt in check.attempts:
        if attempt.number == found.attempt:
            return attempt
    raise IllegalMove(
        f"check {check.check_id}: session {found.session_id} is for attempt {found.attempt}, "
        f"but it has {len(check.attempts)}"
    )


def is_judged_since(attempt: Attempt, found: SessionJudged) -> bool:
    """Tell whether *found* is a detector's judgement of the attempt's session, which was taken without an answer.

    That happens when a detector comes back: the centre has given the session to people, and the
    detector judges it all the same. It is then as good as another session for an answered attempt: evidence, which may
    raise and never lowers. Somebody who lies on the floor is not kept waiting until a person has looked; but ``in_bed``
    leaves the look with people, who have been asked for it and may have begun, and who see what the detector says.
    """
    return attempt.session_id == found.session_id and attempt.answer is None and found.answer is not None


def record_session(check: Check, found: SessionJudged, state: AttemptState) -> Check:
    """Return *check* with *found* in its attempt, which is then *state*."""
    attempt = replace(
        attempt_of(check, found),
        state=state,
        session_id=found.session_id,
        answer=found.answer,
        reason=found.reason,
    )
    return replace_attempt(check, attempt)
