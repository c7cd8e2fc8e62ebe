"""Bad input through the real broker: refused or absorbed with a word that is counted and logged, and no check is lost by it.

Each case has a home of its own whose check is open, and sends as that home's device may. Nobody answers the new attempts
that follow, so in the end every check has to be an alarm.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from alarm_center.preparation import planning
from drawn_homes import draw, profile
from fjarrtillsyn.embedded.ports import HOST, free_port
from fjarrtillsyn.embedded.postgres import Postgres
from fjarrtillsyn.embedded.rights import CENTRE
from gateway.sources import open_source
from runtime.mqtt import NotConnected
from schemas import limits, topics, wire
from schemas.messages import Frame, Profile, Session, Status
from schemas.vocabulary import Answer, DeviceKind, LinkState
from tests.support import busy_town
from tests.support.clients import BrokerUser, client, next_message
from tests.support.mosquitto import Mosquitto
from tests.support.parts import DEVICE, ORG, RunningTown, night
from tests.support.postgres import Database
from tests.support.waiting import DEADLINE_S, eventually

pytestmark = pytest.mark.night

STRANGER: Final = "ost-99"
"""A device that may sign in at the broker, and is on nobody's wall: no row knows it."""
_STEP: Final = timedelta(seconds=50)
_BROKER_BYTES: Final = 4_718_592


@dataclass(slots=True)
class BadInputNight:
    """A night on real parts, with a home for each case."""

    night: RunningTown
    detector_url: str
    homes: int = 1

    async def home(self) -> str:
        """Let one more resident move in, whose check opens with the first one's; return the device."""
        self.homes += 1
        async with self.night.memory.transaction() as tx:
            area = await tx.fetchval("select area_id from areas")
            await busy_town.resident(tx, ORG, area, number=self.homes, due_in=timedelta(minutes=1))
        device = f"{ORG}-{self.homes}"
        self.night.mosquitto.allow(f"{ORG}/{device}")
        return device

    async def open_checks(self) -> dict[str, UUID]:
        """Start the service and let the first checks open; return them by device."""
        await planning.plan_all_towns(self.night.memory)
        await self.night.start_centre()
        await self.night.start_detector()
        await busy_town.heard(self.night.memory)

        async def opened() -> dict[str, UUID]:
            rows = await self.night.rows("select device_id, check_id from checks where state = 'open'")
            assert len(rows) == self.homes
            return {row["device_id"]: row["check_id"] for row in rows}

        return await eventually(opened)

    async def session(self, device: str, check_id: UUID | None, scene: str = "empty", **fields: Any) -> Session:
        """Return ten seconds as the device would send them now."""
        made = Session(
            session_id=uuid4().hex,
            org=ORG,
            device=device,
            kind=DeviceKind.CAMERA,
            check_id=check_id,
            attempt=1 if check_id else None,
            started_at=await self.night.memory.now(),
            seconds=10,
            profile=Profile.model_validate(profile("asleep")),
            frames=_frames(scene),
        )
        return made.model_copy(update=fields)

    async def send(self, device: str, session: Session, payload: bytes | None = None, *, receipt: bool = True) -> Any:
        """Send as *device*; return the receipt that it gets."""
        async with client(self.night.mosquitto, f"{ORG}/{device}") as sender:
            await sender.subscribe(topics.of(ORG, device, "receipt"), qos=1)
            topic = topics.of(ORG, device, "session", session.session_id)
            await sender.publish(topic, wire.encode(session) if payload is None else payload, qos=1)
            if not receipt:
                return None
            answer = json.loads(bytes((await next_message(sender, 20)).payload))
            assert answer["session_id"] == session.session_id
            return answer

    async def counted(self, name: str, labels: Mapping[str, str]) -> float:
        """Return what centre and detector have counted under *name*."""
        total = 0.0
        async with aiohttp.ClientSession() as http:
            for url in (self.night.http, self.detector_url):
                async with http.get(f"{url}/metrics") as response:
                    text = await response.text()
                samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
                total += sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())
        return total

    def logged(self, *words: str) -> bool:
        """Tell whether the centre or the detector has logged a line with all the *words*."""
        logs = (part.log.read_text(errors="replace") for part in (self.night.centre, self.night.detector))
        return any(all(word in line for word in words) for log in logs for line in log.splitlines())

    async def stands(self) -> None:
        """No process has died, and the centre does its work."""
        assert self.night.centre.running, self.night.centre.wrote()
        assert self.night.detector.running, self.night.detector.wrote()
        await eventually(self.night.ready)
        assert not self.logged('"message_failed"'), "a handler has raised"

    async def until_all_have_ended(self) -> None:
        """Let time pass until every check that has opened has ended; they may take an hour."""
        for _ in range(72):
            if not await self.night.value(
                "select count(*) from checks where opens_at <= clock.now() and state in ('planned', 'open', 'waiting', 'to_look')"
            ):
                return
            await busy_town.move(self.night.memory, _STEP)
            await eventually(self._all_stepped)
        raise AssertionError(f"not ended: {await self.night.rows('select device_id, state from checks')}")

    async def _all_stepped(self) -> bool:
        return not await self.night.value("select count(*) from checks where next_step_at <= clock.now()")


