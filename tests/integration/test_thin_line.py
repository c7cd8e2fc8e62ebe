"""A home's thin line: its session arrives in time, smaller where it has to, and its statuses are heard meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Final
from uuid import uuid4

import cv2
import numpy as np
import pytest

from fjarrtillsyn.embedded.rights import CENTRE
from gateway.core import GRACE
from gateway.service import Gateway
from gateway.session import shrink_session
from gateway.taken import Stopped, Taken
from runtime.mqtt import connect
from schemas import topics
from schemas.limits import HEARD_WITHIN_SECONDS
from schemas.messages import (
    Capture,
    Config,
    Finding,
    Frame,
    HomeFinding,
    HomePicture,
    HomeSession,
    ScheduledAttempt,
    Session,
)
from schemas.vocabulary import Answer, DeviceKind, JudgePlace, Reason, Show
from schemas.wire import decode, encode
from tests.integration.test_gateway import DEVICE, NIGHT, ORG, CentreSide, settings
from tests.integration.test_gateway import centre as centre  # a fixture, used by name
from tests.integration.test_mqtt_hardship import address
from tests.support.clients import BrokerUser, client, next_message
from tests.support.mosquitto import Mosquitto
from tests.support.thin_line import ThinLine, thin_line
from tests.support.waiting import eventually

FAST: Final = 40
"""Home seconds in one second of a test that need not be real."""
KBIT: Final = 125
"""Bytes."""
SESSION_BYTES: Final = 1_430_000
FRAMES: Final = 50


@cache
def pictures() -> tuple[Frame, ...]:
    """Return ten seconds of a camera's grainy night, 1.43 MB."""
    grain = np.random.default_rng(11)
    night = np.full((480, 640), 90.0)
    shown = [np.clip(night + grain.normal(0, 9, night.shape), 0, 255).astype(np.uint8) for _ in range(FRAMES)]
    wanted = SESSION_BYTES // FRAMES
    quality = min(
        range(30, 96, 5),
        key=lambda q: abs(len(cv2.imencode(".jpg", shown[0], [cv2.IMWRITE_JPEG_QUALITY, q])[1]) - wanted),
    )
    made = (cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes() for picture in shown)
    return tuple(Frame(ms=number * 200, jpeg=jpeg) for number, jpeg in enumerate(made))


class GrainyCamera:
    """A camera whose session is as large as a home's gets."""

    kind = DeviceKind.CAMERA

    def take(self, seconds: int, capture: Capture, stopped: Stopped) -> Taken:
        return Taken(frames=pictures())

    def fault(self) -> str | None:
        return None

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        return iter(())


class FindsSomebodyFallen:
    """A judge beside the gateway that answers each session so."""

    alive = True

    async def judge(self, payload: bytes) -> bytes:
        session = decode(Session, payload)
        return encode(
            Finding(
                session_id=session.session_id,
                org=session.org,
                device=session.device,
                check_id=session.check_id,
                attempt=session.attempt,
                answer=Answer.SOMETHING_WRONG,
                reasons=(Reason.ON_FLOOR,),
            )
        )


class Breaks(FindsSomebodyFallen):
    async def judge(self, payload: bytes) -> bytes:
        raise RuntimeError


class HomeOnALine:
    """A gateway behind a line, what the centre heard of it, and when, by the home's own time of day."""

    def __init__(self, gateway: Gateway, line: ThinLine, centre: CentreSide, speed: float) -> None:
        self.gateway, self.line, self.centre, self.speed = gateway, line, centre, speed
        self.heard: list[datetime] = []

    def monotonic(self) -> float:
        return time.monotonic() * self.speed

    def now(self) -> datetime:
        return self.gateway.state.clock(self.monotonic()) or NIGHT

    async def arrival(self, deadline_s: float, came: Callable[[], object] | None = None) -> datetime:
        """Return when the session arrived, or *came*; note each status on the way."""

        def arrived() -> bool:
            if len(self.centre.statuses) > len(self.heard):
                self.heard += [self.now()] * (len(self.centre.statuses) - len(self.heard))
            return bool(came() if came is not None else self.centre.sessions)

        await eventually(arrived, deadline_s)
        return self.now()

    @property
    def longest_silence(self) -> float:
        """The longest time between two statuses, in seconds of the home."""
        return max((later - earlier).total_seconds() for earlier, later in pairwise([*self.heard, self.now()]))


@asynccontextmanager
async def home_on(
    mosquitto: Mosquitto,
    centre: CentreSide,
    kbit: float,
    open_for: timedelta,
    speed: float,
    judge: FindsSomebodyFallen | None = None,
) -> AsyncIterator[HomeOnALine]:
    """Yield a home whose line carries *kbit* kbit/s of its own time, and which has begun the one look that it owes."""
    owed = ScheduledAttempt(
        check_id=uuid4(), attempt=1, opens_at=NIGHT, closes_at=NIGHT + open_for, seconds=10, show=Show.ALWAYS
    )
    async with thin_line(mosquitto.host, mosquitto.port, kbit * KBIT * speed) as line:
        far = settings(mosquitto).model_copy(update={"mqtt_port": line.port})
        home = HomeOnALine(
            Gateway(far, GrainyCamera(), judge=judge, monotonic=lambda: time.monotonic() * speed, chance=lambda: 0.5, tick_s=0.5 / speed),
            line, centre, speed,
        )  # fmt: skip
        work = asyncio.create_task(home.gateway.run())
        try:
            await centre.says(
                "config", Config(version=1, attempts=(owed,), judge=JudgePlace.HOME if judge else None), retain=True
            )
            await eventually(lambda: home.gateway.state.config)
            await centre.pulses()
            await eventually(lambda: home.gateway.state.clock(0.0))
            yield home
        finally:
            home.gateway.unplug()
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


