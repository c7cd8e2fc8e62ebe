"""The MQTT client when the world is against it: slow lines, frozen handlers, busy loops, brokers that answer nothing."""

import asyncio
import gc
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Final

import pytest
from structlog.testing import capture_logs

from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from runtime.mqtt import Backoff, BrokerAddress, MqttClient, NotConnected, connect
from runtime.mqtt.connection import KEEPALIVE_S
from schemas import topics
from tests.support.clients import client, next_message
from tests.support.mosquitto import Mosquitto
from tests.support.raw_server import raw_server
from tests.support.waiting import DEADLINE_S, eventually

FINDING: Final = topics.of("ost", "d1", "finding")
FAST: Final = Backoff(0.01, 0.02)
CONNACK: Final = bytes([0x20, 2, 0, 0])
PUBACK: Final = bytes([0x40, 2, 0, 1])  # of the first message

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


def address(mosquitto: Mosquitto) -> BrokerAddress:
    return BrokerAddress(mosquitto.host, mosquitto.port, CENTRE, mosquitto.passwords[CENTRE])


@asynccontextmanager
async def running(centre: MqttClient) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(centre.run())
    try:
        async with asyncio.timeout(DEADLINE_S):
            await centre.connected.wait()
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def broker_end(talk: Talk) -> AsyncIterator[BrokerAddress]:
    """Yield the address at which *talk* answers each client, over a line with short buffers."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    listening.bind(("127.0.0.1", 0))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await talk(reader, writer)
            await reader.read()  # until the client has gone

    async with raw_server(serve, sock=listening):
        yield BrokerAddress("127.0.0.1", listening.getsockname()[1])


class Clock:
    """The time that keepalives are measured by, in seconds; it counts how often it was asked."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now, self.asked = 1000.0, 0
        patch.setattr("paho.mqtt.client.time_func", self)
        patch.setattr("runtime.mqtt.connection.monotonic", self)
        patch.setattr("runtime.mqtt.connection.MISC_S", 0.001)

    def __call__(self) -> float:
        self.asked += 1
        return self.now

    async def move(self, seconds: float) -> None:
        """Move on by *seconds*; return when that was seen."""
        self.now += seconds
        before = self.asked
        await eventually(lambda: self.asked > before + 10)


async def test_a_slow_upload_is_no_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, ack_s = Clock(monkeypatch), 0.5
    loop = asyncio.get_running_loop()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK)
        began = loop.time()
        for _ in range(8):
            await reader.readexactly(512 * 1024)  # more than all buffers on the way hold
            await clock.move(0.6 * KEEPALIVE_S)
        await eventually(lambda: loop.time() > began + 2 * ack_s)
        await reader.readexactly(512 * 1024)
        writer.write(PUBACK)

    async with broker_end(talk) as broker, connect(broker, "gateway-1", ack_s=ack_s) as connection:
        await connection.publish("session", bytes(9 * 512 * 1024), qos=1)
        assert not connection.ended.is_set()


async def test_an_upload_that_stands_still_is_a_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK)
        await reader.readexactly(512 * 1024)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(10):  # two keepalives, and what the buffers on the way still take
            if not connection.ended.is_set():
                await clock.move(0.6 * KEEPALIVE_S)

    async with broker_end(talk) as broker, connect(broker, "gateway-1", ack_s=DEADLINE_S) as connection:
        with pytest.raises(NotConnected, match="Keep alive"):
            await connection.publish("session", bytes(8 * 512 * 1024), qos=1)


