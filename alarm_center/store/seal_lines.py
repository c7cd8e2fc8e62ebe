"""Lines of a town's chain: the timeline's events and the log's facts in one order, each as the text that is sealed.

The text is made by the database, in one fixed form, and read by nobody: it is only digested. A form that was sealed is
never changed; a new one gets a name of its own as its first word.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from alarm_center.store.events import Cursor
from alarm_center.store.memory import Tx

BOUND: Final = timedelta(minutes=15)
"""Times that belong together differ by less. An import, the longest transaction of ours, takes less than 8 s for 50 homes."""

_BOUND_OF_MOVED_TIME: Final = timedelta(days=2)

WRITERS: Final = ("fjt_worker", "fjt_web", "fjt_sign_in", "fjt_planner")
"""The roles of the database that write lines and facts. The owner only finds rows, once, when the log of facts begins."""


class Doubt(StrEnum):
    """Reasons why a line is not sealed as true. The name is in the digest, so that nobody can take the doubt back."""

    UNSIGNED = "unsigned"
    STRANGER = "stranger"
    MOVED = "moved"
    BACK_DATED = "back_dated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ChainLine:
    """A line or a fact, with the ``digest`` of its text, which is sealed, and what is to be said about it.

    ``subject`` names the kind, and of a fact the key. ``clock`` is the server's own clock when it was written, in seconds
    since 1970; ``None`` if nobody signed it. ``written_at`` is by the service's clock; the walk has it of facts that expire alone. ``words`` says of free text whether it
    is ``kept``, ``changed`` or ``gone``; ``None`` if there was none. ``erased`` marks the fact that says that words were taken out.
    ``expired`` marks a fact of which only the digest is left, and ``expires_before`` is the bound in the fact that says so.
    """

    cursor: Cursor
    digest: bytes
    subject: str
    written_at: datetime | None
    clock: float | None
    doubt: Doubt | None
    words: str | None
    erased: bool
    expired: bool
    expires_before: datetime | None

    def doubt_after(self, before: float | None) -> Doubt | None:
        """Return why this line is not sealed as true, after one that was written at *before* by the server's clock."""
        if self.doubt is None and self.clock is not None and before is not None:
            return Doubt.BACK_DATED if self.clock < before - BOUND.total_seconds() else None
        return self.doubt


@dataclass(frozen=True, slots=True)
class ChainStart:
    """The transaction in which a town's log of facts begins, with its chain: 0 for a town that came later.

    Events of before are sealed by the release before. Facts are all in this chain: a transaction that was already running then
    has an older number.
    """

    tx: int
    real_clock: bool
    """The service's clock is the server's own, as everywhere but in tests and in the demo."""

    @property
    def end_of_older(self) -> Cursor:
        """The place of the last line that may stand in the chain of the release before."""
        return Cursor(self.tx - 1, 2**63 - 1) if self.tx else Cursor(0, 0)

    @property
    def bound(self) -> timedelta:
        """Difference of times that belong together, at most. Where time is moved, a line may be written while it is."""
        return BOUND if self.real_clock else _BOUND_OF_MOVED_TIME


_EVENTS: Final = """
    select tx, id, coalesce(written_at, at) as written_at, date_part('epoch', real_at) as clock, kind as subject,
        json_build_array('event', tx::text, id, org, at at time zone 'UTC', kind, area_id, check_id, alarm_id, resident_id,
            device_id, session_id, actor, data, writer, written_at at time zone 'UTC', real_at at time zone 'UTC')::text as line, null::bytea as expired,
        case when writer is null or written_at is null or real_at is null then 'unsigned'
            when writer <> all ($2::text[]) then 'stranger'
            when at - written_at not between -$3::interval and $3 then 'moved'
            when $4 and written_at - real_at not between -$3::interval and $3 then 'moved' end as doubt,
        null as words, false as erased, null::timestamptz as expires_before, null as dropped
    from events where org = $1 and tx >= $5::text::xid8
"""
_FACTS: Final = """
    select tx, id, written_at, date_part('epoch', real_at) as clock, kind || ' ' || key as subject,
        case when expired_digest is null then fact_line(fact_log) end as line, expired_digest as expired,
        case when deed = 'found' and writer = 'fjt_owner' and tx = $5::text::xid8 then null
            when deed = 'found' or writer <> all ($2::text[]) then 'stranger'
            when deed = 'deleted' then 'deleted'
            when $4 and written_at - real_at not between -$3::interval and $3 then 'moved' end as doubt,
        case when expired_digest is not null then null when words is null and words_digest is not null then 'gone'
            when words_digest is distinct from digest_of_words(words, salt) then 'changed'
            when words is not null then 'kept' end as words, deed = 'erased' as erased,
        case when deed = 'expired' then (fact ->> 'before')::timestamp at time zone 'UTC' end as expires_before,
        case when deed = 'expired' and kind = 'events' then fact::text end as dropped
    from fact_log where org = $1
"""


