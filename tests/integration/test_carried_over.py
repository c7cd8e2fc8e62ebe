"""A town that runs when the gate comes: the same looks tonight, and a list of what is missing (revision 0008_home)."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from alarm_center.core.check import Check, NewCheck, plan_check
from alarm_center.core.plan import Plan
from alarm_center.preparation import planning, reconciliation
from alarm_center.store import discrepancies, seals
from alarm_center.store.memory import Memory, Tx
from alarm_center.store.migrate import bootstrap, migrate, revisions_of
from alarm_center.store.verification import verify
from fjarrtillsyn.embedded.postgres import Postgres
from schemas.vocabulary import GreenBy, Show
from tests.support.postgres import PASSWORDS

DATABASE: Final = "fjt_carried_over"
_BEFORE: Final = "0007"
EVENING: Final = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
NIGHT: Final = date(2026, 11, 26)
_TOWN: Final = (
    "select clock.freeze('2026-11-26 18:00Z')",
    "insert into organisations (org, name, sending_number, link_host, spread_seconds) values ('ost', 'Ö', '+46701740605', 'h.se', 0)",
    # The share of looks that stays with people is drawn by the resident's id, which is another each time.
    "update organisations set plan = '{\"people_of_ten\": 0}'",
    "insert into areas (org, code) values ('ost', '3')",
    """
    insert into residents (org, area_id, number, name, address, cohabitant, cohabitant_sleeps)
    select 'ost', area_id, n, 'N' || n, 'A', case when n = 4 then 'B' end, case when n = 4 then 'elsewhere' end
    from areas, generate_series(1, 6) n
    """,
    """
    insert into consents (org, resident_id, who, state, given_at, recorded_by, camera, sensors, shown_to_people)
    select 'ost', resident_id, w, case when number = 5 then 'limited' else 'given' end, '2025-01-01', 'import',
        number <> 5, true, number <> 5
    from residents, unnest(case when number = 4 then array['resident', 'cohabitant'] else array['resident'] end) w
    """,
    """
    insert into decisions (org, resident_id, reference, starts_on, trial_ends_on, ends_on)
    select 'ost', resident_id, 'B' || number, '2025-01-01', case when number in (2, 3) then date '2026-10-01' end,
        case when number = 6 then date '2026-11-20' end
    from residents
    """,
    """
    insert into plans (resident_id, org, green_by, signed_by, signed_at)
    select resident_id, 'ost', case when number = 2 then 'operator' else 'detector' end, 'Petra', '2025-01-01' from residents
    """,
    """
    insert into devices (org, device_id, resident_id, kind)
    select 'ost', 'cam' || number, resident_id, case when number = 5 then 'sensors' else 'camera' end from residents
    """,
    """
    insert into slots (org, resident_id, weekdays, local_time, valid_from)
    select 'ost', resident_id, '{0,1,2,3,4,5,6}', t, '2025-01-01' from residents, unnest(array['23:00', '02:00']::time[]) t
    """,
)
"""1 in order; 2 and 3 with a trial that has passed; 4 a couple; 5 by sensors alone; 6 with a decision that has ended."""


@pytest.fixture
async def dsns(postgres_server: Postgres) -> AsyncIterator[tuple[str, str]]:
    """The owner's and the worker's address of a database of the revision before."""
    superuser = postgres_server.superuser_dsn()
    await _execute(superuser, f"drop database if exists {DATABASE} with (force)")
    await bootstrap(superuser, DATABASE, PASSWORDS)
    owner, worker = (postgres_server.dsn(DATABASE, role, PASSWORDS[role]) for role in ("fjt_owner", "fjt_worker"))
    try:
        await _to_the_revision_before(owner)
        yield owner, worker
    finally:
        await _execute(superuser, f"drop database {DATABASE} with (force)")


async def _to_the_revision_before(owner: str) -> None:
    async def connect() -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(owner)

    def upgrade(connection: Connection) -> None:
        config = revisions_of(connection)
        config.attributes["test_clock"] = True
        command.upgrade(config, _BEFORE)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(upgrade)
        await connection.commit()
    await engine.dispose()


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _found_town(memory: Memory) -> None:
    """A town, with tonight's checks as the release before has laid them for those whose decision holds."""
    async with memory.transaction() as tx:
        for statement in _TOWN:
            await tx.execute(statement)
        owed = await tx.fetch(
            """
            select s.slot_id, s.local_time, r.resident_id, d.device_id, p.green_by, p.show
            from slots s join residents r using (resident_id) join devices d using (resident_id) join plans p using (resident_id)
            where r.number <> 6
            """
        )
        for row in owed:
            await _insert(tx, plan_check(_laid_before(row), Plan()))


