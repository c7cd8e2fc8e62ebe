"""What is done once in a while: a table of jobs, each in a loop of its own, so that one that fails or hangs stops no other."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import structlog

from alarm_center import metrics
from alarm_center.casework import incidents
from alarm_center.devices import watch
from alarm_center.heartbeat import Heartbeat
from alarm_center.preparation import evening, muster, planning, reconciliation
from alarm_center.settings import Settings
from alarm_center.store import commands, health, jobs, overlong, seals, towns
from alarm_center.store.memory import AWAY, Memory, now

log = structlog.get_logger()

_OFTEN, _SELDOM = 1.0, 5.0
"""Seconds between two looks whether a job is due."""
_RETRY: Final = timedelta(seconds=30)
"""A job that failed is tried again so soon, if it would not have been anyway."""
_STOOD_STILL: Final = 60.0
"""Real seconds without a sign of life from this process: then it was away, and not only its clock moved."""
_PROBE_SECONDS: Final = 5.0
_MONTHS_AHEAD: Final = 3


@dataclass(frozen=True, slots=True)
class Job:
    """Something done each *every*.

    ``once``: by the whole service, by whichever replica comes first, and by the service's clock. Otherwise by each replica
    for itself, by real time. ``at_start``: and by each replica when it starts.
    """

    name: str
    every: timedelta
    do: Callable[["Rounds"], Awaitable[object]]
    once: bool = True
    at_start: bool = False
    first_after: timedelta = timedelta(0)
    """So long after its start a replica looks at it first: nothing is linked yet in the first seconds."""


@dataclass(slots=True)
class Rounds:
    """Runs the jobs of :data:`JOBS` until cancelled.

    ``trouble`` says what keeps this replica from its work; until somebody sets it, no heartbeat is sent. ``starting``
    says whether that is only that it has not finished starting.
    """

    memory: Memory
    settings: Settings
    since: datetime | None = None
    """When this replica or its broker came back: no device counts as lost for three minutes after."""
    trouble: Callable[[], list[str]] | None = None
    starting: Callable[[], bool] | None = None
    other_roles: tuple[Memory, ...] = ()
    """This replica's pools of other roles: only a role itself may end its transactions."""
    came_back: Callable[[datetime], None] | None = None
    """Told when this process was away: the clockwork has to know as well."""
    table: tuple[Job, ...] = ()
    monotonic: Callable[[], float] = time.monotonic
    unwritable: str | None = None
    """Why nothing can be written to the database, in words; ``None`` while it can."""
    _alive_at: float | None = None
    _woken: dict[str, asyncio.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.table = self.table or JOBS
        self._woken = {job.name: asyncio.Event() for job in self.table}

    def wake(self) -> None:
        """Time may have been moved: look at once which of the whole service's jobs are due. What goes by real time does not."""
        for job in self.table:
            if job.once:
                self._woken[job.name].set()

    async def run(self) -> None:
        """Run every job when it is due, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for job in self.table:
                group.create_task(self._loop(job), name=f"rounds {job.name}")

    async def _loop(self, job: Job) -> None:
        if job.at_start:
            await self.turn(job, at_start=True)
        await self._wait(job, job.first_after.total_seconds())
        while True:
            await self.turn(job)
            seconds = job.every.total_seconds()
            wait = seconds if not job.once else min(seconds, _OFTEN if seconds < _SELDOM * 2 else _SELDOM)
            await self._wait(job, wait)

    async def _wait(self, job: Job, seconds: float) -> None:
        """Return after *seconds*, or at :meth:`wake`."""
        if seconds <= 0:
            return
        # Not wait_for: before Python 3.12 it may swallow a cancellation that comes together with a wake.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken[job.name].wait()
        self._woken[job.name].clear()

    async def turn(self, job: Job, *, at_start: bool = False) -> bool:
        """Do *job* if it is due, or anyway *at_start*; return whether it was done. Whatever it raises is logged and counted."""
        began = self.monotonic()
        try:
            if job.once and not await self._take(job) and not at_start:
                return False
            await job.do(self)
        except Exception:
            metrics.JOB_FAILED.labels(job.name).inc()
            log.exception("job_failed", job=job.name)
            if job.once:
                await self._soon_again(job)
            return False
        metrics.JOB_SECONDS.labels(job.name).set(self.monotonic() - began)
        return True

    async def _take(self, job: Job) -> bool:
        async with self.memory.transaction() as tx:
            return await jobs.take(tx, _row(job), await now(tx), job.every)

    async def _soon_again(self, job: Job) -> None:
        """Let it be taken again soon; if the database does not even hear that, it comes when *every* is over."""
        with contextlib.suppress(Exception):
            async with self.memory.transaction() as tx:
                await jobs.again_at(tx, _row(job), await now(tx) + min(_RETRY, job.every), job.every)

    # ---- the jobs that are more than one call ----

    async def alive(self) -> timedelta:
        """Write that the service is alive; after a gap longer than a window, tell each town that it was away.

        A clock that was moved while this process was alive is no gap.
        """
        last, self._alive_at = self._alive_at, self.monotonic()
        gap = await watch.gap(self.memory)
        stood_still = last is None or self._alive_at - last > _STOOD_STILL
        if not stood_still:
            return timedelta(0)
        at = await self.memory.now()
        # Nobody could be heard while nobody listened.
        self.since = at
        if self.came_back is not None:
            self.came_back(at)
        if gap > timedelta(0):
            await incidents.returned(self.memory, at, gap)
        return gap

    async def seal(self) -> int:
        """Seal every town's new lines."""
        async with self.memory.transaction() as tx:
            orgs = [town.org for town in await towns.towns(tx)]
        sealed = 0
        for org in orgs:
            sealed += await seals.seal(self.memory, org)
        metrics.SEALED.inc(sealed)
        return sealed

    async def tell_heads(self) -> int:
        """Log the head of every town's chain, so that it is known outside of the database; return how many there are."""
        async with self.memory.transaction() as tx:
            heads = {town.org: await seals.head(tx, town.org) for town in await towns.towns(tx)}
        for org, head in heads.items():
            if head is not None:
                log.info("chain_head", org=org, cursor=str(head.cursor), head=head.digest)
        return len(heads)

    async def expire_commands(self) -> int:
        """End the commands whose time is out, also while no broker is there to hear them."""
        async with self.memory.transaction() as tx:
            return await commands.expire(tx, await now(tx))

    async def make_months(self) -> list[str]:
        """Make the partitions of the timeline for this month and those that come; return their names."""
        async with self.memory.transaction() as tx:
            # Two replicas that start together take turns.
            await tx.execute("select pg_advisory_xact_lock(hashtext('event months'))")
            first = (await now(tx)).date()
            names = []
            for ahead in range(_MONTHS_AHEAD):
                year, month = divmod(first.year * 12 + first.month - 1 + ahead, 12)
                names.append(str(await tx.fetchval("select make_event_month($1)", date(year, month + 1, 1))))
            return names

    async def probe(self) -> None:
        """See whether the database takes what is written: readiness, heartbeat and metrics say so."""
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await health.probe_writing(self.memory)
        except AWAY as error:
            self.unwritable = f"the database takes nothing: {type(error).__name__}"
            metrics.WRITABLE.set(0)
            raise
        self.unwritable = None
        metrics.WRITABLE.set(1)

    async def end_overlong(self) -> int:
        """End the transactions of lost replicas and pages, where the server does not."""
        ended = 0
        for memory in (self.memory, *self.other_roles):
            ended += await overlong.end_overlong(memory)
        if ended:
            log.warning("transactions_ended", sessions=ended)
        return ended

    async def beat(self) -> bool:
        """Send the sign of life, if all is well."""
        return await Heartbeat(self.memory, self.settings.heartbeat_url, self.trouble, self.starting).beat()


def _row(job: Job) -> str:
    return f"rounds:{job.name}"


def _seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


JOBS: Final = (
    Job("alive", _seconds(1), Rounds.alive, once=False),
    Job("heartbeat", _seconds(30), Rounds.beat, once=False, first_after=_seconds(10)),
    Job("probe", _seconds(3), Rounds.probe, once=False),
    Job("overlong", _seconds(2), Rounds.end_overlong, once=False),
    # Silence is told with this replica's own knowledge of when it came back.
    Job("silent", _seconds(5), lambda r: watch.silent(r.memory, r.since), once=False),
    Job("seal", _seconds(1), Rounds.seal),
    Job("heads", timedelta(hours=1), Rounds.tell_heads),
    Job("incidents", _seconds(2), lambda r: incidents.gather(r.memory)),
    Job("muster", _seconds(5), lambda r: muster.muster(r.memory)),
    Job("commands", _seconds(10), Rounds.expire_commands),
    Job("reserve", _seconds(20), lambda r: evening.make_reserve_lists(r.memory)),
    Job("reconcile", _seconds(20), lambda r: reconciliation.reconcile_due(r.memory)),
    Job("plan", timedelta(hours=1), lambda r: planning.plan_all(r.memory), at_start=True),
    Job("months", timedelta(days=1), Rounds.make_months, at_start=True),
)
"""Every job of the rounds. The outbox sees to its own undelivered messages."""
