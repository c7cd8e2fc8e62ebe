"""Decisions a second, from finding to commit, beside the same rows written bare; plain, and with a 5 ms commit.

The baseline's floor is what the database takes to lock, read and write the very same rows in as many transactions,
with nothing decided. The slow commit is emulated where a slow disk would be: after the work, while the locks are held.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from alarm_center.casework import arrived_sessions
from alarm_center.clockwork import Clockwork
from alarm_center.preparation import planning
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.postgres import Postgres, running_postgres
from schemas.messages import Evidence, Finding
from schemas.vocabulary import Answer, JudgePlace
from tests.bench.slow_commit import slow_commits
from tests.support.busy_town import found, heard, move, residents
from tests.support.postgres import Database, fresh_database, make_template

DECISIONS = 300
AT_ONCE = 8
_HOMES_AT_A_TIME = 50
"""So many are imported well within the 8 s after which the server ends a transaction."""


def run() -> list[dict[str, Any]]:
    """Return decisions a second, plain and with the slow commit."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        rows = []
        for name, slow in (("decisions", False), ("decisions_5ms_commit", True)):
            rates = []
            for measure in (decide, _bare):
                with fresh_database(server) as database:
                    rates.append(asyncio.run(_rate(server, database, measure, slow)))
            rows.append(
                {
                    "name": name,
                    "value": round(rates[0], 1),
                    "unit": "per s",
                    "baseline": round(rates[1], 1),
                    "ratio": round(rates[0] / rates[1], 3),
                }
            )
        return rows


async def _rate(
    server: Postgres, database: Database, measure: Callable[[Memory, UUID], Awaitable[None]], slow: bool
) -> float:
    memory = await Memory.open(database.worker, size=AT_ONCE + 2)
    try:
        checks = await _open_checks(memory)
        if slow:
            await slow_commits(server, memory, "insert on fjt.receipts")
        queue = iter(checks)
        began = time.perf_counter()

        async def work() -> None:
            for check_id in queue:
                await measure(memory, check_id)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return len(checks) / (time.perf_counter() - began)
    finally:
        await memory.close()


async def _open_checks(memory: Memory) -> list[UUID]:
    """Return checks that are open, one a resident."""
    await due_residents(memory)
    await planning.plan_all_towns(memory)
    await until_due(memory)
    await Clockwork(memory).cycle()
    async with memory.transaction() as tx:
        rows = await tx.fetch("select check_id from checks where state = 'open'")
    assert len(rows) == DECISIONS, f"{len(rows)} checks are open"
    return [row["check_id"] for row in rows]


async def due_residents(memory: Memory) -> None:
    """Found a town with so many residents, each with a check that is due within minutes."""
    await found(memory, "ost")
    for first in range(2, DECISIONS + 1, _HOMES_AT_A_TIME):
        numbers = range(first, min(first + _HOMES_AT_A_TIME, DECISIONS + 1))
        async with memory.transaction() as tx:
            area = await tx.fetchval("select area_id from areas")
            await residents(tx, "ost", area, numbers=numbers, due_in=timedelta(minutes=5))


async def until_due(memory: Memory) -> None:
    """Let the checks be due, of devices that have just been heard."""
    await move(memory, timedelta(minutes=6))
    await heard(memory)


async def decide(memory: Memory, check_id: UUID) -> None:
    """Record that the resident was found in bed."""
    finding = await _finding(memory, check_id)
    answer = await memory.attempt(
        lambda tx: arrived_sessions.record_finding(tx, finding, finding.answer, JudgePlace.CENTRE)
    )
    assert answer is Answer.IN_BED, f"{check_id}: {answer}"


async def _finding(memory: Memory, check_id: UUID) -> Finding:
    async with memory.transaction() as tx:
        device = await tx.fetchval("select device_id from checks where check_id = $1", check_id)
        at = await tx.fetchval("select clock.now()")
    return Finding(
        session_id=check_id.hex, org="ost", device=device, check_id=check_id, attempt=1, answer=Answer.IN_BED, people=1,
        evidence=(Evidence(what="small_movement", zone="bed"),), started_at=at, detector="bench",
    )  # fmt: skip


async def _bare(memory: Memory, check_id: UUID) -> None:
    """Lock and write the same rows as a decision does, with nothing decided."""
    finding = await _finding(memory, check_id)
    async with memory.transaction() as tx:
        await tx.fetchrow("select * from checks where check_id = $1 for update", check_id)
        await tx.execute(
            """
            update checks set state = 'seen', next_step_at = null, ended_at = clock.now(), answer = 'in_bed', seen_by = 'b'
            where check_id = $1
            """,
            check_id,
        )
        await tx.execute("update attempts set state = 'answered', session_id = $2 where check_id = $1", check_id, "s")
        await tx.execute(
            "update devices set last_heard_at = clock.now(), config = '{}' where device_id = $1", finding.device
        )
        await tx.execute(
            """
            insert into sessions (org, device_id, session_id, received_at, receipt)
            values ('ost', $1, $2, clock.now(), 'committed')
            """,
            finding.device, finding.session_id,
        )  # fmt: skip
        await tx.execute(
            """
            insert into receipts (org, device_id, session_id, state, created_at)
            values ('ost', $1, $2, 'committed', clock.now())
            """,
            finding.device, finding.session_id,
        )  # fmt: skip
        for _ in range(4):
            await tx.execute("insert into events (at, org, kind) values (clock.now(), 'ost', 'bare')")
