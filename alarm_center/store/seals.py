"""Seals of a town: a hash chain over its timeline and its log of facts, added to after the fact.

Chaining inside the decision's transaction would queue a whole town (docs/database.md#the-seals), so a job of its own
takes each town's new lines in order, below the horizon, and writes a digest that covers the one before it. The chain is
walked by :mod:`alarm_center.store.verification`.

A chain alone cannot tell that its newest lines and their seals are gone together: what is left is a whole chain. For that
its head is also told elsewhere, signed (`PeriodicJobs.record_chain_heads`).
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from alarm_center.store import released_seals
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Memory, Tx
from alarm_center.store.released_seals import FIRST
from alarm_center.store.seal_lines import ChainStart, Doubt, chain_start, clock_at, has_begun, lines_between

SEALER: Final = "rounds:chain"
"""The job that seals; its row says when it last did. The release before has a row of its own for its own chain."""
BATCH: Final = 2000
"""Lines and facts of a town that are sealed in one transaction."""

IN_HEX: Final = re.compile("[0-9a-f]{64}")
"""The form of a digest, as a head is written."""

_FAR: Final = 1000
"""Transactions of others after which a quiet town's place is written anew: its next lines are looked for from there on."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal of a town's chain; ``digest`` in hex, ``sealed_at`` by the database's own clock."""

    cursor: Cursor
    digest: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """The lines that one round has sealed: how many, and those that were not sealed as true, with the reason."""

    count: int = 0
    doubted: tuple[tuple[Cursor, Doubt], ...] = ()


def digest(before: bytes, line: bytes, doubt: str | None) -> bytes:
    """Return SHA-256 over the digest before, the doubt if there is one, and the *line*'s own digest, which may outlive its text."""
    return hashlib.sha256(before + (doubt or "").encode() + line).digest()


async def head(tx: Tx, org: str) -> Head | None:
    """Return the newest seal of the town's chain; ``None`` before the first."""
    row = await tx.fetchrow(
        "select tx, id, digest, sealed_at from seals where org = $1 order by tx desc, id desc limit 1", org
    )
    return _head(row) if row else None


def _head(row: asyncpg.Record) -> Head:
    return Head(Cursor(int(row["tx"]), row["id"]), row["digest"].hex(), row["sealed_at"])


async def seal(memory: Memory, org: str, limit: int | None = None) -> Sealed:
    """Seal up to *limit* of the town's new lines, :data:`BATCH` where none is said; return how many. Another replica at it: none."""
    async with memory.transaction() as tx:
        return await seal_batch(tx, org, limit or BATCH)


async def seal_batch(tx: Tx, org: str, limit: int = BATCH) -> Sealed:
    """Seal as :func:`seal` does, in a transaction that is there already."""
    if not await tx.fetchval("select pg_try_advisory_xact_lock(hashtext('seal'), hashtext($1))", org):
        return Sealed()
    start = await chain_start(tx, org)
    # Read before the lines are: the horizon only rises, so a batch that is not full has taken all that is below this one.
    horizon: int = await tx.fetchval("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    last = await head(tx, org)
    if last is not None:
        cursor, before = last.cursor, bytes.fromhex(last.digest)
        clock = await clock_at(tx, org, cursor)
    else:
        if not await has_begun(tx, start):
            return Sealed()
        # Lines of before this chain that the release before has not come to are sealed in its chain, which this one covers.
        if count := await released_seals.seal_until(tx, org, start.end_of_older, limit):
            return Sealed(count)
        cursor, before, clock = Cursor(0, 0), await first_digest(tx, org, start), None
    rows: list[tuple[Cursor, bytes, Doubt | None]] = []
    mark = await sealed_until(tx, org)
    # A quiet town's own last line may lie behind millions of others': its mark has gone on without it.
    begin = Cursor(mark, 0) if mark > cursor.tx + _FAR else cursor
    for line in await lines_between(tx, org, start, begin, None, limit):
        doubt = line.doubt_after(clock)
        before = digest(before, line.digest, doubt)
        clock = line.clock
        rows.append((line.cursor, before, doubt))
    await _add(tx, org, rows)
    if len(rows) < limit and (rows or horizon > mark + _FAR):
        await _record_sealed_until(tx, org, horizon)
    return Sealed(len(rows), tuple((place, doubt) for place, _, doubt in rows if doubt is not None))


async def first_digest(tx: Tx, org: str, start: ChainStart) -> bytes:
    """Return the digest that the chain's first one is chained to: the last one of the release before, over older lines."""
    return await released_seals.digest_at(tx, org, start.end_of_older) or FIRST


async def _add(tx: Tx, org: str, rows: list[tuple[Cursor, bytes, Doubt | None]]) -> None:
    await tx.execute(
        """
        insert into seals (org, tx, id, digest, doubt)
        select $1, tx::text::xid8, id, digest, doubt
        from unnest($2::bigint[], $3::bigint[], $4::bytea[], $5::text[]) as new (tx, id, digest, doubt)
        """,
        org, [place.tx for place, _, _ in rows], [place.id for place, _, _ in rows], [made for _, made, _ in rows],
        [doubt for _, _, doubt in rows],
    )  # fmt: skip


async def _record_sealed_until(tx: Tx, org: str, horizon: int) -> None:
    await tx.execute(
        """
        insert into sealed_until (org, tx) values ($1, $2::text::xid8)
        on conflict (org) do update set tx = greatest(sealed_until.tx, excluded.tx)
        """,
        org, str(horizon),
    )  # fmt: skip


async def sealed_until(tx: Tx, org: str) -> int:
    """Return the transaction before which each of the town's lines has its seal; 0 where the sealer has not caught up yet."""
    return await tx.fetchval("select tx::text::bigint from sealed_until where org = $1", org) or 0


async def before_heads(tx: Tx, org: str, start: ChainStart, heads: Collection[str]) -> Head | None:
    """Return the seal before the oldest of these heads: who walks on from it meets each of them, made of the seal before it and its line.

    ``None``, and all is to be walked: a head is not in the chain, or is its first; or the oldest one's line has no text left. A text
    says where it stands; a digest alone may have been put where it never was.
    """
    rows = await tx.fetch(
        "select tx, id, digest from seals where org = $1 and digest = any ($2::bytea[]) order by seals.tx, id",
        org, [bytes.fromhex(each) for each in heads if IN_HEX.fullmatch(each)],
    )  # fmt: skip
    if not rows or {row["digest"].hex() for row in rows} != set(heads):
        return None
    oldest = Cursor(int(rows[0]["tx"]), rows[0]["id"])
    lines = await lines_between(tx, org, start, Cursor(oldest.tx, oldest.id - 1), oldest)
    if not lines or lines[0].expired:
        return None
    row = await tx.fetchrow(
        """
        select tx, id, digest, sealed_at from seals where org = $1 and (seals.tx, id) < ($2::text::xid8, $3)
        order by seals.tx desc, id desc limit 1
        """,
        org, str(oldest.tx), oldest.id,
    )  # fmt: skip
    return _head(row) if row else None


async def sealed_places(tx: Tx, org: str, places: Collection[Cursor]) -> set[Cursor]:
    """Return those of *places* that have a seal in the town's chain."""
    rows = await tx.fetch(
        """
        select s.tx, s.id from seals s join unnest($2::bigint[], $3::bigint[]) place (tx, id)
            on s.tx = place.tx::text::xid8 and s.id = place.id
        where s.org = $1
        """,
        org, [place.tx for place in places], [place.id for place in places],
    )  # fmt: skip
    return {Cursor(int(row["tx"]), row["id"]) for row in rows}
