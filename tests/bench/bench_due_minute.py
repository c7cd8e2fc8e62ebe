"""A minute in which a town's checks are all due: each is opened by the clockwork, and then its finding is committed; by one replica.

Beside it as many transactions of three bare statements (lock, update, one line), as many at once: plain, and with a commit that takes
5 ms, as on a slow disk. Where others work on the same cores the processor's milliseconds say more than those of the wall: this process's
and the database's together.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg

from alarm_center.casework import arrived_sessions
from alarm_center.clockwork import Clockwork
from alarm_center.preparation import planning
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.postgres import Postgres, running_postgres
from schemas.limits import UNACKNOWLEDGED
from schemas.messages import Evidence, Finding
from schemas.vocabulary import Answer, JudgePlace
from tests.bench import processor_time
from tests.bench.many_residents import copy_resident
from tests.bench.slow_commit import slow_commits
from tests.support.busy_town import found, heard, move
from tests.support.postgres import Database, fresh_database, make_template

T = TypeVar("T")

CHECKS: Final = 2000
ORG: Final = "ost"
_OPEN: Final = "select check_id, device_id, clock.now() as at from checks where state = 'open'"


def run() -> list[dict[str, Any]]:
    """Return the milliseconds of a check and of its two halves, each beside its bare transactions."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        rows = []
        for name, slow in (("due_minute", False), ("due_minute_5ms_commit", True)):
            with fresh_database(server) as database:
                rows += asyncio.run(measure(server, database, name, CHECKS, slow=slow))
        return rows


@dataclass(frozen=True, slots=True)
class SpentTime:
    """Seconds by the clock and of the processors."""

    wall: float
    processor: float

    def __add__(self, other: "SpentTime") -> "SpentTime":
        return SpentTime(self.wall + other.wall, self.processor + other.processor)


async def measure(
    server: Postgres, database: Database, name: str, count: int, *, slow: bool = False
) -> list[dict[str, Any]]:
    """Return the rows of a minute in which *count* checks are due, named *name* and by its halves."""
    memory = await Memory.open(database.worker)
    try:
        await _lay_town(server, database, memory, count)
        if slow:
            await slow_commits(server, memory, "update on fjt.checks")
        opening = await _spent(server, lambda: Clockwork(memory).cycle())
        findings = [await _finding(*row) for row in await memory.run_statement(lambda tx: tx.fetch(_OPEN))]
        assert len(findings) >= count, f"{len(findings)} checks are open"
        finding = await _spent(server, lambda: _at_once(findings, lambda each: _record(memory, each)))
        checks = [each.check_id for each in findings if each.check_id is not None]
        bare = await _spent(server, lambda: _at_once(checks, lambda each: _bare(memory, each)))
        return [
            row
            for part, spent, beside in (
                (name, opening + finding, bare + bare),
                (f"{name}_opened", opening, bare),
                (f"{name}_found", finding, bare),
            )
            for row in (
                _row(part, spent.wall, beside.wall, count),
                _row(f"{part}_processor", spent.processor, beside.processor, count),
            )
        ]
    finally:
        await memory.close()


def _row(name: str, seconds: float, bare: float, count: int) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(seconds / count * 1000, 3),
        "unit": "ms a check",
        "baseline": round(bare / count * 1000, 3),
        "ratio": round(bare / seconds, 3),
    }


async def _spent(server: Postgres, work: Callable[[], Awaitable[Any]]) -> SpentTime:
    began, before = time.perf_counter(), _processor(server)
    await work()
    return SpentTime(time.perf_counter() - began, _processor(server) - before)


def _processor(server: Postgres) -> float:
    return processor_time.of_this_process() + processor_time.of_postgres(server)


async def _at_once(all_of_them: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
    """Do *work* for each, as many at once as a replica handles messages."""
    left = iter(all_of_them)

    async def some() -> None:
        for each in left:
            await work(each)

    await asyncio.gather(*(some() for _ in range(UNACKNOWLEDGED)))


async def _lay_town(server: Postgres, database: Database, memory: Memory, count: int) -> None:
    await found(memory, ORG)
    # Of empty tables the server believes for a while that they stay so.
    few = min(count, 1000)
    await copy_resident(memory, ORG, 1, range(100, 99 + few))
    await _analyze(server, database)
    await copy_resident(memory, ORG, 1, range(99 + few, 99 + count))
    await _analyze(server, database)
    await planning.plan_all_towns(memory)
    await move(memory, timedelta(minutes=7))
    await heard(memory)
    async with memory.transaction() as tx:
        await tx.execute("update checks set green_by = 'detector'")
    await _analyze(server, database)


async def _analyze(server: Postgres, database: Database) -> None:
    """Have the server know how many rows there are, as its autovacuum does; none of our roles may."""
    superuser = await asyncpg.connect(server.superuser_dsn(database.name))
    try:
        await superuser.execute("analyze")
    finally:
        await superuser.close()


async def _finding(check_id: UUID, device: str, at: Any) -> Finding:
    return Finding(
        session_id=check_id.hex, org=ORG, device=device, check_id=check_id, attempt=1, answer=Answer.IN_BED, people=1,
        evidence=(Evidence(what="small_movement", zone="bed"),), started_at=at, detector="bench",
    )  # fmt: skip


async def _record(memory: Memory, finding: Finding) -> None:
    said = await memory.attempt(
        lambda tx: arrived_sessions.record_finding(tx, finding, finding.answer, JudgePlace.CENTRE)
    )
    assert said is Answer.IN_BED, f"{finding.check_id}: {said}"


async def _bare(memory: Memory, check_id: UUID) -> None:
    async with memory.transaction() as tx:
        await tx.fetchrow("select * from checks where check_id = $1 for update", check_id)
        await tx.execute("update checks set rechecks_left = rechecks_left + 1 where check_id = $1", check_id)
        await tx.execute("insert into events (at, org, kind) values (clock.now(), $1, 'bare')", ORG)
