"""A connection that is given back to its pool keeps nothing of what was done with it, though nobody resets it."""

from contextlib import suppress

import pytest

from alarm_center.store import facts, overlong, viewer_scope
from alarm_center.store.memory import Memory, Tx
from tests.support import busy_town
from tests.support.postgres import Database
from tests.support.viewers import viewer_in

ORG = "ost"
_KEPT = """
    select 'setting ' || name as what from pg_settings where source = 'session' and setting is distinct from reset_val
    union all select 'carried ' || name from unnest($1::text[]) name where current_setting(name, true) <> ''
    union all select 'lock' from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'
    union all select 'channel ' || name from pg_listening_channels() name
    union all select 'cursor ' || name from pg_cursors where is_holdable
    union all select 'table ' || relname from pg_class where relnamespace = pg_my_temp_schema()
"""
_CARRIED = ("fjt.token", "fjt.scope", "fjt.carried", "fjt.case", "fjt.handover", "fjt.expiring", "fjt.mounted_piece")


async def kept(memory: Memory) -> list[str]:
    """Return what the only connection of *memory* still has of earlier uses."""

    async def asked(tx: Tx) -> list[str]:
        return [row["what"] for row in await tx.fetch(_KEPT, list(_CARRIED))]

    return await memory.run_statement(asked)


async def test_a_night_leaves_nothing_on_its_connection(database: Database) -> None:
    memory = await Memory.open(database.worker, size=1)
    try:
        await busy_town.busy_town(memory, ORG)
        async with memory.transaction() as tx:
            await facts.mismatches(tx, ORG)
            await overlong.lift_limit(tx)
        assert await kept(memory) == []
        with suppress(ZeroDivisionError):
            async with memory.transaction() as tx:
                await viewer_scope.widen_scope(tx, await tx.fetchval("select resident_id from residents"))
                raise ZeroDivisionError
        assert await kept(memory) == []
    finally:
        await memory.close()


async def test_the_next_page_on_a_connection_is_nobodys(database: Database) -> None:
    worker, web = await Memory.open(database.worker, size=1), await Memory.open(database.web, size=1)
    try:
        resident_id = await busy_town.found(worker, ORG)
        async with web.transaction(await viewer_in(worker, ORG)) as tx:
            await viewer_scope.widen_scope(tx, resident_id)
            assert await tx.fetchval("select count(*) from residents") == 1
        assert await kept(web) == []
        async with web.transaction() as tx:
            assert await tx.fetchval("select count(*) from residents") == 0
    finally:
        await worker.close()
        await web.close()


@pytest.mark.parametrize(
    "lasting",
    ["select set_config('fjt.case', 'x', false)", "listen anything", "select set_config('work_mem', '1MB', false)"],
)
async def test_what_a_statement_leaves_is_found(database: Database, lasting: str) -> None:
    memory = await Memory.open(database.worker, size=1)
    try:
        async with memory.transaction() as tx:
            await tx.execute(lasting)
        assert await kept(memory) != []
    finally:
        await memory.close()
