"""From a session that a home publishes to the SMS at the provider's door, beside the same bytes to a bare subscriber.

The parts are those of a night: Mosquitto, PostgreSQL, one detector and one centre as processes, and a local server that
speaks Twilio's API. Each session is a fall of a resident of its own, one after the other, as on a calm night.
"""

import asyncio
import logging
import statistics
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

import structlog

from alarm_center.preparation import planning
from drawn_homes import draw, profile
from fjarrtillsyn.embedded.postgres import Postgres, running_postgres
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from fjarrtillsyn.embedded.twilio_api import TwilioApi
from schemas import topics, wire
from schemas.messages import Frame, Profile, Session
from schemas.vocabulary import DeviceKind
from tests.support.busy_town import heard, residents
from tests.support.clients import BrokerUser, client
from tests.support.mosquitto import Mosquitto
from tests.support.parts import ORG, RunningTown, night
from tests.support.postgres import Database, fresh_database, make_template
from tests.support.waiting import eventually

SESSIONS: Final = 60
_WARM: Final = 3
"""Sent first and not counted: connections and plans are made then."""
_DEVICES: Final = tuple(f"{ORG}-{number}" for number in range(1, SESSIONS + _WARM + 1))


def run() -> list[dict[str, Any]]:
    """Return the median and the 99th percentile, ms, each beside the bare broker's."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with running_postgres(throwaway=True) as server, TemporaryDirectory() as folder:
        make_template(server)
        passwords = {user: "word" for user in (CENTRE, DETECTOR, *(f"{ORG}/{device}" for device in _DEVICES))}
        mosquitto = Mosquitto(Path(folder), passwords)
        mosquitto.start()
        try:
            with fresh_database(server) as database:
                bare, whole = asyncio.run(_measure(database, server, mosquitto, Path(folder)))
        finally:
            mosquitto.stop()
    return [_row("session_to_sms", whole, bare, 50), _row("session_to_sms_p99", whole, bare, 99)]


def _row(name: str, whole: list[float], bare: list[float], percent: int) -> dict[str, Any]:
    value, baseline = (statistics.quantiles(times, n=100, method="inclusive")[percent - 1] for times in (whole, bare))
    return {
        "name": name,
        "value": round(value, 1),
        "unit": "ms",
        "baseline": round(baseline, 2),
        "ratio": round(value / baseline, 1),
    }


async def _measure(
    database: Database, server: Postgres, mosquitto: Mosquitto, folder: Path
) -> tuple[list[float], list[float]]:
    async with AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(TwilioApi().running())
        env = {"FJT_SMS_PER_SECOND": "1000"}
        town = await stack.enter_async_context(
            night(database, server, mosquitto, folder, twilio=twilio, centre_env=env)
        )
        payloads = await _payloads(town)
        bare = [await _to_a_subscriber(mosquitto, *each) for each in payloads]
        await town.start_centre()
        await town.start_detector()
        await heard(town.memory)
        await eventually(lambda: _all_open(town), 30)
        whole = [await _to_the_sms(mosquitto, twilio, *each) for each in payloads]
        assert await town.value("select count(*) from messages") == len(payloads), "one SMS for each fall"
        return bare[_WARM:], whole[_WARM:]


async def _payloads(town: RunningTown) -> list[tuple[str, str, bytes]]:
    """Return device, topic and bytes of a fall for each resident's own check."""
    async with town.memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas")
        await residents(tx, ORG, area, numbers=range(2, len(_DEVICES) + 1), due_in=timedelta(minutes=1))
    await planning.plan_all_towns(town.memory)
    frames = tuple(Frame(ms=i * 200, jpeg=jpeg) for i, jpeg in enumerate(draw("fallen", 1, 10.0, 5.0)))
    room = Profile.model_validate(profile("fallen"))
    made: list[tuple[str, str, bytes]] = []
    for device in _DEVICES:
        check_id: UUID
        check_id, opens_at = (
            await town.rows("select check_id, opens_at from checks where device_id = $1 order by opens_at", device)
        )[0]
        session = Session(
            session_id=check_id.hex, org=ORG, device=device, kind=DeviceKind.CAMERA, check_id=check_id, attempt=1,
            started_at=opens_at, seconds=10, profile=room, frames=frames,
        )  # fmt: skip
        made.append((device, topics.of(ORG, device, "session", session.session_id), wire.encode(session)))
    return made


async def _all_open(town: RunningTown) -> bool:
    return bool(await town.value("select count(*) from checks where state = 'open'") == len(_DEVICES))


async def _to_a_subscriber(mosquitto: Mosquitto, device: str, topic: str, payload: bytes) -> float:
    """Return the milliseconds from the publish to the bare subscriber's having it."""
    async with client(mosquitto, CENTRE) as subscriber, client(mosquitto, f"{ORG}/{device}") as home:
        await subscriber.subscribe(topic, qos=1)
        arrived = asyncio.create_task(_next(subscriber))
        began = time.perf_counter()
        await home.publish(topic, payload, qos=1)
        return (await arrived - began) * 1000


async def _next(subscriber: BrokerUser) -> float:
    async with asyncio.timeout(10):
        await anext(subscriber.messages())
        return time.perf_counter()


async def _to_the_sms(mosquitto: Mosquitto, twilio: TwilioApi, device: str, topic: str, payload: bytes) -> float:
    """Return the milliseconds from the publish to the POST of its SMS."""
    before = len(twilio.messages)
    async with client(mosquitto, f"{ORG}/{device}") as home:
        began = datetime.now(UTC)
        await home.publish(topic, payload, qos=1)
        async with asyncio.timeout(30), twilio.changed:
            await twilio.changed.wait_for(lambda: len(twilio.messages) > before)
    assert len(twilio.messages) == before + 1
    return (twilio.messages[-1].made_at - began).total_seconds() * 1000
