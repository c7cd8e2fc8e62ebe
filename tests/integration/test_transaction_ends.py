"""Every transaction ends: by the server's own limit, by another replica on a server that has none, and by the client."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from types import ModuleType
from typing import Any, Final, cast

import asyncpg
import pytest
from structlog.testing import capture_logs

from alarm_center.periodic import JOBS, PeriodicJobs
from alarm_center.settings import CentreSettings
from alarm_center.store import facts, hints, overlong, verification
from alarm_center.store.memory import Memory, Tx
from tests.support.half_open import half_open_link
from tests.support.postgres import Database
from tests.support.waiting import eventually


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def test_the_server_ends_both_roles_transactions(database: Database) -> None:
    for dsn in (database.worker, database.web):
        connection = await asyncpg.connect(dsn)
        shown = [await connection.fetchval(f"show {name}") for name in ("transaction_timeout", "lock_timeout")]
        await connection.close()
        assert shown == ["8s", "2s"]


_HALVES: Final = ((verification, "read_pairs"), (facts, "mismatches"))


@pytest.mark.parametrize("slow", [0, 1], ids=["the walk", "the comparison"])
async def test_a_verification_outlasts_its_quicker_half(
    slow: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends a transaction that waits for the other: there is none, the quicker half's is over."""
    is_over = asyncio.Event()

    def instead(room: ModuleType, half: str, is_slow: bool) -> None:
        done = getattr(room, half)

        async def do(tx: Tx, *given: Any) -> Any:
            if is_slow:
                await is_over.wait()
                await eventually(partial(_nobody_waits, tx), 2)
            found = await done(tx, *given)
            is_over.set()
            return found

        monkeypatch.setattr(room, half, do)

    for number, (room, half) in enumerate(_HALVES):
        instead(room, half, number == slow)
    memory = await Memory.open(database.worker, size=2)
    assert (await verification.verify(memory, "ost")).faults == []
    await memory.close()


async def _nobody_waits(tx: Tx) -> bool:
    """Tell whether no other session has a transaction open and does nothing."""
    # A transaction sees them as they were when it first looked.
    await tx.execute("select pg_stat_clear_snapshot()")
    nobody: bool = await tx.fetchval(
        """
        select count(*) = 0 from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'
        """
    )
    return nobody


async def test_a_lock_behind_a_half_open_link_is_let_go(database: Database, memory: Memory) -> None:
    async with half_open_link(database.worker) as link:
        lost = await asyncpg.connect(link.dsn, server_settings={"transaction_timeout": "500ms"})
        await lost.execute("begin")
        await lost.execute("insert into jobs (job, last_at) values ('held', now())")
        link.freeze()

        async def take(tx: Tx) -> str:
            return await tx.execute("insert into jobs (job, last_at) values ('held', now())")

        # It waits for the other's row, and has it within its own lock_timeout.
        assert await memory.attempt(take) == "INSERT 0 1"
        lost.terminate()


async def test_before_17_another_replica_ends_it(database: Database) -> None:
    # As a server before 17 is: without a limit of its own.
    without = {"transaction_timeout": "0"}
    asking = await asyncpg.connect(database.worker, server_settings=without)
    lost = await asyncpg.connect(database.worker, server_settings=without)
    listening = await asyncpg.connect(database.worker, server_settings=without)
    page = await asyncpg.connect(database.web, server_settings=without)
    importing = await asyncpg.connect(database.worker, server_settings={**without, "application_name": overlong.IMPORT})
    for connection in (lost, page, importing):
        await connection.execute("begin")
        await connection.execute("select now()")

    class One:
        async def run_statement(self, statement: Any) -> Any:
            return await statement(asking)

    async def ended() -> int:
        return await overlong.end_overlong(cast(Memory, One()), timedelta(seconds=0.2))

    assert await eventually(ended) == 1
    await eventually(lost.is_closed)
    for left in (listening, page, importing):
        assert await left.fetchval("select 1") == 1
        await left.close()
    await asking.close()


async def test_a_server_with_a_limit_is_left_to_it(database: Database, memory: Memory) -> None:
    other = await asyncpg.connect(database.worker)
    await other.execute("begin")
    await other.execute("select now()")
    assert await overlong.end_overlong(memory, timedelta(0)) == 0
    assert await other.fetchval("select 1") == 1
    await other.close()


async def test_the_rounds_end_them_for_both_roles(database: Database, memory: Memory) -> None:
    web = await Memory.open(database.web)
    asked: list[Memory] = []

    async def end(of: Memory) -> int:
        asked.append(of)
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlong, "end_overlong", end)
        rounds = PeriodicJobs(memory, cast(CentreSettings, None), other_roles=(web,))
        assert await rounds.run_job(next(job for job in JOBS if job.name == "overlong"))
    assert asked == [memory, web]
    await web.close()


async def test_the_import_may_take_longer(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await overlong.lift_limit(tx)
        assert await tx.fetchval("show transaction_timeout") == "0"
    async with memory.transaction() as tx:
        assert await tx.fetchval("show transaction_timeout") == "8s"


async def test_a_frozen_link_of_ours_is_dropped(database: Database) -> None:
    async with half_open_link(database.worker) as link:
        memory = await Memory.open(link.dsn, size=2, limit_seconds=0.3)
        assert await memory.attempt(lambda tx: tx.fetchval("select 1")) == 1
        link.freeze()
        with pytest.raises(TimeoutError):
            await memory.attempt(lambda tx: tx.fetchval("select 1"))
        link.thaw()
        assert await memory.attempt(lambda tx: tx.fetchval("select 1")) == 1
        memory._pool.terminate()


async def test_a_listener_behind_a_half_open_link_comes_back(database: Database) -> None:
    heard = asyncio.Event()
    with pytest.MonkeyPatch.context() as patch, capture_logs() as logs:
        for name in ("_ASKED_EACH_SECONDS", "_ANSWER_SECONDS", "_AGAIN_SECONDS"):
            patch.setattr(hints, name, 0.3)
        async with half_open_link(database.worker) as link:
            task = asyncio.create_task(hints.listen(link.dsn, heard.set))
            await eventually(heard.is_set)
            heard.clear()
            link.freeze()
            await eventually(lambda: any(line["event"] == "hints_lost" for line in logs))
            link.thaw()
            await eventually(heard.is_set)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
