"""Bytes kept for a check: 300 checks opened, found *in bed* and sealed, and as many laid, each table packed as a vacuum leaves it.

The baseline of a check's bytes is what its own row takes. Of a line, what its dropped month leaves is set beside what it took.
"""

import asyncio
from datetime import timedelta
from typing import Any, Final

import asyncpg

from alarm_center.clockwork import Clockwork
from alarm_center.preparation import planning
from alarm_center.store import seals
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.postgres import Postgres, running_postgres
from tests.bench.bench_decisions import DECISIONS, decide, due_residents, until_due
from tests.support.busy_town import move
from tests.support.postgres import Database, fresh_database, make_template

_SIZES: Final = """
    select case when relname like 'events%' then 'events' else relname end as name, sum(pg_total_relation_size(oid))::bigint as bytes
    from pg_class where relnamespace = 'fjt'::regnamespace and relkind = 'r' group by 1
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
        before, lines, facts = (
            await _sizes(superuser),
            await _count(superuser, "events"),
            await _count(superuser, "fact_log"),
        )
        laid = await _count(superuser, "checks")
        await until_due(memory)
        await Clockwork(memory).cycle()
        for (check_id,) in await superuser.fetch("select check_id from checks where state = 'open'"):
            await decide(memory, check_id)
        assert await superuser.fetchval("select count(*) from checks where state = 'seen'") == DECISIONS
        # The next night is laid in the place of the one that is over.
        await move(memory, timedelta(days=1))
        await planning.plan_all_towns(memory)
        assert await _count(superuser, "checks") == laid + DECISIONS
        while (await seals.seal(memory, "ost")).count:
            pass
        after = await _sizes(superuser)
        lines, facts = await _count(superuser, "events") - lines, await _count(superuser, "fact_log") - facts
        grown = {name: (after[name] - before[name]) / DECISIONS for name in after}
        kept = await _bytes_of_lines(superuser)
    finally:
        await superuser.close()
        await memory.close()
    row = grown["checks"]
    told = sorted(grown, key=lambda name: -grown[name])[:_MOST]
    return [
        _row("check_bytes", sum(grown.values()), "B", row),
        *(_row(f"check_bytes_{name}", grown[name], "B", row) for name in told),
        _row("check_bytes_others", sum(grown.values()) - sum(grown[name] for name in told), "B", row),
        _row("check_lines", lines / DECISIONS, "lines", 1),
        _row("check_facts", facts / DECISIONS, "facts", 1),
        _row("line_bytes_after_its_month", kept[1], "B", kept[0]),
    ]


def _row(name: str, value: float, unit: str, baseline: float) -> dict[str, Any]:
    return {"name": name, "value": round(value, 1), "unit": unit, "baseline": round(baseline, 1), "ratio": round(value / baseline, 2)}  # fmt: skip


async def _sizes(superuser: "asyncpg.Connection[Any]") -> dict[str, int]:
    """Return each table's bytes with its indexes, packed."""
    await superuser.execute("vacuum full")
    return {row["name"]: row["bytes"] for row in await superuser.fetch(_SIZES)}


async def _count(superuser: "asyncpg.Connection[Any]", table: str) -> int:
    found: int = await superuser.fetchval(f"select count(*) from {table}")
    return found


async def _bytes_of_lines(superuser: "asyncpg.Connection[Any]") -> tuple[float, float]:
    """Return the bytes of a line with its seal, and of what is left when its month is dropped: the seal, with the line's digest."""
    sizes, lines, sealed = await _sizes(superuser), await _count(superuser, "events"), await _count(superuser, "seals")
    whole = sizes["events"] / lines + sizes["seals"] / sealed
    # A page's worth of seals takes some more or less: each is given a digest, also those of facts.
    await superuser.execute("update seals set line = digest where line is null")
    left: float = (await _sizes(superuser))["seals"] / sealed
    return whole, left