def test_the_session_is_as_large_as_a_homes_gets() -> None:
    assert SESSION_BYTES * 0.9 < sum(len(frame.jpeg) for frame in pictures()) < SESSION_BYTES * 1.05


@pytest.mark.parametrize(("kbit", "minutes", "tries"), [(80, 10, 2), (90, 2, 2), (200, 10, 1), (400, 10, 1)], ids=str)
async def test_a_session_arrives_in_time_over_a_thin_line(
    mosquitto: Mosquitto, centre: CentreSide, kbit: int, minutes: int, tries: int
) -> None:
    open_for = timedelta(minutes=minutes)
    async with home_on(mosquitto, centre, kbit, open_for, FAST) as home:
        arrived = await home.arrival(45)
        assert arrived < NIGHT + open_for + GRACE
        assert home.gateway.counts["too_slow"] == tries - 1
        frames = len(centre.sessions[0].frames)
        assert frames == FRAMES if tries == 1 else 25 <= frames < FRAMES
        await eventually(lambda: home.gateway.counts["sent"])
        assert home.longest_silence < HEARD_WITHIN_SECONDS


async def test_a_fall_is_told_before_its_pictures_have_come(mosquitto: Mosquitto, centre: CentreSide) -> None:
    found: list[HomeFinding] = []
    shown: list[HomePicture] = []

    async def listen(link: BrokerUser) -> None:
        async for message in link.messages():
            if str(message.topic).endswith("home_finding"):
                found.append(decode(HomeFinding, message.payload))
            else:
                shown.append(decode(HomePicture, message.payload))

    async with client(mosquitto, CENTRE) as link:
        await link.subscribe(topics.every("home_finding"), topics.every("home_picture"))
        listening = asyncio.create_task(listen(link))
        async with home_on(mosquitto, centre, 80, timedelta(minutes=10), FAST, FindsSomebodyFallen()) as home:
            assert await home.arrival(45, lambda: found) < NIGHT + timedelta(seconds=60)
            assert not shown and not centre.sessions
            await home.arrival(45, lambda: shown)
            assert 25 <= len(shown[0].frames) < found[0].pictures == FRAMES
            assert home.longest_silence < HEARD_WITHIN_SECONDS
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_a_session_that_breaks_on_its_way_is_tried_again(
    mosquitto: Mosquitto, centre: CentreSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = iter((MemoryError(), None))

    def shrink(payload: bytes, most: int) -> tuple[bytes, bool]:
        if error := next(ways, None):
            raise error
        return shrink_session(payload, most)

    monkeypatch.setattr("gateway.uplink.shrink_session", shrink)
    async with home_on(mosquitto, centre, 80, timedelta(minutes=10), FAST) as home:
        await home.arrival(45)
        assert home.gateway.counts["broken"] == 1 and len(centre.sessions[0].frames) < FRAMES


async def test_a_judge_that_breaks_is_none(mosquitto: Mosquitto, centre: CentreSide) -> None:
    async with client(mosquitto, CENTRE) as link:
        await link.subscribe(topics.every("home_session"), topics.every("home_finding"))
        async with home_on(mosquitto, centre, 100_000, timedelta(minutes=10), FAST, Breaks()):
            message = await next_message(link)
        assert len(decode(HomeSession, message.payload).frames) == FRAMES


@pytest.mark.long
@pytest.mark.parametrize("kbit", [30, 90, 200, 400])
async def test_a_session_arrives_in_real_time(mosquitto: Mosquitto, centre: CentreSide, kbit: int) -> None:
    async with home_on(mosquitto, centre, kbit, timedelta(minutes=10), 1) as home:
        began = home.now()
        arrived = await home.arrival(600)
        size = len(encode(centre.sessions[0]))
        print(
            f"{kbit} kbit/s: {size} bytes, {len(centre.sessions[0].frames)} frames after {(arrived - began).total_seconds():.0f} s,"
            f" {home.gateway.counts['too_slow']} given up, longest silence {home.longest_silence:.0f} s"
        )
        assert arrived < NIGHT + timedelta(minutes=10) + GRACE
        assert home.longest_silence < HEARD_WITHIN_SECONDS


async def test_bytes_that_still_move_are_life(mosquitto: Mosquitto) -> None:
    """All of it has left this process long before the broker has it; an acknowledgement is not late before that."""
    async with thin_line(mosquitto.host, mosquitto.port, 200_000) as line:
        through = replace(address(mosquitto), host=line.host, port=line.port)
        async with connect(through, "centre-1", ack_s=0.3) as connection:
            began = time.monotonic()
            await connection.publish(topics.of(ORG, DEVICE, "config"), bytes(250_000), qos=1)
            assert time.monotonic() - began > 2 * 0.3
            taken = connection.taken_bytes
            assert taken is not None and taken > 250_000
