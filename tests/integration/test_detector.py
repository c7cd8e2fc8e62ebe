"""A detector against Debian's Mosquitto: every session that comes ends in a finding, whatever is in it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import cbor2
import pytest
from pydantic import SecretStr

from detector import metrics
from detector.service import Detector, running
from detector.settings import DetectorSettings
from drawn_homes import draw, profile
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from schemas import topics
from schemas.messages import DetectorStatus, Finding, Frame, Picture, Profile, Session
from schemas.vocabulary import Answer, DeviceKind, LinkState, Reason, Show
from schemas.wire import decode, encode
from tests.support.clients import BrokerUser, client
from tests.support.mosquitto import Mosquitto
from tests.support.waiting import DEADLINE_S, eventually

ORG, DEVICE = "ekby", "b27"


class CentreListener:
    """The centre's side of the broker: what it heard."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.pictures: list[Picture] = []
        self.statuses: list[DetectorStatus] = []

    async def listen(self, link: BrokerUser) -> None:
        async for message in link.messages():
            assert isinstance(message.payload, bytes)
            if str(message.topic).startswith(topics.DETECTORS):
                self.statuses.append(decode(DetectorStatus, message.payload))
            elif str(message.topic).endswith("/finding"):
                self.findings.append(decode(Finding, message.payload))
            else:
                self.pictures.append(decode(Picture, message.payload))


def settings(broker: Mosquitto, **more: Any) -> DetectorSettings:
    return DetectorSettings(
        mqtt_host=broker.host,
        mqtt_port=broker.port,
        mqtt_user=DETECTOR,
        mqtt_password=SecretStr(broker.passwords[DETECTOR]),
        **more,
    )


@asynccontextmanager
async def hearing(broker: Mosquitto) -> AsyncIterator[CentreListener]:
    """Yield a centre that hears everything a detector says."""
    centre = CentreListener()
    async with client(broker, CENTRE) as link:
        for heard in (topics.every("finding"), topics.every("picture"), f"{topics.DETECTORS}/+"):
            await link.subscribe(heard)
        task = asyncio.create_task(centre.listen(link))
        try:
            yield centre
        finally:
            task.cancel()
            await asyncio.wait({task})


@asynccontextmanager
async def home(broker: Mosquitto) -> AsyncIterator[BrokerUser]:
    """Yield the device's own connection."""
    broker.allow(f"{ORG}/{DEVICE}")
    async with client(broker, f"{ORG}/{DEVICE}") as link:
        yield link


def session(scene: str, show: Show = Show.DEVIATION, *, check: UUID | None = None) -> Session:
    frames = draw(scene, 3, 6.0, 4.0)
    return Session(
        session_id=f"s-{scene.replace('_', '-')}-{uuid4().hex[:6]}",
        org=ORG,
        device=DEVICE,
        kind=DeviceKind.CAMERA,
        check_id=check,
        attempt=1 if check else None,
        started_at=datetime(2026, 11, 22, 1, 0, tzinfo=UTC),
        seconds=6,
        show=show,
        profile=Profile.model_validate(profile(scene)),
        frames=tuple(Frame(ms=i * 250, jpeg=jpeg) for i, jpeg in enumerate(frames)),
    )


async def send(link: BrokerUser, made: Session, payload: bytes | None = None) -> None:
    topic = topics.of(ORG, DEVICE, "session", made.session_id)
    await link.publish(topic, encode(made) if payload is None else payload, qos=1)


def finding_on(centre: CentreListener, session_id: str) -> Callable[[], Finding]:
    def look() -> Finding:
        found = [f for f in centre.findings if f.session_id == session_id]
        assert found, f"no finding on {session_id}"
        return found[0]

    return look


async def test_pictures_go_only_where_somebody_has_to_look(
    mosquitto: Mosquitto,
) -> None:
    calm, watched, fallen = session("asleep"), session("asleep", Show.ALWAYS), session("fallen", check=uuid4())
    async with hearing(mosquitto) as centre, home(mosquitto) as device, running(settings(mosquitto)):
        await eventually(lambda: centre.statuses)
        for made in (calm, watched, fallen):
            await send(device, made)
        found = await eventually(finding_on(centre, fallen.session_id))
        assert (found.answer, found.reasons[0]) == (Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
        assert (found.check_id, found.attempt) == (fallen.check_id, 1)
        assert found.measures["strength_outside"] > 0 and found.timings_ms["judge"] > 0
        assert (await eventually(finding_on(centre, calm.session_id))).answer is Answer.IN_BED
        await eventually(finding_on(centre, watched.session_id))
        await eventually(lambda: len(centre.pictures) == 2)
        assert {p.session_id for p in centre.pictures} == {watched.session_id, fallen.session_id}
        assert found.pictures == len(fallen.frames)


async def test_a_broken_session_is_rejected_for_its_attempt(mosquitto: Mosquitto) -> None:
    check = uuid4()
    good = session("empty", check=check)
    body = cbor2.loads(cbor2.loads(encode(good))["body"])
    huge = b"\xff\xd8\xff\xc0\x00\x11\x08\xea\x60\xea\x60\x03" + bytes(12)
    body["frames"] = [{"ms": 0, "jpeg": huge}]
    envelope = {"v": 1, "sealed": False, "key_id": None, "nonce": None}
    hostile = {
        "cut-short": encode(good)[:2000],
        "not-cbor": b"\x00\xff" * 40,
        "empty": b"",
        "claims-60000": cbor2.dumps({**envelope, "body": cbor2.dumps(body)}),
    }
    async with hearing(mosquitto) as centre, home(mosquitto) as device, running(settings(mosquitto)):
        await eventually(lambda: centre.statuses)
        for name, payload in hostile.items():
            await device.publish(topics.of(ORG, DEVICE, "session", name), payload, qos=1)
        await send(device, good)
        for name in hostile:
            found = await eventually(finding_on(centre, name))
            assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.REJECTED,)), name
            assert found.detail
        claims = await eventually(finding_on(centre, "claims-60000"))
        assert (claims.check_id, claims.attempt) == (check, 1)
        assert (await eventually(finding_on(centre, good.session_id))).answer is Answer.NOT_SEEN


