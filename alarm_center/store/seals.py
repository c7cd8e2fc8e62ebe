"""The sealer: a hash chain beside the timeline, one a town, written after the fact.

Chaining inside the decision's transaction would put a whole town's decisions in one queue (design §7), so a job of its
own takes each town's new lines in order, below the horizon, and writes a digest that covers the one before it.

A chain alone cannot tell that its newest lines and their seals are gone together: what is left is a whole chain. For that
its head is also told elsewhere (`Rounds.tell_heads` logs it), and :func:`verify` asks whether such a head is still in it.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from alarm_center.store import jobs, overlong
from alarm_center.store.events import COLUMNS, Cursor, Event, event_of
from alarm_center.store.memory import Memory, Tx, now

FIRST: Final = bytes(32)
"""What a town's first digest is chained to."""

SEALER: Final = "rounds:seal"
"""The job that seals; its row says when it last did."""
_BEHIND: Final = timedelta(seconds=60)
"""The sealer comes each second. A line so much older than its last time has no excuse for lacking a seal."""
_BATCH: Final = 1000


class Fault(StrEnum):
    """What is wrong with a chain."""

    CHANGED = "the line is not the one that was sealed, or one before it is gone"
    NO_LINE = "there is a seal, and its line is gone"
    NO_SEAL = "there is a line, and its seal is gone or was never made"
    NO_HEAD = (
        "this head is known from elsewhere, and is not in the chain: the newest lines are gone, or all was sealed anew"
    )


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where a chain does not hold; for a head that is missing, the head itself."""

    fault: Fault
    cursor: Cursor | None = None
    head: str | None = None

    def __str__(self) -> str:
        return f"{self.cursor or self.head}: {self.fault}"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal of a town's chain; ``digest`` in hex."""

    cursor: Cursor
    digest: str
    sealed_at: datetime


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


async def head(tx: "Tx[Any]", org: str) -> Head | None:
    """Return the newest seal of the town's chain; ``None`` before the first."""
    row = await tx.fetchrow(
        "select tx, event_id, digest, sealed_at from event_seals where org = $1 order by tx desc, event_id desc limit 1",
        org,
    )
    return Head(Cursor(int(row["tx"]), row["event_id"]), row["digest"].hex(), row["sealed_at"]) if row else None


_EVENTS: Final = f"select {COLUMNS} from events where org = $1 and (tx, id) > ($2::text::xid8, $3)"  # noqa: S608 -- our own


async def _unsealed(tx: "Tx[Any]", org: str, cursor: Cursor, limit: int) -> list[Event]:
    rows = await tx.fetch(
        f"{_EVENTS} and tx < pg_snapshot_xmin(pg_current_snapshot()) order by tx, id limit $4",
        org, str(cursor.tx), cursor.id, limit,
    )  # fmt: skip
    return [event_of(row) for row in rows]


async def _between(tx: "Tx[Any]", org: str, cursor: Cursor, end: Cursor) -> list[Event]:
    rows = await tx.fetch(
        f"{_EVENTS} and (tx, id) <= ($4::text::xid8, $5) order by tx, id",
        org, str(cursor.tx), cursor.id, str(end.tx), end.id,
    )  # fmt: skip
    return [event_of(row) for row in rows]


async def _seals(tx: "Tx[Any]", org: str, cursor: Cursor) -> dict[Cursor, bytes]:
    rows = await tx.fetch(
        """
        select tx, event_id, digest from event_seals where org = $1 and (tx, event_id) > ($2::text::xid8, $3)
        order by tx, event_id limit $4
        """,
        org, str(cursor.tx), cursor.id, _BATCH,
    )  # fmt: skip
    return {Cursor(int(row["tx"]), row["event_id"]): row["digest"] for row in rows}


async def seal(memory: Memory, org: str, limit: int = _BATCH) -> int:
    """Seal up to *limit* of the town's new lines; return how many. Another replica at it: none."""
    async with memory.transaction() as tx:
        if not await tx.fetchval("select pg_try_advisory_xact_lock(hashtext('seal'), hashtext($1))", org):
            return 0
        last = await head(tx, org)
        cursor, before = (last.cursor, bytes.fromhex(last.digest)) if last else (Cursor(0, 0), FIRST)
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


async def verify(memory: Memory, org: str, heads: Collection[str] = ()) -> Broken | None:
    """Walk the chain from its start; return the first place where it does not hold, or ``None``.

    *heads* are digests, in hex, that were this chain's head once: each has to be in it still.
    """
    unmet = set(heads)
    async with memory.transaction() as tx:
        await overlong.lift_limit(tx)
        # Read first: whatever is written while we walk is younger.
        sealed_until = (await jobs.last(tx, SEALER) or await now(tx)) - _BEHIND
        cursor, before = Cursor(0, 0), FIRST
        async for at, sealed, event in _walk(tx, org):
            if event is None or sealed is None:
                return Broken(Fault.NO_LINE if event is None else Fault.NO_SEAL, at)
            before = digest(before, event)
            if before != sealed:
                return Broken(Fault.CHANGED, at)
            unmet.discard(before.hex())
            cursor = at
        for event in await _unsealed(tx, org, cursor, _BATCH):
            if event.at < sealed_until:
                return Broken(Fault.NO_SEAL, event.cursor)
    return Broken(Fault.NO_HEAD, head=min(unmet)) if unmet else None


async def _walk(tx: "Tx[Any]", org: str) -> AsyncIterator[tuple[Cursor, bytes | None, Event | None]]:
    """Yield each place up to the newest seal, in order, with its seal and its line where they are there."""
    cursor = Cursor(0, 0)
    while sealed := await _seals(tx, org, cursor):
        end = max(sealed)
        lines = {event.cursor: event for event in await _between(tx, org, cursor, end)}
        for at in sorted(sealed.keys() | lines.keys()):
            yield at, sealed.get(at), lines.get(at)
        cursor = end
