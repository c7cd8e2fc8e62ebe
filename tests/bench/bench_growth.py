"""Bytes kept for a check: 300 checks opened, found *in bed* and sealed, and as many laid, each table packed as a vacuum leaves it.

Receipts are deleted as the broker has them, as the service does. What a table's indexes take, and a line of each kind, is told by itself. The baseline of a check's bytes is what its own row takes. Of a line, what its dropped month leaves is set beside what it took.
"""

import asyncio
from datetime import timedelta
from typing import Any, Final

import asyncpg

from alarm_center.clockwork import Clockwork
from alarm_center.preparation import planning
from alarm_center.store import seals, sessions
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.postgres import Postgres, running_postgres
from tests.bench.bench_decisions import DECISIONS, decide, due_residents, until_due
from tests.support.busy_town import move
from tests.support.postgres import Database, fresh_database, make_template

_SIZES: Final = """
    select case when relname like 'events%' then 'events' else relname end as name, sum(pg_total_relation_size(oid))::bigint as bytes,
        sum(pg_indexes_size(oid))::bigint as of_indexes
    from pg_class where relnamespace = 'fjt'::regnamespace and relkind = 'r' group by 1
"""
_LINES: Final = """
    select kind, count(*)::int as count, avg(pg_column_size(e.*))::float8 as bytes, avg(pg_column_size(data))::float8 as of_data
    from events e where id > $1 group by kind order by kind
"""
_MOST: Final = 6
"""Tables that are told by themselves; the others' bytes are told as one."""


def run() -> list[dict[str, Any]]:
    """Return the bytes of a check, by table, its lines and facts, and the bytes of a line before and after it is dropped."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(_measure(server, database))


async def _measure(server: Postgres, database: Database) -> list[dict[str, Any]]:
    memory = await Memory.open(database.worker, size=4, limit_seconds=None)
    superuser = await asyncpg.connect(server.superuser_dsn(database.owner.split("?")[0].rsplit("/", 1)[1]))
    try:
        await superuser.execute("set search_path to fjt")
        await due_residents(memory)
        await planning.plan_all_towns(memory)
        while (await seals.seal(memory, "ost")).count:
            pass
        (before, indexes), lines, facts = (
            await _sizes(superuser),
            await _count(superuser, "events"),
            await _count(superuser, "fact_log"),
        )
        newest = await superuser.fetchval("select max(id) from events")
        laid = await _count(superuser, "checks")
        await until_due(memory)
        await Clockwork(memory).cycle()
        for (check_id,) in await superuser.fetch("select check_id from checks where state = 'open'"):
            await decide(memory, check_id)
        assert await superuser.fetchval("select count(*) from checks where state = 'seen'") == DECISIONS
        async with memory.transaction() as tx:
            await sessions.delete_receipts(tx, await sessions.queued_receipts(tx, 2 * DECISIONS))
        # The next night is laid in the place of the one that is over.
        await move(memory, timedelta(days=1))
        await planning.plan_all_towns(memory)
        assert await _count(superuser, "checks") == laid + DECISIONS
        while (await seals.seal(memory, "ost")).count:
            pass
        after, indexes_after = await _sizes(superuser)
        kinds = await superuser.fetch(_LINES, newest)
        lines, facts = await _count(superuser, "events") - lines, await _count(superuser, "fact_log") - facts
        grown = {name: (after[name] - before[name]) / DECISIONS for name in after}
        of_indexes = {name: (indexes_after[name] - indexes[name]) / DECISIONS for name in after}
        kept = await _bytes_of_lines(superuser)
    finally:
        await superuser.close()
        await memory.close()
    row = grown["checks"]
    told = sorted(grown, key=lambda name: -grown[name])[:_MOST]
    return [
        _row("check_bytes", sum(grown.values()), "B", row),
        *(_row(f"check_bytes_{name}", grown[name], "B", row) for name in told),
        *(_row(f"check_bytes_{name}_indexes", of_indexes[name], "B", grown[name]) for name in told),
        _row("check_bytes_others", sum(grown.values()) - sum(grown[name] for name in told), "B", row),
        # beside what is in its data: the rest are columns that each line has
        *(_row(f"check_line_{each['kind']}", each["bytes"], "B", each["of_data"]) for each in kinds),
        _row("check_lines", lines / DECISIONS, "lines", 1),
        _row("check_facts", facts / DECISIONS, "facts", 1),
        _row("line_bytes_after_its_month", kept[1], "B", kept[0]),
    ]


def _row(name: str, value: float, unit: str, baseline: float) -> dict[str, Any]:
    return {"name": name, "value": round(value, 1), "unit": unit, "baseline": round(baseline, 1), "ratio": round(value / baseline, 2)}  # fmt: skip


async def _sizes(superuser: "asyncpg.Connection[Any]") -> tuple[dict[str, int], dict[str, int]]:
    """Return each table's bytes with its indexes, packed, and those of its indexes alone."""
    await superuser.execute("vacuum full")
    rows = await superuser.fetch(_SIZES)
    return {row["name"]: row["bytes"] for row in rows}, {row["name"]: row["of_indexes"] for row in rows}


async def _count(superuser: "asyncpg.Connection[Any]", table: str) -> int:
    found: int = await superuser.fetchval(f"select count(*) from {table}")
    return found


async def _bytes_of_lines(superuser: "asyncpg.Connection[Any]") -> tuple[float, float]:
    """Return the bytes of a line with its seal, and of what is left when its month is dropped: the seal, with the line's digest."""
    (sizes, _), lines, sealed = (
        await _sizes(superuser),
        await _count(superuser, "events"),
        await _count(superuser, "seals"),
    )
    whole = sizes["events"] / lines + sizes["seals"] / sealed
    # A page's worth of seals takes some more or less: each is given a digest, also those of facts.
    await superuser.execute("update seals set line = digest where line is null")
    left: float = (await _sizes(superuser))[0]["seals"] / sealed
    return whole, left
