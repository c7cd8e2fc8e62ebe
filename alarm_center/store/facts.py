"""Facts that the law asks about: rows held against the last fact that was logged of them, and words that are erased.

The log is written by triggers (docs/database.md#the-seals). What is a fact of each table stands in the revision's
function ``fact_of``.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from alarm_center.store import alarms, changes, consents, manual_alarms, plans, town_stops
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Tx

KINDS: Final = (
    "alarms", "changes", "checks", "consents", "look_log_reads", "look_reviews", "look_sample_items", "look_samples", "looks",
    "mountings", "pauses", "raisings", "sessions", "town_stops",
)  # fmt: skip
"""The tables whose rows are facts."""


@dataclass(frozen=True, slots=True)
class RowMismatch:
    """A row that is not as its last fact says: ``changed`` (in ``columns``), ``gone`` or ``unknown``, and the fact's place."""

    what: str
    kind: str
    key: str
    columns: tuple[str, ...]
    cursor: Cursor | None


_PRESENT: Final = " union all ".join(
    f"select '{kind}', f.key, f.fact, f.words from {kind} r cross join fact_of(r) f where f.org = $1"  # noqa: S608 -- our own tables
    for kind in KINDS
)
_MISMATCHES: Final = f"""
    with newest as (
        select distinct on (kind, key) kind, key, tx, id, deed, fact, words from fact_log
        where org = $1 and kind = any ($2) and deed not in ('erased', 'expired') and expired_digest is null order by kind, key, id desc
    ), present (kind, key, fact, words) as ({_PRESENT})
    select kind, key, n.tx::text::bigint as tx, n.id,
        case when p.fact is null then 'gone' when n.id is null or n.deed = 'deleted' then 'unknown' else 'changed' end as what, columns
    from newest n full join present p using (kind, key)
    -- A column that has come since, with another fact_of, was not sealed: the columns of the fact are compared.
    cross join lateral (
        select array(
            select name from jsonb_object_keys(n.fact) as name where n.fact -> name is distinct from p.fact -> name
            union all select 'words' where n.words is distinct from p.words order by 1) as columns
        where n.fact <> p.fact or n.words is distinct from p.words or n.id is null or p.fact is null or n.deed = 'deleted'
    ) differing
    where case when p.fact is null then n.deed <> 'deleted'
        else n.id is null or n.deed = 'deleted' or columns <> '{{}}' end
    order by kind, n.id limit $3
"""  # noqa: S608 -- as above


async def mismatches(tx: Tx, org: str, limit: int = 100) -> list[RowMismatch]:
    """Return the town's rows that are not as the log says, at most *limit*, by their kinds.

    One statement sees rows and log at one instant, and reads the log once. A row's changes are in the order of their ids: they wait
    for each other, whichever transaction began first.
    """
    # So many entries are sorted: on disk that takes twice as long.
    await tx.execute("select set_config('work_mem', '128MB', true)")
    return [
        RowMismatch(
            row["what"], row["kind"], row["key"], tuple(row["columns"]) if row["what"] == "changed" else (),
            Cursor(row["tx"], row["id"]) if row["tx"] is not None else None,
        )
        for row in await tx.fetch(_MISMATCHES, org, KINDS, limit)
    ]  # fmt: skip


EXPIRING: Final = ("look_sample_items", "look_samples", "look_reviews", "looks", "look_log_reads")
"""The kinds that are erased after five years, those first that name a row of another."""


async def expire_rows(tx: Tx, org: str, kind: str, before: datetime, most: int) -> int:
    """Erase up to *most* rows of a kind whose last fact is older than *before*, and their facts; return how many facts.

    Raises:
        asyncpg.InsufficientPrivilegeError: *before* is less than five years ago.
    """
    gone: int = await tx.fetchval("select expire_rows($1, $2, $3, $4)", org, kind, before, most)
    return gone


_EMPTY: Final[Mapping[str, Callable[[Tx, str, str], Awaitable[bool]]]] = MappingProxyType(
    {
        "alarms": alarms.empty_note,
        "raisings": manual_alarms.empty_note,
        "consents": consents.empty_basis,
        "changes": changes.empty_words,
        "pauses": plans.empty_said_by,
        "town_stops": town_stops.empty_why,
    }
)
"""The tables whose rows have free text, and what empties it."""

WORDED: Final = tuple(_EMPTY)
"""The tables whose rows have words that may have to be erased."""


async def erase_words(tx: Tx, org: str, kind: str, key: str) -> int | None:
    """Erase the free text of a row, and every copy of it in the log, which logs that; return how many there were.

    ``None``: the town has no such row. The chain stays whole: what was sealed is a digest that says nothing of the words.
    """
    if not await _EMPTY[kind](tx, org, key):
        return None
    erased: int = await tx.fetchval("select erase_words($1, $2, $3)", org, kind, key)
    return erased
