"""Test SMS to carers who are new: each is asked once to answer, so that a wrong number is known before the first shift."""

from functools import partial

import structlog

from alarm_center.casework import wording
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.casework.wording import PlainSms
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.store import carers, towns
from alarm_center.store.memory import Memory, Tx, now

log = structlog.get_logger()


async def ask_new_carers(memory: Memory) -> int:
    """Ask the carers whose numbers are to be tested; return the number of SMS.

    Raises:
        ExceptionGroup: it failed in some towns; those of the others are asked.
    """
    async with memory.transaction() as tx:
        orgs = await towns.orgs(tx)
    return await do_in_towns(memory, "carer tests", orgs, lambda org: memory.attempt(partial(_ask_town, org)))


async def _ask_town(org: str, tx: Tx) -> int:
    untested = await carers.lock_untested(tx, org)
    if not untested:
        return 0
    town, at = await towns.town(tx, org), await now(tx)
    for each in untested:
        await wording.queue_sms(tx, town, PlainSms(each.phone, Wording.CARER_TEST, TextFacts()), at)
        await carers.mark_test_asked(tx, each.carer_id, at)
    log.info("carers_tested", org=org, asked=len(untested))
    return len(untested)
