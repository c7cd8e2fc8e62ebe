"""Cases that the service cannot step: people are told of each once, by a bare SMS to the lead and a line.

The case's own row may be what cannot be read, so nothing here reads more of it than where it is and what number it has.
"""

from uuid import UUID

import structlog

from alarm_center.casework import wording
from alarm_center.casework.wording import PlainSms
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.store import events, rosters, stuck_cases, towns
from alarm_center.store.memory import Tx, now
from schemas.timeline import CaseStuck
from schemas.vocabulary import Who

log = structlog.get_logger()


async def report_stuck_case(tx: Tx, of: str, id_: UUID) -> bool:
    """Queue one SMS to the lead on duty of the case's area and one to the town's fixed number; return whether it did.

    Of an exercise no phone is told: the board shows it.

    ``of`` is ``check`` or ``alarm``. A case is told of once, whichever replica finds it and however long it lasts.
    """
    at = await now(tx)
    case = await stuck_cases.claim_report(tx, of, id_, at)
    if case is None:
        return False
    town = await towns.town(tx, case.org)
    code, _ = await towns.area(tx, case.area_id)
    roster = await rosters.roster(tx, town, None)
    lead = roster.responders(Who.LEAD, case.area_id, at)[:1]
    told = () if case.training else (*lead, *roster.responders(Who.FIXED, case.area_id, at))
    phones = list(dict.fromkeys(responder.phone for responder in told))
    text = Wording.STUCK_CHECK if case.case_no is None else Wording.STUCK
    for phone in phones:
        facts = TextFacts(case_no=case.case_no, area=code)
        await wording.queue_bare_sms(tx, town, PlainSms(phone, text, facts), at)
    event = events.NewEvent(
        town.org, CaseStuck(of, len(phones)), area_id=case.area_id, check_id=case.check_id,
        alarm_id=case.alarm_id, resident_id=case.resident_id, actor="clockwork",
    )  # fmt: skip
    await events.write(tx, at, event)
    log.error("stuck_case_reported", org=town.org, of=of, id=str(id_), told=len(phones))
    return True
