"""The muster: each shift's phone is asked at its start whether a carer has it, and silence is reported to the lead."""

from datetime import datetime
from functools import partial
from itertools import groupby

import structlog

from alarm_center.casework import wording
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.casework.wording import PlainSms
from alarm_center.core import roster
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.core.roster import DutyShift, Roster
from alarm_center.store import events, musters, rosters, towns
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from schemas.timeline import MusterAsked, MusterUnanswered
from schemas.vocabulary import Duty, Who

log = structlog.get_logger()


async def muster_shifts(memory: Memory) -> int:
    """Ask the phones whose shift has begun, and report those that have not answered; return the number of SMS.

    Raises:
        ExceptionGroup: it failed in some towns; those of the others are asked.
    """
    async with memory.transaction() as tx:
        orgs = await towns.orgs(tx)
    return await do_in_towns(memory, "muster", orgs, lambda org: memory.attempt(partial(_muster_town, org)))


async def _muster_town(org: str, tx: Tx) -> int:
    unconfirmed = await musters.lock_unconfirmed(tx, org)
    if not unconfirmed:
        return 0
    town, at = await towns.town(tx, org), await now(tx)
    queued = 0
    to_ask = sorted(roster.shifts_to_muster(unconfirmed, at), key=lambda s: (s.phone, s.starts_at, str(s.shift_id)))
    for phone, shifts in groupby(to_ask, key=lambda s: s.phone):
        # It is the phone that is asked: one that serves two areas is asked once, and answers for both.
        mine = list(shifts)
        await _ask_phone(tx, town, phone, mine)
        queued += 1
    silent = [s for s in roster.silent_shifts(unconfirmed, at) if await musters.mark_told(tx, s.shift_id, at)]
    for shift in silent:
        queued += await _report_unanswered(tx, town, shift)
    return queued


async def _ask_phone(tx: Tx, town: towns.Town, phone: str, shifts: list[DutyShift]) -> None:
    at, first = await now(tx), shifts[0]
    code, _ = await towns.area(tx, first.area_id)
    facts = TextFacts(area=code, starts_at=first.starts_at, ends_at=max(s.ends_at for s in shifts))
    asked = Wording.MUSTER_WHO if await musters.has_codes(tx, town.org) else Wording.MUSTER
    await wording.queue_sms(tx, town, PlainSms(phone, asked, facts), at)
    await musters.mark_asked(tx, [s.shift_id for s in shifts], at)
    for shift in shifts:
        line = MusterAsked(shift.shift_id, shift.duty)
        await events.write(tx, at, NewEvent(town.org, line, area_id=shift.area_id, actor="muster"))


async def _report_unanswered(tx: Tx, town: towns.Town, shift: DutyShift) -> int:
    """Write the board's line, and tell the lead unless another patrol of the area has said that it is there."""
    at = await now(tx)
    on_duty = await rosters.roster(tx, town, None)
    covered = shift.duty is Duty.PATROL and any(
        other.mustered for other in on_duty.shifts_on_duty(shift.area_id, at) if other.shift_id != shift.shift_id
    )
    phones = [] if covered else _lead_phones(on_duty, shift, at)
    code, _ = await towns.area(tx, shift.area_id)
    for phone in phones:
        facts = TextFacts(area=code, patrol=shift.patrol, starts_at=shift.starts_at)
        await wording.queue_sms(tx, town, PlainSms(phone, Wording.MUSTER_SILENT, facts), at)
    said = "no" if shift.mustered is False else "nothing"
    unanswered = MusterUnanswered(shift.shift_id, shift.duty, said, covered, len(phones))
    await events.write(tx, at, NewEvent(town.org, unanswered, area_id=shift.area_id, actor="muster"))
    log.warning("muster_unanswered", org=town.org, area=code, shift_id=str(shift.shift_id), said=said, covered=covered)
    return len(phones)


def _lead_phones(on_duty: Roster, shift: DutyShift, at: datetime) -> list[str]:
    """Return the phone of the lead who is to know; none where the lead's own phone is the one that is silent."""
    return [p.phone for p in on_duty.responders(Who.LEAD, shift.area_id, at) if p.phone != shift.phone][:1]
