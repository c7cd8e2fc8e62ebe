"""Both brokers against what the contract rests on: rights, retained config, last wills, large sessions."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fjarrtillsyn.embedded import rights
from fjarrtillsyn.embedded.broker import EmbeddedBroker, broker
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from runtime.mqtt import BrokerAddress, LastWill, NotConnected, connect
from schemas import limits, topics
from tests.support.clients import client, next_message
from tests.support.mosquitto import Mosquitto
from tests.support.waiting import DEADLINE_S

PASSWORDS = {name: f"{name}-password" for name in (CENTRE, DETECTOR, "vik/d1", "vik/d2", "berg/d1")}


@pytest.fixture
async def embedded() -> AsyncIterator[EmbeddedBroker]:
    async with broker(PASSWORDS) as running:
        yield running


@pytest.fixture(params=["embedded", "mosquitto"])
def either(request: pytest.FixtureRequest) -> EmbeddedBroker | Mosquitto:
    running: EmbeddedBroker | Mosquitto = request.getfixturevalue(request.param)
    if isinstance(running, Mosquitto):
        for user in ("vik/d1", "vik/d2", "berg/d1"):
            running.allow(user)
    return running


async def test_nobody_comes_in_without_the_right_password(either: EmbeddedBroker | Mosquitto) -> None:
    for user, password in (("vik/d1", "wrong"), ("vik/d9", "vik/d9-password"), ("vik/d1", None)):
        with pytest.raises(NotConnected):
            async with client(either, user, password=password):
                raise AssertionError(f"{user} came in with {password}")
    with pytest.raises(NotConnected):
        async with connect(BrokerAddress(either.host, either.port), "nobody"):
            raise AssertionError("somebody came in without a name")


async def test_a_client_that_leaves_unnamed_is_let_go(either: EmbeddedBroker | Mosquitto) -> None:
    reader, writer = await asyncio.open_connection(either.host, either.port)
    writer.write_eof()
    async with asyncio.timeout(DEADLINE_S):
        assert await reader.read() == b"", "the broker closes its end"
    writer.close()
    await writer.wait_closed()


async def test_a_session_of_the_largest_size_reaches_the_detector(either: EmbeddedBroker | Mosquitto) -> None:
    payload = bytes(limits.SESSION_BYTES)
    async with client(either, DETECTOR) as detector, client(either, "vik/d1") as device:
        await detector.subscribe(topics.every("session"), qos=1)
        await device.publish(topics.of("vik", "d1", "session", "s1"), payload, qos=1)
        message = await next_message(detector)
        assert str(message.topic) == topics.of("vik", "d1", "session", "s1")
        assert message.payload == payload


async def test_a_device_publishes_only_as_itself(either: EmbeddedBroker | Mosquitto) -> None:
    async with client(either, CENTRE) as centre, client(either, "vik/d1") as device:
        await centre.subscribe(topics.every("status"), topics.every("finding"))
        await device.publish(topics.of("vik", "d2", "status"), b"as my neighbour", qos=1)
        await device.publish(topics.of("berg", "d1", "status"), b"as another town", qos=1)
        await device.publish(topics.of("vik", "d1", "finding"), b"as the detector", qos=1)
        await device.publish(topics.of("vik", "d1", "status"), b"as myself", qos=1)
        assert (await next_message(centre)).payload == b"as myself"


async def test_a_device_hears_only_what_is_meant_for_it(either: EmbeddedBroker | Mosquitto) -> None:
    async with client(either, CENTRE) as centre, client(either, "vik/d1") as device:
        for wanted in ("#", f"{topics.ROOT}/#", topics.every("config"), topics.of("berg", "d1", "config")):
            try:
                await device.subscribe(wanted, qos=1)
            except NotConnected:
                continue  # refused outright, which is as good
        await device.subscribe(topics.of("vik", "d1", "config"), topics.PULSE)
        await centre.publish(topics.of("vik", "d2", "config"), b"my neighbour's", qos=1)
        await centre.publish(topics.of("berg", "d1", "config"), b"another town's", qos=1)
        await centre.publish(topics.of("vik", "d1", "config"), b"mine", qos=1)
        await centre.publish(topics.PULSE, b"now", qos=1)
        heard = set()
        while b"now" not in heard:
            heard.add((await next_message(device)).payload)
        assert heard == {b"mine", b"now"}


async def test_config_waits_for_the_device_and_can_be_emptied(either: EmbeddedBroker | Mosquitto) -> None:
    topic = topics.of("vik", "d1", "config")
    async with client(either, CENTRE) as centre:
        await centre.publish(topic, b"version 1", qos=1, retain=True)
        async with client(either, "vik/d1") as device:
            await device.subscribe(topic, qos=1)
            message = await next_message(device)
            assert (message.payload, message.retain) == (b"version 1", True)
        await centre.publish(topic, b"", qos=1, retain=True)
        async with client(either, "vik/d1") as device:
            await device.subscribe(topic, qos=1)
            await centre.publish(topic, b"not retained", qos=1)
            assert (await next_message(device)).payload == b"not retained"


async def test_the_last_will_speaks_when_a_device_is_gone(either: EmbeddedBroker | Mosquitto) -> None:
    topic = topics.of("vik", "d1", "status")
    async with client(either, CENTRE) as centre:
        await centre.subscribe(topics.every("status"), qos=1)
        async with client(either, "vik/d1", will=LastWill(topic, b"gone")) as device:
            with pytest.raises(NotConnected):
                device.connection.cut("without a goodbye")
                async for _ in device.messages():
                    raise AssertionError("nothing was sent to this device")
        assert (await next_message(centre)).payload == b"gone"


def test_the_deployed_rights_are_those_of_the_embedded_broker() -> None:
    deployed = Path(__file__).parents[2] / "deploy" / "mosquitto" / "acl"
    assert deployed.read_text(encoding="utf-8") == rights.mosquitto_acl()


async def test_mosquitto_shares_sessions_among_detectors(mosquitto: Mosquitto) -> None:
    mosquitto.allow("vik/d1")
    shared = topics.every("session", share="detectors")
    async with (
        client(mosquitto, DETECTOR) as first,
        client(mosquitto, DETECTOR) as second,
        client(mosquitto, "vik/d1") as device,
    ):
        await first.subscribe(shared, qos=1)
        await second.subscribe(shared, qos=1)
        for number in range(6):
            await device.publish(topics.of("vik", "d1", "session", f"s{number}"), b"frames", qos=1)
        seen = {str((await next_message(each)).topic) for each in (first, second) for _ in range(3)}
        assert len(seen) == 6


async def test_mosquitto_forgets_everything_when_it_is_started_again(mosquitto: Mosquitto) -> None:
    mosquitto.allow("vik/d1")
    topic = topics.of("vik", "d1", "config")
    async with client(mosquitto, CENTRE) as centre:
        await centre.publish(topic, b"before", qos=1, retain=True)
    mosquitto.kill()
    mosquitto.start()
    async with client(mosquitto, CENTRE) as centre, client(mosquitto, "vik/d1") as device:
        await device.subscribe(topic, qos=1)
        await centre.publish(topic, b"after", qos=1)
        assert (await next_message(device)).payload == b"after"


async def test_mosquitto_takes_a_new_device_without_dropping_others(mosquitto: Mosquitto) -> None:
    mosquitto.allow("vik/d1")
    async with client(mosquitto, CENTRE) as centre, client(mosquitto, "vik/d1") as first:
        await centre.subscribe(topics.every("status"), qos=1)
        mosquitto.allow("vik/d2")
        async with client(mosquitto, "vik/d2") as second:
            await second.publish(topics.of("vik", "d2", "status"), b"new", qos=1)
            assert (await next_message(centre)).payload == b"new"
        await first.publish(topics.of("vik", "d1", "status"), b"still here", qos=1)
        assert (await next_message(centre)).payload == b"still here"


async def test_what_is_retained_goes_only_to_whom_it_is_for(either: EmbeddedBroker | Mosquitto) -> None:
    async with client(either, CENTRE) as centre, client(either, "vik/d2") as neighbour:
        await neighbour.subscribe(topics.of("vik", "d2", "config"), qos=1)
        await centre.publish(topics.of("vik", "d2", "config"), b"my neighbour's", qos=1, retain=True)
        await next_message(neighbour)
        async with client(either, "vik/d1") as device:
            await device.subscribe(topics.of("vik", "d1", "config"), qos=1)
            await centre.publish(topics.of("vik", "d1", "config"), b"mine", qos=1, retain=True)
            assert (await next_message(device)).payload == b"mine"
