"""Telling the lead on duty in the evening how many residents' supervision is threatened tonight: a code and a number, never a name.

It follows the evening's reconciliation. Where no lead is on duty yet, the next time tells; *Att göra* shows who all the while.
"""

from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Final

import structlog

from alarm_center.casework import wording
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.casework.wording import PlainSms
from alarm_center.core import calendar
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.preparation import due_times, reconciliation
from alarm_center.store import events, jobs, rosters, todo, towns
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from schemas import timeline
from schemas.vocabulary import Who

log = structlog.get_logger()

ACTOR: Final = "night_threats"
_EVENING: Final = max(due_times.RECONCILE_AT)
_ONCE: Final = timedelta(hours=12)
"""A town's leads are told once an evening."""


async def tell_leads(memory: Memory) -> int:
    """Tell the leads on duty of each town that has been compared this evening; return the number of SMS.

    Raises:
        ExceptionGroup: it failed in some towns; those of the others are told.
    """
    async with memory.transaction() as tx:
        at, due = await now(tx), {}
        for town in await towns.towns(tx):
            since = due_times.latest_due((_EVENING,), at, town)
            compared = await jobs.last_run(tx, reconciliation.job_of(town.org))
            told = await jobs.last_run(tx, _job(town.org))
            if since and compared and compared >= since and (told is None or told < since):
                due[town.org] = town
    return await do_in_towns(memory, "threats", due, lambda org: memory.attempt(partial(_tell_town, due[org])))


def _job(org: str) -> str:
    return f"night_threats:{org}"


async def _tell_town(town: towns.Town, tx: Tx) -> int:
    at = await now(tx)
    threatened = await todo.threatened_residents(tx, town.org, calendar.night_of(at, town.zone), todo.SILENT_FOR)
    on_duty = await rosters.roster(tx, town, None)
    asked: list[tuple[str, str]] = []
    for each in threatened:
        lead = next(iter(on_duty.responders(Who.LEAD, each.area_id, at)), None)
        if lead is not None:
            asked.append((lead.phone, each.code))
    if len(asked) < len(threatened) or not await jobs.claim(tx, _job(town.org), at, _ONCE):
        return 0
    queued = 0
    for phone, found in groupby(sorted(asked), key=lambda each: each[0]):
        codes = [code for _phone, code in found]
        # A lead of several areas hears of all in one SMS; it has room for one code.
        facts = TextFacts(area=codes[0] if len(set(codes)) == 1 else None, places=len(codes))
        await wording.queue_sms(tx, town, PlainSms(phone, Wording.NIGHT_THREATENED, facts), at)
        queued += 1
    if threatened:
        told = timeline.NightThreatsTold(len(threatened), queued)
        await events.write(tx, at, NewEvent(town.org, told, actor=ACTOR))
        log.info("night_threats_sent", org=town.org, residents=len(threatened), told=queued)
    return queued
