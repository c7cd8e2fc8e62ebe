"""Sessions as they arrive: each is repeated, refused, raised as an alarm or decided by its check, in one transaction.

The receipt is a row of the same transaction, so no device hears of a session before its finding is committed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple
from uuid import UUID

from alarm_center.casework import cases, configs, mountings, steps
from alarm_center.core import shared_bed
from alarm_center.core.check import Check, CheckState, SessionJudged
from alarm_center.core.decision import IllegalMove
from alarm_center.core.shared_bed import SharedLook
from alarm_center.store import alarms, check_facts, checks, commands, devices, events, sessions
from alarm_center.store.check_facts import SessionFacts
from alarm_center.store.devices import BoundDevice
from alarm_center.store.memory import Tx, now
from alarm_center.store.sessions import JudgedSession, StoredReceipt
from schemas import timeline
from schemas.messages import Finding, HomeFinding
from schemas.vocabulary import Answer, JudgePlace, Priority, Reason, Refusal

_NEEDS_HUMAN: Final = frozenset({CheckState.TO_LOOK, CheckState.ALARMED})


@dataclass(frozen=True, slots=True)
class ArrivedSession:
    """A session with its finding, as it stands once its check, or the session itself, is locked."""

    finding: Finding
    answer: Answer | None
    """``None`` when no detector judged the session."""
    device: BoundDevice
    check: Check | None
    """The check that the session is for; ``None`` when no check of a resident whom the device serves asked for it."""
    receipt: StoredReceipt | None
    """The receipt of the same session, if it was taken before."""
    at: datetime
    beside: tuple[Check, ...] = ()
    """Checks of the one who shares the bed, which this look may answer too."""
    facts: SessionFacts | None = None
    """The facts of the check that the session names; ``None`` where it names none that we have."""

    @property
    def shows_something_wrong(self) -> bool:
        """True if the finding says that something is wrong with a resident whom we know."""
        return self.finding.answer is Answer.SOMETHING_WRONG and self.device.resident_id is not None

    @property
    def judged_late(self) -> bool:
        """True if people were given the session unjudged, and a detector now judges it for its check.

        Such a finding is taken once more: it may still say that something is wrong.
        """
        unjudged = self.receipt is not None and self.receipt.unjudged
        return unjudged and self.answer is not None and self.check is not None

    def pictures(self, needs_human: bool) -> int:
        """The number of frames that people are to see: those that came with the finding, else those that a home is asked for."""
        asked = self.finding.frames_kept if isinstance(self.finding, HomeFinding) and needs_human else 0
        return self.finding.pictures or asked


class SessionWay(Enum):
    """The treatment of an arrived session."""

    REPEATED = "repeated"
    """Its receipt is sent again, and nothing else happens."""
    CONSENT_REVOKED = "consent_revoked"
    UNASKED = "unasked"
    """No check asked for it: it is refused."""
    RAISED = "raised"
    """No check asked for it, but something is wrong: it opens or joins the resident's case."""
    DECIDED = "decided"
    """Its check decides."""


class WayRule(NamedTuple):
    """A way, and the sessions that may take it."""

    way: SessionWay
    applies: Callable[[ArrivedSession], bool]


WAY_RULES: Final = (
    WayRule(SessionWay.REPEATED, lambda s: s.receipt is not None and not s.judged_late),
    WayRule(SessionWay.CONSENT_REVOKED, lambda s: not s.device.consented),
    WayRule(SessionWay.UNASKED, lambda s: s.check is None and not s.shows_something_wrong),
    WayRule(SessionWay.RAISED, lambda s: s.check is None and s.shows_something_wrong),
    WayRule(SessionWay.DECIDED, lambda s: s.check is not None),
)
"""The first rule that applies decides. A repeat comes before consent: a session that was taken stays taken. Consent comes
before everything that looks at the answer: without it nothing that was seen has any effect."""


def way_of(session: ArrivedSession) -> SessionWay:
    """Return the treatment of *session*."""
    return next(rule.way for rule in WAY_RULES if rule.applies(session))


async def record_finding(
    tx: Tx, finding: Finding, answer: Answer | None, judge: JudgePlace | None
) -> Answer | Refusal | None:
    """Record *finding* in this transaction; return its answer, why it was refused, or ``None`` for a repeat.

    *answer* is ``None`` when no detector judged the session, and *judge* the place of the one who did.
    """
    session = await _lock_session(tx, finding, answer)
    if session is None:
        # Without a device there is no town to keep a row for. The home gets no receipt, and drops it at its own limit.
        return Refusal.UNKNOWN_DEVICE
    if judge is not None and judge != session.device.judge:
        # Nothing is kept of it, a receipt least of all: the finding of the device's own judge is still to come.
        return Refusal.OTHER_JUDGE
    async with events.gathered(tx) as tx:
        return await _record_session(tx, session)


