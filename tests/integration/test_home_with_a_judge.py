"""A home that judges: what leaves it, searched on its line and at the broker, and what it does when its judge dies."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

import drawn_homes
from fjarrtillsyn.embedded.rights import CENTRE
from fjarrtillsyn.home import JudgeProcess
from gateway.kept_frames import KEPT_S
from gateway.service import Gateway
from schemas import topics
from schemas.messages import (
    MESSAGES,
    Config,
    HomeFinding,
    HomePicture,
    HomeSession,
    Message,
    Picture,
    Profile,
    Receipt,
    ScheduledAttempt,
    Session,
    Status,
)
from schemas.vocabulary import Answer, JudgePlace, Reason, ReceiptState, Show
from schemas.wire import decode, encode
from tests.integration.test_gateway import DEVICE, NIGHT, ORG, Shifted, attempt, settings
from tests.support.clients import BrokerUser, client
from tests.support.mosquitto import Mosquitto
from tests.support.thin_line import ThinLine, thin_line
from tests.support.waiting import eventually

JPEG: Final = b"\xff\xd8\xff"
FAST_LINE: Final = 1e9
SLEEPER: Final = "scene:asleep"


class AtBroker:
    """Everything that a device may publish, as the broker hands it on, and the centre's words to the device."""

    def __init__(self, link: BrokerUser) -> None:
        self.link = link
        self.came: list[tuple[str, bytes]] = []

    async def listen(self) -> None:
        async for message in self.link.messages():
            assert isinstance(message.payload, bytes)
            self.came.append((topics.parse(str(message.topic)).kind, message.payload))

    def all(self, kind: str) -> list[Message]:
        return [decode(MESSAGES[kind], payload) for word, payload in self.came if word == kind]

    async def says(self, kind: str, message: Message) -> None:
        await self.link.publish(topics.of(ORG, DEVICE, kind), encode(message), qos=1)

    async def receipts(self, session_id: str, *, frames_wanted: bool | None = None) -> None:
        said = Receipt(session_id=session_id, state=ReceiptState.COMMITTED, frames_wanted=frames_wanted)
        await self.says("receipt", said)


@pytest.fixture
async def broker(mosquitto: Mosquitto) -> AsyncIterator[AtBroker]:
    async with client(mosquitto, CENTRE) as link:
        heard = AtBroker(link)
        sent = [word for word, route in topics.TABLE.items() if route.sender == "gateway"] + ["picture"]
        await link.subscribe(*[topics.every(word) for word in sent])
        listening = asyncio.create_task(heard.listen())
        yield heard
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


class HomeWithJudge:
    def __init__(self, gateway: Gateway, judge: JudgeProcess, line: ThinLine, clock: Shifted, broker: AtBroker) -> None:
        self.gateway, self.judge, self.line, self.clock, self._broker = gateway, judge, line, clock, broker

    async def owes(
        self, show: Show, *, judge: JudgePlace | None = JudgePlace.HOME, scene: str = "asleep"
    ) -> ScheduledAttempt:
        """One look is owed now."""
        owed = attempt().model_copy(update={"show": show, "seconds": 10})
        config = Config(
            version=1, attempts=(owed,), profile=Profile.model_validate(drawn_homes.profile(scene)), judge=judge
        )
        await self._broker.says("config", config)
        await eventually(lambda: self.gateway.state.config)
        await self._broker.link.publish(topics.PULSE, encode(MESSAGES["pulse"].model_validate({"now": NIGHT})), qos=0)
        return owed


@asynccontextmanager
async def home(
    mosquitto: Mosquitto, broker: AtBroker, source: str = SLEEPER, judge: JudgeProcess | None = None
) -> AsyncIterator[HomeWithJudge]:
    """Yield a home with a judge that is ready, on a line of its own."""
    judge, clock = judge or JudgeProcess(again_s=600), Shifted()
    async with thin_line(mosquitto.host, mosquitto.port, FAST_LINE) as line:
        near = settings(mosquitto, source).model_copy(update={"mqtt_port": line.port})
        gateway = Gateway(near, judge=judge, monotonic=clock, chance=lambda: 0.5, tick_s=0.02)
        work = {asyncio.create_task(judge.run()), asyncio.create_task(gateway.run())}
        try:
            await eventually(lambda: judge.alive and gateway.linked)
            await eventually(lambda: any(isinstance(said, Status) and said.judge_ok for said in broker.all("status")))
            yield HomeWithJudge(gateway, judge, line, clock, broker)
        finally:
            gateway.unplug()
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)


async def test_no_sleepers_picture_leaves_the_bedroom(mosquitto: Mosquitto, broker: AtBroker) -> None:
    async with home(mosquitto, broker) as bedroom:
        before = len(bedroom.line.carried)
        owed = await bedroom.owes(Show.DEVIATION)
        await eventually(lambda: broker.all("home_finding"))
        [found] = broker.all("home_finding")
        assert isinstance(found, HomeFinding)
        assert (found.answer, found.check_id, found.pictures) == (Answer.IN_BED, owed.check_id, 0)
        await broker.receipts(found.session_id)
        await eventually(lambda: bedroom.gateway.counts["receipt_committed"])
        said = len(bedroom.line.carried) - before
        assert said < 4096, "bytes for one sleeper, statuses included"
        assert JPEG not in bedroom.line.carried
        assert not any(JPEG in payload for _, payload in broker.came)
        assert {word for word, _ in broker.came} == {"status", "home_finding"}
        print(f"a sleeper: {said} bytes on the line, finding {len(encode(found))} bytes, pictures 0")


