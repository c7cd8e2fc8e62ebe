"""Devices that come back at once: two replicas share their statuses, and every one of them ends up (ADR 0015)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import pytest
from prometheus_client import REGISTRY

from alarm_center import message_reader
from alarm_center.devices import presence
from alarm_center.devices.last_heard import LastHeard
from alarm_center.inbox import Inbox
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.rights import CENTRE
from gateway.core import GatewayState
from runtime.mqtt import BrokerAddress, Handler, LastWill, MqttClient, NotConnected
from schemas import topics, wire
from schemas.limits import UNACKNOWLEDGED
from schemas.messages import Status
from schemas.vocabulary import LinkState
from tests.support import town
from tests.support.clients import client
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import Database
from tests.support.town import ATown
from tests.support.waiting import eventually

NIGHT: Final = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
DEVICES: Final = 40
CONNECTIONS: Final = 5
"""Of each device, one after the other; all but the last end with a will."""


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


@asynccontextmanager
async def hearing(mosquitto: Mosquitto, name: str, filter_: str, handler: Handler) -> AsyncIterator[None]:
    """A centre's connection that hears *filter_*, as long as this lasts."""
    address = BrokerAddress(mosquitto.host, mosquitto.port, CENTRE, mosquitto.passwords[CENTRE])
    broker = MqttClient(address, name, {filter_: (1, handler)}, on_retained=message_reader.refuse_retained)
    task = asyncio.create_task(broker.run())
    try:
        await broker.connected.wait()
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def replica(database: Database, mosquitto: Mosquitto, name: str, handled: Counter[str]) -> AsyncIterator[None]:
    """A replica that takes its share of the statuses and counts those that it has handled."""
    memory = await Memory.open(database.worker)
    inbox = Inbox(memory, LastHeard(memory))

    async def take(topic: str, payload: bytes) -> None:
        await inbox.on_status(topic, payload)
        handled[name] += 1

    try:
        async with hearing(mosquitto, name, topics.every("status", share="centre"), take):
            yield
    finally:
        await memory.close()


async def comes_back(mosquitto: Mosquitto, vik: ATown, number: int, over: asyncio.Event) -> None:
    """Connect over and over under one name, so that the broker sends each will as the next connection comes."""
    device = vik.device(number)
    topic = topics.of(vik.org, device, "status")
    home = GatewayState(f"boot{number}")

    async def connect(left: int) -> None:
        will = LastWill(topic, wire.encode(home.dial("1.0")))
        async with client(mosquitto, f"{vik.org}/{device}", identifier=device, will=will) as link:
            home.mark_connected()
            status = home.make_status(0.0, camera_ok=True, fault=None, software="1.0", wall=NIGHT)
            assert status is not None
            await link.publish(topic, wire.encode(status), qos=1)
            if left > 1:
                await connect(left - 1)
                with suppress(NotConnected):  # this one was thrown out by then
                    await anext(link.messages())
            else:
                await over.wait()

    await connect(CONNECTIONS)


async def test_whoever_reconnects_at_once_ends_up(database: Database, mosquitto: Mosquitto, memory: Memory) -> None:
    vik = await town.a_town(memory, residents=DEVICES, at=NIGHT)
    users = [f"{vik.org}/{vik.device(number)}" for number in range(1, DEVICES + 1)]
    mosquitto.passwords.update({user: f"{user}-password" for user in users})
    mosquitto.allow(users[0])
    handled: Counter[str] = Counter()
    over = asyncio.Event()
    async with AsyncExitStack() as stack:
        for name in ("centre-1", "centre-2"):
            await stack.enter_async_context(replica(database, mosquitto, name, handled))
        homes = [asyncio.create_task(comes_back(mosquitto, vik, n, over)) for n in range(1, DEVICES + 1)]
        await eventually(lambda: handled.total() == DEVICES * (2 * CONNECTIONS - 1))
        over.set()
        await asyncio.gather(*homes)
    assert min(handled["centre-1"], handled["centre-2"]) > 0, "both had their share"
    ends = await town.rows(memory, "select link, connection, count(*) from devices group by link, connection")
    assert [(end["link"], end["connection"], end["count"]) for end in ends] == [("up", CONNECTIONS, DEVICES)]


# ---- what the device's row keeps ----


@pytest.fixture
async def inbox(memory: Memory) -> Inbox:
    return Inbox(memory, LastHeard(memory))


@pytest.fixture
async def vik(memory: Memory) -> ATown:
    return await town.a_town(memory, residents=1, at=NIGHT)


async def say(
    inbox: Inbox, vik: ATown, link: LinkState, connection: int, sequence: int, *, camera_ok: bool = True
) -> None:
    said = Status(link=link, boot="b1", connection=connection, sequence=sequence, camera_ok=camera_ok, config_version=1)
    await inbox.on_status(topics.of(vik.org, vik.device(1), "status"), wire.encode(said))


async def row(memory: Memory) -> tuple[object, ...]:
    (found,) = await town.rows(
        memory, "select link, connection, sequence, camera_ok, gone_at is null as there from devices"
    )
    return tuple(found.values())


async def test_an_old_connections_will_is_no_line_and_no_change(memory: Memory, inbox: Inbox, vik: ATown) -> None:
    await say(inbox, vik, LinkState.UP, 1, 1)
    await say(inbox, vik, LinkState.UP, 2, 2)
    lines = await town.value(memory, "select count(*) from events where kind = 'device_changed'")
    await say(inbox, vik, LinkState.GONE, 1, 0)
    assert await row(memory) == ("up", 2, 2, True, True)
    assert await town.value(memory, "select count(*) from events where kind = 'device_changed'") == lines
    await say(inbox, vik, LinkState.GONE, 2, 1)
    assert await row(memory) == ("gone", 2, 1, True, False)


