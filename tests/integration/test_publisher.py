"""The publisher goes on with the rest when one row cannot be sent, and the pulse when the database is away."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from alarm_center.devices.publisher import Publisher
from alarm_center.preparation import planning
from alarm_center.store import sessions
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.rights import CENTRE
from runtime.mqtt import BrokerAddress, MqttClient, NotConnected
from schemas import topics
from schemas.vocabulary import Answer
from tests.support import busy_town
from tests.support.clients import client, next_message
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import Database
from tests.support.waiting import eventually


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


@pytest.fixture
async def broker(mosquitto: Mosquitto) -> AsyncIterator[MqttClient]:
    broker = MqttClient(BrokerAddress(mosquitto.host, mosquitto.port, CENTRE, mosquitto.passwords[CENTRE]), "centre-1")
    task = asyncio.create_task(broker.run())
    await broker.connected.wait()
    yield broker
    task.cancel()
    await asyncio.wait({task})


async def test_a_config_that_cannot_be_sent_keeps_nobody_elses_back(
    memory: Memory, broker: MqttClient, mosquitto: Mosquitto
) -> None:
    await busy_town.found(memory, "ost")
    await busy_town.found(memory, "vast", number=2)
    await planning.plan_all_towns(memory)
    async with memory.transaction() as tx:
        await tx.execute("update devices set config = '{\"attempts\": 7}' where org = 'ost'")
    mosquitto.allow("vast/vast-1")
    async with client(mosquitto, "vast/vast-1") as device:
        await device.subscribe(topics.of("vast", "vast-1", "config"), qos=1)
        await Publisher(memory, broker).cycle()
        assert str((await next_message(device)).topic) == topics.of("vast", "vast-1", "config")


async def test_the_pulse_outlives_a_database_that_is_away(
    memory: Memory, broker: MqttClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher(memory, broker, pulse_seconds=0.01)
    tries = 0

    async def away() -> None:
        nonlocal tries
        tries += 1
        raise ConnectionRefusedError("no database")

    monkeypatch.setattr(Publisher, "publish_pulse", lambda self: away())
    pulse = asyncio.create_task(publisher.run_pulse())
    try:
        await eventually(lambda: tries > 2)
        assert not pulse.done()
    finally:
        pulse.cancel()
        await asyncio.wait({pulse})


async def test_receipts_leave_at_once_and_one_that_cannot_waits(
    memory: Memory, broker: MqttClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, "ost"))
    for number in range(1, 4):
        await busy_town.finds(memory, "ost", check_id, Answer.NOT_SEEN, session_id=f"s{number}", attempt=number)
    at_once: list[str] = []
    let_go = asyncio.Event()

    async def slow(self: MqttClient, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        at_once.append(topic)
        if len(at_once) == 3:
            let_go.set()
        await let_go.wait()
        if payload.find(b"s2") >= 0:
            raise NotConnected("the broker has not acknowledged it")

    monkeypatch.setattr(MqttClient, "publish", slow)
    with pytest.raises(NotConnected):
        await Publisher(memory, broker).publish_receipts()
    async with memory.transaction() as tx:
        assert [each.session_id for each in await sessions.queued_receipts(tx)] == ["s2"]