async def _record_session(tx: Tx, session: ArrivedSession) -> Answer | Refusal | None:
    finding, way = session.finding, way_of(session)
    if way is SessionWay.REPEATED:
        assert session.receipt is not None, "only a session that was taken before is a repeat"
        wanted = session.pictures(session.receipt.needs_human) > finding.pictures
        await sessions.queue_receipt(tx, replace(session.receipt, frames_wanted=wanted), session.at)
        return None
    if way is SessionWay.CONSENT_REVOKED:
        return await _refuse(tx, session, Refusal.CONSENT_REVOKED)
    if finding.command_id is not None:
        await commands.end(tx, finding.command_id, "answered")
        if session.check is None and await mountings.record_answer(
            tx, session.device, finding, session.answer, session.at
        ):
            await _save(tx, session, alarm_id=None, needs_human=False)
            committed = timeline.SessionCommitted(False, 0, session.answer, None)
            await _write_line(tx, session, committed, _actor_of(session), alarm_id=None)
            return finding.answer
    if way is SessionWay.UNASKED:
        return await _refuse(tx, session, Refusal.UNKNOWN_ATTEMPT)
    if way is SessionWay.RAISED:
        return await _raise_alarm(tx, session)
    return await _decide_by_check(tx, session)


async def _lock_session(tx: Tx, finding: Finding, answer: Answer | None) -> ArrivedSession | None:
    """Lock what the session may change, and only then read what decides its way; ``None`` if the device is none of ours.

    The order of locks: the checks by their ids, then the resident's turn to raise an alarm, then the alarm, then the device's row.
    """
    locked: list[UUID] = []
    if finding.check_id is not None:
        locked = await checks.lock_for_look(tx, finding.check_id, finding.session_id, finding.started_at)
    if finding.check_id not in locked:
        return await _lock_unasked(tx, finding, answer)
    facts = await check_facts.of_session(tx, finding.check_id, finding.org, finding.device, finding.session_id)
    if facts is None or facts.device is None:
        return None
    beside = [await checks.lock(tx, check_id) for check_id in locked if check_id != finding.check_id]
    return ArrivedSession(
        finding=finding,
        answer=answer,
        device=facts.device,
        check=facts.check if _asked_for(facts.check, finding, facts.device) else None,
        receipt=facts.receipt,
        at=facts.at,
        beside=tuple(check for check in beside if check is not None) if facts.device.companion is not None else (),
        facts=facts,
    )


async def _lock_unasked(tx: Tx, finding: Finding, answer: Answer | None) -> ArrivedSession | None:
    """Lock a session that names no check of ours. There is no row: two replicas that both hear it while they stand in take it once."""
    if await devices.get(tx, finding.org, finding.device) is None:
        return None
    await sessions.lock(tx, finding.org, finding.device, finding.session_id)
    # Consent may have been withdrawn while this transaction waited for the lock.
    device = await devices.get(tx, finding.org, finding.device)
    if device is None:
        return None
    receipt = await sessions.receipt_of(tx, finding.org, finding.device, finding.session_id)
    return ArrivedSession(finding, answer, device, None, receipt, await now(tx))


def _asked_for(check: Check, finding: Finding, device: BoundDevice) -> bool:
    """Return whether *check* is of a resident whom the device serves and has the attempt that the session answers."""
    if not device.serves(check.resident_id) or check.org != finding.org:
        return False
    return any(attempt.number == (finding.attempt or 1) for attempt in check.attempts)


async def _decide_by_check(tx: Tx, session: ArrivedSession) -> Answer | Refusal:
    finding, device, check = session.finding, session.device, session.check
    assert check is not None, "this way is for sessions with a check"
    answer, reason = _believed_answer(session)
    judged = SessionJudged(
        session_id=finding.session_id,
        attempt=finding.attempt or 1,
        answer=answer,
        reason=reason,
        started_at=finding.started_at,
        consented=device.consented,
        shown=device.shown,
    )
    try:
        ended = [await _judge(tx, session, check, judged)]
    except IllegalMove:
        # An attempt that has not opened: whatever was seen, nobody was to look.
        return await _refuse(tx, session, Refusal.UNKNOWN_ATTEMPT)
    for other, attempt in _answered_too(session):
        ended.append(await _judge(tx, session, other, replace(judged, attempt=attempt)))
    # What is wrong after a check has ended is its alarm's: the holder of the alarm has to see it.
    wrong = answer is Answer.SOMETHING_WRONG
    # Where nobody has agreed that people look, no picture is kept for them.
    needs = {
        after.check_id: device.shown and (after.state in _NEEDS_HUMAN or (wrong and after.alarm_id is not None))
        for after in ended
    }
    alarm_id = ended[0].alarm_id
    priorities = {alarm_id: await _save(tx, session, alarm_id=alarm_id, needs_human=any(needs.values()))}
    # The line that keeps the pictures comes before one that needs them no longer.
    for after in sorted(ended, key=lambda each: not needs[each.check_id]):
        if after.alarm_id not in priorities:
            priorities[after.alarm_id] = await alarms.priority_of(tx, after.alarm_id)
        committed = timeline.SessionCommitted(
            needs[after.check_id], session.pictures(needs[after.check_id]), answer, priorities[after.alarm_id]
        )
        await _write_line(tx, session, committed, _actor_of(session), alarm_id=after.alarm_id, check=after)
    await _take_off_list(tx, session, check)
    return finding.answer


