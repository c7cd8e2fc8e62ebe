"""A database of release 0.2.0 that is upgraded: its own chain holds, its rows are found, and the new chain covers both."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import alarm_center.store.migrations.sql
from alarm_center.preparation import old_months
from alarm_center.store import events, released_seals, seals
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Memory, now
from alarm_center.store.migrate import VERSION_TABLE, bootstrap, migrate
from alarm_center.store.verification import Fault, verify, verify_in
from fjarrtillsyn.embedded.postgres import Postgres
from schemas.timeline import ServiceGap
from tests.support.postgres import PASSWORDS

DATABASE: Final = "fjt_upgraded"
_BEFORE: Final = "0004"
_LONG_AGO: Final = timedelta(days=6 * 366)
_EVERYTHING: Final = Cursor(2**62, 0)
_ROWS: Final = (
    "insert into organisations (org, name, sending_number, link_host) values ('ost', 'Ö', '+1', 'h')",
    "insert into areas (org, code) values ('ost', '3')",
    "insert into residents (org, area_id, number, name, address) select org, area_id, 1, 'N', 'A' from areas",
    """
    insert into consents (org, resident_id, who, state, basis, given_at, recorded_by)
    select org, resident_id, 'resident', 'given', 'in writing', now(), 'import' from residents
    """,
)


@pytest.fixture
async def upgraded(postgres_server: Postgres) -> AsyncIterator[Memory]:
    """The worker's memory of a database that was of 0.2.0 until its third line: two of the three were sealed by then."""
    superuser = postgres_server.superuser_dsn()
    await _execute(superuser, f"drop database if exists {DATABASE} with (force)")
    await bootstrap(superuser, DATABASE, PASSWORDS)
    owner = postgres_server.dsn(DATABASE, "fjt_owner", PASSWORDS["fjt_owner"])
    await _upgrade(owner, _BEFORE)
    memory = await Memory.open(postgres_server.dsn(DATABASE, "fjt_worker", PASSWORDS["fjt_worker"]))
    try:
        async with memory.transaction() as tx:
            for statement in _ROWS:
                await tx.execute(statement)
        await _lines(memory, "one", ago=_LONG_AGO)
        await _lines(memory, "two")
        async with memory.transaction() as tx:
            assert await released_seals.seal_until(tx, "ost", _EVERYTHING, 100) == 2
        await _lines(memory, "three")
        assert await migrate(owner) == ["0009"], "what would break a replica of 0.2.0 waits for its word"
        yield memory
    finally:
        await memory.close()
        await _execute(superuser, f"drop database {DATABASE} with (force)")


async def _upgrade(owner: str, revision: str) -> None:
    async def connect() -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(owner)

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(alarm_center.store.migrations.sql.__file__).parent))
        config.attributes.update(connection=connection, test_clock=False, version_table=VERSION_TABLE)
        command.upgrade(config, revision)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(upgrade)
        await connection.commit()
    await engine.dispose()


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def _lines(memory: Memory, *actors: str, ago: timedelta = timedelta(0)) -> None:
    for actor in actors:
        async with memory.transaction() as tx:
            await events.write(tx, await now(tx) - ago, events.NewEvent("ost", ServiceGap(seconds=1), actor=actor))


async def _seal_all(memory: Memory) -> None:
    while (await seals.seal(memory, "ost")).count:
        pass


async def _heads(memory: Memory) -> list[str]:
    async with memory.transaction() as tx:
        rows = await tx.fetch("select digest from event_seals union all select digest from seals")
    return [row["digest"].hex() for row in rows]


async def test_both_chains_are_whole_and_every_head_is_known(upgraded: Memory) -> None:
    await _lines(upgraded, "four")
    await _seal_all(upgraded)
    report = await verify(upgraded, "ost", await _heads(upgraded))
    assert report.faults == []
    # Four lines, the start of the town's facts, and the consent that was found.
    assert report.lines == 6


