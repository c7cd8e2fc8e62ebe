"""Loops that a commit has woken: with nothing of their own to do each asks that once, and nobody is woken by a hint of their own."""

import asyncio
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from alarm_center.clockwork import Clockwork
from alarm_center.devices.publisher import Publisher
from alarm_center.outbox import Outbox
from alarm_center.pictures import Pictures
from alarm_center.preparation import planning
from alarm_center.store import events, hints, waiting_work
from alarm_center.store.memory import Memory, Tx
from alarm_center.timeline import TimelineReader, forward_hints
from tests.support import busy_town
from tests.support.postgres import Database
from tests.support.statement_log import StatementLog
from tests.support.waiting import DEADLINE_S, eventually

ORG = "ost"
_BROKER = cast(Any, SimpleNamespace(connections=0))
_PROVIDER = cast(Any, SimpleNamespace(name="none", per_second=None))


async def test_a_loop_with_nothing_to_do_asks_once(database: Database) -> None:
    async with StatementLog.memory(database.worker) as (memory, log):
        publisher, outbox = Publisher(memory, _BROKER), Outbox(memory, _PROVIDER)
        reader = TimelineReader(memory, Pictures(1024, lambda: 0.0))
        await outbox.cycle()  # which tidies up once an hour
        await reader.read_new()
        log.clear()
        for asked, work in (
            (1, Clockwork(memory).cycle),
            (1, publisher.cycle),
            (1, publisher.publish_receipts),
            (1, reader.read_new),
            (2, outbox.cycle),
        ):
            await work()
            assert (log.transactions, len(log.outside)) == ([], asked), work
            log.clear()


_WAITING = (
    ("update devices set wanted_version = wanted_version + 1, reported_version = wanted_version", "configs"),
    ("update devices set reported_version = 0, published_at = clock.now() - interval '11 s'", "configs"),
    (
        "update commands set ended = null, publish_at = clock.now(), expires_at = clock.now() + interval '1 s'",
        "commands",
    ),
    (
        "update commands set ended = null, publish_at = clock.now() + interval '9 s', expires_at = clock.now()",
        "commands",
    ),
    ("update mountings set config_wanted = true", "mountings"),
    (
        "update mountings set replaces = (select device_id from devices limit 1), replaced_at = null, ended_at = null, ends_at = clock.now() - interval '1 s'",
        "mountings",
    ),
)
_NOTHING = (
    "update devices set published_version = wanted_version, reported_version = wanted_version",
    "update commands set ended = 'expired'",
    "update mountings set config_wanted = false, replaces = null",
)


async def test_what_waits_for_devices_is_known(database: Database) -> None:
    memory = await Memory.open(database.worker)
    try:
        await busy_town.busy_town(memory, ORG)
        for change, waits in _WAITING:
            for statement in _NOTHING:
                await memory.run_statement(partial(_execute, statement=statement))
            assert await _waiting_for_devices(memory) == set()
            await memory.run_statement(partial(_execute, statement=change))
            assert await _waiting_for_devices(memory) == {waits}, change
    finally:
        await memory.close()


async def _execute(tx: Tx, statement: str) -> None:
    assert await tx.execute(statement) != "UPDATE 0", statement


async def _waiting_for_devices(memory: Memory) -> set[str]:
    unsent = await memory.run_statement(waiting_work.unsent_to_devices)
    return {kind for kind in ("mountings", "commands", "configs") if getattr(unsent, kind)}


async def test_a_case_is_due_from_its_time_on(database: Database) -> None:
    memory = await Memory.open(database.worker)
    try:
        await busy_town.found(memory, ORG)
        await planning.plan_all_towns(memory)
        assert not (await memory.run_statement(waiting_work.due_cases)).check
        await busy_town.move(memory, timedelta(minutes=6))
        due = await memory.run_statement(waiting_work.due_cases)
        assert (due.check, due.alarm) == (True, False)
    finally:
        await memory.close()


async def test_a_hint_wakes_everybody_but_its_sender(database: Database) -> None:
    memory = await Memory.open(database.worker)
    woken = {name: 0 for name in ("itself", "another")}

    def wake(name: str) -> None:
        woken[name] += 1

    tasks = [
        asyncio.create_task(hints.listen(database.worker, lambda name=name: wake(name), name))  # type: ignore[misc]
        for name in woken
    ]
    try:
        await eventually(lambda: woken == {"itself": 1, "another": 1})  # each looks once as it begins to listen
        tasks.append(asyncio.create_task(forward_hints(memory, lambda: None, "itself")))
        memory.hint()
        await eventually(lambda: woken["another"] == 2)
        # One that names nobody, as an import's or a replica's of before, wakes both; it comes after the other.
        async with asyncio.timeout(DEADLINE_S):
            await memory.run_statement(events.notify)
        await eventually(lambda: woken["another"] == 3)
        await eventually(lambda: woken["itself"] == 2)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await memory.close()
