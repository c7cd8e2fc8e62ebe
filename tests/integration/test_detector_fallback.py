"""The centre that hears sessions itself while no detector is alive, over a connection that breaks."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator

import pytest

from alarm_center.detector_fallback import DetectorFallback
from alarm_center.devices import presence
from alarm_center.devices.last_heard import LastHeard
from alarm_center.inbox import Inbox
from alarm_center.pictures import Pictures
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.rights import CENTRE
from runtime.mqtt import BrokerAddress, MqttClient, NotConnected
from schemas.messages import DetectorStatus
from schemas.vocabulary import LinkState
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import Database


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def test_a_fallback_that_broke_off_ends_as_well(memory: Memory, mosquitto: Mosquitto) -> None:
    address = BrokerAddress(mosquitto.host, mosquitto.port, CENTRE, mosquitto.passwords[CENTRE])
    broker = MqttClient(address, "centre-1", ack_s=0.05)
    pictures = Pictures(1, time.monotonic)
    fallback = DetectorFallback(memory, broker, Inbox(memory, LastHeard(memory)), pictures)
    connecting = asyncio.create_task(broker.run())
    try:
        await broker.connected.wait()
        mosquitto.signal(signal.SIGSTOP)
        with pytest.raises(NotConnected):
            await fallback.update()
        assert fallback.is_subscribed, "the next connection hears the sessions"
        await presence.record_detector(memory, DetectorStatus(detector_id="d1", version="1", link=LinkState.UP))
        await fallback.update()
        assert not fallback.is_subscribed and broker.subscriptions == {}
    finally:
        mosquitto.signal(signal.SIGCONT)
        connecting.cancel()
        await asyncio.wait({connecting})
