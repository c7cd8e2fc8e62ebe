"""Two replicas of the centre as processes on one real database, broker and provider, for what one does when the other is lost."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

import aiohttp
from aiohttp import web

from alarm_center.core.alarm.state import Alarm
from alarm_center.store.events import CHANNEL
from alarm_center.store.memory import Memory, now
from fjarrtillsyn.embedded.ports import HOST, free_port
from fjarrtillsyn.embedded.postgres import postgres
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from fjarrtillsyn.embedded.twilio_api import TwilioApi
from schemas.vocabulary import Priority
from tests.support import busy_town, town_file
from tests.support.by_hand import raise_manual_alarm
from tests.support.half_open import HalfOpenLink, half_open_link
from tests.support.mosquitto import Mosquitto
from tests.support.parts import ServiceProcess
from tests.support.postgres import fresh_database, make_template
from tests.support.waiting import eventually

ORG: Final = "ost"
_STARTS_WITHIN: Final = 60.0


@dataclass(slots=True)
class BenchReplica:
    """One process of the centre; its callbacks' address says which one has sent an SMS."""

    name: str
    part: ServiceProcess
    url: str

    async def is_ready(self) -> bool:
        """Tell whether the replica is ready; raise where it has ended."""
        assert self.part.running, f"replica {self.name} has ended: {self.part.wrote()}"
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self.part.start()
        await eventually(self.is_ready, _STARTS_WITHIN)


@dataclass(slots=True)
class HoldingProvider(TwilioApi):
    """The provider's stand-in, which may hold the next SMS: ``before`` it is taken, or ``after``, without an answer."""

    hold: str | None = None
    hold_of: str = ""
    """The address of the only replica whose SMS is held; empty: of any."""
    held_by: str | None = None
    """The address of the replica whose SMS is held."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    taken_at: dict[str, float] = field(default_factory=dict)
    """By sid, the monotonic second when each SMS was taken."""

    async def _take(self, request: web.Request, into: "list[Any]", prefix: str) -> web.StreamResponse:
        hold, sms = self.hold, prefix == "SM"
        if hold is not None and sms:
            form = await request.post()
            sender = str(form.get("StatusCallback", "")).partition("/hooks")[0]
            if self.hold_of not in ("", sender):
                return await self._taken(request, into, prefix)
            self.hold, self.held_by = None, sender
            if hold == "before":
                self.reached.set()
                await asyncio.Event().wait()
        answer = await self._taken(request, into, prefix)
        if hold == "after" and sms:
            self.reached.set()
            await asyncio.Event().wait()
        return answer

    async def _taken(self, request: web.Request, into: "list[Any]", prefix: str) -> web.StreamResponse:
        answer = await TwilioApi._take(self, request, into, prefix)
        if prefix == "SM":
            self.taken_at[self.messages[-1].sid] = time.monotonic()
        return answer

    def of_case(self, alarm: Alarm) -> "list[Any]":
        """Return the SMS that ask somebody to take the case."""
        return [sms for sms in self.messages if sms.body is not None and sms.body.startswith(f"Larm {alarm.case_no} ")]


@dataclass(slots=True)
class TwoReplicas:
    """BenchReplica ``a`` reaches the database through ``link``, replica ``b`` and this process directly."""

    memory: Memory
    provider: HoldingProvider
    link: HalfOpenLink
    a: BenchReplica
    b: BenchReplica
    residents: list[UUID]

    async def raise_alarm(self) -> tuple[Alarm, float]:
        """Raise a priority 1 for the next resident; return it and the monotonic second before it was raised."""
        began = time.monotonic()
        alarm = await raise_manual_alarm(self.memory, self.residents.pop(), Priority(1), actor="bench")
        return alarm, began

    async def tell(self) -> None:
        """Give both replicas the hint that a commit of the service gives."""
        async with self.memory.transaction() as tx:
            await tx.execute("select pg_notify($1, '')", CHANNEL)

    async def close_all(self) -> None:
        """End every alarm past the service: the next run begins with none, and nobody is asked again."""
        async with self.memory.transaction() as tx:
            await tx.execute(
                "update alarms set state = 'closed', next_step_at = null, seeks = false, outcome = 'nothing_wrong', closed_at = clock.now()"
                " where state <> 'closed'"
            )

    async def message_of(self, alarm: Alarm) -> "dict[str, Any]":
        """Return the row of the case's first SMS."""
        async with self.memory.transaction() as tx:
            row = await tx.fetchrow(
                "select state, provider_id, sent_twice from messages where alarm_id = $1 and channel = 'sms' order by created_at limit 1",
                alarm.alarm_id,
            )
        assert row is not None
        return dict(row)