@pytest.fixture
async def town(
    database: Database, migrated_server: Postgres, mosquitto: Mosquitto, tmp_path: Path
) -> AsyncIterator[BadInputNight]:
    port = free_port()
    numbers = {"FJT_DETECTOR_HTTP_PORT": str(port)}
    async with night(database, migrated_server, mosquitto, tmp_path, detector_env=numbers) as made:
        yield BadInputNight(made, f"http://{HOST}:{port}")


@cache
def _frames(scene: str) -> tuple[Frame, ...]:
    return tuple(Frame(ms=i * 200, jpeg=jpeg) for i, jpeg in enumerate(draw(scene, 1, 10.0, 5.0)))


def _claims_60000(session: Session) -> Session:
    """A true JPEG whose frame header says 60 000 × 60 000."""
    first, *rest = session.frames
    at = first.jpeg.index(b"\xff\xc0") + 5
    size = (60_000).to_bytes(2, "big") * 2
    hostile = Frame(ms=0, jpeg=first.jpeg[:at] + size + first.jpeg[at + 4 :])
    return session.model_copy(update={"frames": (hostile, *rest)})


@dataclass(frozen=True, slots=True)
class Bad:
    """One bad session: how it is made of a good one, the number that it moves, and the receipt."""

    what: str
    made: Callable[[Session], Session | bytes]
    number: str
    labels: Mapping[str, str]
    receipt: str = "committed"


def _refused(what: str, word: str, made: Callable[[Session], Session | bytes], receipt: str = "committed") -> Bad:
    return Bad(what, made, "fjt_sessions_refused_total", {"refusal": word}, receipt)


def _with(**fields: Any) -> Callable[[Session], Session]:
    return lambda session: session.model_copy(update=fields)