async def test_every_look_is_sent_where_a_person_confirms(mosquitto: Mosquitto, broker: AtBroker) -> None:
    async with home(mosquitto, broker) as bedroom:
        await bedroom.owes(Show.ALWAYS)
        await eventually(lambda: broker.all("home_finding"))
        [picture] = broker.all("home_picture")
        [found] = broker.all("home_finding")
        assert isinstance(picture, HomePicture) and isinstance(found, HomeFinding)
        assert len(picture.frames) == found.pictures > 0 and JPEG in bedroom.line.carried
        assert [word for word, _ in broker.came if word != "status"] == ["home_picture", "home_finding"]
        print(f"confirmed by a person: {len(bedroom.line.carried)} bytes on the line")


async def test_a_fall_is_told_before_its_pictures(mosquitto: Mosquitto, broker: AtBroker) -> None:
    async with home(mosquitto, broker, "scene:fallen") as bedroom:
        await bedroom.owes(Show.DEVIATION, scene="fallen")
        await eventually(lambda: broker.all("home_picture"))
        [found] = broker.all("home_finding")
        assert isinstance(found, HomeFinding) and found.answer is Answer.SOMETHING_WRONG
        assert [word for word, _ in broker.came if word != "status"] == ["home_finding", "home_picture"]


@pytest.mark.parametrize("show", Show)
async def test_frames_of_a_wrong_number_wait_to_be_asked_for(
    mosquitto: Mosquitto, broker: AtBroker, show: Show
) -> None:
    """It is looked at once more before any person looks: not even where a person confirms do they travel before."""
    async with home(mosquitto, broker, "scene:two") as bedroom:
        await bedroom.owes(show, scene="two")
        await eventually(lambda: broker.all("home_finding"))
        [found] = broker.all("home_finding")
        assert isinstance(found, HomeFinding) and found.reasons[0] is Reason.COUNT
        assert found.pictures == 0 < found.frames_kept and JPEG not in bedroom.line.carried
        await broker.receipts(found.session_id, frames_wanted=True)
        await eventually(lambda: broker.all("home_picture"))
        [picture] = broker.all("home_picture")
        assert isinstance(picture, HomePicture) and len(picture.frames) == found.frames_kept


async def test_the_centre_may_ask_for_frames_for_a_minute(mosquitto: Mosquitto, broker: AtBroker) -> None:
    async with home(mosquitto, broker) as bedroom:
        await bedroom.owes(Show.DEVIATION)
        await eventually(lambda: broker.all("home_finding"))
        [found] = broker.all("home_finding")
        assert isinstance(found, HomeFinding)
        await broker.receipts(found.session_id, frames_wanted=True)
        await eventually(lambda: broker.all("home_picture"))
        assert len(bedroom.gateway.state.frames) == 1 and not bedroom.gateway.state.pending
        bedroom.clock.t += KEPT_S + 1
        await eventually(lambda: not len(bedroom.gateway.state.frames))


async def test_withdrawn_consent_empties_the_homes_memory(mosquitto: Mosquitto, broker: AtBroker) -> None:
    async with home(mosquitto, broker) as bedroom:
        await bedroom.owes(Show.DEVIATION)
        await eventually(lambda: broker.all("home_finding"))
        await eventually(lambda: len(bedroom.gateway.state.frames))
        await broker.says("config", Config(version=2, withdrawn=True))
        await eventually(lambda: not len(bedroom.gateway.state.frames))


async def test_a_dead_judges_home_sends_the_session(mosquitto: Mosquitto, broker: AtBroker) -> None:
    async with home(mosquitto, broker) as bedroom:
        assert bedroom.judge.pid is not None
        os.kill(bedroom.judge.pid, signal.SIGKILL)
        await eventually(lambda: not bedroom.judge.alive)
        await eventually(lambda: isinstance(said := broker.all("status")[-1], Status) and said.judge_ok is False)
        owed = await bedroom.owes(Show.DEVIATION)
        await eventually(lambda: broker.all("home_session"))
        [session] = broker.all("home_session")
        assert isinstance(session, HomeSession) and session.check_id == owed.check_id and session.frames
        assert not broker.all("home_finding") and not broker.all("session")


async def test_a_judge_that_hangs_is_not_waited_for(mosquitto: Mosquitto, broker: AtBroker) -> None:
    async with home(mosquitto, broker, judge=JudgeProcess(judge_s=0.2, again_s=600)) as bedroom:
        assert bedroom.judge.pid is not None
        os.kill(bedroom.judge.pid, signal.SIGSTOP)
        await bedroom.owes(Show.DEVIATION)
        await eventually(lambda: broker.all("home_session"))
        await eventually(lambda: not bedroom.judge.alive)


async def test_a_judge_that_died_is_started_again() -> None:
    judge = JudgeProcess(again_s=0.01)
    keeping = asyncio.create_task(judge.run())
    try:
        first = await eventually(lambda: judge.pid)
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: judge.alive and judge.pid != first)
        assert await judge.judge(b"no session") is None and judge.alive
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})


async def test_a_home_whose_row_says_centre_sends_sessions(mosquitto: Mosquitto, broker: AtBroker) -> None:
    async with home(mosquitto, broker) as bedroom:
        await bedroom.owes(Show.DEVIATION, judge=None)
        await eventually(lambda: broker.all("session"))
        [session] = broker.all("session")
        assert isinstance(session, Session) and session.frames
        assert {word for word, _ in broker.came} == {"status", "session"}
        print(f"judged by the centre: {len(bedroom.line.carried)} bytes on the line")
        assert not any(isinstance(said, Picture) for said in broker.all("picture"))
