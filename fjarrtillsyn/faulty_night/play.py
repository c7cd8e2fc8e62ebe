"""A faulty night as it is played: parts started, alarms raised, faults let loose, and the account made when every case has ended."""

import asyncio
import json
import logging
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from alarm_center.casework import cases
from alarm_center.preparation import planning
from alarm_center.store import checks, night_account, simulated_night, towns
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.migrate import ROLES, bootstrap, migrate
from alarm_center.town import apply
from fjarrtillsyn.demo.clock import coming_evening
from fjarrtillsyn.embedded.broker import broker
from fjarrtillsyn.embedded.ports import HOST, free_port
from fjarrtillsyn.embedded.postgres import Postgres, postgres
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from fjarrtillsyn.faulty_night.account import NightRecord, breaches, make_ledger
from fjarrtillsyn.faulty_night.carers import Carers
from fjarrtillsyn.faulty_night.faults import FaultPlan, NightFault
from fjarrtillsyn.faulty_night.front import front
from fjarrtillsyn.faulty_night.provider import FaultyTwilio
from fjarrtillsyn.faulty_night.replicas import NightReplica, is_any_settled, running
from fjarrtillsyn.faulty_night.town import ORG, read_town
from runtime.logs import set_up_logging
from schemas.vocabulary import Priority

_DATABASE: Final = "fjt_night"
_IMPORT_AHEAD: Final = timedelta(hours=4)
_OPEN_AT_ONCE: Final = 12
_RAISE_EVERY_S: Final = 0.4
_WATCH_EVERY_S: Final = 0.05
_LATE_S: Final = 1.5
_AFTER_JUMP_S: Final = 2.0
"""Steps that the clock jumped over are due at once, and are given so long."""
_ENDS_WITHIN_S: Final = 600.0
_PRIORITIES: Final = {1: 60, 2: 25, 3: 15}


def play(*, alarms: int, replicas: int, faults: frozenset[NightFault], seed: int, as_json: bool) -> int:
    """Play the night and print its account; return 1 where something in it must not be."""
    set_up_logging(level=logging.WARNING, loud=("amqtt", "transitions"))
    ledger = asyncio.run(_play(alarms, replicas, FaultPlan(seed, faults)))
    wrong = breaches(ledger)
    if as_json:
        print(json.dumps({"ledger": ledger}), flush=True)
    else:
        for name, value in ledger.items():
            typer.echo(f"{name.replace('_', ' '):24} {value}")
    for words in wrong:
        print(words, file=sys.stderr)
    return 1 if wrong else 0


@dataclass(slots=True)
class _FaultyNight:
    """The night under way."""

    memory: Memory
    provider: FaultyTwilio
    replicas: Sequence[NightReplica]
    plan: FaultPlan
    record: NightRecord = field(default_factory=NightRecord)
    jumped_at: float = 0.0

    # ---- alarms ----

    async def raise_all(self, count: int) -> None:
        """Raise *count* alarms by hand, some open at a time, each for a home without one."""
        chance = Random(self.plan.seed)  # noqa: S311 - a draw, no secret
        while len(self.record.raised_at) < count:
            await asyncio.sleep(_RAISE_EVERY_S)
            free = await self.memory.attempt(lambda tx: night_account.free_residents(tx, ORG))
            if len(await self._waiting()) >= _OPEN_AT_ONCE or not free:
                continue
            priority = Priority(chance.choices(list(_PRIORITIES), list(_PRIORITIES.values()))[0])
            began = time.monotonic()
            alarm_id = await self._raise(chance.choice(free), priority)
            self.record.raised_at[alarm_id] = began

    async def _raise(self, resident_id: UUID, priority: Priority) -> UUID:
        async def work(tx: Tx) -> UUID:
            home = await towns.of_resident(tx, resident_id)
            await checks.lock_open(tx, resident_id)
            return (await cases.raise_manual_locked(tx, home, priority, "night")).alarm_id

        alarm_id = await self.memory.attempt(work)
        self.memory.hint()
        return alarm_id

    async def all_ended(self) -> bool:
        """Wait until every case is closed and nothing is to be sent; return whether that came in time."""
        until = time.monotonic() + _ENDS_WITHIN_S
        while await self._waiting() or await self._unsent():
            if time.monotonic() > until:
                return False
            await asyncio.sleep(_RAISE_EVERY_S)
        return True

    async def _unsent(self) -> int:
        return await self.memory.attempt(lambda tx: night_account.count_unsent(tx, ORG))

    async def _waiting(self) -> list[night_account.WaitingStep]:
        return await self.memory.attempt(night_account.waiting_steps)

    # ---- faults ----

    async def kill_replicas(self) -> None:
        """Kill one after the other, until cancelled."""
        while True:
            await asyncio.sleep(self.plan.kill_after())
            killed = self.replicas[self.plan.killed(len(self.replicas))]
            await killed.kill()
            killed.start()
            self.record.kills += 1

    async def set_clock(self) -> None:
        """Set the service's clock again and again, until cancelled."""
        while True:
            await asyncio.sleep(self.plan.clock_after())
            jump = self.plan.jump()
            self.jumped_at = time.monotonic()
            async with self.memory.transaction() as tx:
                await simulated_night.move_clock(tx, jump)
            self.jumped_at = time.monotonic()
            self.record.jumps += 1

    # ---- steps ----

    async def watch_steps(self) -> None:
        """Count the steps that come, and those that are taken late while a replica is up, until cancelled."""
        counted: set[tuple[UUID, datetime]] = set()
        late: set[tuple[UUID, datetime]] = set()
        before: dict[tuple[UUID, datetime], float] = {}
        while True:
            waiting = {(step.alarm_id, step.due_at): step.late_s for step in await self._waiting()}
            settled = is_any_settled(self.replicas) and time.monotonic() - self.jumped_at > _AFTER_JUMP_S
            # A step has come where its time is over, or was about to be and it is gone.
            came = {each for each, seconds in waiting.items() if seconds > 0}
            came |= {each for each, seconds in before.items() if each not in waiting and seconds > -2 * _WATCH_EVERY_S}
            for each in came - counted:
                counted.add(each)
                self.record.steps += 1
                self.record.covered += settled
            for each, seconds in waiting.items():
                if settled and seconds > _LATE_S and each not in late:
                    late.add(each)
                    self.record.late += 1
            before = waiting
            await asyncio.sleep(_WATCH_EVERY_S)


