"""The part of the centre that talks to carers, alive: a small town, the outbox, the providers' hooks, a local Twilio and a local 46elks."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import time, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from alarm_center.casework import cases
from alarm_center.core import calendar
from alarm_center.core.alarm import alarm_events
from alarm_center.core.alarm.state import Alarm
from alarm_center.outbox import Outbox
from alarm_center.providers.elks import Elks, HookProof
from alarm_center.providers.twilio import Twilio
from alarm_center.store import events, simulated_night
from alarm_center.store.memory import Memory, now
from alarm_center.timeline import forward_hints
from alarm_center.web.hooks.elks import ElksHooks
from alarm_center.web.hooks.elks_ring_in import ElksRingIn
from alarm_center.web.hooks.twilio import TwilioHooks
from fjarrtillsyn.embedded.twilio_api import TwilioApi
from schemas.vocabulary import Priority
from tests.support import town_file
from tests.support.by_hand import raise_manual_alarm
from tests.support.carer import Carer
from tests.support.elks_api import HOOK_SECRET, ElksApi, SpokenText
from tests.support.postgres import Database
from tests.support.waiting import eventually

NUMBER: Final = "+46700000100"
SECOND_NUMBER: Final = "+46700000200"
"""The town's number at 46elks, where it has both."""
FIRST, SECOND, LEAD = "+46700000001", "+46700000002", "+46700000009"
OLD_TOKEN: Final = "token-before-rotation"
_BEGINS_AT: Final = time(21)
"""After the evening's preparations, five hours before the homes' looks."""