async def _insert(tx: Tx, check: Check) -> None:
    """Insert a check with the columns that the revision before had."""
    await tx.execute(
        """
        insert into checks (check_id, org, resident_id, device_id, night, slot_id, opens_at, closes_at, seconds, green_by, show, state,
            next_step_at, rechecks_left, retries_left)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        check.check_id, check.org, check.resident_id, check.device_id, check.night, check.slot_id, check.opens_at, check.closes_at,
        check.seconds, check.green_by, check.show, check.state, check.next_step_at, check.rechecks_left, check.retries_left,
    )  # fmt: skip
    first = check.attempts[0]
    await tx.execute(
        "insert into attempts (check_id, number, org, cause, opens_at, closes_at, seconds, state) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        check.check_id, first.number, check.org, first.cause, first.opens_at, first.closes_at, first.seconds, first.state,
    )  # fmt: skip


def _laid_before(row: Any) -> NewCheck:
    opens_at = {time(23): EVENING.replace(hour=22), time(2): EVENING.replace(day=27, hour=1)}[row["local_time"]]
    return NewCheck(
        check_id=uuid4(), org="ost", resident_id=row["resident_id"], device_id=row["device_id"], night=NIGHT,
        slot_id=row["slot_id"], opens_at=opens_at, closes_at=opens_at + timedelta(minutes=10), seconds=10,
        green_by=GreenBy(row["green_by"]), show=Show(row["show"]),
    )  # fmt: skip


async def _tonight(memory: Memory) -> dict[UUID, tuple[object, ...]]:
    """Tonight's looks: for whom and when, by which device, and who may say that all is well."""
    async with memory.transaction() as tx:
        rows = await tx.fetch(
            """
            select check_id, resident_id, opens_at, state, device_id, green_by, show, next_step_at from checks
            where night = '2026-11-26' and state <> 'cancelled'
            """
        )
    return {row["check_id"]: tuple(row.values())[1:] for row in rows}


async def test_a_running_town_has_the_same_looks_tonight(dsns: tuple[str, str]) -> None:
    owner, worker = dsns
    memory = await Memory.open(worker)
    try:
        await _found_town(memory)
        before = await _tonight(memory)
        assert len(before) == 10
        await migrate(owner)
        await planning.plan_town(memory, "ost")
        assert await _tonight(memory) == before
        while (await seals.seal(memory, "ost")).count:
            pass
        assert (await verify(memory, "ost")).faults == [], "nobody's words have changed"
        async with memory.transaction() as tx:
            tomorrow = await tx.fetch(
                """
                select r.number, array_agg(distinct c.state || ' ' || c.green_by) as looks
                from checks c join residents r using (resident_id) where night = '2026-11-27' group by 1 order by 1
                """
            )
        assert [(row["number"], row["looks"]) for row in tomorrow] == [
            (1, ["planned operator"]), (2, ["planned operator"]), (3, ["planned operator"]), (4, ["planned operator"]),
            (5, ["planned detector"]), (6, ["cancelled operator"]),
        ], "from tomorrow on people look where no room was ever calibrated; sensors have none to know"  # fmt: skip
    finally:
        await memory.close()


async def test_each_who_goes_on_is_listed_with_what_is_missing(dsns: tuple[str, str]) -> None:
    owner, worker = dsns
    memory = await Memory.open(worker)
    try:
        await _found_town(memory)
        await migrate(owner)
        await reconciliation.reconcile_town(memory, "ost")
        async with memory.transaction() as tx:
            numbers = {row["resident_id"]: row["number"] for row in await tx.fetch("select * from residents")}
            found = await discrepancies.open_ones(tx, "ost")
        missing = {"trial_ended", "automatic_not_agreed", "decision_ended"}
        assert sorted(
            (each.code, numbers[each.resident_id], each.endangers)
            for each in found
            if each.code in missing and each.resident_id
        ) == [
            ("automatic_not_agreed", 1, False),
            ("automatic_not_agreed", 3, False),
            ("automatic_not_agreed", 4, False),
            ("automatic_not_agreed", 4, False),
            ("automatic_not_agreed", 5, False),
            ("decision_ended", 6, True),
            ("trial_ended", 2, False),
            ("trial_ended", 3, False),
        ]
    finally:
        await memory.close()
