"""Builds one replica of the alarm centre: every part under a typed key, owned by a ``cleanup_ctx``, in one aiohttp app.

The order is the order of need: memory, broker, the loops that use both, and the pages on top. A loop that ends by
itself makes the replica unhealthy, so that whoever runs it starts a new one; the memory has lost nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from alarm_center import metrics, timeline
from alarm_center.chosen_provider import make_provider, provider_hooks
from alarm_center.clockwork import Clockwork
from alarm_center.devices.hearing import Hearing
from alarm_center.devices.mqtt import Address, Broker
from alarm_center.devices.publisher import Publisher
from alarm_center.inbox import Inbox
from alarm_center.outbox import Outbox
from alarm_center.pictures import Pictures
from alarm_center.providers import Provider
from alarm_center.rounds import Rounds
from alarm_center.settings import Settings
from alarm_center.stand_in import StandIn
from alarm_center.store import hints
from alarm_center.store.memory import Memory
from alarm_center.web import live
from alarm_center.web.app import build_web
from alarm_center.web.settings import WebSettings
from schemas import topics

log = structlog.get_logger()

_GROUP: Final = "centre"
_STALE_CYCLE_SECONDS: Final = 15.0
_STARTS_WITHIN_SECONDS: Final = 60.0
"""A broker that is started together with us is there by then."""
_NO_BROKER: Final = "no broker"
_STOPS_WITHIN_SECONDS: Final = 20.0
"""Longer than the outbox takes to end what it is sending."""


@dataclass(slots=True)
class Centre:
    """One replica's parts, for the loops, the pages and the tests."""

    settings: Settings
    memory: Memory
    web_memory: Memory
    broker: Broker
    inbox: Inbox
    clockwork: Clockwork
    publisher: Publisher
    pictures: Pictures
    timeline: timeline.Timeline
    outbox: Outbox
    provider: Provider
    rounds: Rounds
    stand_in: StandIn
    began: float = field(default_factory=time.monotonic)
    broken: str | None = None
    """The loop that ended by itself."""
    failed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with it."""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def wake(self) -> None:
        """Something was committed: let every loop of this replica look at once."""
        for part in (self.clockwork, self.publisher, self.timeline, self.outbox):
            part.wake()

    def came_back(self, at: datetime) -> None:
        """This replica has its broker again since *at*: no device counts as lost for three minutes after."""
        self.clockwork.since = at
        self.rounds.since = at

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run a loop until :meth:`stop`."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        self.broken = task.get_name()
        self.failed.set()
        log.critical("loop_ended", loop=self.broken, error=repr(task.exception()))

    async def stop(self) -> None:
        """End every loop, telling again whichever a library has kept from hearing it."""
        pending = {task for task in self._tasks if not task.done()}
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=_STOPS_WITHIN_SECONDS)

    def trouble(self) -> list[str]:
        """Return what keeps this replica from doing its work, in words; empty when it is ready."""
        found: list[str] = []
        if self.broken:
            found.append(f"the loop {self.broken} has ended")
        if not self.broker.connected.is_set():
            found.append(_NO_BROKER)
        if time.monotonic() - self.clockwork.last_cycle > _STALE_CYCLE_SECONDS:
            found.append("the clockwork has not cycled for 15 s")
        if time.monotonic() - self.outbox.last_cycle > _STALE_CYCLE_SECONDS:
            found.append("the outbox has not cycled for 15 s")
        if self.rounds.unwritable is not None:
            found.append(self.rounds.unwritable)
        return found

    def silence(self) -> list[str]:
        """Return why no sign of life is to be sent: the same, and cases that cannot be stepped, here or anywhere."""
        stuck = self.clockwork.stuck()
        return self.trouble() + ([f"{len(stuck)} checks or alarms cannot be stepped"] if stuck else [])

    def starting(self) -> bool:
        """Whether this replica is new and lacks nothing but its first connection to the broker."""
        young = time.monotonic() - self.began < _STARTS_WITHIN_SECONDS
        return young and self.broker.connections == 0 and self.silence() == [_NO_BROKER]


CENTRE: Final = web.AppKey("centre", Centre)


async def open_centre(settings: Settings, provider: Provider | None = None) -> Centre:
    """Connect to the database and lay the parts together; nothing runs yet.

    Raises:
        OSError, asyncpg.PostgresError: the database is not there, or does not know the roles.
    """
    memory = await Memory.open(settings.database_url.get_secret_value(), size=settings.database_pool)
    web_memory = await Memory.open(settings.database_url_web.get_secret_value(), size=settings.database_pool)
    # What a page commits wakes the same loops.
    web_memory.changed = memory.changed
    password = settings.mqtt_password.get_secret_value() if settings.mqtt_password else None
    address = Address(settings.mqtt_host, settings.mqtt_port, settings.mqtt_user, password, settings.mqtt_tls)
    broker = Broker(address, f"centre-{settings.replica}")
    pictures = Pictures(settings.picture_bytes, time.monotonic)
    clockwork = Clockwork(memory, settings.tick_seconds)
    provider = provider or make_provider(settings, memory)
    inbox = Inbox(memory, Hearing(memory, settings.heard_seconds))
    centre = Centre(
        settings=settings,
        memory=memory,
        web_memory=web_memory,
        broker=broker,
        inbox=inbox,
        clockwork=clockwork,
        publisher=Publisher(memory, broker, settings.pulse_seconds),
        pictures=pictures,
        timeline=timeline.Timeline(memory, pictures),
        outbox=Outbox(memory, provider),
        provider=provider,
        rounds=Rounds(memory, settings, other_roles=(web_memory,)),
        stand_in=StandIn(memory, broker, inbox, pictures),
    )
    _subscribe(centre)
    centre.publisher.on_connection.append(centre.came_back)
    centre.rounds.came_back = centre.came_back
    centre.rounds.trouble = centre.silence
    centre.rounds.starting = centre.starting
    return centre


def _subscribe(centre: Centre) -> None:
    share = _GROUP if centre.settings.mqtt_shared else None
    heard = centre.broker.subscriptions
    heard[topics.every("finding", share=share)] = (1, centre.inbox.on_finding)
    heard[topics.every("status", share=share)] = (1, centre.inbox.on_status)
    heard[f"{topics.DETECTORS}/+"] = (1, centre.inbox.on_detector)
    # Never shared: every replica has to have what its own operators look at.
    heard[topics.every("picture")] = (0, centre.pictures.on_picture)
    heard[topics.every("live")] = (0, centre.pictures.on_live)


def make_app(centre: Centre) -> web.Application:
    """Return the application that runs *centre*: loops, pages, webhooks, health and metrics."""
    phones = centre.provider if centre.settings.training else None
    app = build_web(centre.web_memory, centre.pictures, WebSettings.of(centre.settings), phones)  # type: ignore[arg-type]
    app[CENTRE] = centre
    centre.timeline.listeners.append(app[live.HINTS].wake)
    app.add_routes(provider_hooks(centre.settings, centre.memory))
    app.add_routes([web.get("/healthz", _healthz), web.get("/readyz", _readyz), web.get("/metrics", _metrics)])
    app.cleanup_ctx.append(_running)
    return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    centre = app[CENTRE]
    centre.clockwork.last_cycle = centre.outbox.last_cycle = time.monotonic()
    # Before any loop asks who is silent: nobody could be heard while nobody listened.
    centre.came_back(await centre.memory.now())
    centre.start("broker", centre.broker.run())
    centre.start("hints", timeline.pass_hints_on(centre.memory, centre.wake))
    centre.start("listen", hints.listen(centre.memory.dsn, centre.wake))
    centre.start("timeline", centre.timeline.run())
    centre.start("clockwork", centre.clockwork.run())
    centre.start("publisher", centre.publisher.run())
    centre.start("pulse", centre.publisher.run_pulse())
    centre.start("outbox", centre.outbox.run())
    centre.start("rounds", centre.rounds.run())
    centre.start("stand_in", centre.stand_in.run())
    centre.start("hearing", centre.inbox.hearing.run())
    yield
    await centre.stop()
    await centre.web_memory.close()
    await centre.memory.close()


async def _healthz(request: web.Request) -> web.Response:
    """200 while the process can go on; 503 asks for a new one."""
    broken = request.app[CENTRE].broken
    return web.json_response({"ok": broken is None, "broken": broken}, status=503 if broken else 200)


async def _readyz(request: web.Request) -> web.Response:
    """200 while this replica does its work; 503 with the reasons in words."""
    trouble = request.app[CENTRE].trouble()
    return web.json_response({"ready": not trouble, "trouble": trouble}, status=503 if trouble else 200)


async def _metrics(request: web.Request) -> web.Response:
    metrics.BROKER.set(float(request.app[CENTRE].broker.connected.is_set()))
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
