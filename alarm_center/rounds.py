"""What is done once in a while: a table of jobs, each guarded, so that one that fails never stops the others."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from alarm_center import metrics, planning, watch
from alarm_center.settings import Settings
from alarm_center.store import jobs, seals, towns
from alarm_center.store.memory import Memory, now

log = structlog.get_logger()

_TURN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """Something that the whole service does each *every*, by whichever replica comes first."""

    name: str
    every: timedelta
    do: Callable[[], Awaitable[Any]]


@dataclass(slots=True)
class Rounds:
    """Runs the jobs that are due each second."""

    memory: Memory
    settings: Settings
    since: datetime | None = None
    """When this replica's broker came back; set from outside."""
    table: list[Job] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.table += [
            Job("seal", timedelta(seconds=1), self._seal),
            Job("plan", timedelta(hours=1), lambda: planning.plan_all(self.memory)),
            Job("silent", timedelta(seconds=5), lambda: watch.silent(self.memory, self.since)),
        ]

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            for job in self.table:
                try:
                    await self._turn(job)
                except Exception:
                    log.exception("job_failed", job=job.name)
            await asyncio.sleep(_TURN_SECONDS)

    async def _turn(self, job: Job) -> None:
        async with self.memory.transaction() as tx:
            mine = await jobs.take(tx, job.name, await now(tx), job.every)
        if mine:
            await job.do()

    async def _seal(self) -> None:
        async with self.memory.transaction() as tx:
            orgs = [town.org for town in await towns.towns(tx)]
        for org in orgs:
            metrics.SEALED.inc(await seals.seal(self.memory, org))