async def test_a_replica_of_the_release_before_may_go_on_sealing(upgraded: Memory) -> None:
    await _seal_all(upgraded)
    await _lines(upgraded, "four", "five")
    async with upgraded.transaction() as tx:
        assert await released_seals.seal_until(tx, "ost", _EVERYTHING, 100) == 2
    await _seal_all(upgraded)
    assert (await verify(upgraded, "ost", await _heads(upgraded))).faults == []


async def test_the_earlier_chain_misses_what_was_cut_off(upgraded: Memory, postgres_server: Postgres) -> None:
    """The newest line is in both chains. It is gone with its seal of the newer one, which alone is whole without them."""
    await _seal_all(upgraded)
    await _lines(upgraded, "four")
    async with upgraded.transaction() as tx:
        assert await released_seals.seal_until(tx, "ost", _EVERYTHING, 100) == 1
        place = await released_seals.last_place(tx, "ost")
    await _seal_all(upgraded)
    memory = await Memory.open(postgres_server.superuser_dsn(DATABASE), size=1)
    with suppress(_Undone):
        async with memory.transaction() as tx:
            await tx.execute("set local session_replication_role = replica")
            await tx.execute("delete from seals where id = (select id from events where actor = 'four')")
            await tx.execute("delete from events where actor = 'four'")
            assert [(each.fault, each.cursor) for each in (await verify_in(tx, "ost")).faults] == [
                (Fault.NO_LINE, place)
            ]
            raise _Undone
    await memory.close()


async def test_a_month_of_the_release_before_may_be_dropped(upgraded: Memory, postgres_server: Postgres) -> None:
    """Its line is in the earlier chain alone, whose digests go on from its seal; one more that is gone is missed."""
    await _seal_all(upgraded)
    known = await _heads(upgraded)
    month = (await upgraded.now() - _LONG_AGO).date().replace(day=1)
    assert (await old_months.drop_month(upgraded, month)).lines == 1
    await _seal_all(upgraded)
    report = await verify(upgraded, "ost", known)
    assert (report.faults, report.dropped) == ([], 1)
    memory = await Memory.open(postgres_server.superuser_dsn(DATABASE), size=1)
    with suppress(_Undone):
        async with memory.transaction() as tx:
            await tx.execute("set local session_replication_role = replica")
            await tx.execute("delete from events where actor = 'two'")
            assert [each.fault for each in (await verify_in(tx, "ost")).faults] == [Fault.NO_LINE]
            raise _Undone
    await memory.close()


TAMPERINGS: Final = {
    """
    insert into events (tx, id, at, org, kind, writer, written_at, real_at)
    select tx, 900000, now() - interval '3 hours', 'ost', 'forged', 'fjt_worker', now() - interval '3 hours', sealed_at
    from seals order by seals.tx desc, id desc limit 1
    """: Fault.MOVED,
    "update events set actor = 'nobody' where actor = 'one'": Fault.CHANGED,
    "update events set actor = 'nobody' where actor = 'three'": Fault.CHANGED,
    "delete from events where actor = 'three'": Fault.NO_LINE,
    "update consents set camera = false, state = 'limited'": Fault.ROW_CHANGED,
    "delete from consents": Fault.ROW_GONE,
    "update event_seals set digest = sha256('') where event_id = 2": Fault.CHANGED,
    "delete from event_seals where event_id = 3": Fault.NO_SEAL,
}


class _Undone(Exception):
    """The end of a transaction whose changes are taken back."""


async def test_what_was_there_before_is_held_as_well(upgraded: Memory, postgres_server: Postgres) -> None:
    await _seal_all(upgraded)
    memory = await Memory.open(postgres_server.superuser_dsn(DATABASE), size=1)
    for statement, fault in TAMPERINGS.items():
        with suppress(_Undone):
            async with memory.transaction() as tx:
                await tx.execute("set local session_replication_role = replica")
                assert (await tx.execute(statement)).endswith(" 1"), statement
                await seals.seal_batch(tx, "ost")
                assert fault in {each.fault for each in (await verify_in(tx, "ost")).faults}, statement
                raise _Undone
    await memory.close()
    assert (await verify(upgraded, "ost")).faults == []
