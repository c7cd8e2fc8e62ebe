"""The demo's servers, its town and its twelve gateways: running on entering, gone without a trace on leaving."""

import asyncio
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
from alarm_center.casework import configs
from alarm_center.devices import presence
from alarm_center.identity.passwords import hash_password
from alarm_center.preparation import planning
from alarm_center.providers.simulated_phones import SimulatedPhones
from alarm_center.settings import CentreSettings
from alarm_center.store import device_logins, residents, users
from alarm_center.store.memory import Memory, now
from alarm_center.store.migrate import ROLES, bootstrap, migrate
from alarm_center.town import apply, reader
from alarm_center.town.model import TownFile
from alarm_center.town.town_import import Importer
from alarm_center.web.app_keys import DEMO_CAMERA, DEMO_CLOCK
from detector import service as detector_service
from detector.service import Detector
from detector.settings import DetectorSettings
from detector.version import NAME
from fjarrtillsyn.demo.clock import ServiceClock, coming_evening, evening_of
from fjarrtillsyn.demo.homes import HOMES, HomeScript
from fjarrtillsyn.demo.waiting_camera import WaitingCamera
from fjarrtillsyn.embedded.broker import EmbeddedBroker, broker
from fjarrtillsyn.embedded.ports import HOST, free_port
from fjarrtillsyn.embedded.postgres import postgres
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from fjarrtillsyn.home import JudgeProcess, judge_running
from gateway.service import Gateway
from gateway.settings import GatewaySettings
from gateway.sources import open_sources
from schemas.messages import DetectorStatus
from schemas.vocabulary import JudgePlace, LinkState

DATABASE: Final = "fjt_demo"
COLLEAGUE: Final = "kollega"
"""The login of the simulated operator."""
_IMPORT_AHEAD: Final = timedelta(hours=4)
"""Time between the import of the town's file and the evening."""
_DETECTOR: Final = "demo"
_NOTHING: Final = "FJT_DEMO_READS_NO_ENVIRONMENT_"
"""The demo is the same whatever the environment says: its settings look only below this prefix."""


@dataclass(frozen=True, slots=True)
class DemoStage:
    """The parts that are running. ``numbers`` gives residents their neutral number."""

    centre: Centre
    memory: Memory
    phones: SimulatedPhones
    detector: Detector
    clock: ServiceClock
    town: TownFile
    zone: ZoneInfo
    gateways: Mapping[int, Gateway]
    waiting: WaitingCamera
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

    def set_source(self, number: int, source: str) -> None:
        """Let a resident's device see *source* from now on."""
        self.gateways[number].sources = open_sources(source, seed=number)

    async def move_clock(self, ahead: timedelta) -> None:
        """Move the clock by *ahead* at once, publish the time, and wake every loop."""
        await self.clock.move(ahead)
        await self.centre.publisher.publish_pulse()
        for gateway in self.gateways.values():
            gateway.nudge()
        self.waiting.nudge()
        self.detector.nudge()
        self.centre.wake()
        self.centre.jobs.wake()


