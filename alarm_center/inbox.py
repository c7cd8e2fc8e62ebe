"""What comes in over MQTT: decode, decide, one transaction, then the receipt.

Nothing here may take the process with it, and nothing is lost: what cannot be taken is refused with a word that is
counted and logged, and its device is told, so that it stops sending; the check goes on to its own end regardless.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import structlog

from alarm_center import incoming, metrics
from alarm_center.casework import cases, steps
from alarm_center.core.case import Check, CheckState, IllegalMove
from alarm_center.core.connections import is_repeated, with_status
from alarm_center.core.happenings import Found
from alarm_center.devices import watch
from alarm_center.devices.hearing import Hearing, nothing_new
from alarm_center.store import alarms, checks, commands, devices, events, sessions
from alarm_center.store.memory import Memory, Tx, now
from schemas import timeline, topics
from schemas.messages import Finding, Session, Status
from schemas.vocabulary import Answer, Link, Reason, Refusal

log = structlog.get_logger()


class _Taken(Enum):
    """A status that says something else than the device's row: it was written, is the row's own, or is older than the row."""

    WRITTEN = "written"
    REPEATED = "repeated"
    OUTRUN = "outrun"


_NEEDS_HUMAN = frozenset({CheckState.TO_LOOK, CheckState.ALARMED})


@dataclass(slots=True)
class Inbox:
    """Takes findings, statuses and the detectors' signs of life."""

    memory: Memory
    hearing: Hearing

    async def on_finding(self, topic: str, payload: bytes) -> None:
        """Take one finding: its check decides, and its device gets a receipt."""
        finding = incoming.read(Finding, topic, payload)
        if finding is not None:
            await self._take(finding, finding.answer)

    async def on_session(self, topic: str, payload: bytes) -> None:
        """Take a session itself, while no detector is alive to judge it: a person has to look."""
        session = incoming.read(Session, topic, payload)
        if session is None or await watch.detectors_alive(self.memory):
            return
        # Nobody can look at a session without a frame, so it is none of a person's: it is a fault (design §2.2).
        blind = not session.frames
        unjudged = Finding(
            session_id=session.session_id, org=session.org, device=session.device, check_id=session.check_id,
            attempt=session.attempt, command_id=session.command_id, answer=Answer.CANNOT_TELL,
            reasons=(Reason.FAULT if blind else Reason.PERSON_UNSURE,), started_at=session.started_at,
            pictures=len(session.frames),
        )  # fmt: skip
        await self._take(unjudged, Answer.CANNOT_TELL if blind else None)

    async def on_status(self, topic: str, payload: bytes) -> None:
        """Take what a device says of itself."""
        status = incoming.read(Status, topic, payload)
        if status is None:
            return
        where = topics.parse(topic)

        async def work(tx: "Tx[Any]") -> Refusal | datetime | _Taken:
            """Return why it is refused, when it only said that the device is there, or what became of it."""
            device = await devices.get(tx, where.org, where.device)
            if device is None:
                return Refusal.UNKNOWN_DEVICE
            at = await now(tx)
            if nothing_new(device, status, at):
                return at
            device = await devices.lock(tx, where.org, where.device) or device
            at = await now(tx)
            connections = with_status(device.connections, status, at)
            if connections is None:
                return _Taken.REPEATED if is_repeated(device.connections, status) else _Taken.OUTRUN
            await devices.keep_status(tx, where.org, where.device, status, connections, at)
            after = await devices.get(tx, where.org, where.device) or device
            if (device.link, device.fault, device.camera_ok) != (after.link, after.fault, after.camera_ok):
                changed = timeline.DeviceChanged(Link(after.link), after.camera_ok)
                event = events.NewEvent(
                    where.org, changed, device_id=where.device, resident_id=device.resident_id, area_id=device.area_id,
                    actor="device",
                )  # fmt: skip
                await events.write(tx, at, event)
            return _Taken.WRITTEN

        outcome = await self.memory.attempt(work)
        if isinstance(outcome, Refusal):
            incoming.refuse("status", outcome, topic)
            return
        if outcome is _Taken.OUTRUN:
            # Older than what the device has said since: it tells its checks nothing either.
            log.info("status_outrun", topic=topic, connection=status.connection, sequence=status.sequence)
            return
        if outcome is _Taken.WRITTEN:
            self.memory.hint()
        elif isinstance(outcome, datetime):
            self.hearing.note(where.org, where.device, status, outcome)
        # Also for one that comes again: the first time may have written the row, and not have got this far.
        await watch.preflight(self.memory, where.org, where.device, status)

    async def on_detector(self, topic: str, payload: bytes) -> None:
        """Take a detector's sign of life."""
        status = incoming.read_detector(topic, payload)
        if status is not None:
            await watch.heard_detector(self.memory, status)

    async def _take(self, finding: Finding, answer: Answer | None) -> None:
        async def work(tx: "Tx[Any]") -> Answer | Refusal | None:
            return await take(tx, finding, answer)

        taken = await self.memory.attempt(work)
        if taken is None:
            metrics.DUPLICATES.inc()
        elif isinstance(taken, Refusal):
            incoming.refuse("session", taken, finding.session_id)
        else:
            metrics.FINDINGS.labels(taken).inc()
        self.memory.hint()


