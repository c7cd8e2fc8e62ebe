"""A gateway against Debian's Mosquitto: what it sends, when it wakes, and what it does when the link goes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import cv2
import pytest

from drawn_homes.sources import DrawnCamera
from fjarrtillsyn.embedded.rights import CENTRE
from gateway.service import Gateway
from gateway.settings import GatewaySettings
from gateway.sources import NamesInTurn
from gateway.taken import CannotCapture, Taken
from schemas import topics
from schemas.messages import (
    Capture,
    Command,
    Config,
    LiveFrame,
    Message,
    Profile,
    Pulse,
    Receipt,
    ScheduledAttempt,
    Session,
    Status,
)
from schemas.vocabulary import DeviceKind, LinkState, ReceiptState, Show
from schemas.wire import decode, encode
from tests.support.clients import BrokerUser, client
from tests.support.mosquitto import Mosquitto
from tests.support.waiting import eventually

ORG, DEVICE = "ekby", "b27"
NIGHT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
SMALL = Capture(fps=2, width=160, height=120)


class CentreSide:
    """The centre's side of the broker: says what it wants, and remembers what it heard."""

    def __init__(self, link: BrokerUser) -> None:
        self.link = link
        self.statuses: list[Status] = []
        self.sessions: list[Session] = []
        self.live: list[LiveFrame] = []
        self.version = 0

    async def listen(self) -> None:
        async for message in self.link.messages():
            topic, payload = topics.parse(str(message.topic)), message.payload
            assert isinstance(payload, bytes)
            if topic.kind == "status":
                self.statuses.append(decode(Status, payload))
            elif topic.kind == "session":
                session = decode(Session, payload)
                assert session.session_id == topic.session_id
                self.sessions.append(session)
            elif topic.kind == "live":
                self.live.append(decode(LiveFrame, payload))

    async def says(self, kind: str, message: Message | bytes, *, retain: bool = False) -> None:
        payload = message if isinstance(message, bytes) else encode(message)
        await self.link.publish(topics.of(ORG, DEVICE, kind), payload, qos=1, retain=retain)

    async def pulses(self, now: datetime = NIGHT) -> None:
        await self.link.publish(topics.PULSE, encode(Pulse(now=now)), qos=0)

    async def lists(self, *attempts: ScheduledAttempt, withdrawn: bool = False) -> None:
        self.version += 1
        config = Config(
            version=self.version, withdrawn=withdrawn, attempts=attempts, capture=SMALL, profile=Profile(version=3)
        )
        await self.says("config", config, retain=True)

    async def receipts(self, session: Session) -> None:
        await self.says("receipt", Receipt(session_id=session.session_id, state=ReceiptState.COMMITTED))

    async def commands(self, kind: str, *, check_id: UUID | None = None, seconds: int = 5) -> Command:
        command = Command.model_validate(
            {
                "command_id": uuid4(),
                "kind": kind,
                "case": uuid4(),
                "check_id": check_id or uuid4(),
                "attempt": 2,
                "seconds": seconds,
                "expires_at": NIGHT + timedelta(minutes=5),
            }
        )
        await self.says("command", command)
        return command


def attempt(opens: datetime = NIGHT) -> ScheduledAttempt:
    closes = opens + timedelta(minutes=10)
    return ScheduledAttempt(check_id=uuid4(), attempt=1, opens_at=opens, closes_at=closes, seconds=5, show=Show.ALWAYS)


class Shifted:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.t = 1000.0

    def __call__(self) -> float:
        return self.t


@asynccontextmanager
async def running(gateway: Gateway) -> AsyncIterator[Gateway]:
    work = asyncio.create_task(gateway.run())
    try:
        yield gateway
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@pytest.fixture
async def centre(mosquitto: Mosquitto) -> AsyncIterator[CentreSide]:
    async with client(mosquitto, CENTRE) as link:
        hub = CentreSide(link)
        await link.subscribe(*[topics.every(kind) for kind in ("status", "session", "live")])
        listening = asyncio.create_task(hub.listen())
        yield hub
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def settings(mosquitto: Mosquitto, source: str = "scene:asleep") -> GatewaySettings:
    password = mosquitto.allow(f"{ORG}/{DEVICE}")
    return GatewaySettings.model_validate(
        {
            "gateway_org": ORG,
            "gateway_device": DEVICE,
            "gateway_source": source,
            "mqtt_host": mosquitto.host,
            "mqtt_port": mosquitto.port,
            "mqtt_password": password,
        }
    )


