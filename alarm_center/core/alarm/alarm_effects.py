"""Effects of a decision over an alarm: each becomes a row in the decision's own transaction."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from alarm_center.core.alarm.state import Alarm, Notice
from alarm_center.core.alarm.trouble_ladders import LADDERS
from alarm_center.core.decision import Raise, Write
from alarm_center.core.plan import Wording
from schemas.vocabulary import Channel, TroubleKind

SPOKEN: Final = MappingProxyType({Wording.ON_SITE_CHECK: Wording.VOICE_ON_SITE_CHECK})
"""Questions that a call has words of its own for."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Ask or tell one carer; the outbox carries it out."""

    notice: Notice
    first: bool
    """The first SMS of an alarm goes before reminders."""
    trouble: TroubleKind | None = None
    """It is asked because of a trouble, in whose words it is said."""

    @property
    def text(self) -> Wording:
        """The words that it is said in."""
        if self.trouble is not None:
            return LADDERS[self.trouble].text(self.notice.channel)
        if self.notice.channel is Channel.CALL:
            return SPOKEN.get(self.notice.wording, Wording.VOICE_CALL_OUT)
        return self.notice.wording


@dataclass(frozen=True, slots=True)
class Tell:
    """An SMS that asks for nothing new, to the phone of a notice."""

    wording: Wording
    notice: Notice
    digit: str | None = None
    """The digit of the answer to "Vet du var?" that it says back."""


@dataclass(frozen=True, slots=True)
class TellLead:
    """An SMS about the carer of a notice to a lead's *phone*. It asks for nothing."""

    wording: Wording
    phone: str
    carer: Notice
    minutes: int


@dataclass(frozen=True, slots=True)
class StaffPresence:
    """Staff are with the resident (*inside*), or have left: the resident's other checks wait, or go on."""

    inside: bool


@dataclass(frozen=True, slots=True)
class RedBoard:
    """Nobody sees to it: the board turns red and the heartbeat fails until somebody acknowledges it."""


@dataclass(frozen=True, slots=True)
class CalmBoard:
    """A person sees to every trouble of the case, or it is over: the board is red no longer."""


AlarmEffect = Write | Raise | Notify | Tell | TellLead | StaffPresence | RedBoard | CalmBoard


@dataclass(frozen=True, slots=True)
class AlarmDecision:
    """An alarm after one event, with the effects that its transaction has to write."""

    alarm: Alarm
    effects: tuple[AlarmEffect, ...] = ()
