"""The service in parts as they run in earnest: centre and detector as processes that can be killed, homes beside them."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import aiohttp
import asyncpg
from pydantic import SecretStr

from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.ports import HOST, free_port
from fjarrtillsyn.embedded.postgres import Postgres
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from fjarrtillsyn.embedded.twilio_api import Item, TwilioApi
from gateway.judging import Judge
from gateway.service import Gateway
from gateway.settings import GatewaySettings
from gateway.sources import Source
from tests.support import busy_town, town_file
from tests.support.forked import ForkedProcess, forked, may_be_forked
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import Database
from tests.support.waiting import eventually

ORG: Final = "ost"
DEVICE: Final = "ost-1"
_EARLY: Final = timedelta(minutes=5)
_ROOT: Final = Path(__file__).parents[2]


class ServiceProcess:
    """One process of the service."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], log: Path, folder: Path = _ROOT, *, cold: bool = False
    ) -> None:
        """Take what to run. This tree's is forked where it can be, unless it is to import all by itself, as a *cold* one."""
        self._forks = not cold and folder == _ROOT and may_be_forked(command)
        self._command, self._env, self.log, self._folder = list(command), dict(env), log, folder
        self._process: subprocess.Popen[bytes] | ForkedProcess | None = None

    def start(self) -> None:
        if self._forks:
            self._process = forked(self._command, self._env, self._folder, self.log)
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._env,
                stdout=log,
                stderr=log,
            )

    def another(self, log: Path) -> "ServiceProcess":
        """Return a second process of the same command and settings, which writes to *log*."""
        return ServiceProcess(self._command, self._env, log, self._folder)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        assert self._process is not None
        self._process.terminate()
        assert self._process.wait(timeout=30) == 0, f"it did not end in good order: {self.wrote()}"
        self._process = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wrote(self) -> str:
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""


@dataclass
class RunningTown:
    """One town on real parts: ``database``, ``mosquitto``, ``centre`` and ``detector``, and the homes' gateways."""

    memory: Memory
    superuser_dsn: str
    mosquitto: Mosquitto
    centre: ServiceProcess
    detector: ServiceProcess
    http: str
    resident_id: UUID
    shift: float = 0.0
    """Seconds that the homes' own clocks are ahead of real time."""
    gateways: list[tuple[Gateway, asyncio.Task[None]]] = field(default_factory=list)

    def monotonic(self) -> float:
        return time.monotonic() + self.shift

    def wait_in_homes(self, seconds: float) -> None:
        """Let time pass in the homes: what a gateway waits for before it sends again."""
        self.shift += seconds
        for gateway, _ in self.gateways:
            gateway.nudge()

    def home(self, source: Source, judge: Judge | None = None) -> Gateway:
        """Start the resident's gateway with *source* for a camera, and a *judge* beside it."""
        settings = GatewaySettings(
            gateway_org=ORG,
            gateway_device=DEVICE,
            gateway_source="scene:empty",
            mqtt_host=HOST,
            mqtt_port=self.mosquitto.port,
            mqtt_password=SecretStr(self.mosquitto.passwords[f"{ORG}/{DEVICE}"]),
        )
        gateway = Gateway(settings, source, judge=judge, monotonic=self.monotonic)
        self.gateways.append((gateway, asyncio.create_task(gateway.run())))
        return gateway

    async def start_centre(self) -> None:
        self.centre.start()
        await eventually(self.ready)

    async def start_detector(self, detector: ServiceProcess | None = None) -> None:
        """Start the town's detector, or *detector* beside it; return when the centre knows of it."""
        before = [row["detector_id"] for row in await self.rows("select detector_id from detectors")]
        (detector or self.detector).start()
        up = "select count(*) from detectors where link = 'up' and detector_id <> all($1)"
        await eventually(lambda: self.value(up, before))
        # Until the centre has let go of the sessions, it gives each one to people as well, unjudged.
        await eventually(lambda: not self._gives_sessions_to_people)

    @property
    def _gives_sessions_to_people(self) -> bool:
        """True if the centre that runs has said last that no detector is alive."""
        said = self.centre.log.read_text(errors="replace") if self.centre.running else ""
        return said.rfind("detectors_lost") > said.rfind("detectors_returned")

    async def ready(self) -> bool:
        assert self.centre.running, f"the centre has ended: {self.centre.wrote()}"
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.http}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def value(self, question: str, *values: Any) -> Any:
        async with self.memory.transaction() as tx:
            return await tx.fetchval(question, *values)

    async def rows(self, question: str, *values: Any) -> list[Any]:
        async with self.memory.transaction() as tx:
            return list(await tx.fetch(question, *values))

    @asynccontextmanager
    async def held(self, statement: str, *values: Any) -> AsyncIterator[None]:
        """Hold what *statement* locks, as nobody of ours may for long: whoever wants it waits at that very place."""
        connection = await asyncpg.connect(self.superuser_dsn)
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(statement, *values)
            yield
        finally:
            await transaction.rollback()
            await connection.close()

    async def somebody_waits_to_write(self, table: str) -> bool:
        """Tell whether a process of the service waits for *table*: for any lock would be true of two of its loops that meet."""
        return bool(
            await self.value(
                "select count(*) from pg_locks where not granted and mode = 'RowExclusiveLock' and relation = $1::text::regclass",
                f"fjt.{table}",
            )
        )