def parameters(org: str, start: ChainStart) -> tuple[object, ...]:
    """Return what stands for $1 to $5 in the statement of a town's lines."""
    return org, WRITERS, start.bound, start.real_clock, str(start.tx)


async def chain_start(tx: Tx, org: str) -> ChainStart:
    """Return where the town's chain begins: at the start of the log of facts, or with the town."""
    found = await tx.fetchval(
        "select min(tx::text::bigint) from fact_log where org = $1 and kind = 'organisations' and deed = 'found'", org
    )
    return ChainStart(found or 0, not await tx.fetchval("select to_regclass('clock.shift') is not null"))


async def has_begun(tx: Tx, start: ChainStart) -> bool:
    """Tell whether every transaction is over that may still write a line of before the chain."""
    over: bool = await tx.fetchval("select $1::text::xid8 < pg_snapshot_xmin(pg_current_snapshot())", str(start.tx))
    return over


async def lines_between(
    tx: Tx, org: str, start: ChainStart, after: Cursor, end: Cursor | None, limit: int | None = None
) -> list[ChainLine]:
    """Return the town's lines past *after*, up to *end*; without an end, those below the horizon."""
    last = "(tx, id) <= ($8::text::xid8, $9)" if end else "tx < pg_snapshot_xmin(pg_current_snapshot())"
    # Each of the two is cut off by itself, by its own index: the text is made of no more rows than are returned.
    place = f"and (tx, id) > ($6::text::xid8, $7) and {last} order by tx, id limit {limit or 'all'}"
    rows = await tx.fetch(
        f"""
        select tx::text::bigint as tx, id, line, expired, subject, written_at, clock, doubt, words, erased, expires_before
        from (({_EVENTS} {place}) union all ({_FACTS} {place})) both_kinds order by both_kinds.tx, both_kinds.id limit {limit or "all"}
        """,  # noqa: S608 -- our own statements and a number
        *parameters(org, start), str(after.tx), after.id, *((str(end.tx), end.id) if end else ()),
    )  # fmt: skip
    return [
        ChainLine(
            Cursor(tx_, id_), expired or hashlib.sha256(line.encode()).digest(), subject, written_at, clock,
            Doubt(doubt) if doubt else None, words, erased, expired is not None, expires_before,
        )
        for tx_, id_, line, expired, subject, written_at, clock, doubt, words, erased, expires_before in rows
    ]  # fmt: skip


PairRow = tuple[
    int, int, bytes | None, bytes | None, float | None, str | None,
    bool | None, str | None, str | None, bool | None, bool | None, datetime | None, datetime | None, bytes | None,
    str | None, bytes | None, str | None,
]  # fmt: skip
"""A place of the chain (tx, id); its line's text, its seal, the line's clock and subject. Then whether more is to be said of the line,
and what: doubt, words, erased, expired, expires_before, written_at, the digest of an expired one, and a fact of a dropped month,
as JSON. Then what the seal says: its line's digest, if that is to be dropped, and its doubt."""


