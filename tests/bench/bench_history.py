"""Milliseconds of what is asked each second or at each change, in a quiet town with 300 000 old checks, beside one with a million lines.

The plain town is measured first, alone; then the years are written, and the same is asked again. The baseline is the first.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import asyncpg

from alarm_center.store import board, events, looks, seals
from alarm_center.store.memory import Tx, Viewer, now
from alarm_center.web.settings import WebSettings
from fjarrtillsyn.embedded.postgres import running_postgres
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database, fresh_database, make_template
from tests.support.site import site

LINES: Final = 1_000_000
CHECKS: Final = 300_000
TIMES: Final = 15
_LOUD: Final = (
    "insert into organisations (org, name, sending_number, link_host) values ('loud', 'Loud', '+1', 'h') on conflict do nothing",
    """
    insert into events (at, org, kind, check_id, actor, data, written_at, real_at, writer)
    select clock.now(), 'loud', 'session_received', gen_random_uuid(), 'd1', '{"session_id": "s1", "attempt": 1, "pictures": 3}', clock.now(),
        clock_timestamp(), 'fjt_worker'
    from generate_series(1, $1)
    """,
    """
    insert into checks (check_id, org, resident_id, device_id, night, slot_id, opens_at, closes_at, seconds, green_by, show, state,
        rechecks_left, retries_left, answer, seen_by, ended_at)
    select gen_random_uuid(), 'storstad', (select resident_id from residents where number = 1), 'cam', '2026-11-20'::date - n % 1000, gen_random_uuid(),
        '2026-11-20 22:00Z'::timestamptz - n % 1000 * interval '1 day', '2026-11-20 22:10Z'::timestamptz - n % 1000 * interval '1 day', 10,
        'detector', 'always', 'seen', 1, 1, 'in_bed', 'd1', '2026-11-20 22:01Z'::timestamptz - n % 1000 * interval '1 day'
    from generate_series(1, $1) as n
    """,
)

Ask = Callable[[], Awaitable[object]]


def run() -> list[dict[str, Any]]:
    """Return the median of each question with the history, ms, beside the same without."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(_measure(database))


async def _measure(database: Database) -> list[dict[str, Any]]:
    async with town(database, residents=5) as here, site(here, settings=WebSettings()) as pages:
        await here.set_clock(TWO)
        await here.step()
        while (await seals.seal(here.memory, here.org)).count:
            pass
        olle = await pages.signed_in()
        token = next(cookie.value for cookie in olle.client.session.cookie_jar if cookie.key == "fjt_session")
        viewer = Viewer(token, "watch", (here.org,))
        async with here.web.transaction(viewer) as tx:
            assert [each.org for each in await board.town_heads(tx)] == [here.org]
        questions = asks(here, viewer)
        alone = {}
        for name, ask in questions.items():
            try:
                alone[name] = await _median(ask)
            except TypeError as other:  # code that is measured beside this asks it with other parameters
                print(f"{name} is not asked so there: {other}", file=sys.stderr)
        await write_history(database)
        # Both come to the horizon once; each second after that is what is measured.
        await seals.seal(here.memory, here.org)
        beside = {name: await _median(questions[name]) for name in alone}
    return [
        {"name": f"{name}_with_history", "value": round(beside[name], 2), "unit": "ms", "baseline": round(alone[name], 2),
         "ratio": round(beside[name] / alone[name], 2)}
        for name in alone
    ]  # fmt: skip


def asks(here: NightTown, viewer: Viewer) -> dict[str, Ask]:
    async def read(work: Callable[[Tx], Awaitable[object]]) -> None:
        async with here.web.transaction(viewer) as tx:
            await work(tx)

    async def new_lines(tx: Tx) -> None:
        await events.lines_after(tx, await events.newest_cursor(tx))

    async def to_look(tx: Tx) -> None:
        await board.checks_to_look_at(tx, await now(tx), looks.CHECK_LEASE)

    return {
        "stream": partial(read, new_lines),
        "sealer": lambda: seals.seal(here.memory, here.org),
        "to_look": partial(read, to_look),
        "loose_replies": partial(read, board.loose_replies),
        "open_alarms": partial(read, board.open_alarms),
    }


async def _median(ask: Ask) -> float:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


async def write_history(database: Database, lines: int = LINES, checks: int = CHECKS) -> None:
    """Write the years without triggers, which would take hours: *lines* of a loud town, and the quiet one's *checks*."""
    connection = await asyncpg.connect(database.server.superuser_dsn(database.name))
    try:
        await connection.execute(
            "set session_replication_role = replica; set search_path = fjt; set synchronous_commit = off"
        )
        for statement, values in zip(_LOUD, ((), (lines,), (checks,)), strict=True):
            await connection.execute(statement, *values)
        # As many transactions as such a town needs for some minutes: the lines themselves came in one.
        for _ in range(1100):
            await connection.execute("select pg_current_xact_id()")
        await connection.execute("analyze")
    finally:
        await connection.close()
