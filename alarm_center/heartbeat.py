"""The heartbeat to a watch outside: sent only while the work is really done, so that its silence rings.

An alarm centre cannot tell anybody that it is dead. A fault that keeps a check from its deadline or an alarm from a person
(a loop that stands still, a database or broker that is away, steps that are overdue, a red board) stops the sign as well.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

import aiohttp
import structlog

from alarm_center import metrics
from alarm_center.store import health, jobs
from alarm_center.store.health import AUDIT_AFTER, AuditedRows
from alarm_center.store.memory import AWAY, Memory, now

log = structlog.get_logger()

OVERDUE: Final = timedelta(seconds=60)
"""Every check has its end or its next step so long after the service is back (docs/guarantees.md#1-no-check-can-vanish)."""
UNSENT_AFTER: Final = timedelta(seconds=30)
"""A message of a priority 1 goes out within 15 s also when its replica is lost; twice that is a fault."""
FAILING_FOR: Final = timedelta(minutes=5)
"""A job is tried again each 30 s: ten failures are no passing one."""
FAILS_WITHIN: Final = timedelta(minutes=5)
"""Failures so close to each other are one: a town that is being reconciled is left alone for two minutes."""
_DATABASE_SECONDS: Final = 5.0
_WATCH: Final = aiohttp.ClientTimeout(total=10)


class WithheldReason(StrEnum):
    """A reason to withhold the heartbeat."""

    REPLICA = "replica"
    """A loop of this replica stands still, or it has no broker."""
    DATABASE = "database"
    OVERDUE = "overdue"
    RED = "red"
    UNSENT = "unsent"
    """A message of a priority 1 does not go out, whoever's fault it is."""
    AUDIT = "audit"
    """There are rows that must not exist: a step, an end, a claim or an acknowledgement is long overdue."""
    JOBS = "jobs"
    """The night is not prepared: a job fails again and again, if only for one town."""


@dataclass(slots=True)
class Heartbeat:
    """The sender of the heartbeat. ``trouble`` returns this replica's troubles in words; empty while it works.

    ``starting`` says whether that is only that it has not finished starting: it sends nothing then, and nothing is wrong.
    """

    memory: Memory
    url: str | None
    trouble: Callable[[], list[str]] | None = None
    starting: Callable[[], bool] | None = None
    vital: tuple[str, ...] = ()
    """The jobs without which somebody is left without a check or a patrol, by their rows' names."""

    async def find_trouble(self) -> dict[WithheldReason, str]:
        """Find the reasons to withhold the heartbeat now, each in words; set the metrics to the same."""
        found: dict[WithheldReason, str] = {}
        trouble = ["nobody has said whether the loops run"] if self.trouble is None else self.trouble()
        if trouble:
            found[WithheldReason.REPLICA] = "; ".join(trouble)
        try:
            async with asyncio.timeout(_DATABASE_SECONDS), self.memory.transaction() as tx:
                overdue, red = await health.count_overdue(tx, OVERDUE), await health.count_red(tx)
                at = await now(tx)
                audit = await health.self_audit(tx, at - AUDIT_AFTER)
                waits = await health.longest_urgent_wait(tx)
                failing = await jobs.failing(tx, self.vital, at, FAILING_FOR, FAILS_WITHIN)
        except AWAY as error:
            found[WithheldReason.DATABASE] = type(error).__name__
        else:
            metrics.RED.set(red)
            wrong = {of: sum(each.count for each in audit if each.of is of) for of in AuditedRows}
            for of, count in wrong.items():
                metrics.MUST_NOT_EXIST.labels(of).set(count)
            metrics.URGENT_WAITS.set(waits.total_seconds())
            if overdue:
                found[WithheldReason.OVERDUE] = (
                    f"{overdue} checks and alarms are overdue by more than {OVERDUE.seconds} s"
                )
            if red:
                found[WithheldReason.RED] = (
                    f"{red} alarms have asked everybody, and nobody at a board has acknowledged them"
                )
            if audit:
                counts = ", ".join(f"{count} {of}" for of, count in wrong.items() if count)
                found[WithheldReason.AUDIT] = f"overdue by more than {AUDIT_AFTER.seconds} s: {counts}"
            if waits > UNSENT_AFTER:
                found[WithheldReason.UNSENT] = f"a message of a priority 1 has waited for {waits.total_seconds():.0f} s"
            if failing:
                found[WithheldReason.JOBS] = f"{', '.join(failing)} failed for more than {FAILING_FOR.seconds} s"
        for why in WithheldReason:
            metrics.UNHEALTHY.labels(why).set(why in found)
        return found

    async def send(self) -> bool:
        """Send the heartbeat if all is well; return whether the outside watch has it. Its address is never logged."""
        found = await self.find_trouble()
        if found:
            starting = found.keys() == {WithheldReason.REPLICA} and self.starting is not None and self.starting()
            metrics.HEARTBEATS.labels("starting" if starting else "withheld").inc()
            tell = log.info if starting else log.warning if self.url is None else log.error
            tell("heartbeat_withheld", **{str(why): words for why, words in found.items()})
            return False
        if self.url is None:
            return False
        try:
            async with aiohttp.ClientSession(timeout=_WATCH) as session, session.get(self.url) as answer:
                answer.raise_for_status()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            metrics.HEARTBEATS.labels("failed").inc()
            status = error.status if isinstance(error, aiohttp.ClientResponseError) else None
            log.warning("heartbeat_failed", error=type(error).__name__, status=status)
            return False
        metrics.HEARTBEATS.labels("sent").inc()
        return True