async def test_a_status_that_was_outrun_tells_no_check_of_its_fault(memory: Memory, inbox: Inbox, vik: ATown) -> None:
    await say(inbox, vik, LinkState.UP, 1, 2)
    await say(inbox, vik, LinkState.UP, 1, 1, camera_ok=False)
    assert await row(memory) == ("up", 1, 2, True, True)
    told = "select count(*) from checks where fault_known or next_step_at < opens_at"
    assert await town.value(memory, told) == 0
    await say(inbox, vik, LinkState.UP, 1, 3, camera_ok=False)
    assert await town.value(memory, told) > 0


async def test_a_status_that_is_tried_again_still_tells_its_checks(
    memory: Memory, inbox: Inbox, vik: ATown, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise OSError("the database was away, after the status was written")

    told = "select count(*) from checks where fault_known or next_step_at < opens_at"
    with monkeypatch.context() as patch:
        patch.setattr(presence, "report_faults", fails)
        with pytest.raises(OSError, match="away"):
            await say(inbox, vik, LinkState.UP, 1, 1, camera_ok=False)
    assert await town.value(memory, told) == 0
    await say(inbox, vik, LinkState.UP, 1, 1, camera_ok=False)
    assert await town.value(memory, told) > 0


async def test_what_says_nothing_new_is_counted_in_its_batch(memory: Memory, inbox: Inbox, vik: ATown) -> None:
    await say(inbox, vik, LinkState.UP, 1, 1)
    await say(inbox, vik, LinkState.UP, 1, 2)
    assert (await row(memory))[2] == 1
    assert await inbox.last_heard.flush() == 1
    assert (await row(memory))[2] == 2


async def test_a_status_that_outran_another_is_written_at_once(memory: Memory, inbox: Inbox, vik: ATown) -> None:
    """Or the one that it outran, which says what is over, would be taken for the newer."""
    await say(inbox, vik, LinkState.UP, 1, 1)
    await say(inbox, vik, LinkState.UP, 1, 3)
    await say(inbox, vik, LinkState.UP, 1, 2, camera_ok=False)
    assert await row(memory) == ("up", 1, 3, True, True)


# ---- one replica's own order ----


async def test_one_device_is_heard_in_order_beside_others(mosquitto: Mosquitto) -> None:
    begun: list[bytes] = []
    go_on = asyncio.Event()

    async def take(topic: str, payload: bytes) -> None:
        begun.append(payload)
        if payload == b"d1 first":
            await go_on.wait()

    for user in ("vik/d1", "vik/d2"):
        mosquitto.allow(user)
    async with (
        hearing(mosquitto, "centre-1", topics.every("status"), take),
        client(mosquitto, "vik/d1") as first,
        client(mosquitto, "vik/d2") as second,
    ):
        await first.publish(topics.of("vik", "d1", "status"), b"d1 first", qos=1)
        await first.publish(topics.of("vik", "d1", "status"), b"d1 second", qos=1)
        await second.publish(topics.of("vik", "d2", "status"), b"d2", qos=1)
        try:
            await eventually(lambda: b"d2" in begun)
            assert begun == [b"d1 first", b"d2"]
        finally:
            go_on.set()
        await eventually(lambda: begun == [b"d1 first", b"d2", b"d1 second"])


async def test_a_devices_pictures_take_no_others_place(mosquitto: Mosquitto) -> None:
    begun: list[bytes] = []
    go_on = asyncio.Event()

    async def take(topic: str, payload: bytes) -> None:
        begun.append(payload)
        if payload == b"status of d1":
            await go_on.wait()

    for user in ("vik/d1", "vik/d2"):
        mosquitto.allow(user)
    async with (
        hearing(mosquitto, "centre-1", topics.every("status").removesuffix("status") + "+", take),
        client(mosquitto, "vik/d1") as first,
        client(mosquitto, "vik/d2") as second,
    ):
        await first.publish(topics.of("vik", "d1", "status"), b"status of d1", qos=1)
        for _ in range(2 * UNACKNOWLEDGED):
            await first.publish(topics.of("vik", "d1", "live"), b"live", qos=0)
        try:
            await eventually(lambda: begun.count(b"live") == 2 * UNACKNOWLEDGED)
            await second.publish(topics.of("vik", "d2", "status"), b"status of d2", qos=1)
            await eventually(lambda: b"status of d2" in begun)
        finally:
            go_on.set()


async def test_what_a_broker_has_retained_is_refused(mosquitto: Mosquitto) -> None:
    taken: list[bytes] = []
    labels = {"kind": "status", "refusal": "retained"}
    before = REGISTRY.get_sample_value("fjt_refused_total", labels) or 0

    async def take(topic: str, payload: bytes) -> None:
        taken.append(payload)

    mosquitto.allow("vik/d1")
    topic = topics.of("vik", "d1", "status")
    async with client(mosquitto, "vik/d1") as device:
        await device.publish(topic, b"of yesterday", qos=1, retain=True)
        async with hearing(mosquitto, "centre-1", topics.every("status"), take):
            await eventually(lambda: REGISTRY.get_sample_value("fjt_refused_total", labels) == before + 1)
            await device.publish(topic, b"of now", qos=1, retain=True)
            await eventually(lambda: taken == [b"of now"])
