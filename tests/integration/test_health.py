"""A replica's readiness, heartbeat and metrics when nothing can be sent or opened."""

import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from alarm_center import metrics
from alarm_center.app import Centre, make_app, open_centre
from alarm_center.heartbeat import Heartbeat, WithheldReason
from alarm_center.settings import CentreSettings
from alarm_center.store import health
from alarm_center.store.health import AUDIT_AFTER, AuditedRows, AuditFinding
from alarm_center.store.memory import Memory, Tx, now
from fjarrtillsyn.embedded.ports import free_port
from fjarrtillsyn.embedded.postgres import Postgres
from tests.support.no_provider import NoProvider
from tests.support.postgres import Database
from tests.support.sms_centre import sms_centre
from tests.support.waiting import eventually

_SIZE_MB = 64


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[Centre]:
    """One whose loops run, with nobody at its broker's address."""
    settings = CentreSettings(
        database_url=SecretStr(database.worker), database_url_web=SecretStr(database.web),
        database_url_sign_in=SecretStr(database.sign_in), database_url_planner=SecretStr(database.planner), mqtt_port=free_port(),
        http_port=free_port(),
    )  # fmt: skip
    yield await open_centre(settings, NoProvider())


@asynccontextmanager
async def serving(centre: Centre) -> AsyncIterator[Callable[[], Awaitable[list[str]]]]:
    """Run the replica; yield what it says of its trouble, but for the broker, which no test here has."""
    async with TestClient(TestServer(make_app(centre))) as client:

        async def trouble() -> list[str]:
            response = await client.get("/readyz")
            said: list[str] = (await response.json())["trouble"]
            assert response.status == (503 if said else 200)
            return [why for why in said if why != "no broker"]

        yield trouble


async def superuser(server: Postgres, *statements: str) -> None:
    connection = await asyncpg.connect(server.superuser_dsn())
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def small_disk(migrated_server: Postgres) -> Iterator[Path]:
    """A real file system of 64 MB, with the folder ``space`` that belongs to the database server."""
    # Not below pytest's own folder, which the server's account may not enter.
    with TemporaryDirectory(prefix="fjt-disk-") as above:
        folder = Path(above)
        folder.chmod(0o755)
        options = f"size={_SIZE_MB}m,mode=0755"
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("a disk of our own can only be mounted as root")
        try:
            (folder / "space").mkdir()
            os.chown(folder / "space", migrated_server.socket_folder.stat().st_uid, -1)
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_full_disk_is_said_and_so_is_its_end(
    migrated_server: Postgres, database: Database, centre: Centre, small_disk: Path
) -> None:
    name = database.worker.partition("@/")[2].partition("?")[0]
    space = f"small_{os.getpid()}"
    await centre.memory.close()
    await centre.web_memory.close()
    await centre.sign_in_memory.close()
    await centre.planner_memory.close()
    await superuser(migrated_server, f"create tablespace {space} location '{small_disk / 'space'}'")
    try:
        await superuser(migrated_server, f"alter database {name} set tablespace {space}")
        again = await open_centre(centre.settings, NoProvider())
        async with serving(again) as trouble:
            await eventually(lambda: metrics.WRITABLE._value.get())
            assert await trouble() == []
            with suppress(OSError), (small_disk / "fill").open("wb", buffering=0) as file:
                while True:
                    file.write(b"\0" * 4096)

            assert await eventually(trouble) == ["the database takes nothing: DiskFullError"]
            assert metrics.WRITABLE._value.get() == 0
            assert WithheldReason.REPLICA in await Heartbeat(again.memory, None, again.heartbeat_trouble).find_trouble()
            (small_disk / "fill").unlink()

            async def well() -> bool:
                return await trouble() == []

            await eventually(well)
    finally:
        await superuser(
            migrated_server, f"drop database {name} with (force)", f"create database {name} owner fjt_owner",
            f"drop tablespace {space}",
        )  # fmt: skip


async def test_a_database_that_only_reads_is_said(database: Database, centre: Centre) -> None:
    async with serving(centre) as trouble:
        await eventually(lambda: metrics.WRITABLE._value.get())
        # As a standby that was promoted to nothing yet: each new session may only read.
        owner = await asyncpg.connect(database.owner)
        name = await owner.fetchval("select current_database()")
        await owner.execute(f"alter database {name} set default_transaction_read_only = on")
        await owner.close()
        await centre.memory._pool.expire_connections()

        assert await eventually(trouble) == ["the database takes nothing: ReadOnlySQLTransactionError"]


async def test_an_outbox_that_stands_still_is_said(centre: Centre) -> None:
    async with serving(centre) as trouble:
        centre.outbox.monotonic = lambda: -100.0
        centre.outbox.wake()
        await eventually(lambda: centre.outbox.last_cycle < 0)
        assert await trouble() == ["the outbox has not cycled for 15 s"]


async def test_the_probe_leaves_nothing_behind(database: Database) -> None:
    memory = await Memory.open(database.worker)
    owner = await asyncpg.connect(database.owner)
    before = await owner.fetchval("select pg_relation_filenode('write_probe')")
    await health.probe_writing(memory)
    assert await owner.fetchval("select pg_relation_filenode('write_probe')") == before
    assert await owner.fetchval("select pg_relation_size('write_probe')") == 0
    await owner.close()
    await memory.close()


