"""Telling planners who have asked, at 07:30 and 15:00, how much waits for them: a number, never a name.

At 15:00 it follows the afternoon's reconciliation. A planner for whom nothing waits hears nothing.
"""

from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from alarm_center.casework import wording
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.casework.wording import PlainSms
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.preparation import due_times, reconciliation
from alarm_center.store import jobs, reminders, towns
from alarm_center.store.memory import Memory, Tx, now

log = structlog.get_logger()

_ONCE: Final = timedelta(hours=5)
"""Shorter than from the morning's time to the afternoon's."""
_LATE: Final = timedelta(hours=3)
"""Later than this nobody is told: the service was away, and the next time tells."""


async def remind_planners(memory: Memory) -> int:
    """Tell the planners of each town whose time has come; return the number of SMS.

    Raises:
        ExceptionGroup: it failed in some towns; those of the others are told.
    """
    async with memory.transaction() as tx:
        at, due = await now(tx), {}
        for town in await towns.towns(tx):
            since = due_times.latest_due(due_times.REMIND_AT, at, town)
            if since is None or at - since > _LATE:
                continue
            compared = await jobs.last_run(tx, reconciliation.job_of(town.org))
            told = await jobs.last_run(tx, _job(town.org))
            afternoon = due_times.latest_due(due_times.RECONCILE_AT[:1], at, town)
            is_ready = since != afternoon or (compared is not None and compared >= since)
            if is_ready and (told is None or told < since):
                due[town.org] = town
    return await do_in_towns(memory, "planners", due, lambda org: memory.attempt(partial(_tell_town, due[org])))


def _job(org: str) -> str:
    return f"planner_reminders:{org}"


async def _tell_town(town: towns.Town, tx: Tx) -> int:
    at = await now(tx)
    if not await jobs.claim(tx, _job(town.org), at, _ONCE):
        return 0
    waiting = await reminders.planners_waiting(tx, town.org)
    for each in waiting:
        facts = TextFacts(places=each.waiting)
        await wording.queue_sms(tx, town, PlainSms(each.phone, Wording.PLANNER_WAITING, facts), at)
    if waiting:
        log.info("planners_reminded", org=town.org, told=len(waiting))
    return len(waiting)
