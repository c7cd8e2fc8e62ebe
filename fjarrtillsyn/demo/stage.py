"""The demo's servers, the town's file in them, and its twelve gateways: up on entering, gone without a trace on leaving."""

import asyncio
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import SecretStr

from alarm_center.app import Centre, make_app, open_centre
from alarm_center.devices import watch
from alarm_center.preparation import planning
from alarm_center.providers.phone import Phones
from alarm_center.settings import ProviderName, Settings
from alarm_center.store.memory import Memory, now
from alarm_center.store.migrate import ROLES, bootstrap, migrate
from alarm_center.town import apply, reader
from alarm_center.town.model import Town
from alarm_center.web.auth import hash_password
from detector import service as detector_service
from detector.service import Detector
from detector.settings import Settings as DetectorSettings
from detector.version import NAME
from fjarrtillsyn.commands.database import keep_user
from fjarrtillsyn.demo.clock import Clock, coming_evening, evening_of
from fjarrtillsyn.demo.homes import HOMES
from fjarrtillsyn.embedded.broker import Broker, broker
from fjarrtillsyn.embedded.ports import HOST, free_port
from fjarrtillsyn.embedded.postgres import postgres
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from gateway.service import Gateway
from gateway.settings import Settings as GatewaySettings
from gateway.sources import open_sources
from schemas.messages import DetectorStatus
from schemas.vocabulary import Link

DATABASE: Final = "fjt_demo"
COLLEAGUE: Final = "kollega"
"""The login of the simulated operator."""
_BEFORE: Final = timedelta(hours=4)
_DETECTOR: Final = "demo"
_NOTHING: Final = "FJT_DEMO_READS_NO_ENVIRONMENT_"
"""The demo is the same whatever the environment says: its settings look only below this prefix."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What is running, for whoever drives it. ``numbers`` gives residents their neutral number."""

    centre: Centre
    memory: Memory
    phones: Phones
    detector: Detector
    clock: Clock
    town: Town
    zone: ZoneInfo
    gateways: Mapping[int, Gateway]
    numbers: Mapping[UUID, int]
    users: Mapping[str, UUID]
    password: str
    url: str

    @property
    def org(self) -> str:
        return self.town.organisation.id

    def device(self, number: int) -> str:
        """Return the name of a resident's device."""
        return _devices(self.town)[number]

    def show(self, number: int, source: str) -> None:
        """Let a resident's device see *source* from now on."""
        self.gateways[number].sources = open_sources(source, seed=number)

    async def move(self, ahead: timedelta) -> None:
        """Let *ahead* pass at once, and tell everybody the time."""
        await self.clock.move(ahead)
        await self.centre.publisher.pulse()
        for gateway in self.gateways.values():
            gateway.nudge()
        self.detector.nudge()
        self.centre.wake()
        self.centre.rounds.wake()