def chain_line(row: PairRow) -> ChainLine | None:
    """Return the line at a place of the chain; ``None`` if there is none."""
    tx_, id_, text, _, clock, subject, _, doubt, words, erased, expired, expires_before, written_at, digest, *_ = row
    made = digest if text is None else hashlib.sha256(text).digest()
    if made is None:
        return None
    return ChainLine(
        Cursor(tx_, id_), made, subject or "", written_at, clock, Doubt(doubt) if doubt else None, words,
        bool(erased), bool(expired), expires_before,
    )  # fmt: skip


_PAIRS: Final = f"""
    select coalesce(line.tx, seal.tx), coalesce(line.id, seal.id), convert_to(line.line, 'UTF8'), seal.digest, clock, subject,
        line.doubt is not null or words in ('gone', 'changed') or erased or expired is not null or expires_before is not null,
        line.doubt, words, erased, expired is not null, expires_before,
        case when expired is not null or expires_before is not null then written_at end, expired,
        dropped, seal.line, seal.doubt
    from (({_EVENTS} and (tx, id) > ($6::text::xid8, $7) and tx < pg_snapshot_xmin(pg_current_snapshot()) order by tx, id)
        union all ({_FACTS} and (tx, id) > ($6::text::xid8, $7) and tx < pg_snapshot_xmin(pg_current_snapshot()) order by tx, id)) line
    full join (
        select tx, id, digest, seals.line, seals.doubt from seals where org = $1 and (seals.tx, seals.id) > ($6::text::xid8, $7) order by seals.tx, seals.id
    ) seal on seal.tx = line.tx and seal.id = line.id
"""  # noqa: S608 -- our own statements
_IN_ORDER: Final = "enable_hashjoin", "enable_sort", "enable_seqscan"
_AT_ONCE: Final = 500
"""Places that are read while the ones before them are looked at: what fits between the server and us."""


async def read_pairs(
    tx: Tx, org: str, start: ChainStart, after: Cursor, take: Callable[[Sequence[PairRow]], None]
) -> None:
    """Hand every place past *after* to *take*, in order, some at a time: each with its line, its seal, or both.

    One statement sees lines and seals at one instant, and the server makes the next places while *take* is at work.
    """
    # Both sides come by their indexes in this order, and are read as they come: no other plan begins at once and keeps the order.
    await tx.execute("select set_config(name, 'off', true) from unnest($1::text[]) name", _IN_ORDER)
    cursor = await tx.cursor(_PAIRS, *parameters(org, start), str(after.tx), after.id)
    await tx.execute("select set_config(name, 'on', true) from unnest($1::text[]) name", _IN_ORDER)
    rows = await cursor.fetch(_AT_ONCE)
    while rows:
        coming = asyncio.ensure_future(cursor.fetch(_AT_ONCE))
        # The question leaves before we look at what came.
        await asyncio.sleep(0)
        try:
            take(rows)
        finally:
            rows = await coming


async def digests_of_events(
    tx: Tx, org: str, start: ChainStart, span: tuple[datetime, datetime], after: Cursor, limit: int
) -> list[tuple[Cursor, bytes]]:
    """Return the places and digests of the town's events past *after* of a time from *span*'s first instant until its second."""
    rows = await tx.fetch(
        f"""
        select tx, id, line from ({_EVENTS} and at >= $6 and at < $7 and (tx, id) > ($8::text::xid8, $9) order by tx, id limit $10) line
        order by line.tx, line.id
        """,  # noqa: S608 -- our own statement
        *parameters(org, replace(start, tx=0)), *span, str(after.tx), after.id, limit,
    )  # fmt: skip
    return [(Cursor(int(place), id_), hashlib.sha256(line.encode()).digest()) for place, id_, line in rows]


async def clock_at(tx: Tx, org: str, cursor: Cursor) -> float | None:
    """Return the server's clock when the line at *cursor* was written; ``None`` if there is no such line."""
    at: float | None = await tx.fetchval(
        """
        select date_part('epoch', real_at) from (
            select real_at from events where org = $1 and tx = $2::text::xid8 and id = $3
            union all
            select real_at from fact_log where org = $1 and tx = $2::text::xid8 and id = $3) line
        """,
        org, str(cursor.tx), cursor.id,
    )  # fmt: skip
    return at
