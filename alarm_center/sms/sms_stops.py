"""STOP and START: a phone that takes no SMS is told of at once, is called instead, and takes SMS again after START.

Twilio keeps STOP itself, and refuses every SMS from then on (https://www.twilio.com/docs/api/errors/21610); it also tells us
the word. 46elks keeps nothing: the word alone says so.
"""

from datetime import datetime
from typing import Final

import structlog

from alarm_center.casework import wording
from alarm_center.casework.wording import PlainSms
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.store import events, rosters, sms_stops, towns
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Tx
from alarm_center.store.shifts import shift_on_duty
from schemas import timeline
from schemas.vocabulary import Who

log = structlog.get_logger()

STOP: Final = frozenset({"stop", "stopall", "stop all", "unsubscribe", "optout", "opt out", "revoke"})
START: Final = frozenset({"start", "unstop"})
"""The provider's own words, whole: https://help.twilio.com/articles/223134027. Its *cancel*, *end* and *quit* are read by a person,
and the next SMS to that phone, which it refuses, says the rest; its *yes* is also ours."""

OPTED_OUT: Final = "21610"
"""Twilio's code for an SMS to a phone that has written STOP."""


def choice_of(text: str) -> bool | None:
    """Return whether *text* says that SMS are wanted, ``None`` if it is about something else."""
    said = " ".join(text.casefold().split()).strip(" .!")
    return False if said in STOP else True if said in START else None


async def record_stop(tx: Tx, org: str, phone: str, at: datetime, *, by_provider: bool) -> None:
    """Write that *phone* takes no SMS, and tell the lead on duty, and planners who have asked; once until the next START."""
    if not await sms_stops.stop(tx, org, phone, at, by_provider=by_provider):
        return
    town, duty = await towns.town(tx, org), await shift_on_duty(tx, phone, org)
    line = timeline.SmsStopped(by_provider, None if duty is None else duty.shift_id)
    area_id = None if duty is None else duty.area_id
    await events.write(tx, at, NewEvent(org, line, area_id=area_id, actor="carer"))
    log.warning("sms_stopped", org=org, by_provider=by_provider)
    told = dict.fromkeys(await sms_stops.planners_to_tell(tx, org))
    code, only = None, False
    if duty is not None:
        on_duty = await rosters.roster(tx, town, None)
        code = (await towns.area(tx, duty.area_id)).code
        only = {each.phone for each in on_duty.shifts_on_duty(duty.area_id, at)} == {phone}
        leads = [each.phone for each in on_duty.responders(Who.LEAD, duty.area_id, at) if each.takes_sms]
        told = dict.fromkeys(
            [*(leads[:1] or [each.phone for each in on_duty.responders(Who.FIXED, duty.area_id, at)]), *told]
        )
    facts = TextFacts(area=code, patrol=None if duty is None else duty.patrol)
    words = Wording.SMS_STOPPED_LAST if only else Wording.SMS_STOPPED
    for each in told:
        if each != phone:
            await wording.queue_sms(tx, town, PlainSms(each, words, facts), at)


async def record_start(tx: Tx, org: str, phone: str, at: datetime) -> bool:
    """Write that *phone* takes SMS again, and answer it; false if it did."""
    if not await sms_stops.start(tx, org, phone, at):
        return False
    town, duty = await towns.town(tx, org), await shift_on_duty(tx, phone, org)
    line = timeline.SmsStarted(None if duty is None else duty.shift_id)
    await events.write(tx, at, NewEvent(org, line, area_id=None if duty is None else duty.area_id, actor="carer"))
    await wording.queue_sms(tx, town, PlainSms(phone, Wording.SMS_STARTED, TextFacts()), at)
    return True
