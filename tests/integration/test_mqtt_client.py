"""The MQTT client that comes back: losses, acknowledgements that do not come, handlers that fail or are interrupted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from fjarrtillsyn.embedded.broker import broker as embedded_broker
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from runtime.mqtt import Backoff, BrokerAddress, MqttClient, NotConnected, SubscriptionRefused, connect
from schemas import topics
from tests.support.clients import client
from tests.support.mosquitto import Mosquitto
from tests.support.raw_server import raw_server
from tests.support.waiting import eventually

FINDING = topics.of("ost", "d1", "finding")
FAST = Backoff(0.01, 0.02)


def address(mosquitto: Mosquitto) -> BrokerAddress:
    return BrokerAddress(mosquitto.host, mosquitto.port, CENTRE, mosquitto.passwords[CENTRE])


@asynccontextmanager
async def running(centre: MqttClient) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(centre.run())
    try:
        await centre.connected.wait()
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def silent_broker(welcome: bytes = bytes([0x20, 2, 0, 0])) -> AsyncIterator[BrokerAddress]:
    """Yield the address of a broker that sends *welcome*, and never another byte."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(welcome)
        with suppress(ConnectionError):
            await reader.read()

    async with raw_server(serve, "127.0.0.1", 0) as server:
        yield BrokerAddress("127.0.0.1", server.sockets[0].getsockname()[1])


async def test_a_missing_acknowledgement_cuts_the_connection() -> None:
    async with silent_broker() as broker, connect(broker, "centre-1", ack_s=0.05) as connection:
        await connection.publish(FINDING, b"left", qos=0)
        with pytest.raises(NotConnected, match="no acknowledgement"):
            await connection.publish(FINDING, b"kept", qos=1)
        assert connection.ended.is_set()
        with pytest.raises(NotConnected, match="no acknowledgement"):
            await connection.publish(FINDING, b"after it", qos=0)


async def test_bytes_that_are_no_packet_end_the_connection() -> None:
    nonsense = bytes([0x20, 2, 0, 0]) + bytes([0x30, 2, 0xFF, 0xFF])  # a topic longer than its packet
    async with silent_broker(nonsense) as broker, connect(broker, "centre-1") as connection:
        with pytest.raises(NotConnected):
            await anext(connection.messages())


async def test_a_refusal_says_who_was_refused() -> None:
    async with silent_broker(bytes([0x20, 2, 0, 5])) as broker:
        with pytest.raises(NotConnected, match="refuses centre: Not authorized"):
            async with connect(replace(broker, user="centre"), "centre-1"):
                raise AssertionError("it came in")


async def test_a_refused_subscription_is_an_error() -> None:
    async with embedded_broker({"vik/d1": "word"}) as broker:
        home = BrokerAddress(broker.host, broker.port, "vik/d1", "word")
        async with connect(home, "d1") as connection:
            with pytest.raises(SubscriptionRefused, match=f"hear {topics.ROOT}/berg/d1/config"):
                await connection.subscribe({topics.of("vik", "d1", "config"): 1, topics.of("berg", "d1", "config"): 1})


async def test_a_filter_that_was_refused_is_not_asked_for_again() -> None:
    async def take(topic: str, payload: bytes) -> None:
        raise AssertionError("nothing comes")

    async with embedded_broker({"vik/d1": "word"}) as broker:
        home = MqttClient(BrokerAddress(broker.host, broker.port, "vik/d1", "word"), "d1")
        async with running(home):
            with pytest.raises(SubscriptionRefused):
                await home.subscribe(topics.of("berg", "d1", "config"), 1, take)
            assert home.subscriptions == {} and home.connected.is_set()


async def test_it_comes_back_with_its_subscriptions(mosquitto: Mosquitto) -> None:
    heard: list[bytes] = []
    events: list[str] = []

    async def take(topic: str, payload: bytes) -> None:
        heard.append(payload)

    centre = MqttClient(
        address(mosquitto),
        "centre-1",
        backoff=FAST,
        on_connected=lambda: events.append("connected"),
        on_disconnected=lambda: events.append("disconnected"),
    )
    async with running(centre):
        await centre.subscribe(topics.every("finding"), 1, take)
        await centre.subscribe(topics.every("status"), 1, take)
        await centre.unsubscribe(topics.every("status"))
        mosquitto.kill()
        await eventually(lambda: not centre.connected.is_set())
        with pytest.raises(NotConnected, match="no broker"):
            await centre.publish(FINDING, b"", qos=1)
        mosquitto.start()
        await centre.connected.wait()
        assert events == ["connected", "disconnected", "connected"] and centre.connections == 2
        async with client(mosquitto, DETECTOR) as detector:
            await detector.publish(FINDING, b"after it", qos=1)
        await eventually(lambda: heard == [b"after it"])


async def test_work_is_finished_when_told_to_stop(mosquitto: Mosquitto) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    committed: list[bytes] = []

    async def take(topic: str, payload: bytes) -> None:
        begun.set()
        await go_on.wait()
        committed.append(payload)

    centre = MqttClient(address(mosquitto), "centre-1", {topics.every("finding"): (1, take)})
    async with running(centre) as task, client(mosquitto, DETECTOR) as detector:
        await detector.publish(FINDING, b"one", qos=1)
        await begun.wait()
        task.cancel()
        await eventually(lambda: not centre.connected.is_set())
        assert not task.done()
        go_on.set()
        await asyncio.wait({task})
        assert committed == [b"one"]


async def test_work_ends_with_its_grace(mosquitto: Mosquitto) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def take(topic: str, payload: bytes) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    centre = MqttClient(address(mosquitto), "centre-1", {topics.every("finding"): (1, take)}, grace_s=0.0)
    async with running(centre) as task, client(mosquitto, DETECTOR) as detector:
        await detector.publish(FINDING, b"one", qos=1)
        await begun.wait()
        task.cancel()
        await asyncio.wait({task})
        assert ended.is_set()


async def test_nothing_is_tried_again_for_a_broker_that_left(mosquitto: Mosquitto) -> None:
    tries: list[bytes] = []
    given_up: list[str] = []

    async def take(topic: str, payload: bytes) -> None:
        tries.append(payload)
        mosquitto.kill()
        raise NotConnected("its answer cannot leave")

    centre = MqttClient(
        address(mosquitto),
        "centre-1",
        {topics.every("finding"): (1, take)},
        tries_after_s=(0.0, 3600.0),
        grace_s=3600.0,
        on_given_up=given_up.append,
        backoff=FAST,
    )
    async with running(centre), client(mosquitto, DETECTOR) as detector:
        with pytest.raises(NotConnected):
            await detector.publish(FINDING, b"one", qos=1)
            await anext(detector.messages())
        await eventually(lambda: not centre.connected.is_set())
        mosquitto.start()
        await centre.connected.wait()
    assert tries == [b"one"] and given_up == []


async def test_waits_double_until_a_connection_held() -> None:
    waits: list[float] = []
    nowhere = BrokerAddress("127.0.0.1", 1)  # nobody listens on the first port
    lost = MqttClient(nowhere, "centre-1", backoff=Backoff(0.001, 0.004), chance=lambda: 1.0, on_lost=lambda: None)

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            raise asyncio.CancelledError

    with pytest.MonkeyPatch.context() as patch, pytest.raises(asyncio.CancelledError):
        patch.setattr("runtime.mqtt.client.time.monotonic", lambda: 0.0)
        patch.setattr("runtime.mqtt.client.asyncio.sleep", wait)
        await lost.run()
    assert waits == [0.001, 0.002, 0.004, 0.004]
