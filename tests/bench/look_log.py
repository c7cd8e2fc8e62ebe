"""Milliseconds of the log's pages over a million looks of five years, beside a thousand: ``python -m tests.bench.look_log``."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from alarm_center.core.look_review import month_span
from alarm_center.core.roles import Right
from alarm_center.store import look_log, looks
from alarm_center.store.look_log import LogFilter, LogPlace
from alarm_center.store.memory import Memory, Tx
from fjarrtillsyn.embedded.postgres import running_postgres
from schemas.vocabulary import Role
from tests.support.postgres import Database, fresh_database, make_template
from tests.support.town import a_town
from tests.support.town_file import STOCKHOLM
from tests.support.viewers import viewer_in

NOVEMBER: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
_YEARS: Final = timedelta(days=5 * 365)
_TIMES: Final = 15
_FILL: Final = """
    with people as (select array_agg(gen_random_uuid()) as ids from generate_series(1, 30)),
        known as (select row_number() over (order by check_id) - 1 as nth, check_id, resident_id from fjt.checks)
    insert into fjt.looks (org, resident_id, check_id, session_id, user_id, kind, clear, began_at, ended_at)
    select 'vik', k.resident_id, k.check_id, 's' || i, p.ids[1 + i % 30], 'session', true, $2::timestamptz - $3::interval * (i::float / $1),
        $2::timestamptz - $3::interval * (i::float / $1) + interval '12 seconds'
    from generate_series(1, $1::int) i cross join people p join known k on k.nth = i % (select count(*) from known)
"""

Ask = Callable[[Tx], Awaitable[object]]


async def _measure(database: Database, superuser: str, many: int) -> dict[str, float]:
    worker, web = await Memory.open(database.worker, size=2), await Memory.open(database.web, size=2)
    await a_town(worker, residents=40, at=NOVEMBER)
    owner = await asyncpg.connect(superuser)
    # The seals' triggers would write a million facts beside, which this does not measure.
    await owner.execute("set session_replication_role = replica")
    await owner.execute(_FILL, many, NOVEMBER, _YEARS)
    await owner.execute("analyze")
    person = await owner.fetchval("select user_id from fjt.looks limit 1")
    await owner.close()
    auditor = await viewer_in(worker, "vik", right=Right.REVIEW, role=Role.AUDITOR)
    supervisor = await viewer_in(worker, "vik", right=Right.SUPERVISE, role=Role.SUPERVISOR)
    middle = LogPlace(NOVEMBER - _YEARS / 2, uuid4())
    asked: dict[str, tuple[Memory, object, Ask]] = {
        "first page": (web, auditor, lambda tx: look_log.read_log(tx, "vik", LogFilter())),
        "page in the middle": (web, auditor, lambda tx: look_log.read_log(tx, "vik", LogFilter(), middle)),
        "one person": (web, auditor, lambda tx: look_log.read_log(tx, "vik", LogFilter(person=person), middle)),
        "one resident": (web, auditor, lambda tx: look_log.read_log(tx, "vik", LogFilter(resident_no=7), middle)),
        "without a due check": (web, auditor, lambda tx: look_log.read_log(tx, "vik", LogFilter(without_check=True))),
        "a month's tallies": (web, supervisor, _tallies),
        "the look under way of a session": (
            worker,
            None,
            lambda tx: looks.ongoing_look(tx, "s77", UUID(int=1), NOVEMBER),
        ),
    }
    found = {name: await _median_ms(memory, viewer, ask) for name, (memory, viewer, ask) in asked.items()}
    await web.close()
    await worker.close()
    return found


async def _tallies(tx: Tx) -> object:
    return await look_log.read_tallies(tx, "vik", *month_span(datetime(2026, 10, 1).date(), STOCKHOLM))  # noqa: DTZ001


async def _median_ms(memory: Memory, viewer: object, ask: Ask) -> float:
    took = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        async with memory.transaction(viewer) as tx:  # type: ignore[arg-type]
            await ask(tx)
        took.append((time.perf_counter() - began) * 1000)
    return round(median(took), 1)


def main() -> None:
    """Print a row a question: milliseconds over a thousand looks, and over a million."""
    found = {}
    with running_postgres(throwaway=True) as server:
        make_template(server)
        for many in (1_000, 1_000_000):
            with fresh_database(server) as database:
                name = database.worker.partition("?")[0].rpartition("/")[2]
                found[many] = asyncio.run(_measure(database, server.superuser_dsn(name), many))
    for question in found[1_000]:
        print(f"{question:35} {found[1_000][question]:8.1f} ms {found[1_000_000][question]:8.1f} ms")


if __name__ == "__main__":
    main()