async def test_a_session_may_not_speak_for_another(mosquitto: Mosquitto) -> None:
    other = session("asleep")
    async with hearing(mosquitto) as centre, home(mosquitto) as device, running(settings(mosquitto)):
        await eventually(lambda: centre.statuses)
        await device.publish(topics.of(ORG, DEVICE, "session", "mine"), encode(other), qos=1)
        assert (await eventually(finding_on(centre, "mine"))).reasons == (Reason.REJECTED,)
        assert all(f.session_id != other.session_id for f in centre.findings)


async def test_a_judge_that_fails_or_hangs_still_ends_in_a_finding(mosquitto: Mosquitto) -> None:
    stuck = asyncio.Event()
    loop = asyncio.get_running_loop()

    def decide(asked: Session) -> Finding:
        if asked.session_id == "breaks":
            raise ZeroDivisionError("in the middle of a picture")
        asyncio.run_coroutine_threadsafe(stuck.wait(), loop).result()
        raise AssertionError("nobody waits for this any more")

    detector = Detector(settings(mosquitto, detector_seconds=0.2, detector_workers=2), decide)
    async with hearing(mosquitto) as centre, home(mosquitto) as device:
        task = asyncio.create_task(detector.run())
        try:
            await eventually(lambda: centre.statuses)
            for name in ("hangs", "breaks"):
                await send(device, session("empty").model_copy(update={"session_id": name}))
                assert (await eventually(finding_on(centre, name))).reasons == (Reason.REJECTED,)
        finally:
            stuck.set()
            task.cancel()
            await asyncio.wait({task})


async def test_a_second_detector_judges_the_session_of_a_dead_one(mosquitto: Mosquitto) -> None:
    """There is no finding, so no receipt, so the home sends it again; whoever is alive then judges it."""
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    let_go = asyncio.Event()

    def decide(_: Session) -> Finding:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(let_go.wait(), loop).result()
        raise AssertionError("its detector is gone")

    dying = Detector(settings(mosquitto, mqtt_shared=True, detector_id="first"), decide)
    made = session("asleep")
    async with hearing(mosquitto) as centre, home(mosquitto) as device:
        first = asyncio.create_task(dying.run())
        await eventually(lambda: centre.statuses)
        await send(device, made)
        await asyncio.wait_for(begun.wait(), DEADLINE_S)
        async with running(settings(mosquitto, mqtt_shared=True, detector_id="second")):
            await eventually(lambda: any(s.detector_id == "second" for s in centre.statuses))
            first.cancel()
            await asyncio.wait({first})
            let_go.set()
            assert not centre.findings

            async def sent_again() -> Finding:
                # The broker may hand it to the dead one until it has seen that connection end: a home sends on until its
                # receipt, each time a new copy.
                await send(device, made)
                return finding_on(centre, made.session_id)()

            assert (await eventually(sent_again)).answer is Answer.IN_BED


async def test_it_comes_back_to_a_broker_that_was_gone(mosquitto: Mosquitto) -> None:
    async with hearing(mosquitto) as centre, running(settings(mosquitto, detector_id="d1")):
        await eventually(lambda: [s.link for s in centre.statuses] == [LinkState.UP])
    async with running(settings(mosquitto, detector_id="d2")):
        await eventually(lambda: metrics.CONNECTED._value.get() == 1)
        mosquitto.kill()
        await eventually(lambda: metrics.CONNECTED._value.get() == 0)
        mosquitto.start()
        async with hearing(mosquitto) as centre, home(mosquitto) as device:
            await eventually(lambda: metrics.CONNECTED._value.get() == 1)
            made = session("empty")
            await send(device, made)
            assert await eventually(finding_on(centre, made.session_id))


async def test_its_will_says_that_it_is_gone(mosquitto: Mosquitto) -> None:
    async with hearing(mosquitto) as centre:
        detector = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "detector",
            env={
                **os.environ,
                "FJT_MQTT_HOST": mosquitto.host,
                "FJT_MQTT_PORT": str(mosquitto.port),
                "FJT_MQTT_PASSWORD": mosquitto.passwords[DETECTOR],
                "FJT_DETECTOR_ID": "d3",
            },
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            await eventually(lambda: [s.link for s in centre.statuses] == [LinkState.UP])
        finally:
            detector.kill()
            await detector.wait()
        await eventually(lambda: [s.link for s in centre.statuses] == [LinkState.UP, LinkState.GONE])


@pytest.mark.parametrize(("path", "status"), [("/healthz", 503), ("/metrics", 200), ("/elsewhere", 404)])
async def test_its_small_port(path: str, status: int) -> None:
    async with (
        metrics.served("127.0.0.1", 0) as port,
        aiohttp.ClientSession() as browser,
        browser.get(f"http://127.0.0.1:{port}{path}") as response,
    ):
        assert response.status == status
        if path == "/metrics":
            assert "fjt_findings" in await response.text()
