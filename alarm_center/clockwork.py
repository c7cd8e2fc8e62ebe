"""The only loop that moves time: asks the memory what is due, and lets the core decide. Runs in every replica.

No timer lives in a process: a due row is claimed with ``FOR UPDATE SKIP LOCKED``, stepped and committed, so a replica
that dies takes nothing with it and a late cycle catches up (design §7).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from alarm_center import metrics
from alarm_center.casework import steps, stuck
from alarm_center.core import alarm_events
from alarm_center.devices import watch
from alarm_center.store import alarms, checks, towns
from alarm_center.store.memory import Memory, Tx, now

log = structlog.get_logger()

_WORKERS: Final = 4
"""Cases stepped side by side: a commit waits for the disk, not for the others."""
_STUCK_SECONDS: Final = 60.0
_TELL_AFTER: Final = timedelta(seconds=60)
"""How long a case's steps may fail before people are told of it, past the service itself."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """A case that was stepped, and how long past its time; ``None`` where another had stepped it meanwhile."""

    case: UUID
    late: timedelta | None


@dataclass(slots=True)
class Clockwork:
    """Steps what is due each *tick_seconds*, and at once after :meth:`wake`."""

    memory: Memory
    tick_seconds: float = 0.25
    since: datetime | None = None
    """When this centre or its broker came back: no device counts as lost for three minutes after."""
    last_cycle: float = 0.0
    """Loop time of the last whole cycle; readiness and the heartbeat look at it."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _failed_at: dict[UUID, float] = field(default_factory=dict)
    """Loop time at which the last step of a case failed. Put off, it is never overdue: this is how it is known."""
    _failing_since: dict[UUID, datetime] = field(default_factory=dict)
    """Since when every step of a case that this replica tried has failed, on the service's clock."""

    def wake(self) -> None:
        """Something may be due now."""
        self._wake.set()

    def stuck(self) -> list[UUID]:
        """Return the cases whose steps have failed within the last minute; the heartbeat stops for them."""
        since = asyncio.get_running_loop().time() - _STUCK_SECONDS
        self._failed_at = {case: at for case, at in self._failed_at.items() if at > since}
        return list(self._failed_at)

    async def run(self) -> None:
        """Cycle until cancelled. A broken cycle is logged, and the next one comes."""
        while True:
            try:
                await self.cycle()
                self.last_cycle = asyncio.get_running_loop().time()
            except Exception:
                log.exception("cycle_failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.tick_seconds):
                    await self._wake.wait()
            self._wake.clear()

    async def cycle(self) -> int:
        """Step all that is due; return how many cases were stepped."""
        stepped = 0
        for of, step in (("check", self._step_check), ("alarm", self._step_alarm)):
            done = await asyncio.gather(*(self._drain(of, step) for _ in range(_WORKERS)))
            stepped += sum(done)
        if stepped:
            self.memory.hint()
        return stepped

    async def _drain(self, of: str, step: "Callable[[Tx[Any], list[UUID]], Awaitable[Stepped | None]]") -> int:
        done = 0
        while True:
            # A case whose step raises must not stand in the way of the others: it is put off, and told of.
            at_work: list[UUID] = []

            async def work(tx: "Tx[Any]", at_work: list[UUID] = at_work) -> Stepped | None:
                return await step(tx, at_work)

            try:
                stepped = await self.memory.attempt(work, patient=False)
                if stepped is None:
                    return done
                self._failing_since.pop(stepped.case, None)
                if stepped.late is not None:
                    metrics.LATENESS.observe(max(0.0, stepped.late.total_seconds()))
            except Exception:
                if not at_work:
                    raise
                log.exception("step_failed", of=of, id=str(at_work[-1]))
                metrics.STEP_FAILED.labels(of).inc()
                await self._put_off(of, at_work[-1])
            metrics.STEPS.labels(of).inc()
            done += 1

    async def _step_check(self, tx: "Tx[Any]", at_work: list[UUID]) -> Stepped | None:
        check_id = await checks.lock_due(tx)
        if check_id is None:
            return None
        at_work.append(check_id)
        check = await checks.lock(tx, check_id)
        assert check is not None, "it is held"
        late = await now(tx) - check.next_step_at if check.next_step_at is not None else None
        await steps.step_check(tx, check, watch.Ticker(self.since), "clockwork")
        return Stepped(check.check_id, late)

    async def _step_alarm(self, tx: "Tx[Any]", at_work: list[UUID]) -> Stepped | None:
        alarm_id = await alarms.lock_due(tx)
        if alarm_id is None:
            return None
        at_work.append(alarm_id)
        alarm = await alarms.lock(tx, alarm_id)
        assert alarm is not None, "it is held"
        late = await now(tx) - alarm.next_step_at if alarm.next_step_at is not None else None
        signed_in = await towns.somebody_signed_in(tx, alarm.org)
        await steps.step_alarm(tx, alarm, alarm_events.Tick(signed_in), "clockwork")
        return Stepped(alarm.alarm_id, late)

    async def _put_off(self, of: str, id_: UUID) -> None:
        if id_ not in self.stuck():
            # A failure of long ago, which another replica may have stepped past, says nothing of this one.
            self._failing_since.pop(id_, None)
        self._failed_at[id_] = asyncio.get_running_loop().time()
        statement = {
            "check": "update checks set next_step_at = clock.now() + interval '5 s' where check_id = $1 and next_step_at is not null",
            "alarm": "update alarms set next_step_at = clock.now() + interval '5 s' where alarm_id = $1 and next_step_at is not null",
        }[of]
        async with self.memory.transaction() as tx:
            await tx.execute(statement, id_)
            at = await now(tx)
        since = self._failing_since.setdefault(id_, at)
        if at - since >= _TELL_AFTER:
            await self._tell(of, id_)

    async def _tell(self, of: str, id_: UUID) -> None:
        """Tell people, in a transaction of its own: what breaks there must not keep the case from being tried again."""
        try:
            told = await self.memory.attempt(lambda tx: stuck.tell(tx, of, id_))
        except Exception:
            log.exception("stuck_untold", of=of, id=str(id_))
            return
        if told:
            self.memory.hint()
