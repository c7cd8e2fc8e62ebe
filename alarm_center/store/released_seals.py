"""Seals of release 0.2.0: a chain over a town's timeline alone, which its replicas write and every later release verifies.

A database that was made by that release holds one for the lines of before the log of facts (`store/seals.py` has the chain
that covers it). Replicas of 0.2.0 go on with theirs while there are any. Goes when no such database is left.
"""

import hashlib
import json
from typing import Final

from alarm_center.store.events import COLUMNS, Cursor, Event, event_of
from alarm_center.store.memory import Tx

FIRST: Final = bytes(32)
"""The digest that a town's first one is chained to."""


def digest(before: bytes, event: Event) -> bytes:
    """Return SHA-256 over the digest before and the line in one fixed form.

    It is the stored text that is sealed, not the payload as this version reads it: a line of any version verifies.
    """
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


async def last_place(tx: Tx, org: str) -> Cursor | None:
    """Return the place of the newest seal; ``None`` if this chain has none."""
    row = await tx.fetchrow(
        "select tx, event_id from event_seals where org = $1 order by tx desc, event_id desc limit 1", org
    )
    return Cursor(int(row["tx"]), row["event_id"]) if row else None


async def digest_at(tx: Tx, org: str, end: Cursor) -> bytes | None:
    """Return the newest digest up to *end*; ``None`` if there is none."""
    made: bytes | None = await tx.fetchval(
        """
        select digest from event_seals where org = $1 and (tx, event_id) <= ($2::text::xid8, $3)
        order by tx desc, event_id desc limit 1
        """,
        org, str(end.tx), end.id,
    )  # fmt: skip
    return made


async def seals_after(tx: Tx, org: str, cursor: Cursor, limit: int) -> dict[Cursor, bytes]:
    """Return the next digests past *cursor*, by their places, in order."""
    rows = await tx.fetch(
        """
        select tx, event_id, digest from event_seals where org = $1 and (tx, event_id) > ($2::text::xid8, $3)
        order by tx, event_id limit $4
        """,
        org, str(cursor.tx), cursor.id, limit,
    )  # fmt: skip
    return {Cursor(int(row["tx"]), row["event_id"]): row["digest"] for row in rows}


async def events_between(tx: Tx, org: str, cursor: Cursor, end: Cursor, limit: int | None = None) -> list[Event]:
    """Return the town's lines past *cursor* up to *end*, in order."""
    rows = await tx.fetch(
        f"""
        select {COLUMNS} from events
        where org = $1 and (tx, id) > ($2::text::xid8, $3) and (tx, id) <= ($4::text::xid8, $5) order by tx, id limit $6
        """,  # noqa: S608 -- our own columns
        org, str(cursor.tx), cursor.id, str(end.tx), end.id, limit,
    )  # fmt: skip
    return [event_of(row) for row in rows]


async def seal_until(tx: Tx, org: str, end: Cursor, limit: int) -> int:
    """Seal up to *limit* of the lines up to *end* that this chain lacks; return how many. The caller has the sealer's lock."""
    cursor = await last_place(tx, org) or Cursor(0, 0)
    before = await digest_at(tx, org, cursor) or FIRST
    rows = []
    for event in await events_between(tx, org, cursor, end, limit):
        before = digest(before, event)
        rows.append((org, str(event.cursor.tx), event.cursor.id, before))
    await tx.executemany(
        "insert into event_seals (org, tx, event_id, digest, sealed_at) values ($1, $2::text::xid8, $3, $4, clock.now())",
        rows,
    )
    return len(rows)