@dataclass(slots=True)
class SmsCentre:
    """A town of three carers (two patrols and a lead) and two residents, and what reaches the carers' phones."""

    memory: Memory
    api: TwilioApi
    elks: ElksApi
    public_url: str
    residents: list[UUID]
    area_id: UUID
    carers: dict[str, Carer]
    outbox: Outbox
    _task: asyncio.Task[None] | None = None
    _providers: list[Twilio | Elks] = field(default_factory=list)

    @property
    def first(self) -> Carer:
        return self.carers[FIRST]

    @property
    def second(self) -> Carer:
        return self.carers[SECOND]

    @property
    def lead(self) -> Carer:
        return self.carers[LEAD]

    def provider(self, per_second: float | None = None, *, timeout_seconds: float = 7.0) -> Twilio:
        """Return a provider that speaks with the local Twilio."""
        made = Twilio(
            self.api.account_sid,
            self.api.auth_token,
            self.public_url,
            base_url=self.api.url,
            per_second=per_second,
            timeout_seconds=timeout_seconds,
        )
        self._providers.append(made)
        return made

    def elks_provider(self, *, speaks: bool = True, timeout_seconds: float = 7.0) -> Elks:
        """Return a provider that speaks with the local 46elks."""
        made = Elks(
            self.elks.username,
            self.elks.password,
            self.public_url,
            HookProof([HOOK_SECRET]),
            base_url=self.elks.url,
            speaks=speaks,
            timeout_seconds=timeout_seconds,
        )
        self._providers.append(made)
        return made

    def restart(self) -> None:
        """Start a new outbox, of a new process."""
        self.start(Outbox(self.memory, self.provider()))

    def start(self, outbox: Outbox | None = None) -> None:
        """Let the outbox run; a new one, as after a restart, where one is given."""
        self.outbox = outbox or self.outbox
        self._task = asyncio.create_task(self.outbox.run())

    async def stop(self) -> None:
        """Stop the outbox."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def close(self) -> None:
        """Stop the outbox, and let go of every provider that was made."""
        await self.stop()
        for made in self._providers:
            await made.close()

    async def crash(self) -> None:
        """End the outbox as a kill would: what it is doing is cut off where it is, and its leases lapse."""
        self.outbox.drain_seconds = 0
        await self.stop()
        for task in list(self.outbox._at_work):
            task.cancel()
        await asyncio.gather(*self.outbox._at_work, return_exceptions=True)
        await self.lapse()

    async def lapse(self) -> None:
        """Let every lease lapse, as a few seconds without renewals would."""
        async with self.memory.transaction() as tx:
            await tx.execute("update messages set lease_until = now() - interval '1 s' where state = 'sending'")

    async def move_clock(self, seconds: float) -> None:
        """Move the service's clock."""
        async with self.memory.transaction() as tx:
            await tx.execute("select clock.move($1)", timedelta(seconds=seconds))

    async def hold_clock(self) -> None:
        """Let the service's clock stand still, except for what a test moves it."""
        async with self.memory.transaction() as tx:
            await tx.execute("select clock.freeze(clock.now())")

    async def pass_time(self, seconds: float) -> None:
        """Move the service's clock, and let the clockwork's step be taken for each alarm that is due."""
        await self.move_clock(seconds)
        while await self.tick():
            pass
        self.memory.hint()

    async def tick(self) -> bool:
        """Step the alarm that has been due longest."""
        async with self.memory.transaction() as tx:
            due = await tx.fetchval(
                "select alarm_id from alarms where next_step_at <= clock.now() order by next_step_at limit 1"
            )
        if due is None:
            return False
        await cases.apply_to_alarm(self.memory, due, alarm_events.AlarmTick(False), actor="test")
        return True

    async def alarm(self, priority: int = 1, resident: int = 0) -> Alarm:
        """Raise an alarm by hand; nobody is signed in, so the first SMS is wanted at once."""
        raised = await raise_manual_alarm(self.memory, self.residents[resident], Priority(priority), actor="test")
        return await self.now_is(raised.alarm_id)

    async def now_is(self, alarm_id: UUID) -> Alarm:
        """Return the alarm as it is."""
        from alarm_center.store import alarms

        async with self.memory.transaction() as tx:
            alarm = await alarms.lock(tx, alarm_id)
        assert alarm is not None
        return alarm

    async def rows(self, query: str, *args: Any) -> list[dict[str, Any]]:
        """Return rows."""
        async with self.memory.transaction() as tx:
            return [dict(row) for row in await tx.fetch(query, *args)]

    async def message(self) -> dict[str, Any]:
        """Return the first message there was."""
        row, *_ = await self.rows("select * from messages order by created_at, rank limit 1")
        return row

    async def until_message_is(self, state: str) -> dict[str, Any]:
        """Return the first message once it is in *state*."""

        async def there() -> dict[str, Any] | None:
            row = await self.message()
            return row if row["state"] == state else None

        return await eventually(there)

    async def until_line(self, alarm_id: UUID, kind: str) -> dict[str, Any]:
        """Return what the alarm's first line of *kind* says, once there is one."""

        async def there() -> list[tuple[str, Any]]:
            return await self.lines(alarm_id, [kind])

        return dict((await eventually(there))[0][1])

    async def lines(self, alarm_id: UUID, kinds: Iterable[str] = ()) -> list[tuple[str, Any]]:
        """Return an alarm's lines, those of *kinds*."""
        async with self.memory.transaction() as tx:
            found = await events.of_case(tx, alarm_id=alarm_id)
        return [(e.kind, e.data) for e in found if e.kind in kinds or not kinds]

    async def finish_sending(self) -> None:
        """Let a running outbox send all that is due, so that the test's end does not decide whether it goes out."""

        async def nothing_is_due() -> bool:
            await self.outbox.cycle()
            due = "select 1 from messages where state = 'sending' or state = 'queued' and not_before <= clock.now()"
            return not await self.rows(due)

        if self._task is not None:
            await eventually(nothing_is_due)

    async def all_arrive(self) -> None:
        """Let all that is due go out, and Twilio report each SMS as delivered and each call as picked up."""
        await self.finish_sending()
        for item in (*self.api.messages, *self.api.calls):
            if item.status == "queued":
                await self.api.status(item, "in-progress" if item in self.api.calls else "delivered")

    def nothing_unexpected(self) -> None:
        """Raise where an SMS or a call came that no test expected."""
        unread = [item for carer in self.carers.values() for item in carer.unread()]
        came = [item for api in (self.api, self.elks) for item in (*api.messages, *api.calls)]
        strangers = [item for item in came if item.to not in self.carers]
        assert not unread + strangers, f"nobody expected {unread + strangers}"