async def ready(centre: CentreSide, *attempts: ScheduledAttempt) -> None:
    """The centre has heard the device, which has heard its pulse and its list."""
    await eventually(lambda: any(s.link is LinkState.UP for s in centre.statuses))
    await centre.pulses()
    await centre.lists(*attempts)
    await eventually(lambda: centre.statuses[-1].config_version == centre.version)


async def test_a_check_is_one_session_with_frames_and_its_profile(mosquitto: Mosquitto, centre: CentreSide) -> None:
    lamp: list[bool] = []
    wanted = attempt()
    async with running(Gateway(settings(mosquitto), show=lamp.append, tick_s=0.02)) as gateway:
        await ready(centre, wanted)
        await eventually(lambda: centre.sessions)
        session = centre.sessions[0]
        assert (session.check_id, session.attempt, session.seconds) == (wanted.check_id, 1, 5)
        assert session.kind is DeviceKind.CAMERA and session.fault is None and session.show is Show.ALWAYS
        assert len(session.frames) == 10 and session.profile.version == 3
        assert abs((session.started_at - NIGHT).total_seconds()) < 5
        assert lamp == [True, False]
        await eventually(lambda: gateway.state.pending)
        await centre.receipts(session)
        await eventually(lambda: not gateway.state.pending)
    assert len(centre.sessions) == 1
    await eventually(lambda: centre.statuses[-1].link is LinkState.GONE)


async def test_a_session_is_sent_again_until_its_receipt(mosquitto: Mosquitto, centre: CentreSide) -> None:
    clock = Shifted()
    gateway = Gateway(settings(mosquitto), monotonic=clock, chance=lambda: 0.5, tick_s=0.02)
    async with running(gateway):
        await ready(centre, attempt())
        await eventually(lambda: gateway.counts["sent"] == 1)
        for times, wait in enumerate((20, 40, 80), start=2):
            clock.t += wait + 1
            await eventually(lambda times=times: gateway.counts["sent"] == times)  # type: ignore[misc]  # bound now
        await eventually(lambda: len(centre.sessions) == 4)
        assert len({s.session_id for s in centre.sessions}) == 1
        await centre.receipts(centre.sessions[0])
        await eventually(lambda: gateway.counts["receipt_committed"] == 1)
        clock.t += 200
        await centre.pulses()
        await eventually(lambda: (c := gateway.state.clock(clock.t)) is not None and c == NIGHT)
        assert gateway.counts["sent"] == 4 and gateway.state.pending == ()


async def test_after_a_reconnect_it_sends_again_and_reports_no_config(mosquitto: Mosquitto, centre: CentreSide) -> None:
    async with running(Gateway(settings(mosquitto), tick_s=0.02)) as gateway:
        await ready(centre, attempt())
        await eventually(lambda: gateway.counts["sent"] == 1)
        gateway.unplug()
        await eventually(lambda: not gateway.linked)
        gateway.plug()
        await eventually(lambda: gateway.counts["sent"] == 2)
        await eventually(lambda: len(centre.sessions) == 2)
        await eventually(lambda: centre.statuses[-1].config_version == 1)
        said = [(status.boot, status.connection) for status in centre.statuses]
        assert {boot for boot, _ in said} == {gateway.state.boot}
        assert [connection for _, connection in said] == sorted(connection for _, connection in said)
        assert (said[0][1], said[-1][1]) == (1, 2)