async def _play(alarms: int, replicas: int, plan: FaultPlan) -> dict[str, Any]:
    async with _stage(replicas, plan) as night:
        beside: list[Coroutine[Any, Any, None]] = [night.watch_steps()]
        if NightFault.KILL in plan.kinds:
            beside.append(night.kill_replicas())
        if NightFault.CLOCK in plan.kinds:
            beside.append(night.set_clock())
        tasks = [asyncio.create_task(each) for each in beside]
        try:
            await night.raise_all(alarms)
            await night.all_ended()
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error
        async with night.memory.transaction() as tx:
            kept = await night_account.kept_alarms(tx, ORG), await night_account.kept_messages(tx, ORG)
        provider = night.provider
        return make_ledger(night.record, *kept, provider.messages, provider.calls, provider.taken_at)


@asynccontextmanager
async def _stage(count: int, plan: FaultPlan) -> AsyncIterator[_FaultyNight]:
    """Run database, broker, provider, *count* replicas behind one address, and the carers."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fjt-night-")))
        server = await stack.enter_async_context(postgres(throwaway=True))
        passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
        await bootstrap(server.superuser_dsn(), _DATABASE, passwords)
        await migrate(server.dsn(_DATABASE, "fjt_owner", passwords["fjt_owner"]), test_clock=True)
        memory = await Memory.open(server.dsn(_DATABASE, "fjt_worker", passwords["fjt_worker"]))
        stack.push_async_callback(memory.close)
        await _bring_in(memory)
        mqtt = await stack.enter_async_context(broker({each: secrets.token_urlsafe(12) for each in (CENTRE, DETECTOR)}))
        port = free_port()
        address = f"http://{HOST}:{port}"
        provider = FaultyTwilio(plan=plan, hooks=address, numbers={"+46701740605"})
        await stack.enter_async_context(provider.running())
        stack.push_async_callback(provider.stop)
        common = _settings(server, passwords, address, provider) | {
            "FJT_MQTT_PORT": str(mqtt.port),
            "FJT_MQTT_PASSWORD": mqtt.passwords[CENTRE],
        }
        replicas = [_replica(f"night-{number}", common, folder) for number in range(1, count + 1)]
        await stack.enter_async_context(front(port, [each.url for each in replicas]))
        await stack.enter_async_context(running(replicas))
        answering = asyncio.create_task(Carers(provider, address, plan.seed).run())
        stack.callback(answering.cancel)
        yield _FaultyNight(memory, provider, replicas, plan)


async def _bring_in(memory: Memory) -> None:
    """Bring the town in by day, and begin its evening."""
    town = read_town()
    evening = coming_evening(datetime.now(UTC), ZoneInfo(town.organisation.zone))
    async with memory.transaction() as tx:
        await simulated_night.set_clock(tx, evening - _IMPORT_AHEAD)
        await apply.apply(tx, town, await now(tx))
    await planning.plan_town(memory, ORG)
    async with memory.transaction() as tx:
        await simulated_night.set_clock(tx, evening)


def _settings(server: Postgres, passwords: dict[str, str], address: str, provider: FaultyTwilio) -> dict[str, str]:
    urls = {
        "FJT_DATABASE_URL": "fjt_worker",
        "FJT_DATABASE_URL_WEB": "fjt_web",
        "FJT_DATABASE_URL_SIGN_IN": "fjt_sign_in",
        "FJT_DATABASE_URL_PLANNER": "fjt_planner",
    }
    return {name: server.dsn(_DATABASE, role, passwords[role]) for name, role in urls.items()} | {
        "FJT_MQTT_HOST": HOST,
        "FJT_MQTT_USER": CENTRE,
        "FJT_MQTT_SHARED": "false",
        "FJT_PUBLIC_URL": address,
        "FJT_PROVIDER": "twilio",
        "FJT_TWILIO_BASE_URL": provider.url,
        "FJT_TWILIO_ACCOUNT_SID": provider.account_sid,
        "FJT_TWILIO_AUTH_TOKEN": provider.auth_token,
        "FJT_SMS_PER_SECOND": "1000",
    }


def _replica(name: str, common: dict[str, str], folder: Path) -> NightReplica:
    port = free_port()
    env = {**common, "FJT_REPLICA": name, "FJT_HTTP_PORT": str(port)}
    return NightReplica(name, f"http://{HOST}:{port}", env, folder / f"{name}.log")
