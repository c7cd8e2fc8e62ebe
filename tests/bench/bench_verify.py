"""Seconds that ``fjarrtillsyn verify`` takes on a town of 1 000 000 lines and facts, beside reading and digesting the same texts bare.

Three of five are lines of the timeline, the others facts of 200 000 looks, each begun and ended. The sealer's own rate is
told as well: what it makes in one second is the most that a town may write in one.
"""

import asyncio
import hashlib
import time
from typing import Any, Final

from alarm_center.store import overlong, seal_lines, seals
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Memory
from alarm_center.store.seal_lines import chain_start
from alarm_center.store.verification import verify
from fjarrtillsyn.embedded.postgres import running_postgres
from tests.support.postgres import fresh_database, make_template

EVENTS: Final = 600_000
LOOKS: Final = 200_000
_AT_ONCE: Final = 20_000
_ROWS: Final = (
    "insert into organisations (org, name, sending_number, link_host) values ('ost', 'Ö', '+1', 'h')",
    f"""
    insert into events (at, org, kind, check_id, actor, data)
    select clock.now(), 'ost', 'session_received', gen_random_uuid(), 'd1', '{{"session_id": "s1", "attempt": 1, "pictures": 3}}'
    from generate_series(1, {EVENTS})
    """,
    # A look is tied to a case by a reference; the cases themselves are not what is measured.
    "alter table looks drop constraint looks_alarm_id_fkey",
    f"""
    insert into looks (org, alarm_id, session_id, user_id, kind, began_at, clear)
    select 'ost', gen_random_uuid(), 's' || n, gen_random_uuid(), 'session', clock.now(), true from generate_series(1, {LOOKS}) n
    """,
    "update looks set ended_at = began_at + interval '9 seconds'",
)


_PLACE: Final = f"and (tx, id) > ($6::text::xid8, $7) order by tx, id limit {_AT_ONCE}"
_TEXTS: Final = f"""
    select tx::text::bigint, id, line from (({seal_lines._EVENTS} {_PLACE}) union all ({seal_lines._FACTS} {_PLACE})) both_kinds
    order by both_kinds.tx, both_kinds.id limit {_AT_ONCE}
"""


def run() -> list[dict[str, Any]]:
    """Return the seconds of a verification, and the lines that are sealed in a second."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            superuser = server.superuser_dsn(database.owner.split("?")[0].rsplit("/", 1)[1])
            return asyncio.run(_measure(superuser, database.worker))


async def _measure(superuser: str, worker: str) -> list[dict[str, Any]]:
    # As many connections as the command has.
    memory = await Memory.open(worker, size=2, limit_seconds=None)
    try:
        await _fill(superuser)
        began = time.perf_counter()
        count = 0
        while sealed := (await seals.seal(memory, "ost", _AT_ONCE)).count:
            count += sealed
        rate = count / (time.perf_counter() - began)
        began = time.perf_counter()
        report = await verify(memory, "ost")
        whole = time.perf_counter() - began
        assert report.faults == [] and report.lines == count == EVENTS + 2 * LOOKS, report
        bare = await _bare(memory)
        return [
            {"name": "verify_1_000_000", "value": round(whole, 1), "unit": "s", "baseline": round(bare, 1), "ratio": round(whole / bare, 2)},
            {"name": "sealed", "value": round(rate), "unit": "per s", "baseline": round(count / bare), "ratio": round(rate * bare / count, 3)},
        ]  # fmt: skip
    finally:
        await memory.close()


async def _fill(superuser: str) -> None:
    """Make the rows as the worker, with every trigger on."""
    memory = await Memory.open(superuser, size=1, limit_seconds=None)
    try:
        async with memory.transaction() as tx:
            for statement in _ROWS:
                if not statement.startswith("alter"):
                    await tx.execute("set local session authorization fjt_worker")
                await tx.execute(statement)
                await tx.execute("set local session authorization default")
            await tx.execute("analyze")
    finally:
        await memory.close()


async def _bare(memory: Memory) -> float:
    """Read every line's text by itself, and digest it: no verification of it does less."""
    began = time.perf_counter()
    async with memory.transaction() as tx:
        await overlong.lift_limit(tx)
        start, cursor = await chain_start(tx, "ost"), Cursor(0, 0)
        known = getattr(seal_lines, "parameters", _parameters_of_before)("ost", start)
        while rows := await tx.fetch(_TEXTS, *known, str(cursor.tx), cursor.id):
            for _, _, text in rows:
                hashlib.sha256(text.encode()).digest()
            cursor = Cursor(rows[-1][0], rows[-1][1])
    return time.perf_counter() - began


def _parameters_of_before(org: str, start: Any) -> tuple[object, ...]:
    """Return the same of code that kept them in its statements' own calls."""
    return org, seal_lines.WRITERS, start.bound.total_seconds(), start.real_clock, str(start.tx)
