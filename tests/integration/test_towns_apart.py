"""One town never sees another (design §2.7): row-level security on every table, whatever the code asks for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest

from alarm_center.store.memory import Memory, Viewer
from tests.support.busy_town import busy_town
from tests.support.postgres import Database


@dataclass
class Two:
    worker: Memory
    web: Memory


@pytest.fixture
async def two(database: Database) -> AsyncIterator[Two]:
    """Two towns with rows in every table."""
    worker, web = await Memory.open(database.worker), await Memory.open(database.web)
    try:
        await busy_town(worker, "ost", number=1)
        await busy_town(worker, "vast", number=2)
        yield Two(worker, web)
    finally:
        await worker.close()
        await web.close()


async def _tables(memory: Memory) -> list[str]:
    async with memory.transaction() as tx:
        rows = await tx.fetch(
            """
            select table_name from information_schema.columns c
            where table_schema = 'fjt' and column_name = 'org' and table_name not like 'events\\_%'
            order by table_name
            """
        )
    return [row["table_name"] for row in rows]


async def test_each_table_read_as_the_other_town_shows_nothing(two: Two) -> None:
    tables = await _tables(two.worker)
    assert {"residents", "checks", "alarms", "events", "messages", "looks", "replies", "event_seals"} <= set(tables)
    for table in tables:
        async with two.worker.transaction() as tx:
            there = await tx.fetchval(f"select count(*) from {table} where org = 'ost'")
        assert there, f"{table}: the test needs a row of the town's to mean anything"
        async with two.web.transaction(Viewer(("vast",))) as tx:
            seen = await tx.fetchval(f"select count(*) from {table} where org = 'ost'")
            own = await tx.fetchval(f"select count(*) from {table} where org = 'vast'")
        assert seen == 0, f"{table}: vast sees {seen} of ost's rows"
        assert own, f"{table}: vast does not see its own"


async def test_a_connection_that_says_no_town_sees_nothing(two: Two) -> None:
    for table in await _tables(two.worker):
        async with two.web.transaction() as tx:
            assert await tx.fetchval(f"select count(*) from {table}") == 0, table


async def test_a_town_is_forgotten_when_its_transaction_ends(two: Two) -> None:
    async with two.web.transaction(Viewer(("ost",))) as tx:
        assert await tx.fetchval("select count(*) from residents") == 1
    async with two.web.transaction() as tx:
        assert await tx.fetchval("select count(*) from residents") == 0


async def test_a_row_of_another_town_cannot_be_written(two: Two) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with two.web.transaction(Viewer(("vast",))) as tx:
            await tx.execute("insert into areas (org, code) values ('ost', '9')")
    async with two.web.transaction(Viewer(("vast",))) as tx:
        assert await tx.execute("update residents set notes = 'x' where org = 'ost'") == "UPDATE 0"


async def test_areas_narrow_a_viewer_within_the_town(two: Two) -> None:
    async with two.worker.transaction() as tx:
        other = await tx.fetchval("insert into areas (org, code) values ('ost', '4') returning area_id")
    async with two.web.transaction(Viewer(("ost",), (other,))) as tx:
        assert await tx.fetchval("select count(*) from residents") == 0
        assert await tx.fetchval("select count(*) from alarms") == 0


async def test_passwords_and_sign_ins_are_read_by_no_page(two: Two) -> None:
    for question in ("select password_hash from users", "select * from web_sessions", "select totp_secret from users"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with two.web.transaction(Viewer(("ost", "vast"))) as tx:
                await tx.fetch(question)


async def test_nobody_who_works_here_can_pass_by_the_rows_security(two: Two) -> None:
    async with two.worker.transaction() as tx:
        roles = await tx.fetch("select rolname, rolsuper, rolbypassrls from pg_roles where rolname like 'fjt_%'")
        assert {role["rolname"] for role in roles} == {"fjt_owner", "fjt_worker", "fjt_web"}
        assert not any(role["rolsuper"] or role["rolbypassrls"] for role in roles)
        bare = await tx.fetch(
            """
            select relname from pg_class where relnamespace = 'fjt'::regnamespace and relkind in ('r', 'p')
                and not (relrowsecurity and relforcerowsecurity)
            """
        )
    assert not bare, f"tables without forced row-level security: {[row['relname'] for row in bare]}"
