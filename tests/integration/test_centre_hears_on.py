"""The centre's connection goes on hearing, whatever becomes of single messages."""

import asyncio

import pytest

from alarm_center.devices import mqtt
from alarm_center.devices.mqtt import Address, Broker
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from schemas import limits, topics
from tests.support.clients import client
from tests.support.mosquitto import Mosquitto
from tests.support.waiting import eventually


async def test_messages_that_cannot_be_taken_never_stop_the_others(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "_AGAIN_SECONDS", (0.0, 0.0))
    taken: list[bytes] = []
    tries: list[bytes] = []

    async def take(topic: str, payload: bytes) -> None:
        tries.append(payload)
        if payload == b"bad":
            raise RuntimeError("not this one")
        taken.append(payload)

    address = Address(mosquitto.host, mosquitto.port, CENTRE, mosquitto.passwords[CENTRE])
    broker = Broker(address, "centre-1", {topics.every("finding"): (1, take)})
    hearing = asyncio.create_task(broker.run())
    try:
        await broker.connected.wait()
        async with client(mosquitto, DETECTOR) as detector:
            many = [b"bad"] * (limits.UNACKNOWLEDGED + 1) + [b"good"]
            for payload in many:
                await detector.publish(topics.of("ost", "d1", "finding"), payload, qos=1)
            await eventually(lambda: taken == [b"good"])
        assert tries.count(b"bad") == 2 * (limits.UNACKNOWLEDGED + 1)
        assert broker.connections == 1
    finally:
        hearing.cancel()
        await asyncio.wait({hearing})