@asynccontextmanager
async def two_replicas(residents: int) -> AsyncIterator[TwoReplicas]:
    """Yield both, ready, in a town of *residents*."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        server = await stack.enter_async_context(postgres(throwaway=True))
        await asyncio.to_thread(make_template, server)
        fresh = fresh_database(server)
        database = await asyncio.to_thread(fresh.__enter__)
        stack.push_async_callback(asyncio.to_thread, fresh.__exit__, None, None, None)
        mosquitto = Mosquitto(folder, {user: "word" for user in (CENTRE, DETECTOR)})
        await asyncio.to_thread(mosquitto.start)
        stack.push_async_callback(asyncio.to_thread, mosquitto.stop)
        provider = HoldingProvider()
        await stack.enter_async_context(provider.running())
        memory = await Memory.open(database.worker)
        stack.push_async_callback(memory.close)
        link = await stack.enter_async_context(half_open_link(database.worker))
        replicas = []
        for name, urls in (("a", (link.dsn, link.through(database.web))), ("b", (database.worker, database.web))):
            replica = _replica(name, (*urls, database.sign_in, database.planner), mosquitto, provider, folder)
            stack.callback(replica.part.kill)
            replicas.append(replica)
        homes = await _town(memory, residents)
        await asyncio.gather(*(replica.start() for replica in replicas))
        yield TwoReplicas(memory, provider, link, replicas[0], replicas[1], homes)


async def _town(memory: Memory, count: int) -> list[UUID]:
    await busy_town.found(memory, ORG)
    async with memory.transaction() as tx:
        # The one that was founded with the town has a check that is due at once: this measures no checks.
        await tx.execute("update residents set moved_at = clock.now()")
        homes = [town_file.home(number) for number in range(2, count + 2)]
        await town_file.extend(tx, ORG, await now(tx) - timedelta(days=1), residents=homes)
        return [
            row["resident_id"] for row in await tx.fetch("select resident_id from residents where moved_at is null")
        ]


def _replica(
    name: str, urls: tuple[str, str, str, str], mosquitto: Mosquitto, provider: TwilioApi, folder: Path
) -> BenchReplica:
    port = free_port()
    env = {
        **os.environ,
        "FJT_REPLICA": name,
        "FJT_DATABASE_URL": urls[0],
        "FJT_DATABASE_URL_WEB": urls[1],
        "FJT_DATABASE_URL_SIGN_IN": urls[2],
        "FJT_DATABASE_URL_PLANNER": urls[3],
        "FJT_MQTT_HOST": HOST,
        "FJT_MQTT_PORT": str(mosquitto.port),
        "FJT_MQTT_USER": CENTRE,
        "FJT_MQTT_PASSWORD": mosquitto.passwords[CENTRE],
        "FJT_HTTP_PORT": str(port),
        "FJT_PUBLIC_URL": f"http://{HOST}:{port}",
        "FJT_PROVIDER": "twilio",
        "FJT_TWILIO_BASE_URL": provider.url,
        "FJT_TWILIO_ACCOUNT_SID": provider.account_sid,
        "FJT_TWILIO_AUTH_TOKEN": provider.auth_token,
        "FJT_SMS_PER_SECOND": "1000",
    }
    part = ServiceProcess([sys.executable, "-m", "alarm_center"], env, folder / f"{name}.log", cold=True)
    return BenchReplica(name, part, f"http://{HOST}:{port}")
