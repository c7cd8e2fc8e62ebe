"""The clockwork goes on for all others when one case cannot be stepped."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from alarm_center import cases
from alarm_center.clockwork import Clockwork
from alarm_center.store.memory import Memory
from schemas.vocabulary import Priority
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


async def _neighbour(memory: Memory) -> UUID:
    async with memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas")
        return await busy_town.resident(tx, ORG, area, number=2, due_in=timedelta(minutes=30))


async def test_an_alarm_that_cannot_be_read_holds_nobody_elses_up(memory: Memory) -> None:
    unread = await cases.raise_manual(memory, await busy_town.found(memory, ORG), Priority.FIRST, actor="test")
    await _value(
        memory,
        """
        update alarms set body = jsonb_set(body, '{kind}', '"of_a_newer_version"'),
            next_step_at = clock.now() - interval '1 minute' where alarm_id = $1 returning 1
        """,
        unread.alarm_id,
    )
    other = await cases.raise_manual(memory, await _neighbour(memory), Priority.SECOND, actor="test")
    asked = "select count(*) from messages where alarm_id = $1"
    before = await _value(memory, asked, other.alarm_id)
    await busy_town.move(memory, timedelta(minutes=6))
    clockwork = Clockwork(memory)
    await clockwork.cycle()
    assert clockwork.stuck() == [unread.alarm_id]
    assert await _value(memory, asked, other.alarm_id) != before
    assert await _value(memory, "select next_step_at > clock.now() from alarms where alarm_id = $1", unread.alarm_id)


async def test_a_check_that_cannot_be_read_holds_no_alarm_up(memory: Memory) -> None:
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, ORG))
    await _value(
        memory,
        """
        update checks set reason = 'of_a_newer_version', next_step_at = clock.now() - interval '1 minute'
        where check_id = $1 returning 1
        """,
        check_id,
    )
    other = await cases.raise_manual(memory, await _neighbour(memory), Priority.SECOND, actor="test")
    await busy_town.move(memory, timedelta(minutes=3))
    await Clockwork(memory).cycle()
    assert await _value(memory, "select count(*) from messages where alarm_id = $1", other.alarm_id)