async def test_a_broker_that_forgets_everything_gets_the_session_again(
    mosquitto: Mosquitto, centre: CentreSide
) -> None:
    async with running(Gateway(settings(mosquitto), tick_s=0.02)) as gateway:
        await ready(centre, attempt())
        await eventually(lambda: gateway.counts["sent"] == 1)
        mosquitto.kill()
        await eventually(lambda: not gateway.linked)
        mosquitto.start()
        async with client(mosquitto, CENTRE) as link:
            again = CentreSide(link)
            await link.subscribe(*[topics.every(kind) for kind in ("status", "session")])
            listening = asyncio.create_task(again.listen())
            await eventually(lambda: again.sessions)
            assert again.sessions[0].session_id == centre.sessions[0].session_id
            await eventually(lambda: again.statuses)
            assert again.statuses[0].config_version is None
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def test_consent_revoked_while_offline_the_device_does_not_wake(mosquitto: Mosquitto, centre: CentreSide) -> None:
    clock = Shifted()
    gateway = Gateway(settings(mosquitto), monotonic=clock, tick_s=0.02)
    async with running(gateway):
        await ready(centre, attempt(NIGHT + timedelta(minutes=5)))
        gateway.unplug()
        await eventually(lambda: not gateway.linked)
        await centre.lists(withdrawn=True)
        clock.t += 360
        gateway.plug()
        await eventually(lambda: centre.statuses[-1].config_version == 2)
        await centre.pulses(NIGHT + timedelta(minutes=6))
        await eventually(lambda: gateway.state.clock(clock.t) == NIGHT + timedelta(minutes=6))
        assert gateway.state.next_waking(clock.t) is None
    assert centre.sessions == []


async def test_a_command_is_answered_once_and_a_live_look_ends(mosquitto: Mosquitto, centre: CentreSide) -> None:
    lamp: list[bool] = []
    async with running(Gateway(settings(mosquitto), show=lamp.append, tick_s=0.02)) as gateway:
        await ready(centre)
        command = await centre.commands("attempt")
        await centre.says("command", command)
        await eventually(lambda: centre.sessions)
        assert centre.sessions[0].command_id == command.command_id and centre.sessions[0].attempt == 2
        await eventually(lambda: gateway.counts["ignored"] == 1)
        live = await centre.commands("live")
        await eventually(lambda: centre.live and centre.live[-1].last)
        assert {frame.command_id for frame in centre.live} == {live.command_id}
        assert [frame.sequence for frame in centre.live] == list(range(len(centre.live)))
        assert len(centre.live) > 5 and centre.live[0].frame is not None and centre.live[-1].frame is None
        assert lamp == [True, False, True, False] and len(centre.sessions) == 1


async def test_consent_revoked_ends_a_live_look_at_once(mosquitto: Mosquitto, centre: CentreSide) -> None:
    async with running(Gateway(settings(mosquitto), tick_s=0.02)) as gateway:
        await ready(centre)
        await centre.commands("live", seconds=60)
        await eventually(lambda: centre.live)
        await centre.lists(withdrawn=True)
        await eventually(lambda: centre.live[-1].last)
        await eventually(lambda: gateway.state.waking is None)
        await centre.commands("live", seconds=60)
        await eventually(lambda: gateway.counts["ignored"] == 1)
        assert gateway.state.waking is None


async def test_an_empty_list_does_not_end_the_look_under_way(mosquitto: Mosquitto, centre: CentreSide) -> None:
    async with running(Gateway(settings(mosquitto), tick_s=0.02)) as gateway:
        await ready(centre, attempt(NIGHT + timedelta(hours=3)))
        command = await centre.commands("attempt")
        await eventually(lambda: gateway.state.waking is not None)
        await centre.lists()
        await eventually(lambda: centre.statuses[-1].config_version == 2)
        await eventually(lambda: centre.sessions)
        assert centre.sessions[0].command_id == command.command_id
        assert gateway.counts["withdrawn"] == 0


class FailingCamera:
    """A camera that fails, each time in its own way."""

    kind = DeviceKind.CAMERA

    def __init__(self, *ways: Exception) -> None:
        self.ways = list(ways)

    def take(self, seconds: int, capture: Capture, stopped: Callable[[], bool]) -> Taken:
        raise self.ways.pop(0)

    def fault(self) -> str | None:
        return "camera does not open"

    def live(self, seconds: int, capture: Capture) -> None:
        raise self.ways.pop(0)


