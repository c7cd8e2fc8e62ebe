"""The planner's desk at 2 000 residents and three years of nights: ms of server time of each page and save, beside a bare transaction.

The residents are copies of one, their checks are planned, and the nights behind them are written as they would have been kept.
"""

import asyncio
import gc
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import asyncpg

from alarm_center.preparation.planning import plan_all_towns
from fjarrtillsyn.embedded.postgres import running_postgres
from tests.bench.many_residents import copy_resident
from tests.support.night_town import NightTown, town
from tests.support.postgres import Database, fresh_database, make_template
from tests.support.site import site
from tests.web.test_times import lines

RESIDENTS: Final = 2000
TIMES: Final = 30
_WARM: Final = 3


def run() -> list[dict[str, Any]]:
    """Return the median and the slowest, ms, of each page, beside a transaction that asks nothing."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(_measure(database))


async def _measure(database: Database) -> list[dict[str, Any]]:
    async with town(database, residents=5) as here, site(here) as pages:
        numbers = range(100, 100 + RESIDENTS)
        await copy_resident(here.memory, here.org, 1, numbers)
        await plan_all_towns(here.memory)
        await _write_history(database, numbers)
        petra = await pages.signed_in("petra")

        async def get(path: str) -> None:
            answer = await petra.get(path)
            assert answer.status == 200, (path, answer.status)

        async def search() -> None:
            answer = await petra.post("/residents", {"asked": "storgatan 17"})
            assert answer.status == 200, answer.status

        turn = itertools.count()

        async def save() -> None:
            """Change a resident's times: the form as it is sent the second time, with the revision that it was drawn from."""
            path = f"/residents/{here.residents[2]}/times"
            at = "02:30" if next(turn) % 2 else "03:30"
            revision = await here.value("select revision from residents where resident_id = $1", here.residents[2])
            fields = [("csrf", petra.csrf), ("revision", str(revision)), *lines("23:00", at, "05:00")]
            answer = await petra.client.post(f"{path}/now", data=fields, allow_redirects=False)
            assert answer.status == 303, answer.status

        async def silent() -> None:
            if not await here.value("select exists (select from devices where link = 'gone')"):
                await here.execute("update devices set link = 'gone', gone_at = clock.now() - interval '2 hours'")
            await get("/todo")

        acts: dict[str, Callable[[], Awaitable[None]]] = {
            "residents": lambda: get("/residents"),
            "residents_search": search,
            "resident_page": lambda: get(f"/residents/{here.residents[1]}"),
            "todo": lambda: get("/todo"),
            "residents_csv": lambda: get("/residents.csv"),
            "files": lambda: get("/files"),
            "times_saved": save,
            "todo_all_silent": silent,
        }
        gc.collect()
        gc.freeze()  # as the service does once it has started
        bare = statistics.median([await _timed(lambda: _bare(here)) for _ in range(TIMES)])
        rows = []
        for name, act in acts.items():
            for _ in range(_WARM):
                await act()
            took = [await _timed(act) for _ in range(TIMES)]
            for which, value in (("median", statistics.median(took)), ("slowest", max(took))):
                rows.append({"name": f"{name}_{which}_ms", "value": round(value, 1), "unit": "ms", "baseline": round(bare, 2), "ratio": round(value / bare, 1)})  # fmt: skip
        return rows


async def _write_history(database: Database, numbers: Sequence[int]) -> None:
    """Write a seen check every night, and changes, pauses and discrepancies now and then, for three years; without the triggers, which take hours."""
    connection = await asyncpg.connect(database.server.superuser_dsn(database.name))
    try:
        await connection.execute(
            "set session_replication_role = replica; set search_path = fjt; set synchronous_commit = off"
        )
        for statement in (_CHECKS, _CHANGES, _PAUSES, _DISCREPANCIES):
            await connection.execute(statement, list(numbers))
        await connection.execute("analyze")
    finally:
        await connection.close()


_CHECKS: Final = """
    insert into checks (check_id, org, resident_id, device_id, night, slot_id, opens_at, closes_at, seconds, green_by, show, state,
        rechecks_left, retries_left, answer, seen_by, ended_at)
    select gen_random_uuid(), r.org, r.resident_id, 'cam' || r.number, '2026-11-20'::date - n,
        (select slot_id from slots s where s.resident_id = r.resident_id order by slot_id limit 1),
        '2026-11-20 22:00Z'::timestamptz - n * interval '1 day', '2026-11-20 22:10Z'::timestamptz - n * interval '1 day', 10,
        'detector', 'always', 'seen', 1, 1, 'in_bed', 'd1', '2026-11-20 22:01Z'::timestamptz - n * interval '1 day'
    from residents r cross join generate_series(1, 1095) as n where r.number = any ($1)
"""
_CHANGES: Final = """
    insert into changes (org, resident_id, revision, part, made_by, made_at, from_at, before, after)
    select r.org, r.resident_id, r.revision + n, 'times', 'import', clock.now() - n * interval '50 days', clock.now(),
        '{"times": []}', '{"times": [], "source": "file"}'
    from residents r cross join generate_series(1, 20) as n where r.number = any ($1)
"""
_PAUSES: Final = """
    insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead, answer)
    select r.org, r.resident_id, 'pause_away', clock.now() - n * interval '70 days', clock.now() - n * interval '70 days' + interval '3 days',
        'resident', 'nothing', 'home'
    from residents r cross join generate_series(1, 15) as n where r.number = any ($1)
"""
_DISCREPANCIES: Final = """
    insert into discrepancies (org, code, subject, area_id, resident_id, night, found_at, last_found_at, resolved_at)
    select r.org, 'device_silent', 'cam' || r.number, r.area_id, r.resident_id, '2026-11-20'::date - n * 50, clock.now(), clock.now(), clock.now()
    from residents r cross join generate_series(1, 20) as n where r.number = any ($1)
"""


async def _timed(act: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await act()
    return (time.perf_counter() - began) * 1000


async def _bare(here: NightTown) -> None:
    async with here.web.transaction() as tx:
        await tx.fetchval("select 1")
