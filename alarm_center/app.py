"""One replica of the alarm centre: opens its parts, subscribes to topics, runs the loops, answers health and metrics.

Parts are opened in the order of need: memory, broker, the loops that use both, and the pages on top. A loop that ends by
itself makes the replica unhealthy, so that its supervisor starts a new one. The memory has lost nothing.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from alarm_center import message_reader, metrics, start_checks, timeline
from alarm_center.clockwork import Clockwork
from alarm_center.detector_fallback import DetectorFallback
from alarm_center.devices.last_heard import LastHeard
from alarm_center.devices.publisher import Publisher
from alarm_center.inbox import Inbox
from alarm_center.outbox import Outbox
from alarm_center.periodic import PeriodicJobs
from alarm_center.pictures import Pictures
from alarm_center.providers import Provider
from alarm_center.settings import CentreSettings
from alarm_center.store import hints
from alarm_center.store.memory import Memory
from alarm_center.web import stream
from alarm_center.web.app import WebMemories, build_web
from alarm_center.web.app_keys import Phones
from alarm_center.web.route_access import Opening, open_to
from alarm_center.web.settings import WebSettings
from runtime.mqtt import MqttClient
from schemas import topics

log = structlog.get_logger()

_GROUP: Final = "centre"
_STALE_CYCLE_SECONDS: Final = 15.0
_STARTS_WITHIN_SECONDS: Final = 60.0
"""A broker that is started together with us is there by then."""
_NO_BROKER: Final = "no broker"
_SMALL_POOLS: Final = {"database_url_sign_in": 4, "database_url_planner": 4}
_STOPS_WITHIN_SECONDS: Final = 20.0
"""Longer than the outbox takes to end what it is sending."""


@dataclass(slots=True)
class Centre:
    """One replica's parts, for the loops, the pages and the tests."""

    settings: CentreSettings
    memory: Memory
    web_memory: Memory
    sign_in_memory: Memory
    planner_memory: Memory
    broker: MqttClient
    inbox: Inbox
    clockwork: Clockwork
    publisher: Publisher
    pictures: Pictures
    timeline: timeline.TimelineReader
    outbox: Outbox
    provider: Provider
    jobs: PeriodicJobs
    fallback: DetectorFallback
    began: float = field(default_factory=time.monotonic)
    broken: str | None = None
    """The loop that ended by itself."""
    failed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with it."""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def wake(self) -> None:
        """Have every loop of this replica look at once, after a commit."""
        for part in (self.clockwork, self.publisher, self.timeline, self.outbox):
            part.wake()

    def mark_return(self, at: datetime) -> None:
        """Note that this replica has its broker again since *at*: no device counts as lost for three minutes after."""
        self.clockwork.since = at
        self.jobs.since = at

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
        log.critical("loop_ended", loop=self.broken, exc_info=task.exception())

    async def stop(self) -> None:
        """End every loop; one whose cancellation a library has swallowed is cancelled again."""
        pending = {task for task in self._tasks if not task.done()}
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=_STOPS_WITHIN_SECONDS)

    def trouble(self) -> list[str]:
        """Return the reasons that keep this replica from its work, in words; empty when it is ready."""
        found: list[str] = []
        if self.broken:
            found.append(f"the loop {self.broken} has ended")
        if not self.broker.connected.is_set():
            found.append(_NO_BROKER)
        if time.monotonic() - self.clockwork.last_cycle > _STALE_CYCLE_SECONDS:
            found.append("the clockwork has not cycled for 15 s")
        if time.monotonic() - self.outbox.last_cycle > _STALE_CYCLE_SECONDS:
            found.append("the outbox has not cycled for 15 s")
        if self.jobs.unwritable is not None:
            found.append(self.jobs.unwritable)
        return found

    def heartbeat_trouble(self) -> list[str]:
        """Return the reasons to send no sign of life: those of :meth:`trouble`, and cases that cannot be stepped."""
        stuck = self.clockwork.stuck_cases()
        return self.trouble() + ([f"{len(stuck)} checks or alarms cannot be stepped"] if stuck else [])

    def is_starting(self) -> bool:
        """True if this replica is new and lacks nothing but its first connection to the broker."""
        young = time.monotonic() - self.began < _STARTS_WITHIN_SECONDS
        return young and self.broker.connections == 0 and self.heartbeat_trouble() == [_NO_BROKER]


CENTRE: Final = web.AppKey("centre", Centre)


async def open_centre(settings: CentreSettings, provider: Provider, second: Provider | None = None) -> Centre:
    """Connect to the database and build the parts of a replica, whose SMS and calls *provider* carries; nothing runs yet.

    *second* carries them for towns that choose it, and where a town's own provider is away.

    Raises:
        OSError, asyncpg.PostgresError: the database is not there, or does not know the roles.
        BadSettings: a role of the database may more than the service's own, or people are real and something is missing.
    """
    memory, web_memory, sign_in_memory, planner_memory = await _open_memories(settings)
    # What a page commits wakes the same loops.
    web_memory.changed = planner_memory.changed = memory.changed
    broker = MqttClient(
        settings.broker,
        f"centre-{settings.replica}",
        on_retained=message_reader.refuse_retained,
        on_given_up=message_reader.count_given_up,
    )
    pictures = Pictures(settings.picture_bytes, time.monotonic)
    clockwork = Clockwork(memory, settings.tick_seconds)
    inbox = Inbox(memory, LastHeard(memory, settings.heard_seconds))
    centre = Centre(
        settings=settings,
        memory=memory,
        web_memory=web_memory,
        sign_in_memory=sign_in_memory,
        planner_memory=planner_memory,
        broker=broker,
        inbox=inbox,
        clockwork=clockwork,
        publisher=Publisher(memory, broker, settings.pulse_seconds),
        pictures=pictures,
        timeline=timeline.TimelineReader(memory, pictures),
        outbox=Outbox(memory, provider, second),
        provider=provider,
        jobs=PeriodicJobs(memory, settings, other_roles=(web_memory, sign_in_memory, planner_memory)),
        fallback=DetectorFallback(memory, broker, inbox, pictures),
    )
    _subscribe(centre)
    centre.publisher.on_connection.append(centre.mark_return)
    centre.jobs.on_return = centre.mark_return
    centre.jobs.trouble = centre.heartbeat_trouble
    centre.jobs.starting = centre.is_starting
    return centre


async def _open_memories(settings: CentreSettings) -> tuple[Memory, Memory, Memory, Memory]:
    """Return the memory as the worker, as the pages, as the sign-in and as the planner, all opened or none."""
    addresses = {
        "database_url": settings.database_url,
        "database_url_web": settings.database_url_web,
        "database_url_sign_in": settings.database_url_sign_in,
        "database_url_planner": settings.database_url_planner,
    }
    memories: dict[str, Memory] = {}
    async with AsyncExitStack() as opened:
        for name, address in addresses.items():
            size = _SMALL_POOLS.get(name, settings.database_pool)
            memories[name] = await Memory.open(address.get_secret_value(), size=size)
            opened.push_async_callback(memories[name].close)
        await start_checks.refuse_wide_roles(memories)
        if settings.live:
            await start_checks.refuse_unready(memories["database_url"], rollout=settings.rollout)
        opened.pop_all()
    worker, pages, sign_in, planner = memories.values()
    return worker, pages, sign_in, planner


def _subscribe(centre: Centre) -> None:
    share = _GROUP if centre.settings.mqtt_shared else None
    heard = centre.broker.subscriptions
    heard[topics.every("finding", share=share)] = (1, centre.inbox.on_finding)
    heard[topics.every("home_finding", share=share)] = (1, centre.inbox.on_home_finding)
    heard[topics.every("status", share=share)] = (1, centre.inbox.on_status)
    heard[f"{topics.DETECTORS}/+"] = (1, centre.fallback.receive_sign_of_life)
    # Never shared: every replica has to have what its own operators look at.
    heard[topics.every("picture")] = (0, centre.pictures.on_picture)
    heard[topics.every("home_picture")] = (0, centre.pictures.on_home_picture)
    heard[topics.every("home_session")] = (1, centre.fallback.receive_home_session)
    heard[topics.every("live")] = (0, centre.pictures.on_live)


def make_app(centre: Centre, hooks: Iterable[web.RouteDef] = (), phones: Phones | None = None) -> web.Application:
    """Return the application that runs *centre*: loops, pages, its provider's *hooks*, health and metrics.

    *phones* are the demo's own: with them nobody is real, anybody may read the phones, and a sign-in lasts.
    """
    settings = WebSettings.of(centre.settings)
    memories = WebMemories(centre.web_memory, centre.sign_in_memory, centre.planner_memory)
    app = build_web(memories, centre.pictures, settings.of_demo() if phones else settings, phones)
    app[CENTRE] = centre
    centre.timeline.listeners.append(app[stream.HINTS].wake)
    app.add_routes(hooks)
    app.add_routes([web.get("/healthz", _healthz), web.get("/readyz", _readyz), web.get("/metrics", _metrics)])
    app.cleanup_ctx.append(_running)
    return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    centre = app[CENTRE]
    centre.clockwork.last_cycle = centre.outbox.last_cycle = time.monotonic()
    # Before any loop asks who is silent: nobody could be heard while nobody listened.
    centre.mark_return(await centre.memory.now())
    centre.start("broker", centre.broker.run())
    itself = secrets.token_hex(8)
    centre.start("hints", timeline.forward_hints(centre.memory, centre.wake, itself))
    centre.start("listen", hints.listen(centre.memory.dsn, centre.wake, itself))
    centre.start("timeline", centre.timeline.run())
    centre.start("clockwork", centre.clockwork.run())
    centre.start("publisher", centre.publisher.run())
    centre.start("receipts", centre.publisher.run_receipts())
    centre.start("pulse", centre.publisher.run_pulse())
    centre.start("outbox", centre.outbox.run())
    centre.start("periodic", centre.jobs.run())
    centre.start("fallback", centre.fallback.run())
    centre.start("last_heard", centre.inbox.last_heard.run())
    yield
    await centre.stop()
    await centre.planner_memory.close()
    await centre.sign_in_memory.close()
    await centre.web_memory.close()
    await centre.memory.close()


@open_to(Opening.EVERYBODY)
async def _healthz(request: web.Request) -> web.Response:
    """Answer 200 while the process can go on; 503 asks for a new one."""
    broken = request.app[CENTRE].broken
    return web.json_response({"ok": broken is None, "broken": broken}, status=503 if broken else 200)


@open_to(Opening.EVERYBODY)
async def _readyz(request: web.Request) -> web.Response:
    """Answer 200 while this replica does its work; 503 with the reasons in words."""
    trouble = request.app[CENTRE].trouble()
    return web.json_response({"ready": not trouble, "trouble": trouble}, status=503 if trouble else 200)


@open_to(Opening.EVERYBODY)
async def _metrics(request: web.Request) -> web.Response:
    metrics.BROKER.set(float(request.app[CENTRE].broker.connected.is_set()))
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
