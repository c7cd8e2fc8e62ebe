"""Order of a phone's words by when they were written: one that reaches us late undoes none that was written after it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.replies import carer_actions
from alarm_center.sms import sms_stops
from alarm_center.store import replies
from alarm_center.store.memory import Tx

SKEW: Final = timedelta(minutes=1)
"""The provider's clock and ours may differ by less, and a word takes less to us: one so old came at once."""


@dataclass(frozen=True, slots=True)
class NewerWords:
    """The matters that a phone has said something newer about than the word in hand; none, where that came at once."""

    alarms: frozenset[UUID] = frozenset()
    muster: bool = False
    sms: bool = False
    """STOP or START."""


async def newer_words(tx: Tx, phone: str, number: str, written_at: datetime | None) -> NewerWords:
    """Return what *phone* has said since *written_at*; ``None``: the word in hand came at once. Ask under the phone's lock."""
    if written_at is None:
        return NewerWords()
    said = await replies.said_since(tx, phone, number, written_at)
    commands = {row.name for row in carer_actions.TABLE}
    return NewerWords(
        frozenset(each.alarm_id for each in said if each.alarm_id is not None and each.meaning in commands),
        any(each.holds_phone is not None for each in said),
        any(sms_stops.choice_of(each.body) is not None for each in said),
    )
