"""The table of periodic jobs, and the loop of each; a job's work stands here or in the module that it names."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from alarm_center import chain_heads, heartbeat, metrics
from alarm_center.casework import configs, exercises, incidents, mountings
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.devices import presence
from alarm_center.heartbeat import Heartbeat
from alarm_center.preparation import (
    carer_changes,
    carer_tests,
    deaths,
    group_sms,
    look_sampling,
    muster,
    night_threats,
    pause_questions,
    planner_reminders,
    planning,
    reconciliation,
    reserve_lists,
    retention,
    sealed_trials,
    shifts_ahead,
    town_stops,
)
from alarm_center.settings import CentreSettings
from alarm_center.store import commands, events, health, jobs, overlong, seals, towns
from alarm_center.store.memory import AWAY, Memory, now
from alarm_center.town import file_imports, green_ends

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
    """A job that is run each *every*.

    ``once``: by the whole service, by whichever replica comes first, and by the service's clock. Otherwise by each replica
    for itself, by real time. ``at_start``: and by each replica when it starts.
    """

    name: str
    every: timedelta
    do: Callable[["PeriodicJobs"], Awaitable[object]]
    once: bool = True
    at_start: bool = False
    vital: bool = False
    """Without it somebody is left without a check or a patrol: no heartbeat while it fails."""
    first_after: timedelta = timedelta(0)
    """So long after its start a replica looks at it first: nothing is linked yet in the first seconds."""


@dataclass(slots=True)
class PeriodicJobs:
    """The loops of the jobs in :data:`JOBS`.

    ``trouble`` says what keeps this replica from its work; until somebody sets it, no heartbeat is sent. ``starting``
    says whether that is only that it has not finished starting.
    """

    memory: Memory
    settings: CentreSettings
    since: datetime | None = None
    """The instant when this replica or its broker came back: no device counts as lost for three minutes after."""
    trouble: Callable[[], list[str]] | None = None
    starting: Callable[[], bool] | None = None
    other_roles: tuple[Memory, ...] = ()
    """This replica's pools of other roles: only a role itself may end its transactions."""
    on_return: Callable[[datetime], None] | None = None
    """Told when this process was away: the clockwork has to know as well."""
    table: tuple[Job, ...] = ()
    monotonic: Callable[[], float] = time.monotonic
    unwritable: str | None = None
    """The reason why nothing can be written to the database, in words; ``None`` while it can."""
    _alive_at: float | None = None
    _woken: dict[str, asyncio.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.table = self.table or JOBS
        self._woken = {job.name: asyncio.Event() for job in self.table}

    def wake(self) -> None:
        """Look at once which of the whole service's jobs are due, after time was moved. Jobs by real time are left alone."""
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
            await self.run_job(job, at_start=True)
        await self._wait(job, job.first_after.total_seconds())
        while True:
            await self.run_job(job)
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

    async def run_job(self, job: Job, *, at_start: bool = False) -> bool:
        """Run *job* if it is due, or anyway *at_start*; return whether it ran. An exception is logged and counted."""
        began = self.monotonic()
        try:
            if job.once and not await self._claim_job(job) and not at_start:
                return False
            await job.do(self)
        except Exception:
            metrics.JOB_FAILED.labels(job.name).inc()
            log.exception("job_failed", job=job.name)
            if job.once:
                await self._retry_soon(job)
            return False
        metrics.JOB_SECONDS.labels(job.name).set(self.monotonic() - began)
        return True

    async def _claim_job(self, job: Job) -> bool:
        async with self.memory.transaction() as tx:
            return await jobs.claim(tx, _job_key(job), await now(tx), job.every)

    async def _retry_soon(self, job: Job) -> None:
        """Have a failed job run again soon, and write that it failed; if the database is away, it runs when *every* is over."""
        with contextlib.suppress(Exception):
            async with self.memory.transaction() as tx:
                at = await now(tx)
                await jobs.retry_at(tx, _job_key(job), at + min(_RETRY, job.every), job.every)
                await jobs.note_failure(tx, _job_key(job), at, heartbeat.FAILS_WITHIN)

    # ---- the jobs that are more than one call ----

    async def record_alive(self) -> timedelta:
        """Write that the service is alive, and record an absence that was longer than a town's window; return the gap.

        A clock that was moved while this process was alive is no gap.
        """
        last, self._alive_at = self._alive_at, self.monotonic()
        gap = await presence.record_service_alive(self.memory)
        stood_still = last is None or self._alive_at - last > _STOOD_STILL
        if not stood_still:
            return timedelta(0)
        at = await self.memory.now()
        # Nobody could be heard while nobody listened.
        self.since = at
        if self.on_return is not None:
            self.on_return(at)
        if gap > timedelta(0):
            await incidents.record_absence(self.memory, at, gap)
        return gap

    async def seal_chains(self) -> int:
        """Seal every town's new lines and facts, until there are none; return how many. One that is not sealed as true is logged.

        The towns take turns, a batch each: one that plans its night does not keep the others' lines unsealed.

        Raises:
            ExceptionGroup: some towns' could not be sealed; those of the others are.
        """
        async with self.memory.transaction() as tx:
            unsealed = await towns.orgs(tx)
        failed: list[Exception] = []
        count, batches = 0, dict[str, int]()

        async def seal(org: str) -> int:
            batches[org] = await self._seal_batch(org)
            return 0  # nobody waits for a seal

        while unsealed:
            batches.clear()
            try:
                await do_in_towns(self.memory, "chain", unsealed, seal)
            except ExceptionGroup as group:
                failed += group.exceptions
            count += sum(batches.values())
            unsealed = [org for org, sealed in batches.items() if sealed]
        metrics.SEALED.inc(count)
        if failed:
            raise ExceptionGroup("some towns' lines were not sealed", failed)
        return count

    async def _seal_batch(self, org: str) -> int:
        sealed = await seals.seal(self.memory, org)
        for cursor, doubt in sealed.doubted:
            metrics.DOUBTED.inc()
            log.error("line_doubted", org=org, cursor=str(cursor), doubt=doubt)
        return sealed.count

    async def record_chain_heads(self) -> int:
        """Tell the head of every town's chain outside of the database, signed: in the log, and in a file if one is set."""
        async with self.memory.transaction() as tx:
            found = {town.org: await seals.head(tx, town.org) for town in await towns.towns(tx)}
        key = self.settings.seal_key.get_secret_value() if self.settings.seal_key else None
        heads = [chain_heads.export_head(org, head, key) for org, head in found.items() if head is not None]
        for head in heads:
            log.info("chain_head_recorded", **head.fields())
        if self.settings.seal_heads_file is not None:
            await asyncio.to_thread(chain_heads.append_heads, self.settings.seal_heads_file, heads)
        return len(heads)

    async def expire_commands(self) -> int:
        """End the commands whose time is out, also while no broker is there to hear them."""
        async with self.memory.transaction() as tx:
            return await commands.end_expired(tx, await now(tx))

    async def make_event_months(self) -> list[str]:
        """Make the partitions of the timeline for this month and those that come; return their names."""
        async with self.memory.transaction() as tx:
            return await events.make_months(tx, _MONTHS_AHEAD)

    async def work_on_files(self) -> int:
        """Read the files that people have uploaded, and bring in those that are confirmed; return how many."""
        return await file_imports.work_on_files(
            self.memory, lambda org: reconciliation.reconcile_town(self.memory, org)
        )

    async def probe_database(self) -> None:
        """Test whether the database can be written to; readiness, heartbeat and metrics show the result."""
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

    async def report_sealed_lacks(self) -> int:
        """Log and count the towns that cannot count on their sealed accounts; return how many there are."""
        return len(await sealed_trials.report_lacks(self.memory, has_provider=bool(self.settings.oidc)))

    async def send_heartbeat(self) -> bool:
        """Send the heartbeat, if all is well."""
        vital = tuple(_job_key(job) for job in self.table if job.vital)
        return await Heartbeat(self.memory, self.settings.heartbeat_url, self.trouble, self.starting, vital).send()


def _job_key(job: Job) -> str:
    return f"rounds:{job.name}"


def _seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


JOBS: Final = (
    Job("alive", _seconds(1), PeriodicJobs.record_alive, once=False),
    Job("heartbeat", _seconds(30), PeriodicJobs.send_heartbeat, once=False, first_after=_seconds(10)),
    Job("probe", _seconds(3), PeriodicJobs.probe_database, once=False),
    Job("overlong", _seconds(2), PeriodicJobs.end_overlong, once=False),
    # Silence is told with this replica's own knowledge of when it came back.
    Job("silent", _seconds(5), lambda r: presence.report_silent_devices(r.memory, r.since), once=False),
    # Named as in store/seals.py. "seal" is the job of replicas of 0.2.0, which go on with their own chain.
    Job("chain", _seconds(1), PeriodicJobs.seal_chains),
    Job("heads", timedelta(hours=1), PeriodicJobs.record_chain_heads),
    Job("incidents", _seconds(2), lambda r: incidents.form_incidents(r.memory), vital=True),
    Job("shifts", timedelta(hours=1), lambda r: shifts_ahead.lay_shifts_ahead(r.memory), at_start=True, vital=True),
    Job("carer numbers", _seconds(60), lambda r: carer_changes.apply_due_numbers(r.memory)),
    Job("carer tests", _seconds(5), lambda r: carer_tests.ask_new_carers(r.memory)),
    Job("group sms", _seconds(1), lambda r: group_sms.send_under_way(r.memory)),
    Job("exercises", _seconds(1), lambda r: exercises.carry_out(r.memory)),
    Job("muster", _seconds(5), lambda r: muster.muster_shifts(r.memory), vital=True),
    Job("commands", _seconds(10), PeriodicJobs.expire_commands),
    Job("reserve", _seconds(20), lambda r: reserve_lists.make_reserve_lists(r.memory), vital=True),
    Job("deaths", _seconds(5), lambda r: deaths.tell_of_deaths(r.memory)),
    Job("pauses", _seconds(20), lambda r: pause_questions.ask_leads(r.memory)),
    Job("threats", _seconds(20), lambda r: night_threats.tell_leads(r.memory)),
    Job("planners", _seconds(20), lambda r: planner_reminders.remind_planners(r.memory)),
    Job("reconcile", _seconds(20), lambda r: reconciliation.reconcile_due_towns(r.memory), vital=True),
    Job("plan", timedelta(hours=1), lambda r: planning.plan_all_towns(r.memory), at_start=True, vital=True),
    Job("changed times", _seconds(1), lambda r: planning.plan_changed(r.memory), vital=True),
    Job("dark looks", _seconds(20), lambda r: mountings.note_dark_looks(r.memory)),
    Job("shared beds", _seconds(5), lambda r: configs.refresh_shared_beds(r.memory)),
    Job("town stops", _seconds(1), lambda r: town_stops.carry_out_stops(r.memory), vital=True),
    Job("drift", _seconds(20), lambda r: green_ends.take_back_drifted(r.memory), vital=True),
    Job("files", _seconds(1), PeriodicJobs.work_on_files),
    Job("look samples", timedelta(hours=1), lambda r: look_sampling.draw_due_samples(r.memory)),
    Job("sealed trials", timedelta(days=1), PeriodicJobs.report_sealed_lacks, once=False, first_after=_seconds(30)),
    Job("retention", timedelta(days=1), lambda r: retention.erase_expired(r.memory), first_after=_seconds(60)),
    Job("months", timedelta(days=1), PeriodicJobs.make_event_months, at_start=True),
)
"""Every periodic job. The outbox sees to its own undelivered messages."""