@asynccontextmanager
async def stage(port: int = 0, night: date | None = None) -> AsyncIterator[Stage]:
    """Yield a town on the evening of *night*, or the one that comes, every device linked or about to be.

    *port* is where the pages are, 0 for a free one.

    Raises:
        OSError: *port* is taken.
    """
    async with AsyncExitStack() as up:
        up.callback(logging.disable, logging.NOTSET)
        page_port = _reserve(port)
        server = await up.enter_async_context(postgres(throwaway=True))
        made = {role: secrets.token_urlsafe(12) for role in ROLES}
        await bootstrap(server.superuser_dsn(), DATABASE, made)
        await migrate(server.dsn(DATABASE, "fjt_owner", made["fjt_owner"]), test_clock=True)
        worker = server.dsn(DATABASE, "fjt_worker", made["fjt_worker"])

        memory = await Memory.open(worker, size=4, application="fjarrtillsyn demo")
        up.push_async_callback(memory.close)
        town = _read_town()
        zone, clock = ZoneInfo(town.organisation.zone), Clock(memory)
        evening = evening_of(night, zone) if night else coming_evening(datetime.now(UTC), zone)
        # A town's file is brought in by day: what is too near tonight begins tomorrow.
        await clock.begin_at(evening - _BEFORE)
        async with memory.transaction() as tx:
            await apply.apply(tx, town, await now(tx), actor="demo")
        await planning.plan_town(memory, town.organisation.id)
        await clock.begin_at(evening)
        password = f"natt-{secrets.randbelow(9000) + 1000}"
        users = await _let_in(memory, town, password)
        async with memory.transaction() as tx:
            rows = await tx.fetch("select resident_id, number from residents")
        numbers = {row["resident_id"]: row["number"] for row in rows}

        mqtt = await up.enter_async_context(broker(_passwords(town)))
        url = f"http://{HOST}:{page_port}"
        phones = Phones(memory)
        up.push_async_callback(phones.close)
        centre = await open_centre(
            Settings(
                _env_prefix=_NOTHING,
                _secrets_dir=None,
                database_url=SecretStr(worker),
                database_url_web=SecretStr(server.dsn(DATABASE, "fjt_web", made["fjt_web"])),
                mqtt_port=mqtt.port,
                mqtt_user=CENTRE,
                mqtt_password=SecretStr(mqtt.passwords[CENTRE]),
                mqtt_shared=False,
                http_port=page_port,
                public_url=url,
                provider=ProviderName.PHONE,
                replica="demo",
                # Time flies here, and waits for every device to be heard.
                heard_seconds=0.05,
            ),
            phones,
        )
        # The detector comes up beside the centre; nobody is to stand in for it meanwhile.
        await watch.heard_detector(memory, DetectorStatus(detector_id=_DETECTOR, version=NAME, link=Link.UP))
        # What a phone answers, or an import changes, wakes the same loops.
        memory.changed = centre.memory.changed
        runner = web.AppRunner(make_app(centre), access_log=None)
        await runner.setup()
        up.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, HOST, page_port, shutdown_timeout=2).start()
        judging = await up.enter_async_context(detector_service.running(_detector(mqtt)))
        gateways = {home.number: _gateway(town, mqtt, home.number, home.source, clock) for home in HOMES}
        await up.enter_async_context(_running(gateways))
        # A client that is stopped in the middle of a subscription makes its library log errors that are none.
        up.callback(logging.disable, logging.ERROR)
        yield Stage(
            centre=centre,
            memory=memory,
            phones=phones,
            detector=judging,
            clock=clock,
            town=town,
            zone=zone,
            gateways=gateways,
            numbers=numbers,
            users=users,
            password=password,
            url=url,
        )


def _read_town() -> Town:
    text = files("fjarrtillsyn.demo").joinpath("town.toml").read_text(encoding="utf-8")
    return reader.read(text)


async def _let_in(memory: Memory, town: Town, password: str) -> dict[str, UUID]:
    """Give everybody in the file the same password, but the simulated colleague, who has none; return their ids."""
    hashed = await asyncio.to_thread(hash_password, password)
    org = town.organisation.id
    for user in town.users or ():
        if user.login != COLLEAGUE:
            await keep_user(memory, user.login, user.name, hashed, org, list(user.roles))
    async with memory.transaction() as tx:
        rows = await tx.fetch("select login, user_id from users")
    return {row["login"]: row["user_id"] for row in rows}


def _devices(town: Town) -> dict[int, str]:
    """Return each resident's one device."""
    return {resident.number: resident.devices[0].id for resident in town.residents or ()}


def _passwords(town: Town) -> dict[str, str]:
    devices = [f"{town.organisation.id}/{device}" for device in _devices(town).values()]
    return {user: secrets.token_urlsafe(12) for user in (CENTRE, DETECTOR, *devices)}


def _detector(mqtt: Broker) -> DetectorSettings:
    return DetectorSettings(
        _env_prefix=_NOTHING,
        _secrets_dir=None,
        mqtt_port=mqtt.port,
        mqtt_user=DETECTOR,
        mqtt_password=SecretStr(mqtt.passwords[DETECTOR]),
        mqtt_shared=False,
        detector_id=_DETECTOR,
    )


def _gateway(town: Town, mqtt: Broker, number: int, source: str, clock: Clock) -> Gateway:
    org, device = town.organisation.id, _devices(town)[number]
    settings = GatewaySettings(
        _env_prefix=_NOTHING,
        _secrets_dir=None,
        gateway_org=org,
        gateway_device=device,
        gateway_source=source,
        gateway_seed=number,
        mqtt_port=mqtt.port,
        mqtt_password=SecretStr(mqtt.passwords[f"{org}/{device}"]),
    )
    return Gateway(settings, monotonic=clock.monotonic)


@asynccontextmanager
async def _running(gateways: Mapping[int, Gateway]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(gateway.run(), name=f"gateway {number}") for number, gateway in gateways.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _reserve(port: int) -> int:
    """Return *port*, or a free one for 0.

    Raises:
        OSError: it is taken.
    """
    if not port:
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
    return port
