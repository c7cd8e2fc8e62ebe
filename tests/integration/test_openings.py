"""Checks that are due at once open many in a transaction, and each as it would by itself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from alarm_center.casework import openings
from alarm_center.clockwork import _TOGETHER, Clockwork
from alarm_center.core.check import Check, CheckDecision
from alarm_center.preparation import planning
from alarm_center.store.memory import Memory
from tests.support import busy_town
from tests.support.postgres import Database

ORG, OTHER = "ost", "vast"
HOMES = 5


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def _due_town(memory: Memory, org: str, number: int = 1) -> None:
    """Found a town whose checks are all planned for five minutes from now."""
    await busy_town.found(memory, org, number=number)
    async with memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas where org = $1", org)
        await busy_town.residents(tx, org, area, numbers=range(2, HOMES + 1), due_in=timedelta(minutes=5))


async def _until_due(memory: Memory) -> None:
    await planning.plan_all_towns(memory)
    await busy_town.move(memory, timedelta(minutes=6))
    await busy_town.heard(memory)


async def _rows(memory: Memory, question: str, *values: object) -> list[Any]:
    async with memory.transaction() as tx:
        return [tuple(row.values()) for row in await tx.fetch(question, *values)]


_STATES = "select device_id, state from checks where opens_at <= clock.now() order by device_id"
_LINES = "select device_id, kind, actor, data from events where org = $1 and kind like 'check%' order by device_id, id"
_CHECKS = """
    select substr(device_id, length(org) + 1), to_jsonb(c) - array['check_id', 'org', 'resident_id', 'slot_id', 'device_id'] from checks c
    where org = $1 order by device_id, opens_at
"""


async def test_together_each_becomes_what_it_would_alone(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    await _due_town(memory, ORG)
    await _due_town(memory, OTHER, number=2)
    await _until_due(memory)
    async with memory.transaction() as tx:
        await tx.execute("select clock.freeze(clock.now())")
    only_opens = openings.only_opens

    def of_one_town(before: Check, decision: CheckDecision) -> bool:
        return before.org == ORG and only_opens(before, decision)

    monkeypatch.setattr(openings, "only_opens", of_one_town)
    clockwork = Clockwork(memory)
    assert await clockwork._open_together() == HOMES
    await clockwork.cycle()
    together, alone = [await _rows(memory, _CHECKS, org) for org in (ORG, OTHER)]
    assert together == alone
    assert sum(row["state"] == "open" for _, row in together) == HOMES
    lines = [await _rows(memory, _LINES, org) for org in (ORG, OTHER)]
    assert [line[1:] for line in lines[0]] == [line[1:] for line in lines[1]]
    assert len({device for device, *_ in lines[0]}) == HOMES


async def test_one_that_needs_more_keeps_no_other_waiting(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    await _due_town(memory, ORG)
    await _until_due(memory)
    monkeypatch.setattr("alarm_center.clockwork._TOGETHER", 2)
    async with memory.transaction() as tx:
        await tx.execute("update devices set link = 'gone', last_heard_at = null where device_id in ('ost-1', 'ost-2')")
        unread = "update checks set reason = 'of_a_newer_version' where device_id = 'ost-3' and opens_at <= clock.now()"
        assert await tx.execute(unread) == "UPDATE 1"
    clockwork = Clockwork(memory)
    assert await clockwork._open_together() == HOMES - 1, "one that cannot be read is left out, and only that"
    await clockwork.cycle()
    states = dict(await _rows(memory, _STATES))
    assert {device: states[device] for device in ("ost-3", "ost-4", "ost-5")} == {
        "ost-3": "planned",
        "ost-4": "open",
        "ost-5": "open",
    }
    assert states["ost-1"] == states["ost-2"] != "planned"
    assert len(clockwork.stuck_cases()) == 1


async def test_one_that_somebody_holds_is_left_to_them(memory: Memory, database: Database) -> None:
    await _due_town(memory, ORG)
    await _until_due(memory)
    async with memory.transaction() as tx:
        await tx.fetch("select from checks where device_id = 'ost-2' for update")
        await Clockwork(memory).cycle()
        assert [device for device, state in await _rows(memory, _STATES) if state == "planned"] == ["ost-2"]
    await Clockwork(memory).cycle()
    assert {state for _, state in await _rows(memory, _STATES)} == {"open"}


async def test_two_replicas_open_each_check_once(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    await _due_town(memory, ORG)
    await _until_due(memory)
    monkeypatch.setattr("alarm_center.clockwork._TOGETHER", 2)
    await asyncio.gather(*(Clockwork(memory).cycle() for _ in range(2)))
    assert {state for _, state in await _rows(memory, _STATES)} == {"open"}
    opened = await _rows(memory, "select check_id from events where kind = 'check_opened'")
    assert len(opened) == len(set(opened)) == HOMES


async def test_where_one_fails_nobody_is_left_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, at_work = 0, 0

    async def open_some(self: Clockwork, without: object) -> openings.OpenedTogether:
        nonlocal calls, at_work
        calls += 1
        if calls == 1:
            return openings.OpenedTogether({uuid4(): timedelta(0) for _ in range(_TOGETHER)}, [])
        if calls == 2:
            raise ValueError("it cannot be read")
        at_work += 1
        for _ in range(9):
            await asyncio.sleep(0)
        at_work -= 1
        return openings.OpenedTogether({uuid4(): timedelta(0)}, [])

    monkeypatch.setattr(Clockwork, "_open_some", open_some)
    assert await Clockwork(cast(Any, None))._open_together() == _TOGETHER + 3
    assert (calls, at_work) == (5, 0)


async def test_what_is_too_late_to_open_is_not_tried(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an outage a town's checks are all past their end: none is read twice before the first is stepped."""
    await _due_town(memory, ORG)
    await _until_due(memory)
    await busy_town.move(memory, timedelta(hours=1))
    monkeypatch.setattr("alarm_center.clockwork._TOGETHER", 1)
    clockwork, passes = Clockwork(memory), 0
    open_some = Clockwork._open_some

    async def counted(self: Clockwork, without: Any) -> openings.OpenedTogether:
        nonlocal passes
        passes += 1
        return await open_some(self, without)

    monkeypatch.setattr(Clockwork, "_open_some", counted)
    await clockwork.cycle()
    assert passes == 1
    assert {state for _, state in await _rows(memory, _STATES)} & {"planned"} == set()


async def test_many_that_need_more_end_the_openings(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    async def open_some(self: Clockwork, without: object) -> openings.OpenedTogether:
        nonlocal calls
        calls += 1
        left = [uuid4() for _ in range(_TOGETHER - 1)]
        return openings.OpenedTogether({uuid4(): timedelta(0)}, left)

    monkeypatch.setattr(Clockwork, "_open_some", open_some)
    monkeypatch.setattr("alarm_center.clockwork._MOST_LEFT", 3 * _TOGETHER)
    opened = await Clockwork(cast(Any, None))._open_together()
    assert opened == calls < 12


async def test_one_that_opens_has_not_failed(memory: Memory) -> None:
    await _due_town(memory, ORG)
    await _until_due(memory)
    clockwork = Clockwork(memory)
    for (check_id,) in await _rows(memory, "select check_id from checks where next_step_at <= clock.now()"):
        clockwork._failing_since[check_id] = await memory.now()
    assert await clockwork._open_together() == HOMES
    assert clockwork._failing_since == {}