_UNKNOWN: Final = {"kind": "session", "refusal": "unknown_attempt"}
BAD: Final = (
    # Where the bytes name no attempt that can be read, the receipt is a refusal, and the attempt ends in silence.
    _refused("truncated", "not_cbor", lambda s: wire.encode(s)[: len(wire.encode(s)) // 2], "refused"),
    _refused("no CBOR", "not_cbor", lambda s: b"\xff\xd8 this is no session \x00", "refused"),
    _refused("empty", "not_cbor", lambda s: b"", "refused"),
    _refused("over our limit", "too_large", lambda s: wire.encode(s).ljust(limits.SESSION_BYTES + 1, b"\0")),
    _refused("a JPEG that claims 60 000 × 60 000", "frame_too_large", _claims_60000),
    _refused("frames out of order", "frames_out_of_order", lambda s: s.model_copy(update={"frames": s.frames[::-1]})),
    _refused("another device in its header", "other_topic", _with(device=DEVICE), "refused"),
    Bad("a fault", _with(frames=(), fault="camera does not open"), "fjt_findings_total", {"reason": "fault"}),
    Bad("no frames", _with(frames=()), "fjt_findings_total", {"reason": "too_short"}),
    Bad("a check that nobody knows", _with(check_id=uuid4()), "fjt_refused_total", _UNKNOWN, "refused"),
    Bad("an attempt that there is not", _with(attempt=7), "fjt_refused_total", _UNKNOWN, "refused"),
)


async def test_each_bad_session_is_counted_and_ends_in_an_alarm(town: BadInputNight) -> None:
    homes = [await town.home() for _ in BAD]
    far_too_large, another, tomorrow, twice, hour_old, late = [await town.home() for _ in range(6)]
    checks = await town.open_checks()
    for device, bad in zip(homes, BAD, strict=True):
        before = await town.counted(bad.number, bad.labels)
        good = await town.session(device, checks[device])
        sent = bad.made(good)
        payload = sent if isinstance(sent, bytes) else wire.encode(sent)
        receipt = await town.send(device, good, payload)
        assert receipt["state"] == bad.receipt, f"{bad.what}: {receipt}"
        assert await town.counted(bad.number, bad.labels) == before + 1, bad.what
        assert town.logged(good.session_id, *bad.labels.values()), bad.what
        await town.stands()
    await _at_the_broker(town, far_too_large, checks[far_too_large])
    # Another resident's check; and the same resident's of tomorrow: whatever is seen, nobody was to look.
    await _unknown_attempt(town, another, checks[DEVICE], "open")
    planned = await town.night.value("select check_id from checks where device_id = $1 and state = 'planned'", tomorrow)
    await _unknown_attempt(town, tomorrow, planned, "planned")
    await _sent_twice(town, twice, checks[twice])
    await _an_hour_old(town, hour_old, checks[hour_old])
    await _from_a_stranger(town, checks[DEVICE])

    await town.until_all_have_ended()
    await _an_hour_late(town, late, checks[late])
    ended = await town.night.rows(
        "select device_id, state, alarm_id from checks where check_id = any($1)", list(checks.values())
    )
    assert {row["device_id"]: row["state"] for row in ended} == dict.fromkeys(checks, "alarmed")
    assert all(row["alarm_id"] for row in ended)
    await town.stands()


async def _at_the_broker(town: BadInputNight, device: str, check_id: UUID) -> None:
    """A message over the broker's limit never reaches us, and takes nobody down."""
    session = await town.session(device, check_id)
    await town.send(device, session, wire.encode(session) + b"\0" * _BROKER_BYTES, receipt=False)
    with pytest.raises(NotConnected):  # far over: it is not even read
        async with client(town.night.mosquitto, f"{ORG}/{device}") as sender:
            await sender.publish(topics.of(ORG, device, "session", session.session_id), b"\0" * 9_000_000, qos=1)
    assert not town.logged(session.session_id)
    await town.stands()


async def _unknown_attempt(town: BadInputNight, device: str, check_id: UUID, state: str) -> None:
    """A session for a check that is not the device's, or not open: refused, and the check is as it was."""
    before = await town.counted("fjt_refused_total", _UNKNOWN)
    session = await town.session(device, check_id, "asleep")
    assert (await town.send(device, session))["state"] == "refused"
    assert await town.counted("fjt_refused_total", _UNKNOWN) == before + 1
    assert town.logged(session.session_id, "unknown_attempt")
    assert await town.night.value("select state from checks where check_id = $1", check_id) == state


async def _sent_twice(town: BadInputNight, device: str, check_id: UUID) -> None:
    """A repeated session gets the same receipt, and nothing else."""
    before = await town.counted("fjt_sessions_again_total", {})
    session = await town.session(device, check_id, "fallen")
    first, second = await town.send(device, session), await town.send(device, session)
    assert first == second == {"v": 1, "session_id": session.session_id, "state": "committed"}
    assert await town.counted("fjt_sessions_again_total", {}) == before + 1
    assert await town.night.value("select count(*) from sessions where session_id = $1", session.session_id) == 1
    raised = "select count(*) from alarms where resident_id = (select resident_id from checks where check_id = $1)"
    assert await town.night.value(raised, check_id) == 1


async def _an_hour_old(town: BadInputNight, device: str, check_id: UUID) -> None:
    """Taken an hour before its attempt opened: it is kept as evidence, and is no answer."""
    at = await town.night.memory.now() - timedelta(hours=1)
    session = await town.session(device, check_id, "asleep", started_at=at)
    assert (await town.send(device, session))["state"] == "committed"
    assert town.logged(session.session_id, Answer.IN_BED)
    assert await town.night.value("select state from checks where check_id = $1", check_id) == "open"


async def _from_a_stranger(town: BadInputNight, check_id: UUID) -> None:
    """A device that no row knows speaks of one of our checks."""
    town.night.mosquitto.allow(f"{ORG}/{STRANGER}")
    labels = {"kind": "session", "refusal": "unknown_device"}
    session = await town.session(STRANGER, check_id, "asleep")
    await town.send(STRANGER, session, receipt=False)

    async def refused() -> bool:
        return await town.counted("fjt_refused_total", labels) == 1

    await eventually(refused)
    assert town.logged(session.session_id, "unknown_device")
    assert await town.night.value("select state from checks where check_id = $1", check_id) == "open"


async def _an_hour_late(town: BadInputNight, device: str, check_id: UUID) -> None:
    """In bed, for an attempt whose hour is past: its check stays the alarm that it is."""
    await busy_town.move(town.night.memory, timedelta(hours=1))
    await town.night.rows("update detectors set last_heard_at = clock.now() returning 1")
    session = await town.session(device, check_id, "asleep")
    assert (await town.send(device, session))["state"] == "committed"
    assert town.logged(session.session_id, Answer.IN_BED)
    assert await town.night.value("select state from checks where check_id = $1", check_id) == "alarmed"
    kept = await town.night.value("select check_id from sessions where session_id = $1", session.session_id)
    assert kept == check_id


async def test_a_device_speaks_for_itself_only_and_rubbish_is_counted(town: BadInputNight) -> None:
    thief = await town.home()
    checks = await town.open_checks()
    await _forged(town, thief, checks)
    await _status_of_rubbish(town, thief)
    states = await town.night.rows("select state from checks where check_id = any($1)", list(checks.values()))
    assert [row["state"] for row in states] == ["open", "open"]
    await town.stands()


async def _forged(town: BadInputNight, other: str, checks: Mapping[str, UUID]) -> None:
    """It cannot speak for another home, nor for the detector, nor for the centre: the broker does not pass it on."""
    finding = json.dumps({"v": 1, "session_id": "s1", "org": ORG, "device": other, "answer": "not_seen"}).encode()
    async with client(town.night.mosquitto, CENTRE) as watcher, client(town.night.mosquitto, f"{ORG}/{other}") as thief:
        for kind in ("session", "finding", "status", "picture"):
            await watcher.subscribe(topics.every(kind), qos=1)
        await watcher.subscribe(topics.DETECTOR_STATUS_FILTER, qos=1)
        session = await town.session(DEVICE, checks[DEVICE], "asleep")
        await thief.publish(topics.of(ORG, DEVICE, "session", session.session_id), wire.encode(session), qos=1)
        await thief.publish(topics.of(ORG, other, "finding"), finding, qos=1)
        await thief.publish(topics.of(ORG, DEVICE, "status"), wire.encode(Status(link=LinkState.GONE)), qos=1)
        await thief.publish(topics.of(ORG, other, "picture", "s1"), wire.encode(session), qos=1)
        await thief.publish(topics.detector("false"), b'{"v":1}', qos=1)
        await thief.publish(topics.of(ORG, DEVICE, "receipt"), b'{"v":1,"session_id":"s1","state":"committed"}', qos=1)
        # What one client publishes is passed on in order: when its own status is here, the rest is not coming.
        await thief.publish(topics.of(ORG, other, "status"), wire.encode(Status(link=LinkState.UP, sequence=7)), qos=1)
        heard = await _until(watcher, topics.of(ORG, other, "status"))
    assert all(topic.startswith(topics.DETECTORS) and "false" not in topic for topic in heard[:-1]), heard


async def _until(watcher: BrokerUser, last: str) -> list[str]:
    """Return the topics that *watcher* hears, up to *last*."""
    heard: list[str] = []
    async with asyncio.timeout(DEADLINE_S):
        async for message in watcher.messages():
            heard.append(str(message.topic))
            if heard[-1] == last:
                break
    return heard


RUBBISH: Final = (
    (b"\xff\x00 no text", "not_json"),
    (b"", "not_json"),
    (b'{"v": 1, "link": "dancing"}', "not_valid"),
    (b'{"v": 9, "link": "up"}', "version_unknown"),
    (b'{"link": "up"}', "version_unknown"),
    (b" " * (limits.MESSAGE_BYTES + 1), "too_large"),
)


async def _status_of_rubbish(town: BadInputNight, device: str) -> None:
    """Each is counted by its word, and the next one that is whole is taken."""
    async with client(town.night.mosquitto, f"{ORG}/{device}") as sender:
        for payload, word in RUBBISH:
            labels = {"kind": "status", "refusal": word}
            wanted = await town.counted("fjt_refused_total", labels) + 1
            await sender.publish(topics.of(ORG, device, "status"), payload, qos=1)

            async def refused(labels: Mapping[str, str] = labels, wanted: float = wanted) -> bool:
                return await town.counted("fjt_refused_total", labels) == wanted

            await eventually(refused)
            assert town.logged('"status"', word)
        await sender.publish(
            topics.of(ORG, device, "status"), wire.encode(Status(link=LinkState.UP, software="9")), qos=1
        )
    await eventually(
        lambda: town.night.value("select count(*) from devices where device_id = $1 and software = '9'", device), 10
    )


async def test_rubbish_from_the_broker_leaves_a_home_at_its_work(town: BadInputNight) -> None:
    """A config and a command of rubbish: the home counts them, keeps its list, and sends its fall."""
    await town.night.start_centre()
    await town.night.start_detector()
    gateway = town.night.home(open_source("scene:fallen", 1))
    await eventually(lambda: gateway.state.config)
    config = gateway.state.config
    async with client(town.night.mosquitto, CENTRE) as false:
        for kind, payload in (
            ("config", b"no config"),
            ("config", b'{"v":1,"version":0}'),
            ("config", b'{"v":2,"version":9}'),
            ("config", b" " * (limits.MESSAGE_BYTES + 1)),
            ("command", b'{"v":1}'),
            ("command", b"\xff\xff"),
            ("receipt", b"[]"),
        ):
            await false.publish(topics.of(ORG, DEVICE, kind), payload, qos=1)
    refused = ("refused_not_json", "refused_not_valid", "refused_version_unknown", "refused_too_large")
    await eventually(lambda: sum(gateway.counts[word] for word in refused) == 7)
    assert gateway.state.config == config
    await eventually(lambda: town.night.value("select count(*) from alarms where kind = 'something_wrong'"))
    await town.stands()