async def _take_off_list(tx: Tx, session: ArrivedSession, check: Check) -> None:
    """Take the made look off the list of a gateway that has restarted since it opened: the list that its restart called for still held it.

    docs/adr/0069-a-list-is-written-once-a-night.md
    """
    device = session.device
    made = next(each for each in check.attempts if each.number == (session.finding.attempt or 1))
    if device.gone_at is None or not made.opens_at <= device.gone_at <= session.at < made.closes_at:
        return
    again = await devices.get(tx, device.org, device.device_id)
    assert again is not None, "the device's row is not taken away"
    await configs.refresh_devices(tx, device.org, [again], session.at, restarted=True)


async def _judge(tx: Tx, session: ArrivedSession, check: Check, judged: SessionJudged) -> Check:
    facts = session.facts if session.facts is not None and session.facts.check is check else None
    more = facts.more_tonight if facts else await checks.has_more_tonight(tx, check)
    return await steps.step_check(tx, check, replace(judged, more_tonight=more), _actor_of(session), facts=facts)


def _answered_too(session: ArrivedSession) -> list[tuple[Check, int]]:
    """Return the checks of the one who shares the bed that this look answers, each with its attempt."""
    finding, named = session.finding, session.check
    assert named is not None, "this way is for sessions with a check"
    seconds = next(each.seconds for each in named.attempts if each.number == (finding.attempt or 1))
    look = SharedLook(finding.session_id, finding.started_at or session.at, seconds)
    found = [
        (check, shared_bed.attempt_answered(check, look))
        for check in session.beside
        if check.resident_id != named.resident_id and session.device.serves(check.resident_id)
    ]
    return [(check, attempt.number) for check, attempt in found if attempt and attempt.opens_at <= session.at]


def _actor_of(session: ArrivedSession) -> str:
    return session.finding.detector or "detector"


def _believed_answer(session: ArrivedSession) -> tuple[Answer | None, Reason | None]:
    """Return answer and reason; green only for the number of people and the profile that hold now.

    docs/guarantees.md#2-green-needs-evidence
    """
    finding, profile = session.finding, session.device.current_profile
    if session.answer is Answer.IN_BED:
        if finding.people != profile.get("expected_people", 1):
            return Answer.CANNOT_TELL, Reason.COUNT
        if finding.profile_version != profile.get("version", 1):
            return Answer.CANNOT_TELL, Reason.CONTRADICTORY
    return session.answer, finding.reasons[0] if finding.reasons and session.answer is not None else None


async def _raise_alarm(tx: Tx, session: ArrivedSession) -> Answer:
    """Open or join the resident's case: nobody asked for the session, but it shows that something is wrong.

    Of two who share the bed nobody can tell which one it is: each who is at home has a case.
    """
    owner = session.device.resident_id
    assert owner is not None, "this way is for sessions of a resident"
    opened = [
        await cases.raise_from_finding(tx, resident_id, session.finding, session.at)
        for resident_id in sorted(session.device.at_home or [owner])
    ]
    await _save(tx, session, alarm_id=opened[0], needs_human=session.device.shown)
    return session.finding.answer


async def _refuse(tx: Tx, session: ArrivedSession, refusal: Refusal) -> Refusal:
    await _save(tx, session, alarm_id=None, needs_human=False, refusal=refusal)
    await _write_line(tx, session, timeline.SessionRefused(refusal), "inbox", alarm_id=None)
    return refusal


async def _save(
    tx: Tx, session: ArrivedSession, *, alarm_id: UUID | None, needs_human: bool, refusal: Refusal | None = None
) -> Priority | None:
    """Keep the session; return the priority of its alarm."""
    judged = JudgedSession(
        finding=session.finding,
        resident_id=session.check.resident_id if session.check else session.device.resident_id,
        check_id=session.check.check_id if session.check else None,
        alarm_id=alarm_id,
        needs_human=needs_human,
        refusal=refusal,
        pictures=session.pictures(needs_human),
    )
    return await sessions.save(tx, judged, session.at)


async def _write_line(
    tx: Tx,
    session: ArrivedSession,
    payload: timeline.Payload,
    actor: str,
    *,
    alarm_id: UUID | None,
    check: Check | None = None,
) -> None:
    """Write a line of the session about *check*, of the two whom it may have answered; without one about the check that it names."""
    finding, device, about = session.finding, session.device, check or session.check
    event = events.NewEvent(
        finding.org, payload, area_id=device.area_id, check_id=about.check_id if about else None, alarm_id=alarm_id,
        resident_id=about.resident_id if about else device.resident_id, device_id=finding.device,
        session_id=finding.session_id, actor=actor,
    )  # fmt: skip
    await events.write(tx, session.at, event)
