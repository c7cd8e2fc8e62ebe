"""The sealer: a hash chain beside the timeline, one a town, written after the fact.

Chaining inside the decision's transaction would put a whole town's decisions in one queue (design §7), so a job of its
own takes each town's new lines in order, below the horizon, and writes a digest that covers the one before it.
"""

import hashlib
import json
from typing import Any, Final

from alarm_center.store.events import Cursor, Event
from alarm_center.store.memory import Memory, Tx, now

FIRST: Final = bytes(32)
"""What a town's first digest is chained to."""


def digest(before: bytes, event: Event) -> bytes:
    """Return SHA-256 over the digest before and the line in one fixed form."""
    line = json.dumps(
        [
            str(event.cursor), event.at.isoformat(), event.org, event.kind,
            *(None if part is None else str(part) for part in (
                event.area_id, event.check_id, event.alarm_id, event.resident_id,
                event.device_id, event.session_id, event.actor)),
            event.data,
        ],
        sort_keys=True, separators=(",", ":"), ensure_ascii=False,
    )  # fmt: skip
    return hashlib.sha256(before + line.encode()).digest()


async def _last(tx: "Tx[Any]", org: str) -> tuple[Cursor, bytes]:
    row = await tx.fetchrow(
        "select tx, event_id, digest from event_seals where org = $1 order by tx desc, event_id desc limit 1",
        org,
    )
    return (Cursor(int(row["tx"]), row["event_id"]), row["digest"]) if row else (Cursor(0, 0), FIRST)


async def _unsealed(tx: "Tx[Any]", org: str, cursor: Cursor, limit: int) -> list[Event]:
    rows = await tx.fetch(
        """
        select tx, id, at, org, kind, area_id, check_id, alarm_id, resident_id, device_id, session_id, actor, data
        from events
        where org = $1 and (tx, id) > ($2::text::xid8, $3) and tx < pg_snapshot_xmin(pg_current_snapshot())
        order by tx, id limit $4
        """,
        org, str(cursor.tx), cursor.id, limit,
    )  # fmt: skip
    return [
        Event(
            cursor=Cursor(int(row["tx"]), row["id"]),
            **{k: v for k, v in row.items() if k not in ("tx", "id")},
        )
        for row in rows
    ]


async def seal(memory: Memory, org: str, limit: int = 1000) -> int:
    """Seal up to *limit* of the town's new lines; return how many. Another replica at it: none."""
    async with memory.transaction() as tx:
        if not await tx.fetchval("select pg_try_advisory_xact_lock(hashtext('seal'), hashtext($1))", org):
            return 0
        cursor, before = await _last(tx, org)
        at = await now(tx)
        rows = []
        for event in await _unsealed(tx, org, cursor, limit):
            before = digest(before, event)
            rows.append((org, str(event.cursor.tx), event.cursor.id, before, at))
        await tx.executemany(
            "insert into event_seals (org, tx, event_id, digest, sealed_at) values ($1, $2::text::xid8, $3, $4, $5)",
            rows,
        )
        return len(rows)


async def verify(memory: Memory, org: str) -> Cursor | None:
    """Walk the chain from its start; return the first line that does not fit its digest, or ``None``."""
    async with memory.transaction() as tx:
        cursor, before = Cursor(0, 0), FIRST
        while events := await _unsealed(tx, org, cursor, 1000):
            for event in events:
                sealed = await tx.fetchval(
                    "select digest from event_seals where org = $1 and tx = $2::text::xid8 and event_id = $3",
                    org, str(event.cursor.tx), event.cursor.id,
                )  # fmt: skip
                if sealed is None:
                    return None
                before = digest(before, event)
                if before != sealed:
                    return event.cursor
                cursor = event.cursor
        return None
