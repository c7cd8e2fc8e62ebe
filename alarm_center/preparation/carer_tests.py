"""Test SMS to carers who are new: each is asked once to answer, so that a wrong number is known before the first shift."""

import structlog

from alarm_center.casework import wording
from alarm_center.casework.wording import PlainSms
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.store import carers, towns
from alarm_center.store.memory import Memory, Tx, now

log = structlog.get_logger()


async def ask_new_carers(memory: Memory) -> int:
    """Ask the carers whose numbers are to be tested; return the number of SMS."""
    async with memory.transaction() as tx:
        orgs = [town.org for town in await towns.towns(tx)]
    queued = 0
    for org in orgs:
        queued += await memory.attempt(lambda tx, org=org: _ask_town(tx, org))  # type: ignore[misc]
    if queued:
        memory.hint()
    return queued


async def _ask_town(tx: Tx, org: str) -> int:
    untested = await carers.lock_untested(tx, org)
    if not untested:
        return 0
    town, at = await towns.town(tx, org), await now(tx)
    for each in untested:
        await wording.queue_sms(tx, town, PlainSms(each.phone, Wording.CARER_TEST, TextFacts()), at)
        await carers.mark_test_asked(tx, each.carer_id, at)
    log.info("carers_tested", org=org, asked=len(untested))
    return len(untested)