async def take(tx: "Tx[Any]", finding: Finding, answer: Answer | None) -> Answer | Refusal | None:
    """Take *finding* in this transaction; return its answer, why it was refused, or ``None`` if it was taken before.

    *answer* is ``None`` when no detector judged it.
    """
    device = await devices.get(tx, finding.org, finding.device)
    if device is None:
        # Not ours: there is no town to keep a row for. It gets no receipt, and is dropped there at its own limit.
        return Refusal.UNKNOWN_DEVICE
    check = await _lock(tx, finding, device)
    # Again, now that it is held: consent may have been withdrawn while we waited.
    device = await devices.get(tx, finding.org, finding.device) or device
    at = await now(tx)
    before = await sessions.receipt_of(tx, finding.org, finding.device, finding.session_id)
    # A detector that comes back just as the centre has given a session to people may still say that something is wrong.
    judged = before is not None and before.unjudged and answer is not None and check is not None
    if before is not None and not judged:
        await sessions.owe_receipt(tx, before, at)
        return None
    await devices.heard(tx, finding.org, finding.device, at)
    if not device.consented:
        return await _drop(tx, finding, device, check, at, Refusal.CONSENT_REVOKED)
    if finding.command_id is not None:
        await commands.end(tx, finding.command_id, "answered")
    if check is None:
        return await _without_check(tx, finding, device, at)
    answer, reason = _believed(finding, answer, device)
    found = Found(
        session_id=finding.session_id,
        attempt=finding.attempt or 1,
        answer=answer,
        reason=reason,
        started_at=finding.started_at,
        consented=device.consented,
        shown=device.shown,
        more_tonight=await checks.more_tonight(tx, check),
    )
    try:
        after = await steps.step_check(tx, check, found, finding.detector or "detector")
    except IllegalMove:
        # An attempt that has not opened: whatever was seen, nobody was to look.
        return await _drop(tx, finding, device, check, at, Refusal.UNKNOWN_ATTEMPT)
    # What is wrong after a check has ended is its alarm's: whoever holds that has to see it.
    wrong = after.alarm_id is not None and answer is Answer.SOMETHING_WRONG
    # Where nobody has agreed that people look, no picture is kept for them.
    needs_human = device.shown and (after.state in _NEEDS_HUMAN or wrong)
    await sessions.keep(
        tx, finding, at, resident_id=device.resident_id, check_id=check.check_id, alarm_id=after.alarm_id,
        needs_human=needs_human, refusal=None,
    )  # fmt: skip
    priority = await alarms.priority_of(tx, after.alarm_id)
    event = events.NewEvent(
        finding.org, timeline.SessionCommitted(needs_human, finding.pictures, answer, priority),
        area_id=device.area_id, check_id=check.check_id, alarm_id=after.alarm_id, resident_id=device.resident_id,
        device_id=finding.device, session_id=finding.session_id, actor=finding.detector or "detector",
    )  # fmt: skip
    await events.write(tx, at, event)
    return finding.answer


def _believed(finding: Finding, answer: Answer | None, device: devices.Device) -> tuple[Answer | None, Reason | None]:
    """Return answer and reason; green only for as many people, and by the profile, that hold here now (design §2.2)."""
    if answer is Answer.IN_BED:
        if finding.people != device.profile.get("expected_people", 1):
            return Answer.CANNOT_TELL, Reason.COUNT
        if finding.profile_version != device.profile.get("version", 1):
            return Answer.CANNOT_TELL, Reason.CONTRADICTORY
    return answer, finding.reasons[0] if finding.reasons and answer is not None else None


async def _lock(tx: "Tx[Any]", finding: Finding, device: devices.Device) -> Check | None:
    """Hold the check that the session is for; one of another resident is none of this device's."""
    check = await checks.lock(tx, finding.check_id) if finding.check_id is not None else None
    if check is None:
        # No row to hold: still the same session is taken once, though two replicas may hear it while they stand in.
        await sessions.hold(tx, finding.org, finding.device, finding.session_id)
        return None
    if check.resident_id != device.resident_id or check.org != finding.org:
        return None
    return check if any(a.number == (finding.attempt or 1) for a in check.attempts) else None


async def _without_check(tx: "Tx[Any]", finding: Finding, device: devices.Device, at: datetime) -> Answer | Refusal:
    """A session that no check of the device's resident asked for: refused, unless it shows that something is wrong."""
    if finding.answer is not Answer.SOMETHING_WRONG or device.resident_id is None:
        return await _drop(tx, finding, device, None, at, Refusal.UNKNOWN_ATTEMPT)
    alarm_id: UUID = await cases.raise_by_evidence(tx, device.resident_id, finding, at)
    await sessions.keep(
        tx,
        finding,
        at,
        resident_id=device.resident_id,
        check_id=None,
        alarm_id=alarm_id,
        needs_human=device.shown,
    )
    return finding.answer


async def _drop(
    tx: "Tx[Any]", finding: Finding, device: devices.Device, check: Check | None, at: datetime, refusal: Refusal
) -> Refusal:
    await sessions.keep(
        tx, finding, at, resident_id=device.resident_id, check_id=check.check_id if check else None, alarm_id=None,
        needs_human=False, refusal=refusal,
    )  # fmt: skip
    event = events.NewEvent(
        finding.org, timeline.SessionRefused(refusal), area_id=device.area_id,
        check_id=check.check_id if check else None, resident_id=device.resident_id, device_id=finding.device,
        session_id=finding.session_id, actor="inbox",
    )  # fmt: skip
    await events.write(tx, at, event)
    return refusal
