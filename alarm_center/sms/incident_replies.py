"""Replies to the SMS that tells a lead of an incident which is not checked in time: "störning" says that they see to it.

A bare 1 does so too where it answers nothing else of that phone. With a case open it would be that case's.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alarm_center.casework import incidents, wording
from alarm_center.casework.wording import PlainSms
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.core.replies import CarerCommand, parse_reply
from alarm_center.core.replies.carer_actions import TAKE
from alarm_center.store import incidents as incident_rows
from alarm_center.store import towns
from alarm_center.store.memory import Tx
from alarm_center.store.shifts import shift_on_duty

_NAMES: Final = frozenset({"störning", "störningen", "storning", "storningen", "disruption"})
_BESIDE: Final = frozenset({"1", "ja", "jag", "ordnar", "tar", "yes", "i", "see", "to", "it"})
"""Words that change nothing beside its name. Any other makes it free text: a 2 there is no yes."""


@dataclass(frozen=True, slots=True)
class IncidentReply:
    """A reply of *phone* to *number*, which answers nothing that was sent after *asked_by*."""

    phone: str
    number: str
    text: str
    asked_by: datetime
    alone: bool
    """No case of the phone is open, and no shift of it waits for an answer."""


async def acknowledge(tx: Tx, reply: IncidentReply, at: datetime) -> bool:
    """Tell whether the reply says that its lead sees to an incident, and write it, with a receipt."""
    named = _names_incident(reply.text)
    if not named and not (reply.alone and parse_reply(reply.text) == CarerCommand(TAKE)):
        return False
    told = await incident_rows.told_to(tx, reply.phone, reply.number, reply.asked_by)
    if told is None or not (named or told.is_open):
        return False
    duty = await shift_on_duty(tx, reply.phone, told.org)
    left = await incidents.acknowledge_by_sms(tx, told.incident_id, f"shift:{duty.shift_id}" if duty else "carer", at)
    text = Wording.INCIDENT_YOURS if left else Wording.INCIDENT_OVER
    facts = TextFacts(area=told.area, places=left, incident_link=told.link)
    await wording.queue_sms(tx, await towns.town(tx, told.org), PlainSms(reply.phone, text, facts), at)
    return True


def _names_incident(text: str) -> bool:
    words = set(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))
    return "?" not in text and bool(words & _NAMES) and words <= _NAMES | _BESIDE