async def test_a_failing_camera_sends_a_fault_and_says_so_beforehand(mosquitto: Mosquitto, centre: CentreSide) -> None:
    broken = FailingCamera(CannotCapture("camera gave no picture"), cv2.error("driver"))
    clock = Shifted()
    gateway = Gateway(settings(mosquitto), broken, monotonic=clock, tick_s=0.02)  # type: ignore[arg-type]  # live
    early, late = attempt(NIGHT + timedelta(minutes=5)), attempt(NIGHT + timedelta(minutes=6))
    async with running(gateway):
        await ready(centre, early, late)
        await eventually(lambda: len(centre.statuses[-1].preflight) == 2)
        assert centre.statuses[-1].camera_ok is False
        assert centre.statuses[-1].preflight[0].fault == "camera does not open"
        clock.t += 400
        await centre.pulses(NIGHT + timedelta(minutes=6, seconds=40))
        await eventually(lambda: len(centre.sessions) == 2)
        assert [s.fault for s in centre.sessions] == ["camera gave no picture", "camera failed: error"]
        assert all(s.frames == () for s in centre.sessions)


async def test_rubbish_is_counted_and_changes_nothing(mosquitto: Mosquitto, centre: CentreSide) -> None:
    async with running(Gateway(settings(mosquitto), tick_s=0.02)) as gateway:
        await ready(centre)
        for kind in ("config", "command", "receipt"):
            await centre.says(kind, b"\x00\xff not json")
        await centre.says("config", b"x" * 300_000)
        await centre.says("config", b'{"v": 9, "version": 4}')
        await centre.link.publish(topics.PULSE, b"{}", qos=0)
        await eventually(lambda: sum(n for word, n in gateway.counts.items() if word.startswith("refused")) == 6)
        assert gateway.state.config is not None and gateway.state.config.version == 1
        wanted = attempt()
        await centre.lists(wanted)
        await eventually(lambda: centre.sessions)


async def test_scenes_take_turns_and_sensors_send_samples(mosquitto: Mosquitto, centre: CentreSide) -> None:
    gateway = Gateway(settings(mosquitto, "sensor:asleep"), tick_s=0.02)
    async with running(gateway):
        await ready(centre, attempt())
        await eventually(lambda: centre.sessions)
        assert centre.sessions[0].kind is DeviceKind.SENSORS
        assert [c.quantity for c in centre.sessions[0].channels] == ["thermal_c", "ambient_c"]
        gateway.sources = (DrawnCamera(NamesInTurn(("up", "asleep"))),)
        await centre.commands("attempt")
        await eventually(lambda: len(centre.sessions) == 2)
        assert centre.sessions[1].kind is DeviceKind.CAMERA


async def test_a_recorded_fall_is_sent_as_it_was_filmed(
    mosquitto: Mosquitto, centre: CentreSide, footage: Path
) -> None:
    path = footage / "sessions" / "s1_fall_15_whole"
    async with running(Gateway(settings(mosquitto, f"file:{path}"), tick_s=0.02)):
        await ready(centre, attempt())
        await eventually(lambda: centre.sessions)
        assert centre.sessions[0].frames[0].jpeg == (path / "000.jpg").read_bytes()


async def test_many_gateways_in_one_process_do_not_hear_each_other(mosquitto: Mosquitto, centre: CentreSide) -> None:
    first = settings(mosquitto)
    other = first.model_copy(update={"gateway_device": "b28"})
    mosquitto.allow(f"{ORG}/b28", first.password)
    async with running(Gateway(first, tick_s=0.02)), running(Gateway(other, tick_s=0.02)) as deaf:
        await eventually(lambda: deaf.linked)
        await ready(centre, attempt())
        await eventually(lambda: centre.sessions)
        assert centre.sessions[0].device == DEVICE
        assert deaf.state.config is None and not deaf.state.pending


async def test_a_refused_sign_in_is_tried_again_with_longer_waits(mosquitto: Mosquitto) -> None:
    wrong = settings(mosquitto).model_copy(update={"mqtt_user": "nobody"})
    async with running(Gateway(wrong, chance=lambda: 0.0, tick_s=0.02)) as gateway:
        await eventually(lambda: gateway.counts["link_lost"] >= 2)
        assert not gateway.linked
