"""A night planned for towns of 100 and of 10 000 homes: when all is new, again when nothing is, and an hour later.

The baseline of a planning is the same rows inserted bare in the same database, a statement of each table for 100 homes, with nothing decided;
that of the larger town is the smaller one's cost a check.
"""

import asyncio
import time
from datetime import timedelta
from typing import Any, Final

from alarm_center.preparation import planning
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.postgres import Postgres, running_postgres
from tests.bench.many_residents import copy_resident
from tests.support.postgres import fresh_database, make_template
from tests.support.town import a_town, move

SMALL: Final = 100
HOMES: Final = 10_000
_TIMES: Final = ("22:30", "02:00")
_A_STATEMENT: Final = 100
_HOUR: Final = timedelta(hours=1)
_BARE: Final = (
    """
    insert into checks (check_id, org, resident_id, device_id, night, slot_id, opens_at, closes_at, seconds, green_by, show, state, next_step_at,
        rechecks_left, retries_left)
    select gen_random_uuid(), org, resident_id, device_id, night + 400, slot_id, opens_at + interval '400 days', closes_at + interval '400 days',
        seconds, green_by, show, state, next_step_at + interval '400 days', rechecks_left, retries_left
    from checks where resident_id = any ($1::uuid[])
    """,
    """
    insert into attempts (check_id, number, org, cause, opens_at, closes_at, seconds, state)
    select check_id, 1, org, 'scheduled', opens_at, closes_at, seconds, 'owed' from checks
    where resident_id = any ($1::uuid[]) and opens_at > clock.now() + interval '300 days'
    """,
    """
    insert into events (at, org, kind, data, check_id, resident_id, device_id, actor)
    select clock.now(), org, 'bare', jsonb_build_object('opens_at', opens_at, 'closes_at', closes_at, 'night', night), check_id, resident_id,
        device_id, 'planning'
    from checks where resident_id = any ($1::uuid[]) and opens_at > clock.now() + interval '300 days'
    """,
    "update devices set config = config || '{\"bare\": 1}', wanted_version = wanted_version + 1 where resident_id = any ($1::uuid[])",
    """
    insert into events (at, org, kind, data, resident_id, device_id)
    select clock.now(), org, 'bare', jsonb_build_object('version', wanted_version, 'attempts', 4), resident_id, device_id
    from devices where resident_id = any ($1::uuid[])
    """,
)


def run() -> list[dict[str, Any]]:
    """Return the seconds of 10 000 homes, beside 100 and beside the bare rows."""
    return _rows(HOMES)


def _rows(homes: int) -> list[dict[str, Any]]:
    with running_postgres(throwaway=True) as server:
        make_template(server)
        small, large = (_town_of(server, each) for each in (SMALL, homes))
    a_check = [each["planned"] / each["checks"] * 1000 for each in (small, large)]
    return [
        _row(f"planning_{homes}_homes", large["planned"], large["bare"], "s"),
        _row(f"planning_a_check_of_{homes}", a_check[1], a_check[0], "ms"),
        _row(f"planning_{homes}_nothing_new", large["again"], large["planned"], "s"),
        _row(f"planning_{homes}_an_hour_later", large["hour_later"], large["planned"], "s"),
    ]


def _row(name: str, value: float, baseline: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "baseline": round(baseline, 3),
        "ratio": round(value / baseline, 3),
    }


def _town_of(server: Postgres, homes: int) -> dict[str, float]:
    with fresh_database(server) as database:
        return asyncio.run(_measure(database.worker, homes))


async def _measure(worker: str, homes: int) -> dict[str, float]:
    memory = await Memory.open(worker, size=4, limit_seconds=None)
    try:
        await a_town(memory, residents=1, times=_TIMES)
        # A town that has had nights before: of empty tables the server believes for a while that they stay so.
        await copy_resident(memory, "vik", 1, range(100, 200))
        await planning.plan_town(memory, "vik")
        await copy_resident(memory, "vik", 1, range(1_000, 1_000 + homes))
        await _analyze(memory)
        planned, checks = await _timed(memory)
        await _analyze(memory)
        again, none = await _timed(memory)
        assert none == 0, f"{none} checks were new"
        await move(memory, _HOUR)
        hour_later, _ = await _timed(memory)
        return {
            "planned": planned,
            "checks": checks,
            "again": again,
            "hour_later": hour_later,
            "bare": await _bare(memory, homes),
        }
    finally:
        await memory.close()


async def _timed(memory: Memory) -> tuple[float, int]:
    began = time.perf_counter()
    made = await planning.plan_town(memory, "vik")
    return time.perf_counter() - began, made


async def _analyze(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await tx.execute("analyze")


async def _bare(memory: Memory, homes: int) -> float:
    """Return the seconds in which the same rows are inserted, with nothing read or decided."""
    async with memory.transaction() as tx:
        rows = await tx.fetch("select resident_id from residents order by number desc limit $1", homes)
    everybody = [row["resident_id"] for row in rows]
    began = time.perf_counter()
    for first in range(0, homes, _A_STATEMENT):
        async with memory.transaction() as tx:
            for statement in _BARE:
                await tx.execute(statement, everybody[first : first + _A_STATEMENT])
    return time.perf_counter() - began