@asynccontextmanager
async def sms_centre(
    database: Database, *, per_second: float | None = None, memory: Memory | None = None
) -> AsyncIterator[SmsCentre]:
    """Yield it, with its outbox running; at the end nothing may have come that was not expected."""
    async with AsyncExitStack() as stack:
        if memory is None:
            await database.hold(("sms_centre",), partial(_bring_in, database))
            memory = await Memory.open(database.worker)
            stack.push_async_callback(memory.close)
        else:
            await _town(memory)
        residents, area_id = await _begin(memory)
        api = await stack.enter_async_context(TwilioApi(numbers={NUMBER}).running())
        elks = await stack.enter_async_context(ElksApi(numbers={NUMBER, SECOND_NUMBER}).running())
        runner, public_url = await _serve(memory, api)
        stack.push_async_callback(runner.cleanup)
        api.hooks = elks.hooks = public_url
        carers = {phone: Carer(api, phone, NUMBER, (elks,)) for phone in (FIRST, SECOND, LEAD)}
        provider = Twilio(api.account_sid, api.auth_token, public_url, base_url=api.url, per_second=per_second)
        stack.push_async_callback(provider.close)
        centre = SmsCentre(memory, api, elks, public_url, residents, area_id, carers, Outbox(memory, provider))
        stack.push_async_callback(centre.close)
        hints = asyncio.create_task(forward_hints(memory, lambda: centre.outbox.wake()))
        stack.callback(hints.cancel)
        centre.start()
        yield centre
        await centre.finish_sending()
        await centre.stop()
        centre.nothing_unexpected()


async def _bring_in(database: Database) -> None:
    memory = await Memory.open(database.worker, limit_seconds=None)  # others use the machine too
    await _town(memory)
    await memory.close()


async def _begin(memory: Memory) -> tuple[list[UUID], UUID]:
    """Let the clock go on; return the homes' ids and the area's."""
    async with memory.transaction() as tx:
        await simulated_night.resume_clock(tx)
        homes = await tx.fetch("select resident_id from residents order by number")
        return [row["resident_id"] for row in homes], await tx.fetchval("select area_id from areas")


async def _stop_in_the_evening(memory: Memory) -> None:
    """Stop the clock at the coming nine in the evening: a test says the same at any hour that it is run."""
    async with memory.transaction() as tx:
        at = await now(tx)
        night = calendar.night_of(at, town_file.STOCKHOLM)
        nine = calendar.instant_of(night, _BEGINS_AT, town_file.STOCKHOLM)
        if nine < at:
            nine = calendar.instant_of(night + timedelta(days=1), _BEGINS_AT, town_file.STOCKHOLM)
        await tx.execute("select clock.freeze($1)", nine)


async def _serve(memory: Memory, api: TwilioApi) -> tuple[web.AppRunner, str]:
    app = web.Application()
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    hooks = TwilioHooks(memory, (api.auth_token, OLD_TOKEN), "")
    elks_hooks = ElksHooks(memory, HookProof([HOOK_SECRET]), "", SpokenText())
    app.add_routes([*hooks.routes(), *elks_hooks.routes(), *ElksRingIn(elks_hooks).routes()])
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert isinstance(site._server, asyncio.Server)
    hooks.public_url = elks_hooks.public_url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    return runner, hooks.public_url


async def _town(memory: Memory) -> None:
    """Bring the town in, and stop the clock."""
    await _stop_in_the_evening(memory)
    async with memory.transaction() as tx:
        at = await now(tx)
        people = (("Patrull 1", FIRST, "patrol", 2), ("Patrull 2", SECOND, "patrol", 1), ("Ledare 1", LEAD, "lead", 1))
        slots = [{"time": "02:00", "by_visit": True}]
        file = {
            "organisation": town_file.organisation("by", sending_number=NUMBER, second_number=SECOND_NUMBER, data_number="010-1234567", spread_seconds=60),
            "areas": [{"code": "3"}],
            "carers": [{"name": name, "phone": phone} for name, phone, _, _ in people],
            "shifts": [
                town_file.shift_between(name, at - timedelta(hours=since), at + timedelta(hours=9), role=role)
                for name, _, role, since in people
            ],
            "residents": [
                town_file.home(number, times=("02:00",), slots=slots, green_by="operator", name="Namn Namnsson", address="Gatan 1", consent=town_file.CONSENT)
                for number in (1, 2)
            ],
        }  # fmt: skip
        await town_file.bring_in(tx, file, at - timedelta(days=1))
