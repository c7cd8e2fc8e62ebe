"""Handlers of findings, sessions, statuses and detectors' signs of life: each recorded in one transaction and counted.

A message that cannot be recorded is refused by a word that is counted and logged. Its device gets a receipt, so that it
stops sending, and the check goes on to its own end.
"""

from dataclasses import dataclass

import structlog

from alarm_center import message_reader, metrics
from alarm_center.casework import arrived_sessions
from alarm_center.devices import presence, statuses
from alarm_center.devices.last_heard import LastHeard
from alarm_center.devices.statuses import StatusOutcome
from alarm_center.store.memory import Memory
from schemas import topics
from schemas.messages import Finding, HomeFinding, HomeSession, Session, Status
from schemas.vocabulary import Answer, JudgePlace, Reason, Refusal

log = structlog.get_logger()


@dataclass(slots=True)
class Inbox:
    """The handlers of findings, sessions, statuses and the detectors' signs of life."""

    memory: Memory
    last_heard: LastHeard

    async def on_finding(self, topic: str, payload: bytes) -> None:
        """Record one finding: its check decides, and its device gets a receipt."""
        finding = message_reader.read_message(Finding, topic, payload)
        if finding is not None:
            await self._record(finding, finding.answer, JudgePlace.CENTRE)

    async def on_home_finding(self, topic: str, payload: bytes) -> None:
        """Record one finding of the judge beside a gateway, as one of a detector."""
        finding = message_reader.read_message(HomeFinding, topic, payload)
        if finding is not None:
            await self._record(finding, finding.answer, JudgePlace.HOME)

    async def on_session(self, topic: str, payload: bytes) -> None:
        """Record a session as unjudged while no detector is alive: a person has to look."""
        session = message_reader.read_message(Session, topic, payload)
        if session is not None and not await presence.any_detector_alive(self.memory):
            await self._record_unjudged(session)

    async def on_home_session(self, topic: str, payload: bytes) -> None:
        """Record a session as unjudged that the judge at home could not judge: a person has to look."""
        session = message_reader.read_message(HomeSession, topic, payload)
        if session is not None:
            await self._record_unjudged(session)

    async def _record_unjudged(self, session: Session) -> None:
        # A session without a frame shows a person nothing, so it is a fault (docs/guarantees.md#2-green-needs-evidence).
        blind = not session.frames
        unjudged = Finding(
            session_id=session.session_id, org=session.org, device=session.device, check_id=session.check_id,
            attempt=session.attempt, command_id=session.command_id, answer=Answer.CANNOT_TELL,
            reasons=(Reason.FAULT if blind else Reason.PERSON_UNSURE,), started_at=session.started_at,
            pictures=len(session.frames),
        )  # fmt: skip
        await self._record(unjudged, Answer.CANNOT_TELL if blind else None, None)

    async def on_status(self, topic: str, payload: bytes) -> None:
        """Record a device's status, and report its faults to the checks that come."""
        status = message_reader.read_message(Status, topic, payload)
        if status is None:
            return
        where = topics.parse(topic)
        outcome, at = await self.memory.attempt(lambda tx: statuses.record_status(tx, where, status))
        match outcome:
            case StatusOutcome.UNKNOWN_DEVICE:
                message_reader.count_refusal("status", Refusal.UNKNOWN_DEVICE, topic)
                return
            case StatusOutcome.OUTDATED:
                # A newer status has been recorded: this one reports no fault to the checks either.
                log.info("status_outrun", topic=topic, connection=status.connection, sequence=status.sequence)
                return
            case StatusOutcome.NOTHING_NEW:
                self.last_heard.record(where.org, where.device, status, at)
            case StatusOutcome.WRITTEN:
                self.memory.hint()
            case StatusOutcome.REPEATED:
                pass  # the first time may have written the row, and not have told the checks
        await presence.report_faults(self.memory, where.org, where.device, status)

    async def on_detector(self, topic: str, payload: bytes) -> None:
        """Record a detector's sign of life."""
        status = message_reader.read_detector_status(topic, payload)
        if status is not None:
            await presence.record_detector(self.memory, status)

    async def _record(self, finding: Finding, answer: Answer | None, judge: JudgePlace | None) -> None:
        recorded = await self.memory.attempt(lambda tx: arrived_sessions.record_finding(tx, finding, answer, judge))
        if recorded is None:
            metrics.DUPLICATES.inc()
        elif isinstance(recorded, Refusal):
            message_reader.count_refusal("session", recorded, finding.session_id)
        else:
            metrics.FINDINGS.labels(recorded).inc()
        self.memory.hint()
