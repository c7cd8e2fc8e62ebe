"""What a session does that comes late, twice or after the end: a table, and how to find its row (design §6)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from alarm_center.core.alarm_kinds import POLICY
from alarm_center.core.case import Attempt, AttemptState, Check, CheckState, IllegalMove
from alarm_center.core.happenings import Found
from alarm_center.core.moves import with_attempt
from alarm_center.core.plan import Plan, Reaction, Rule
from schemas.vocabulary import CancelReason, Priority


class Comes(StrEnum):
    """What the session says, as far as this table cares."""

    IN_BED = "in_bed"
    WRONG = "something_wrong"
    """Something that is an alarm at once."""
    OTHER = "anything else"


class When(StrEnum):
    """In which circumstance it comes; the first that fits, in this order."""

    CONSENT_REVOKED = "consent is revoked"
    SAME_SESSION = "the same session again"
    """Unless nobody had judged it, and now somebody has: see :func:`judged_since`."""
    SEEN = "the check is seen"
    CANCELLED = "the check is cancelled"
    ALARMED_SINCE = "the check is alarmed, on something newer or on the same attempt"
    ALARMED = "the check is alarmed"
    ANSWERED = "its attempt is answered already"
    TOO_LATE = "its attempt's time is past"


class Then(StrEnum):
    DROPPED = "dropped, refused"
    NOTHING = "nothing"
    EVIDENCE = "evidence"
    CLEARED = "stays alarmed, cleared"
    RAISED = "the check stays as it ended, an alarm is opened or joined"
    ALARMED = "alarmed"


def _row(when: When, in_bed: Then, wrong: Then, other: Then) -> dict[tuple[When, Comes], Then]:
    return {(when, Comes.IN_BED): in_bed, (when, Comes.WRONG): wrong, (when, Comes.OTHER): other}


LATE: Final[Mapping[tuple[When, Comes], Then]] = MappingProxyType(
    {
        **_row(When.CONSENT_REVOKED, Then.DROPPED, Then.DROPPED, Then.DROPPED),
        **_row(When.SAME_SESSION, Then.NOTHING, Then.NOTHING, Then.NOTHING),
        **_row(When.SEEN, Then.EVIDENCE, Then.RAISED, Then.EVIDENCE),
        **_row(When.CANCELLED, Then.EVIDENCE, Then.RAISED, Then.EVIDENCE),
        # An older or a second session never lowers what a later or the first one raised.
        **_row(When.ALARMED_SINCE, Then.EVIDENCE, Then.RAISED, Then.EVIDENCE),
        **_row(When.ALARMED, Then.CLEARED, Then.RAISED, Then.EVIDENCE),
        **_row(When.ANSWERED, Then.EVIDENCE, Then.ALARMED, Then.EVIDENCE),
        **_row(When.TOO_LATE, Then.EVIDENCE, Then.ALARMED, Then.EVIDENCE),
    }
)
"""Nothing here leads to ``seen``: a session that is late, double or after the end is never green."""


def is_alarm_now(rule: Rule) -> bool:
    """Tell whether *rule* waits for nobody: something is wrong, or a plan made it priority 1."""
    return rule.reaction is Reaction.ALARM and (
        (rule.kind is not None and POLICY[rule.kind].at_once) or rule.priority is Priority.FIRST
    )


def comes(found: Found, plan: Plan) -> Comes:
    """Return what *found* says, as this table sees it; the plan's own rows count."""
    if found.answer is None:
        return Comes.OTHER
    rule = plan.rule(found.answer, found.reason)
    if rule.reaction is Reaction.SEEN:
        return Comes.IN_BED
    return Comes.WRONG if is_alarm_now(rule) else Comes.OTHER


def on_time(attempt: Attempt, found: Found, plan: Plan, now: datetime) -> bool:
    """Tell whether *found* was taken and has come within its attempt's window and grace."""
    ends = attempt.closes_at + plan.grace
    taken = found.started_at is None or attempt.opens_at - plan.grace <= found.started_at <= ends
    return taken and attempt.opens_at <= now <= ends


def when(check: Check, found: Found, plan: Plan, now: datetime) -> When | None:
    """Return the circumstance in which *found* comes, or ``None`` if it is the answer that its attempt waits for.

    Raises:
        IllegalMove: the check has no such attempt, or its time has not come.
    """
    if not found.consented or check.cancel_reason is CancelReason.CONSENT_REVOKED:
        return When.CONSENT_REVOKED
    if any(a.session_id == found.session_id and not judged_since(a, found) for a in check.attempts):
        return When.SAME_SESSION
    attempt = attempt_of(check, found)
    if now < attempt.opens_at:
        raise IllegalMove(
            f"check {check.check_id}: session {found.session_id} has come at {now:%H:%M:%S}, "
            f"before attempt {attempt.number} opens at {attempt.opens_at:%H:%M:%S}"
        )
    match check.state:
        case CheckState.SEEN:
            return When.SEEN
        case CheckState.CANCELLED:
            return When.CANCELLED
        case CheckState.ALARMED:
            answered = [a.number for a in check.attempts if a.state is AttemptState.ANSWERED]
            return When.ALARMED_SINCE if found.attempt <= max(answered, default=0) else When.ALARMED
    if attempt.state is AttemptState.ANSWERED:
        return When.ANSWERED
    return None if on_time(attempt, found, plan, now) else When.TOO_LATE


def attempt_of(check: Check, found: Found) -> Attempt:
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


def judged_since(attempt: Attempt, found: Found) -> bool:
    """Tell whether *found* is what a detector says of the attempt's session, which had been taken without an answer.

    That happens in the moment in which a detector comes back: the centre has given the session to people, and the
    detector judges it all the same. It is then as good as another session for an answered attempt: evidence, which may
    raise and never lowers. Somebody who lies on the floor is not kept waiting until a person has looked; but ``in_bed``
    leaves the look with people, who have been asked for it and may have begun, and who see what the detector says.
    """
    return attempt.session_id == found.session_id and attempt.answer is None and found.answer is not None


def noted(check: Check, found: Found, state: AttemptState) -> Check:
    """Return *check* with *found* in its attempt, which is then *state*."""
    attempt = replace(
        attempt_of(check, found),
        state=state,
        session_id=found.session_id,
        answer=found.answer,
        reason=found.reason,
    )
    return with_attempt(check, attempt)