@asynccontextmanager
async def night(
    database: Database,
    server: Postgres,
    mosquitto: Mosquitto,
    folder: Path,
    *,
    minutes_early: float = 0.1,
    due_at: tuple[timedelta, ...] = (),
    twilio: TwilioApi | None = None,
    centre_env: Mapping[str, str] | None = None,
    detector_env: Mapping[str, str] | None = None,
) -> AsyncIterator[RunningTown]:
    """Yield a town whose one check opens in a few seconds; nothing runs yet but database, broker and the SMS provider.

    *due_at* are the night's looks as time after midnight, where the hour matters, the first first; the clock is moved to before it.
    Without *twilio* each SMS counts as delivered, and nobody answers. *centre_env* and *detector_env* are settings beside
    those that every night has.
    """
    async with AsyncExitStack() as up:
        if twilio is None:
            twilio = await up.enter_async_context(TwilioApi().running())
            delivering = asyncio.create_task(_deliver_all(twilio))
            up.callback(delivering.cancel)
        memory = await Memory.open(database.worker)
        up.push_async_callback(memory.close)
        resident_id = await _found(memory, due_at)
        # The slot is on a whole minute some minutes ahead: move the service's clock to just before it.
        due = await _due(memory)
        now = await memory.now()
        await busy_town.move(memory, due - now - timedelta(minutes=minutes_early))
        async with memory.transaction() as tx:
            name = await tx.fetchval("select current_database()")
        mosquitto.allow(f"{ORG}/{DEVICE}")
        port = free_port()
        common = {"FJT_MQTT_HOST": HOST, "FJT_MQTT_PORT": str(mosquitto.port), "FJT_MQTT_SHARED": "true"}
        centre = ServiceProcess(
            [sys.executable, "-m", "alarm_center"],
            {
                **os.environ,
                **common,
                "FJT_DATABASE_URL": database.worker,
                "FJT_DATABASE_URL_WEB": database.web,
                "FJT_DATABASE_URL_SIGN_IN": database.sign_in,
                "FJT_DATABASE_URL_PLANNER": database.planner,
                "FJT_MQTT_USER": CENTRE,
                "FJT_MQTT_PASSWORD": mosquitto.passwords[CENTRE],
                "FJT_HTTP_PORT": str(port),
                "FJT_PUBLIC_URL": f"http://{HOST}:{port}",
                "FJT_PROVIDER": "twilio",
                "FJT_TWILIO_BASE_URL": twilio.url,
                "FJT_TWILIO_ACCOUNT_SID": twilio.account_sid,
                "FJT_TWILIO_AUTH_TOKEN": twilio.auth_token,
                "FJT_PULSE_SECONDS": "1",
                **(centre_env or {}),
            },
            folder / "centre.log",
        )
        detector = ServiceProcess(
            [sys.executable, "-m", "detector"],
            {
                **os.environ,
                **common,
                "FJT_MQTT_USER": DETECTOR,
                "FJT_MQTT_PASSWORD": mosquitto.passwords[DETECTOR],
                **(detector_env or {}),
            },
            folder / "detector.log",
        )
        made = RunningTown(
            memory, server.superuser_dsn(name), mosquitto, centre, detector, f"http://{HOST}:{port}", resident_id
        )
        twilio.hooks = made.http
        try:
            yield made
        finally:
            for gateway, task in made.gateways:
                gateway.unplug()
                task.cancel()
            await asyncio.gather(*(task for _, task in made.gateways), return_exceptions=True)
            centre.kill()
            detector.kill()


async def _found(memory: Memory, due_at: tuple[timedelta, ...]) -> UUID:
    """Found the town, whose looks are so long after midnight on the evening to come, or one in five minutes."""
    if not due_at:
        return await busy_town.found(memory, ORG)
    now = await memory.now()
    midnight = now.astimezone(town_file.STOCKHOLM).replace(hour=0, minute=0, second=0, microsecond=0)
    first = min(
        each for day in (0, 1) if (each := (midnight + timedelta(days=day) + due_at[0]).astimezone(UTC)) > now + _EARLY
    )
    await busy_town.move(memory, first - _EARLY - now)
    return await busy_town.found(memory, ORG, due_in=[_EARLY + each - due_at[0] for each in due_at])


async def _due(memory: Memory) -> Any:
    """Plan, and return when the first check opens."""
    from alarm_center.preparation import planning

    await planning.plan_all_towns(memory)
    async with memory.transaction() as tx:
        return await tx.fetchval("select min(opens_at) from checks")


async def _deliver_all(api: TwilioApi) -> None:
    """Report of each SMS, soon after it was taken, that it was delivered; again while the service is away."""
    told: set[str] = set()

    def untold() -> list[Item]:
        return [item for item in api.messages if item.sid not in told]

    while True:
        async with api.changed:
            await api.changed.wait_for(untold)
        for item in untold():
            await api.delivered(item)
            told.add(item.sid)
