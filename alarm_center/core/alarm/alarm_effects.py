"""Effects of a decision over an alarm: each becomes a row in the decision's own transaction."""

from dataclasses import dataclass

from alarm_center.core.alarm.state import Alarm, Notice
from alarm_center.core.decision import Raise, Write
from alarm_center.core.plan import Wording


@dataclass(frozen=True, slots=True)
class Notify:
    """Ask or tell one carer; the outbox carries it out."""

    notice: Notice
    first: bool
    """The first SMS of an alarm goes before reminders."""


@dataclass(frozen=True, slots=True)
class Tell:
    """An SMS that asks for nothing new, to the phone of a notice."""

    wording: Wording
    notice: Notice


@dataclass(frozen=True, slots=True)
class StaffPresence:
    """Staff are with the resident (*inside*), or have left: the resident's other checks wait, or go on."""

    inside: bool


@dataclass(frozen=True, slots=True)
class RedBoard:
    """Every chain is exhausted: the board turns red and the heartbeat fails until somebody has it."""


AlarmEffect = Write | Raise | Notify | Tell | StaffPresence | RedBoard


@dataclass(frozen=True, slots=True)
class AlarmDecision:
    """An alarm after one event, with the effects that its transaction has to write."""

    alarm: Alarm
    effects: tuple[AlarmEffect, ...] = ()