@asynccontextmanager
async def stage(
    port: int = 0, night: date | None = None, judge: JudgePlace = JudgePlace.CENTRE
) -> AsyncIterator[DemoStage]:
    """Run the town on the evening of *night*, or on the coming evening, and yield it; devices link within seconds.

    *port* is the port of the pages, 0 for a free one. *judge* is where every home's sessions are judged.

    Raises:
        OSError: *port* is taken.
    """
    async with AsyncExitStack() as stack:
        page_port = _reserve(port)
        server = await stack.enter_async_context(postgres(throwaway=True))
        passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
        await bootstrap(server.superuser_dsn(), DATABASE, passwords)
        await migrate(server.dsn(DATABASE, "fjt_owner", passwords["fjt_owner"]), test_clock=True)
        worker = server.dsn(DATABASE, "fjt_worker", passwords["fjt_worker"])

        memory = await Memory.open(worker, size=4, application="fjarrtillsyn demo")
        stack.push_async_callback(memory.close)
        town = _read_town()
        zone, clock = ZoneInfo(town.organisation.zone), ServiceClock(memory)
        evening = evening_of(night, zone) if night else coming_evening(datetime.now(UTC), zone)
        # The town's file is imported by day: a check that is too near the import begins tomorrow.
        await clock.begin_at(evening - _IMPORT_AHEAD)
        async with memory.transaction() as tx:
            await apply.apply(tx, town, await now(tx), importer=Importer("demo", "demo"))
            for device in _devices(town).values():
                await configs.set_judge(tx, town.organisation.id, device, judge)
        await planning.plan_town(memory, town.organisation.id)
        await clock.begin_at(evening)
        password = f"natt-{secrets.randbelow(9000) + 1000}"
        user_ids = await _add_users(memory, town, password)
        async with memory.transaction() as tx:
            numbers = await residents.numbers(tx, town.organisation.id)

        async def hash_of(login: str) -> str | None:
            async with memory.transaction() as tx:
                return (await device_logins.hashes(tx)).get(login)

        mqtt = await stack.enter_async_context(broker(_passwords(town), hash_of=hash_of))
        url = f"http://{HOST}:{page_port}"
        phones = SimulatedPhones(memory)
        stack.push_async_callback(phones.close)
        centre = await open_centre(
            CentreSettings(
                _env_prefix=_NOTHING,
                _secrets_dir=None,
                database_url=SecretStr(worker),
                database_url_web=SecretStr(server.dsn(DATABASE, "fjt_web", passwords["fjt_web"])),
                database_url_sign_in=SecretStr(server.dsn(DATABASE, "fjt_sign_in", passwords["fjt_sign_in"])),
                database_url_planner=SecretStr(server.dsn(DATABASE, "fjt_planner", passwords["fjt_planner"])),
                mqtt_port=mqtt.port,
                mqtt_user=CENTRE,
                mqtt_password=SecretStr(mqtt.passwords[CENTRE]),
                mqtt_shared=False,
                http_port=page_port,
                public_url=url,
                replica="demo",
                # The demo's clock is fast, and waits until each device's sign of life is written.
                heard_seconds=0.05,
            ),
            phones,
        )
        # The detector starts after the centre; the row keeps the detector fallback from starting meanwhile.
        await presence.record_detector(memory, DetectorStatus(detector_id=_DETECTOR, version=NAME, link=LinkState.UP))
        # A phone's answer or an import wakes the centre's loops too.
        memory.changed = centre.memory.changed
        app = make_app(centre, phones=phones)
        app[DEMO_CLOCK] = clock
        waiting = app[DEMO_CAMERA] = WaitingCamera(url, mqtt.port, clock.monotonic)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, HOST, page_port).start()
        detector = await stack.enter_async_context(detector_service.running(_detector_settings(mqtt)))
        beside = await stack.enter_async_context(judge_running()) if judge is JudgePlace.HOME else None
        gateways = {home.number: _gateway(town, mqtt, home, clock, beside) for home in HOMES}
        await stack.enter_async_context(_running(gateways))
        asking = asyncio.create_task(waiting.run(), name="the camera in its box")
        stack.push_async_callback(_ended, asking)
        yield DemoStage(
            centre=centre,
            memory=memory,
            phones=phones,
            detector=detector,
            clock=clock,
            town=town,
            zone=zone,
            gateways=gateways,
            waiting=waiting,
            numbers=numbers,
            users=user_ids,
            password=password,
            url=url,
        )


def _read_town() -> TownFile:
    text = files("fjarrtillsyn.demo").joinpath("town.toml").read_text(encoding="utf-8")
    return reader.read_town(text)


async def _add_users(memory: Memory, town: TownFile, password: str) -> dict[str, UUID]:
    """Add the file's users, all with *password* but the simulated colleague, whose password nobody knows; return their ids."""
    hashed = await asyncio.to_thread(hash_password, password)
    unknown = await asyncio.to_thread(hash_password, secrets.token_urlsafe())
    org = town.organisation.id
    async with memory.transaction() as tx:
        for user in town.users or ():
            kept = unknown if user.login == COLLEAGUE else hashed
            await users.keep_user(tx, users.KeptUser(user.login, user.name, kept, org, user.roles))
        return await users.logins_in(tx, org)


def _devices(town: TownFile) -> dict[int, str]:
    """Return each resident's one device, by the resident's number."""
    return {resident.number: resident.devices[0].id for resident in town.residents or ()}


def _passwords(town: TownFile) -> dict[str, str]:
    devices = [f"{town.organisation.id}/{device}" for device in _devices(town).values()]
    return {user: secrets.token_urlsafe(12) for user in (CENTRE, DETECTOR, *devices)}


def _detector_settings(mqtt: EmbeddedBroker) -> DetectorSettings:
    return DetectorSettings(
        _env_prefix=_NOTHING,
        _secrets_dir=None,
        mqtt_port=mqtt.port,
        mqtt_user=DETECTOR,
        mqtt_password=SecretStr(mqtt.passwords[DETECTOR]),
        mqtt_shared=False,
        detector_id=_DETECTOR,
    )


def _gateway(
    town: TownFile, mqtt: EmbeddedBroker, home: HomeScript, clock: ServiceClock, judge: JudgeProcess | None
) -> Gateway:
    """Return a home's gateway; one *judge* serves all homes of the demo, which are one machine."""
    org, device = town.organisation.id, _devices(town)[home.number]
    settings = GatewaySettings(
        _env_prefix=_NOTHING,
        _secrets_dir=None,
        gateway_org=org,
        gateway_device=device,
        gateway_source=home.source,
        gateway_seed=home.number,
        mqtt_port=mqtt.port,
        mqtt_password=SecretStr(mqtt.passwords[f"{org}/{device}"]),
    )
    return Gateway(settings, judge=judge, monotonic=clock.monotonic)


@asynccontextmanager
async def _running(gateways: Mapping[int, Gateway]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(gateway.run(), name=f"gateway {number}") for number, gateway in gateways.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


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
