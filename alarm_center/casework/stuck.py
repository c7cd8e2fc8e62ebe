"""Tells people of a case that the service itself cannot step: one bare SMS to whoever leads, and a line, once a case.

The case's own row may be what cannot be read, so nothing here reads more of it than where it is and what number it has.
"""

from typing import Any, Final
from uuid import UUID

import structlog

from alarm_center.casework import wording
from alarm_center.core.plan import Wording
from alarm_center.core.sms_text import Facts
from alarm_center.store import events, rosters, towns
from alarm_center.store.memory import Tx, now
from schemas.timeline import CaseStuck
from schemas.vocabulary import Who

log = structlog.get_logger()

_WHERE: Final = {
    "check": """
        select c.org, r.area_id, c.resident_id, c.check_id, c.alarm_id, a.case_no
        from checks c join residents r using (resident_id) left join alarms a on a.alarm_id = c.alarm_id
        where c.check_id = $1
    """,
    "alarm": "select org, area_id, resident_id, null::uuid as check_id, alarm_id, case_no from alarms where alarm_id = $1",
}
_CLAIM: Final = {
    "check": "update checks set stuck_told_at = $2 where check_id = $1 and stuck_told_at is null returning true",
    "alarm": "update alarms set stuck_told_at = $2 where alarm_id = $1 and stuck_told_at is null returning true",
}
"""Of two replicas that find a case stuck, the second waits for the row, and then finds it told of."""


async def tell(tx: "Tx[Any]", of: str, id_: UUID) -> bool:
    """Queue one SMS to the lead on duty of the case's area and one to the town's fixed number; return whether it did.

    ``of`` is ``check`` or ``alarm``. A case is told of once, whichever replica finds it and however long it lasts.
    """
    at = await now(tx)
    if not await tx.fetchval(_CLAIM[of], id_, at):
        return False
    case = await tx.fetchrow(_WHERE[of], id_)
    assert case is not None, "its row is held"
    town = await towns.town(tx, case["org"])
    code, _ = await towns.area(tx, case["area_id"])
    roster = await rosters.roster(tx, town, None)
    lead = roster.people(Who.LEAD, case["area_id"], at)[:1]
    phones = list(dict.fromkeys(p.phone for p in (*lead, *roster.people(Who.FIXED, case["area_id"], at))))
    text = Wording.STUCK_CHECK if case["case_no"] is None else Wording.STUCK
    for phone in phones:
        await wording.say_bare(tx, town, phone, text, Facts(case_no=case["case_no"], area=code), at)
    event = events.NewEvent(
        town.org, CaseStuck(of, len(phones)), area_id=case["area_id"], check_id=case["check_id"],
        alarm_id=case["alarm_id"], resident_id=case["resident_id"], actor="clockwork",
    )  # fmt: skip
    await events.write(tx, at, event)
    log.error("stuck_told", org=town.org, of=of, id=str(id_), told=len(phones))
    return True
