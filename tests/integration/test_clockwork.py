"""The clockwork goes on for all others when one case cannot be stepped."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from alarm_center import metrics
from alarm_center.clockwork import Clockwork
from alarm_center.store.memory import Memory
from schemas.vocabulary import Priority
from tests.support import busy_town
from tests.support.by_hand import raise_manual_alarm
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
    unread = await raise_manual_alarm(memory, await busy_town.found(memory, ORG), Priority.FIRST, actor="test")
    await _value(
        memory,
        """
        update alarms set body = jsonb_set(body, '{kind}', '"of_a_newer_version"'),
            next_step_at = clock.now() - interval '1 minute' where alarm_id = $1 returning 1
        """,
        unread.alarm_id,
    )
    other = await raise_manual_alarm(memory, await _neighbour(memory), Priority.SECOND, actor="test")
    asked = "select count(*) from messages where alarm_id = $1"
    before = await _value(memory, asked, other.alarm_id)
    await busy_town.move(memory, timedelta(minutes=6))
    clockwork = Clockwork(memory)
    await clockwork.cycle()
    assert clockwork.stuck_cases() == [unread.alarm_id]
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
    other = await raise_manual_alarm(memory, await _neighbour(memory), Priority.SECOND, actor="test")
    await busy_town.move(memory, timedelta(minutes=3))
    await Clockwork(memory).cycle()
    assert await _value(memory, "select count(*) from messages where alarm_id = $1", other.alarm_id)


async def _lead(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await busy_town.on_duty(tx, ORG, "Ledare 1", "+46701119999", role="lead")


_BARE = "select string_agg(phone || ' ' || body, '; ' order by phone) from messages where wording like 'stuck%'"
_LINES = "select count(*) from events where kind = 'stuck'"


async def test_an_alarm_that_fails_for_a_minute_is_told_to_the_lead(
    memory: Memory,
) -> None:
    unread = await raise_manual_alarm(memory, await busy_town.found(memory, ORG), Priority.FIRST, actor="test")
    await _lead(memory)
    await _value(
        memory,
        """update alarms set body = jsonb_set(body, '{kind}', '"of_a_newer_version"') where alarm_id = $1 returning 1""",
        unread.alarm_id,
    )
    clockwork, another = Clockwork(memory), Clockwork(memory)
    await busy_town.move(memory, timedelta(minutes=6))
    await clockwork.cycle()
    await busy_town.move(memory, timedelta(seconds=30))
    await clockwork.cycle()
    await another.cycle()
    assert await _value(memory, _BARE) is None
    await busy_town.move(memory, timedelta(seconds=31))
    await clockwork.cycle()
    words = f"Larm {unread.case_no} omr 3 kan inte hanteras av systemet. Ring +46101000000."
    assert await _value(memory, _BARE) == f"+46101000000 {words}; +46701119999 {words}"
    assert await _value(memory, "select bool_and(rank = 1) from messages where wording = 'stuck'")
    for replica in (clockwork, another, clockwork):
        await busy_town.move(memory, timedelta(seconds=90))
        await replica.cycle()
    assert await _value(memory, "select count(*) from messages where wording = 'stuck'") == 2
    assert await _value(memory, f"{_LINES} and alarm_id = $1", unread.alarm_id) == 1


async def test_a_check_that_fails_for_a_minute_points_to_the_reserve(memory: Memory) -> None:
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, ORG))
    await _value(
        memory,
        """
        update checks set reason = 'of_a_newer_version', next_step_at = clock.now() where check_id = $1 returning 1
        """,
        check_id,
    )
    clockwork = Clockwork(memory)
    await clockwork.cycle()
    await busy_town.move(memory, timedelta(seconds=61))
    await clockwork.cycle()
    assert await _value(memory, _BARE) == (
        "+46101000000 Ett ärende i omr 3 kan inte hanteras av systemet. Se reservlistan och ring +46101000000."
    )
    assert await _value(memory, f"{_LINES} and check_id = $1", check_id) == 1


async def test_a_case_that_fails_now_and_then_is_nobodys_to_be_told_of(memory: Memory) -> None:
    alarm = await raise_manual_alarm(memory, await busy_town.found(memory, ORG), Priority.FIRST, actor="test")
    clockwork, failed = Clockwork(memory), metrics.STEP_FAILED.labels("alarm")
    before = failed._value.get()
    await _value(memory, "select clock.freeze(clock.now())")
    for _ in range(2):
        for kind in ("of_a_newer_version", "manual"):
            await _value(
                memory,
                "update alarms set body = jsonb_set(body, '{kind}', to_jsonb($2::text)) where alarm_id = $1 returning 1",
                alarm.alarm_id,
                kind,
            )
            await _value(
                memory, "select clock.move(next_step_at - clock.now()) from alarms where alarm_id = $1", alarm.alarm_id
            )
            assert await clockwork.cycle()
    assert failed._value.get() >= before + 2
    assert await _value(memory, _LINES) == 0
