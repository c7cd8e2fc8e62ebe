"""A periodic job's work in one town after the other: a town in which it fails leaves no other town's undone."""

from collections.abc import Awaitable, Callable, Iterable

import structlog

from alarm_center import metrics
from alarm_center.store.memory import AWAY, Memory

log = structlog.get_logger()


class MostFailed(Exception):
    """A town's work failed for more than half of its residents: that is no fault of single rows."""


def expect_most_done(org: str, failed: int, everybody: int) -> None:
    """Raise where nobody can say any more that the fault is one home's: the job has failed, and the heartbeat has to know.

    Raises:
        MostFailed: more than half *failed*.
    """
    if 2 * failed > everybody:
        raise MostFailed(f"{failed} of {everybody} residents of {org}")


async def do_in_towns(memory: Memory, job: str, orgs: Iterable[str], work: Callable[[str], Awaitable[int]]) -> int:
    """Do the *work* of a *job* in each of the towns *orgs*; return the sum of what it returned.

    Raises:
        ExceptionGroup: it failed in some towns, each of which is logged and counted; it is done in the others, unless the
            database is away.
    """
    done, failed = 0, []
    for org in orgs:
        try:
            done += await work(org)
        except Exception as error:  # whatever is wrong with one town
            metrics.TOWN_FAILED.labels(job, org).inc()
            log.exception("town_failed", job=job, org=org)
            failed.append(error)
            if isinstance(error, AWAY) and not await _database_answers(memory):
                break
    if done:
        memory.hint()
    if failed:
        raise ExceptionGroup(f"{job} failed in some towns", failed)
    return done


async def _database_answers(memory: Memory) -> bool:
    """Return whether it was the town's own failure, and no database that is away from all of them."""
    try:
        await memory.now()
    except AWAY:
        return False
    return True
