"""A schema revision under a running replica: what it had prepared before is tried again, whole, by loops and pages."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from alarm_center.store.memory import Memory, Tx
from tests.support.night_town import town
from tests.support.postgres import Database
from tests.support.site import site


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker, size=3)
    yield opened
    await opened.close()


async def revise(database: Database, *statements: str) -> None:
    owner = await asyncpg.connect(database.owner)
    for statement in statements:
        await owner.execute(statement)
    await owner.close()


async def in_every_connection(memory: Memory, query: str) -> None:
    """Prepare *query* in each connection of the pool."""
    held = [await memory._pool.acquire() for _ in range(3)]
    for connection in held:
        await connection.fetch(query)
    for connection in held:
        await memory._pool.release(connection)


async def test_a_column_of_another_type_is_read_anew(database: Database, memory: Memory) -> None:
    query = "select job, data from jobs"
    await in_every_connection(memory, query)
    await revise(database, "alter table fjt.jobs alter column data drop default, alter column data type text")
    with pytest.raises(asyncpg.InvalidCachedStatementError):
        async with memory.transaction() as tx:
            await tx.fetch(query)
    await in_every_connection(memory, query)
    await revise(database, "alter table fjt.jobs alter column data type varchar(99)")
    assert await memory.attempt(lambda tx: tx.fetch(query)) == []
    assert await memory.run_statement(lambda tx: tx.fetch(query)) == []


async def test_a_type_of_another_form_is_read_anew(database: Database, memory: Memory) -> None:
    await revise(
        database,
        "create type fjt.pair as (a int, b int)",
        "create table fjt.pairs (pair fjt.pair)",
        "insert into fjt.pairs values (row(1, 2))",
        "grant usage on type fjt.pair to fjt_worker",
        "grant select on fjt.pairs to fjt_worker",
    )
    query = "select pair from pairs"
    await in_every_connection(memory, query)
    await revise(database, "alter type fjt.pair add attribute c int cascade")
    with pytest.raises(asyncpg.OutdatedSchemaCacheError):
        async with memory.transaction() as tx:
            await tx.fetchval(query)
    await in_every_connection(memory, query)
    await revise(database, "alter type fjt.pair drop attribute b cascade")
    assert dict(await memory.attempt(lambda tx: tx.fetchval(query))) == {"a": 1, "c": None}


async def test_the_body_is_tried_again_whole(database: Database, memory: Memory) -> None:
    query = "select job, data from jobs"
    await in_every_connection(memory, query)
    await revise(database, "alter table fjt.jobs alter column data drop default, alter column data type text")

    async def work(tx: Tx) -> int:
        await tx.execute("insert into jobs (job, last_at, data) values ('once', now(), '')")
        return len(await tx.fetch(query))

    assert await memory.attempt(work) == 1


async def test_pages_and_forms_are_asked_again(database: Database) -> None:
    async with town(database, residents=2) as here, site(here) as running:
        browser = await running.signed_in()
        for change in ("varchar(200)", "text"):
            path = f"/raise/{here.residents[1]}"
            assert (await browser.get(path)).status == 200
            assert (await browser.post("/raise", {"asked": "astrid"})).status == 200
            # No column that search_form is made of: PostgreSQL alters none.
            await revise(database, f"alter table fjt.residents alter column phone type {change}")
            assert (await browser.get(path)).status == 200
            assert (await browser.post("/raise", {"asked": "astrid"})).status == 200
