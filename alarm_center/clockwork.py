"""The clockwork, a loop in every replica: claims each check and alarm whose time has come, steps it and commits.

No timer lives in a process: a due row is claimed with ``FOR UPDATE SKIP LOCKED``, stepped and committed, so a replica
that dies takes nothing with it and a late cycle catches up (docs/database.md#one-lock-a-case). Planned checks that only
open are claimed many at a time (:mod:`alarm_center.casework.openings`).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from alarm_center import metrics
from alarm_center.casework import openings, steps, stuck_cases
from alarm_center.casework.openings import OpenedTogether
from alarm_center.core.alarm import alarm_events
from alarm_center.devices import presence
from alarm_center.store import alarms, check_facts, checks, towns, waiting_work
from alarm_center.store import stuck_cases as stuck_rows
from alarm_center.store.memory import Memory, Tx, now

log = structlog.get_logger()

_WORKERS: Final = 4
"""Cases stepped side by side: a commit waits for the disk, not for the others."""
_MOST_LEFT: Final = 200
"""So many left out of the openings are passed over again at each; more would make the next ones slow."""
_TOGETHER: Final = 20
"""Checks that a transaction opens: most of what each costs is shared by then, and who waits for one waits some ms."""
_STUCK_SECONDS: Final = 60.0
_TELL_AFTER: Final = timedelta(seconds=60)
"""A case's steps may fail for so long before people are told of it, past the service itself."""


@dataclass(frozen=True, slots=True)
class SteppedCase:
    """A case that was stepped, and its lateness; ``None`` where another replica had stepped it meanwhile."""

    case: UUID
    late: timedelta | None


@dataclass(slots=True)
class Clockwork:
    """The loop that steps due cases each *tick_seconds*, and at once after :meth:`wake`."""

    memory: Memory
    tick_seconds: float = 0.25
    since: datetime | None = None
    """The instant when this centre or its broker came back: no device counts as lost for three minutes after."""
    last_cycle: float = 0.0
    """Loop time of the last whole cycle; readiness and the heartbeat look at it."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _failed_at: dict[UUID, float] = field(default_factory=dict)
    """Loop time at which the last step of a case failed. Put off, it is never overdue: this is how it is known."""
    _failing_since: dict[UUID, datetime] = field(default_factory=dict)
    """Since when every step of a case that this replica tried has failed, on the service's clock."""

    def wake(self) -> None:
        """Look for due cases at once."""
        self._wake.set()

    def stuck_cases(self) -> list[UUID]:
        """Return the cases whose steps have failed within the last minute; the heartbeat stops for them."""
        since = asyncio.get_running_loop().time() - _STUCK_SECONDS
        return [case for case, at in self._failed_at.items() if at > since]

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
        """Step every case that is due; return the number of steps."""
        stepped = 0
        due = await self.memory.run_statement(waiting_work.due_cases)
        if due.check:
            stepped += await self._open_together()
            stepped += await self._step_side_by_side("check", self._step_check)
        # A check's step may have opened an alarm.
        if due.alarm or stepped:
            stepped += await self._step_side_by_side("alarm", self._step_alarm)
        if stepped:
            self.memory.hint()
        return stepped

    async def _open_together(self) -> int:
        """Open the planned checks that are due, many in a transaction; return how many. What cannot be opened so is left due."""
        opened, left = 0, set[UUID]()

        async def open_some() -> bool:
            """Open some; return whether there may be more."""
            nonlocal opened
            try:
                some = await self._open_some(left)
            except Exception:
                # One of them cannot be read. Each is stepped by itself next, and this one is then known by its name.
                log.exception("openings_failed")
                return False
            opened += len(some.late)
            left.update(some.left)
            # Where most of them need more, as when a county's network is gone, each is stepped by itself, and alarms after that.
            return len(some.late) + len(some.left) == _TOGETHER and bool(some.late) and len(left) < _MOST_LEFT

        async def open_all() -> None:
            while await open_some():
                pass

        if await open_some():
            # A commit waits for the disk, not for the others.
            await asyncio.gather(*(open_all() for _ in range(_WORKERS)))
        return opened

    async def _open_some(self, without: Collection[UUID]) -> OpenedTogether:
        opened = await self.memory.attempt(
            lambda tx: openings.open_together(
                tx, _TOGETHER, without, lambda facts: presence.tick_of(facts, self.since)
            ),
            patient=False,
        )
        for check_id, late in opened.late.items():
            self._failing_since.pop(check_id, None)
            metrics.LATENESS.observe(max(0.0, late.total_seconds()))
        metrics.STEPS.labels("check").inc(len(opened.late))
        return opened

    async def _step_side_by_side(self, of: str, step: Callable[[Tx, list[UUID]], Awaitable[SteppedCase | None]]) -> int:
        return sum(await asyncio.gather(*(self._step_all_due(of, step) for _ in range(_WORKERS))))

    async def _step_all_due(self, of: str, step: Callable[[Tx, list[UUID]], Awaitable[SteppedCase | None]]) -> int:
        done = 0
        while True:
            # A case whose step raises must not stand in the way of the others: it is put off, and told of.
            at_work: list[UUID] = []

            async def work(tx: Tx, at_work: list[UUID] = at_work) -> SteppedCase | None:
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
                await self._postpone(of, at_work[-1])
            metrics.STEPS.labels(of).inc()
            done += 1

    async def _step_check(self, tx: Tx, at_work: list[UUID]) -> SteppedCase | None:
        check_id = await checks.lock_due(tx)
        if check_id is None:
            return None
        at_work.append(check_id)
        facts = await check_facts.of_tick(tx, check_id)
        assert facts is not None, "it is locked"
        check = facts.check
        await steps.step_check(tx, check, presence.tick_of(facts, self.since), "clockwork", facts=facts)
        return SteppedCase(check.check_id, facts.at - check.next_step_at if check.next_step_at is not None else None)

    async def _step_alarm(self, tx: Tx, at_work: list[UUID]) -> SteppedCase | None:
        alarm_id = await alarms.lock_due(tx)
        if alarm_id is None:
            return None
        at_work.append(alarm_id)
        alarm = await alarms.lock(tx, alarm_id)
        assert alarm is not None, "it is locked"
        late = await now(tx) - alarm.next_step_at if alarm.next_step_at is not None else None
        signed_in = await towns.is_anybody_signed_in(tx, alarm.org)
        await steps.step_alarm(tx, alarm, alarm_events.AlarmTick(signed_in), "clockwork")
        return SteppedCase(alarm.alarm_id, late)

    async def _postpone(self, of: str, id_: UUID) -> None:
        stuck = set(self.stuck_cases())
        # A failure of long ago, which another replica may have stepped past, says nothing of this one.
        self._failed_at = {case: at for case, at in self._failed_at.items() if case in stuck}
        if id_ not in stuck:
            self._failing_since.pop(id_, None)
        self._failed_at[id_] = asyncio.get_running_loop().time()
        async with self.memory.transaction() as tx:
            await stuck_rows.postpone_step(tx, of, id_)
            at = await now(tx)
        since = self._failing_since.setdefault(id_, at)
        if at - since >= _TELL_AFTER:
            await self._report_stuck(of, id_)

    async def _report_stuck(self, of: str, id_: UUID) -> None:
        """Tell people of a stuck case. Its own transaction: a failure there must not keep the case from being tried again."""
        try:
            told = await self.memory.attempt(lambda tx: stuck_cases.report_stuck_case(tx, of, id_))
        except Exception:
            log.exception("stuck_report_failed", of=of, id=str(id_))
            return
        if told:
            self.memory.hint()
