"""The questions that doctor asks a database: its revision, people, towns, seals and months."""

from datetime import timedelta

from alarm_center.store import events, jobs, readiness, seals
from alarm_center.store.memory import Memory, now
from tests.support import busy_town
from tests.support.postgres import Database


async def test_months_are_missing_until_they_are_made(database: Database) -> None:
    memory = await Memory.open(database.worker, size=1)
    try:
        async with memory.transaction() as tx:
            assert len(await readiness.missing_months(tx)) == 2
            made = await events.make_months(tx, 2)
            assert await readiness.missing_months(tx) == [], made
    finally:
        await memory.close()


async def test_a_town_and_its_lines_are_told(database: Database) -> None:
    memory = await Memory.open(database.worker, size=1)
    try:
        async with memory.transaction() as tx:
            assert await readiness.people_of_towns(tx) == []
            assert (await readiness.sealing(tx)).newest_line is None
            assert await readiness.schema_revision(tx) is not None
        await busy_town.found(memory, "ost")
        async with memory.transaction() as tx:
            (town,) = await readiness.people_of_towns(tx)
            assert (town.org, town.has_watcher, town.has_lead) == ("ost", False, False)
            assert len(await readiness.missing_months(tx)) == 1, "this month has begun without its own"
            sealing = await readiness.sealing(tx)
            assert sealing.newest_line is not None
            assert sealing.sealed_until is None
            await jobs.claim(tx, seals.SEALER, await now(tx), timedelta(0))
            assert (await readiness.sealing(tx)).sealed_until is not None
    finally:
        await memory.close()
