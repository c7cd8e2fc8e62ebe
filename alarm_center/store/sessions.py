"""Sessions: the finding of each, kept once for a session's id, and the queue of receipts to be published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from alarm_center.store.memory import Row, Tx
from schemas.messages import Finding
from schemas.vocabulary import Priority, ReceiptState


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """The receipt that a device gets for a session."""

    org: str
    device_id: str
    session_id: str
    state: ReceiptState
    reason: str | None
    unjudged: bool = False
    """People were to look at the session, since no detector was there to judge it."""
    needs_human: bool = False
    """A person has to look at it, as far as its finding says."""
    frames_wanted: bool = False
    """The home that judged it is asked for its frames."""


async def lock(tx: Tx, org: str, device_id: str, session_id: str) -> None:
    """Lock a session that has no row yet until the transaction ends."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"session {org}/{device_id}/{session_id}")


RECEIPT: Final = """s.receipt, s.refusal,
    s.receipt = 'committed' and s.detector = '' and s.reasons = '{person_unsure}' as unjudged, s.needs_human"""
"""Columns of a session (*s*) that are its receipt."""


def receipt_in(row: Row, org: str, device_id: str, session_id: str) -> StoredReceipt | None:
    """Return the session's receipt, of a row that has :data:`RECEIPT`; ``None`` where it has got none."""
    if row["receipt"] is None:
        return None
    state = ReceiptState(row["receipt"])
    return StoredReceipt(org, device_id, session_id, state, row["refusal"], row["unjudged"], row["needs_human"])


async def receipt_of(tx: Tx, org: str, device_id: str, session_id: str) -> StoredReceipt | None:
    """Return the receipt that a session got before: it gets the same one again, and nothing else happens."""
    row = await tx.fetchrow(
        f"select {RECEIPT} from sessions s where s.org = $1 and s.device_id = $2 and s.session_id = $3",  # noqa: S608 -- as above
        org, device_id, session_id,
    )  # fmt: skip
    return receipt_in(row, org, device_id, session_id) if row else None


@dataclass(frozen=True, slots=True)
class JudgedSession:
    """A session's finding, with the resident, check and alarm that it belongs to. ``refusal``: why it is not taken."""

    finding: Finding
    resident_id: UUID | None
    check_id: UUID | None
    alarm_id: UUID | None
    needs_human: bool
    refusal: str | None = None
    pictures: int = 0
    """Frames that people are to see: sent with the finding, or asked for."""


_QUEUE: Final = """
    insert into receipts (org, device_id, session_id, state, reason, created_at, frames_wanted)
    values ({}) on conflict (org, device_id, session_id) do nothing
"""


async def save(tx: Tx, session: JudgedSession, now: datetime) -> Priority | None:
    """Insert the session's row and the receipt that waits to be published, and write that its device was heard; in one statement.

    Return the priority of its alarm, ``None`` without one. A row that is there already was taken unjudged: it gets the answer, and keeps its receipt.
    """
    finding = session.finding
    state = ReceiptState.REFUSED if session.refusal else ReceiptState.COMMITTED
    priority = await tx.fetchval(
        f"""
        with heard as (
            update devices set last_heard_at = greatest(last_heard_at, $9) where org = $1 and device_id = $2
        ), kept as (
            insert into sessions (org, device_id, session_id, resident_id, check_id, attempt, command_id, alarm_id, received_at,
                started_at, receipt, refusal, answer, reasons, people, measures, evidence, detector, needs_human, pictures)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
            on conflict (org, device_id, session_id) do update set alarm_id = coalesce(excluded.alarm_id, sessions.alarm_id),
                answer = excluded.answer, reasons = excluded.reasons, people = excluded.people, measures = excluded.measures,
                evidence = excluded.evidence, detector = excluded.detector,
                needs_human = sessions.needs_human or excluded.needs_human
                where excluded.receipt = 'committed'
        ), queued as (
            {_QUEUE.format("$1, $2, $3, $11, $12, $9, $21")}
        )
        select priority from alarms where alarm_id = $8
        """,  # noqa: S608 -- our own constant
        finding.org, finding.device, finding.session_id, session.resident_id, session.check_id, finding.attempt, finding.command_id,
        session.alarm_id, now, finding.started_at, state, session.refusal, finding.answer, [str(r) for r in finding.reasons],
        finding.people, finding.measures, [e.model_dump(mode="json") for e in finding.evidence], finding.detector,
        session.needs_human, session.pictures, session.pictures > finding.pictures,
    )  # fmt: skip
    return None if priority is None else Priority(priority)


async def queue_receipt(tx: Tx, receipt: StoredReceipt, now: datetime) -> None:
    """Queue the receipt to be published, now or again."""
    await tx.execute(
        _QUEUE.format("$1, $2, $3, $4, $5, $6, $7"),
        receipt.org, receipt.device_id, receipt.session_id, receipt.state, receipt.reason, now, receipt.frames_wanted,
    )  # fmt: skip


async def queued_receipts(tx: Tx, limit: int = 200) -> list[StoredReceipt]:
    """Return the receipts that no broker has acknowledged yet, oldest first."""
    rows = await tx.fetch(
        "select org, device_id, session_id, state, reason, frames_wanted from receipts order by created_at limit $1",
        limit,
    )
    return [
        StoredReceipt(
            r["org"],
            r["device_id"],
            r["session_id"],
            ReceiptState(r["state"]),
            r["reason"],
            frames_wanted=r["frames_wanted"],
        )
        for r in rows
    ]


async def delete_receipts(tx: Tx, receipts: Sequence[StoredReceipt]) -> None:
    """Delete receipts that the broker has. A device that never hears its own sends the session again, and gets it again."""
    await tx.execute(
        """
        delete from receipts r using unnest($1::text[], $2::text[], $3::text[]) had (org, device_id, session_id)
        where r.org = had.org and r.device_id = had.device_id and r.session_id = had.session_id
        """,
        [each.org for each in receipts], [each.device_id for each in receipts], [each.session_id for each in receipts],
    )  # fmt: skip
