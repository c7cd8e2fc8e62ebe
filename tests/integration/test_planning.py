"""Checks are made of what is in force, and one resident's fault leaves nobody else without."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from alarm_center import planning
from alarm_center.clockwork import Clockwork
from alarm_center.store.memory import Memory
from tests.support import busy_town
from tests.support.postgres import Database

ORG = "ost"


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def _value(memory: Memory, question: str, *values: object) -> object:
    async with memory.transaction() as tx:
        return await tx.fetchval(question, *values)


async def test_a_decision_made_ahead_takes_nothing_from_the_one_in_force(memory: Memory) -> None:
    resident_id = await busy_town.found(memory, ORG)
    today = (await memory.now()).date()
    await _value(
        memory, "update decisions set ends_on = $2 where resident_id = $1 returning 1", resident_id,
        today + timedelta(days=20),
    )  # fmt: skip
    await _value(
        memory, "insert into decisions (org, resident_id, reference, starts_on) values ($1, $2, 'next', $3) returning 1",
        ORG, resident_id, today + timedelta(days=21),
    )  # fmt: skip
    assert await planning.plan_town(memory, ORG) >= 1


async def test_between_two_decisions_nothing_is_owed(memory: Memory) -> None:
    resident_id = await busy_town.found(memory, ORG)
    today = (await memory.now()).date()
    await _value(
        memory, "update decisions set ends_on = $2 where resident_id = $1 returning 1", resident_id,
        today - timedelta(days=5),
    )  # fmt: skip
    await _value(
        memory, "insert into decisions (org, resident_id, reference, starts_on) values ($1, $2, 'next', $3) returning 1",
        ORG, resident_id, today + timedelta(days=20),
    )  # fmt: skip
    assert await planning.plan_town(memory, ORG) == 0


@pytest.mark.parametrize("answers", ['{"recheck": 15}', '{"chains": {"1": [{}]}}', '{"rules": 3}', "[1]"])
async def test_answers_that_cannot_be_read_leave_the_check_its_defaults(memory: Memory, answers: str) -> None:
    resident_id = await busy_town.found(memory, ORG)
    await _value(
        memory,
        f"update plans set answers = '{answers}' where resident_id = $1 returning 1",
        resident_id,
    )
    check_id = await busy_town.open_check(memory, resident_id)
    await busy_town.move(memory, timedelta(hours=1))
    await Clockwork(memory).cycle()
    assert await _value(memory, "select state from checks where check_id = $1", check_id) == "alarmed"


async def test_a_device_that_is_misconfigured_holds_up_nobodys_check(memory: Memory) -> None:
    resident_id = await busy_town.found(memory, ORG)
    await _value(
        memory,
        "update devices set capture = '{\"fps\": 900}', profile = '[]' where resident_id = $1 returning 1",
        resident_id,
    )
    check_id = await busy_town.open_check(memory, resident_id)
    await busy_town.move(memory, timedelta(hours=1))
    await Clockwork(memory).cycle()
    assert await _value(memory, "select state from checks where check_id = $1", check_id) == "alarmed"


async def test_a_resident_who_cannot_be_planned_leaves_the_others_their_checks(memory: Memory) -> None:
    broken = await busy_town.found(memory, ORG)
    async with memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas")
        other = await busy_town.resident(tx, ORG, area, number=2, due_in=timedelta(minutes=5))
        # A slot that the database takes and the calendar does not.
        await tx.execute("update slots set local_time = '24:00' where resident_id = $1", broken)
    await planning.plan_town(memory, ORG)
    assert await _value(memory, "select count(*) > 0 from checks where resident_id = $1", other)