async def test_a_frozen_broker_is_lost_after_two_keepalives(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    async with connect(address(mosquitto), "centre-1") as connection:
        mosquitto.signal(signal.SIGSTOP)
        try:
            await clock.move(KEEPALIVE_S)
            assert not connection.ended.is_set()
            clock.now += KEEPALIVE_S
            await eventually(connection.ended.is_set)
        finally:
            mosquitto.signal(signal.SIGCONT)


async def test_messages_that_came_before_a_loss_are_handled(mosquitto: Mosquitto) -> None:
    """A last will is said once, and the broker keeps nothing for a session that is clean."""
    begun: list[bytes] = []
    go_on = asyncio.Event()

    async def take(topic: str, payload: bytes) -> None:
        begun.append(payload)
        await go_on.wait()

    centre = MqttClient(address(mosquitto), "centre-1", {topics.every("finding"): (0, take)}, grace_s=DEADLINE_S)
    async with running(centre), client(mosquitto, DETECTOR) as detector, client(mosquitto, CENTRE) as other:
        await other.subscribe(topics.every("finding"), qos=0)
        for number in range(6):
            await detector.publish(FINDING, str(number).encode(), qos=1)
            await next_message(other)
        await eventually(lambda: len(begun) == 4)
        mosquitto.kill()
        await eventually(lambda: not centre.connected.is_set())
        go_on.set()
        await eventually(lambda: len(begun) == 6)


async def test_a_loss_is_seen_while_all_handlers_hang(mosquitto: Mosquitto) -> None:
    begun = 0

    async def hang(topic: str, payload: bytes) -> None:
        nonlocal begun
        begun += 1
        await asyncio.Event().wait()

    centre = MqttClient(
        address(mosquitto), "centre-1", {topics.every("finding"): (0, hang)}, backoff=FAST, grace_s=0.05
    )
    async with running(centre):
        async with client(mosquitto, DETECTOR) as detector:
            for _ in range(8):
                await detector.publish(FINDING, b"", qos=1)
            await eventually(lambda: begun == 4)
        mosquitto.kill()
        await eventually(lambda: not centre.connected.is_set())
        mosquitto.start()
        await eventually(lambda: centre.connections == 2)


async def test_a_handler_that_hangs_is_given_up(mosquitto: Mosquitto) -> None:
    given_up: list[str] = []
    heard: list[bytes] = []

    async def take(topic: str, payload: bytes) -> None:
        if payload == b"hangs":
            await asyncio.Event().wait()
        heard.append(payload)

    centre = MqttClient(
        address(mosquitto),
        "centre-1",
        {topics.every("finding"): (1, take)},
        on_given_up=given_up.append,
        tries_after_s=(0.0,),
        handler_s=0.05,
    )
    async with running(centre), client(mosquitto, DETECTOR) as detector:
        for _ in range(8):
            await detector.publish(FINDING, b"hangs", qos=1)
        await detector.publish(FINDING, b"after them", qos=1)
        await eventually(lambda: heard == [b"after them"])
    assert given_up == [FINDING] * 8


async def test_a_handler_whose_work_was_cancelled_has_failed(mosquitto: Mosquitto) -> None:
    tries: list[bytes] = []

    async def take(topic: str, payload: bytes) -> None:
        tries.append(payload)
        if payload != b"last":
            raise asyncio.CancelledError("a pool that it waits for was closed")

    centre = MqttClient(address(mosquitto), "centre-1", {topics.every("finding"): (1, take)}, tries_after_s=(0.0, 0.0))
    async with running(centre), client(mosquitto, DETECTOR) as detector:
        for _ in range(4):
            await detector.publish(FINDING, b"cancelled", qos=1)
        await detector.publish(FINDING, b"last", qos=1)
        await eventually(lambda: tries == [b"cancelled"] * 8 + [b"last"])


async def test_an_acknowledgement_read_late_counts() -> None:
    """A loop that was busy for longer than the limit reads the answer that came meanwhile; the broker is not dead."""
    published = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK)
        await reader.read(1024)
        writer.write(PUBACK)  # leaves at once
        end = time.monotonic() + 0.1
        while time.monotonic() < end:
            pass
        published.set()

    async with broker_end(talk) as broker, connect(broker, "centre-1", ack_s=0.05) as connection:
        await connection.publish(FINDING, b"kept", qos=1)
        assert published.is_set() and not connection.ended.is_set()


async def test_a_publish_cancelled_at_the_loss_leaves_no_error() -> None:
    errors: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    came = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK)
        await reader.read(1024)
        came.set()

    async with broker_end(talk) as broker, connect(broker, "gateway-1") as connection:
        publishing = asyncio.create_task(connection.publish(FINDING, b"", qos=1))
        await came.wait()
        connection.cut("the line is down")
        publishing.cancel()
        await asyncio.wait({publishing})
        assert publishing.cancelled()
    del publishing
    gc.collect()
    assert errors == []


async def test_a_slow_failure_is_no_connection_that_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a broker too busy to welcome its clients would be dialled anew by all of them at once."""
    waits: list[float] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)

    real = asyncio.sleep

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            raise asyncio.CancelledError
        await real(0)

    monkeypatch.setattr("runtime.mqtt.connection.CONNACK_S", 0.05)
    monkeypatch.setattr("runtime.mqtt.client.asyncio.sleep", wait)
    async with broker_end(talk) as broker:
        lost = MqttClient(broker, "centre-1", backoff=Backoff(0.001, 0.004), chance=lambda: 1.0)
        with pytest.raises(asyncio.CancelledError):
            await lost.run()
        assert waits == [0.001, 0.002, 0.004, 0.004]


async def test_what_waits_for_handlers_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures come with QoS 0; a thousand of them would not fit into the machine."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK)
        for number in range(6):
            writer.write(bytes([0x30, 103]) + b"\x00\x01p" + bytes([number]) * 100)
        writer.write(bytes([0x32, 6]) + b"\x00\x01f\x00\x01" + b"!")

    monkeypatch.setattr("runtime.mqtt.connection.MOST_WAITING_BYTES", 250)
    with capture_logs() as logged:
        async with broker_end(talk) as broker, connect(broker, "centre-1") as connection:
            await eventually(lambda: [line["event"] for line in logged] == ["message_dropped"] * 3)
            messages = connection.messages()
            async with asyncio.timeout(DEADLINE_S):
                assert [(await anext(messages)).payload[:1] for _ in range(4)] == [b"\x00", b"\x01", b"\x02", b"!"]


@pytest.mark.parametrize("host", ["no..host", "no-such-host.invalid"])
async def test_a_host_that_is_none_is_no_broker(host: str) -> None:
    with pytest.raises(NotConnected):
        async with connect(BrokerAddress(host, 1883), "centre-1"):
            raise AssertionError("it came in")