async def test_a_dump_of_the_database_is_no_fault(database: Database) -> None:
    memory = await Memory.open(database.worker)
    dump = await asyncpg.connect(database.owner)
    async with dump.transaction():
        # As pg_dump does with every table, until it has copied the last one.
        await dump.execute("lock table write_probe in access share mode")
        await health.probe_writing(memory)
    assert await dump.fetchval("select count(*) from write_probe") == 0
    await dump.close()
    await memory.close()


async def test_an_urgent_sms_put_off_again_counts_from_its_start(database: Database) -> None:
    async with sms_centre(database) as centre:
        await centre.stop()
        await centre.alarm(1)
        await centre.move_clock(31)
        async with centre.memory.transaction() as tx:
            # The provider has just not taken it, as each time before.
            await tx.execute("update messages set not_before = clock.now() - interval '1 s', error = 'unavailable'")
        assert WithheldReason.UNSENT in await Heartbeat(centre.memory, None, lambda: []).find_trouble()


async def test_an_urgent_sms_that_does_not_go_stops_the_heartbeat(database: Database) -> None:
    async with sms_centre(database) as centre:
        await centre.stop()
        await centre.hold_clock()
        heartbeat = Heartbeat(centre.memory, None, lambda: [])
        await centre.alarm(2, resident=1)
        await centre.alarm(1)
        await centre.move_clock(29)
        assert WithheldReason.UNSENT not in await heartbeat.find_trouble()
        await centre.move_clock(2)
        assert WithheldReason.UNSENT in await heartbeat.find_trouble()
        async with centre.memory.transaction() as tx:
            assert await health.longest_urgent_wait(tx) == timedelta(seconds=31)
        assert metrics.URGENT_WAITS._value.get() == 31
        centre.restart()
        await centre.first.receives("Larm … PRIO 1")
        await centre.first.receives("Larm … PRIO 2")

        async def all_is_sent() -> bool:
            return WithheldReason.UNSENT not in await heartbeat.find_trouble()

        await eventually(all_is_sent)


async def red_findings(tx: Tx, before: datetime) -> list[AuditFinding]:
    return [each for each in await health.self_audit(tx, before) if each.of is AuditedRows.RED]


@pytest.mark.parametrize("state", ["open", "dispatched", "accepted", "on_site"])
async def test_a_red_alarm_that_nobody_acknowledged_is_said(database: Database, state: str) -> None:
    async with sms_centre(database) as centre:
        await centre.stop()
        alarm = await centre.alarm(1)
        async with centre.memory.transaction() as tx:
            at = await now(tx)
            await tx.execute(
                "update alarms set red_at = $2, state = $3 where alarm_id = $1", alarm.alarm_id, at - AUDIT_AFTER, state
            )
            assert await red_findings(tx, at) == [AuditFinding("by", AuditedRows.RED, 1, at - AUDIT_AFTER)]
            assert await red_findings(tx, at - AUDIT_AFTER) == [], "not yet"
            assert await health.count_red(tx) == 1
            await tx.execute(
                "update alarms set holder = gen_random_uuid(), lease_until = clock.now() + interval '1 min' where alarm_id = $1",
                alarm.alarm_id,
            )
            assert await health.count_red(tx) == 0
            assert await red_findings(tx, at) == []


WRONG_ROWS = {
    "alarms": "update alarms set next_step_at = clock.now() - interval '121 s'",
    "checks": """
        insert into checks (check_id, org, resident_id, night, slot_id, opens_at, closes_at, seconds, green_by, show, state, next_step_at,
            deadline, rechecks_left, retries_left)
        select gen_random_uuid(), r.org, r.resident_id, '2020-01-01', (select slot_id from slots limit 1), clock.now(), clock.now(), 10, 'operator',
            'always', 'open', clock.now() + interval '1 h', clock.now() - interval '121 s', 0, 0 from residents r limit 1
    """,
    "messages": "update messages set state = 'sending', lease_until = clock.now() - interval '121 s'",
    "incidents": """
        insert into incidents (org, area_id, number, kind, opened_at, next_at)
        select org, area_id, 1, 'technical', clock.now(), clock.now() - interval '121 s' from alarms
    """,
    "red": "update alarms set red_at = clock.now() - interval '121 s'",
    "red incident": """
        insert into incidents (org, area_id, number, kind, opened_at, red_at)
        select org, area_id, 1, 'technical', clock.now(), clock.now() - interval '121 s' from alarms
    """,
}


@pytest.mark.parametrize("wrong", WRONG_ROWS)
async def test_a_row_that_must_not_exist_withholds_the_heartbeat(database: Database, wrong: str) -> None:
    of = wrong.removesuffix(" incident")
    async with sms_centre(database) as centre:
        await centre.stop()
        await centre.alarm(1)
        heartbeat = Heartbeat(centre.memory, None, lambda: [])
        assert WithheldReason.AUDIT not in await heartbeat.find_trouble()
        async with centre.memory.transaction() as tx:
            await tx.execute(WRONG_ROWS[wrong])
        found = await heartbeat.find_trouble()
        assert found[WithheldReason.AUDIT] == f"overdue by more than 120 s: 1 {of}"
        assert metrics.MUST_NOT_EXIST.labels(of)._value.get() == 1
        async with centre.memory.transaction() as tx:
            await tx.execute("update messages set state = 'failed', lease_until = null where state = 'sending'")
