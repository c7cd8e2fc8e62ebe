"""The centre's MQTT handlers: messages that cannot be taken never stop the others."""

import asyncio

from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from runtime.mqtt import BrokerAddress, MqttClient
from schemas import limits, topics
from tests.support.clients import client
from tests.support.mosquitto import Mosquitto
from tests.support.waiting import eventually


async def test_messages_that_cannot_be_taken_never_stop_the_others(mosquitto: Mosquitto) -> None:
    taken: list[bytes] = []
    tries: list[bytes] = []

    async def take(topic: str, payload: bytes) -> None:
        tries.append(payload)
        if payload == b"bad":
            raise RuntimeError("not this one")
        taken.append(payload)

    address = BrokerAddress(mosquitto.host, mosquitto.port, CENTRE, mosquitto.passwords[CENTRE])
    given_up: list[str] = []
    broker = MqttClient(
        address,
        "centre-1",
        {topics.every("finding"): (1, take)},
        on_given_up=given_up.append,
        tries_after_s=(0.0, 0.01),
    )
    hearing = asyncio.create_task(broker.run())
    try:
        await broker.connected.wait()
        async with client(mosquitto, DETECTOR) as detector:
            many = [b"bad"] * (limits.UNACKNOWLEDGED + 1) + [b"good"]
            for payload in many:
                await detector.publish(topics.of("ost", "d1", "finding"), payload, qos=1)
            await eventually(lambda: taken == [b"good"])
        assert tries.count(b"bad") == 2 * (limits.UNACKNOWLEDGED + 1)
        assert len(given_up) == limits.UNACKNOWLEDGED + 1
        assert broker.connections == 1
    finally:
        hearing.cancel()
        await asyncio.wait({hearing})
