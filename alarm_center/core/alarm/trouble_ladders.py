"""Ladders of trouble: for each kind the steps from its beginning, who is told by which text, and when the board turns red.

`trouble` says what begins, acknowledges and ends one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from alarm_center.core.alarm.state import DispatchPurpose
from alarm_center.core.plan import Step, Wording
from schemas.vocabulary import Channel, TroubleKind, Who

SEEN_TO_FOR: Final = timedelta(minutes=15)
"""Somebody sees to a cry for help, a locked door or a home with nobody in it: nothing has happened by then, it begins anew."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: *after* the beginning, *who* is told by *channel* in the words of *text*.

    At the ``loud`` one the board is red and the outside heartbeat fails; it comes again each ``Plan.exhausted_repeat``.
    """

    after: timedelta
    who: Who
    channel: Channel
    text: Wording
    loud: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps of one kind of trouble, and what an acknowledgement does to them."""

    purpose: DispatchPurpose
    """The search that its steps are made by, all but the loud one. A search in progress begins anew only for a graver one."""
    rungs: tuple[Rung, ...]
    lead_sees_to_it: bool = True
    """A lead's 1 says "jag ordnar", and acknowledges it. Else it is the alarm's own 1: the lead goes there."""
    seeks_on: bool = False
    """Acknowledged, somebody is still needed there: the search goes on, and gets no louder."""
    acknowledged_for: timedelta | None = None
    """An acknowledgement lasts so long; ``None``: until it begins anew."""
    rings_back: bool = False
    """Its carer is told "vi ringer dig": nobody has seen to it within ``Plan.ring_back_within``, and it is loud."""
    asks_anew: bool = False
    """The area's patrols are asked anew when it comes back after that (ADR 0088)."""

    @property
    def loud_after(self) -> timedelta:
        """The time from its beginning to the loud step."""
        return next(rung.after for rung in self.rungs if rung.loud)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The chain of its search: a release before knows these values of a stored chain."""
        return tuple(Step(rung.after, rung.who, rung.channel) for rung in self.rungs if not rung.loud)

    @property
    def texts(self) -> frozenset[Wording]:
        """Its words, by whatever channel."""
        return frozenset(rung.text for rung in self.rungs)

    def text(self, channel: Channel) -> Wording:
        """Return its words by *channel*."""
        return next(rung.text for rung in self.rungs if rung.channel is channel)


def _rungs(sms: Wording, call: Wording, *rows: tuple[int, Who, Channel]) -> tuple[Rung, ...]:
    *steps, (loud, who, channel) = rows
    words = {Channel.SMS: sms, Channel.CALL: call}
    quiet = (Rung(timedelta(seconds=at), told, by, words[by]) for at, told, by in steps)
    return (*quiet, Rung(timedelta(seconds=loud), who, channel, words[channel], loud=True))


_TO_LEAD: Final = (
    (0, Who.LEAD, Channel.SMS),
    (90, Who.LEAD, Channel.CALL),
    (180, Who.SECOND_PATROL, Channel.SMS),
    (300, Who.FIXED, Channel.CALL),
)
_TO_ALL: Final = (
    (0, Who.SECOND_PATROL, Channel.SMS),
    (0, Who.LEAD, Channel.SMS),
    (90, Who.SECOND_PATROL, Channel.CALL),
    (90, Who.LEAD, Channel.CALL),
    (180, Who.FIXED, Channel.CALL),
)

LADDERS: Final[Mapping[TroubleKind, Ladder]] = MappingProxyType(
    {
        TroubleKind.HELP: Ladder(
            DispatchPurpose.HELP,
            _rungs(Wording.TROUBLE_HELP, Wording.VOICE_TROUBLE_HELP, *_TO_ALL),
            seeks_on=True,
            acknowledged_for=SEEN_TO_FOR,
            rings_back=True,
            asks_anew=True,
        ),
        TroubleKind.CANNOT_GET_IN: Ladder(
            DispatchPurpose.ACCESS,
            _rungs(Wording.TROUBLE_CANNOT_GET_IN, Wording.VOICE_TROUBLE_CANNOT_GET_IN, *_TO_LEAD),
            acknowledged_for=SEEN_TO_FOR,
            rings_back=True,
            asks_anew=True,
        ),
        TroubleKind.NOBODY_HOME: Ladder(
            DispatchPurpose.ACCESS,
            _rungs(Wording.TROUBLE_NOBODY_HOME, Wording.VOICE_TROUBLE_NOBODY_HOME, *_TO_LEAD),
            acknowledged_for=SEEN_TO_FOR,
        ),
        TroubleKind.SILENT: Ladder(
            DispatchPurpose.SILENCE, _rungs(Wording.TROUBLE_SILENT, Wording.VOICE_TROUBLE_SILENT, *_TO_LEAD)
        ),
        TroubleKind.UNDELIVERED: Ladder(
            DispatchPurpose.LATE, _rungs(Wording.TROUBLE_UNDELIVERED, Wording.VOICE_TROUBLE_UNDELIVERED, *_TO_LEAD)
        ),
        TroubleKind.LATE: Ladder(
            DispatchPurpose.LATE,
            _rungs(Wording.ESCALATION_LATE, Wording.VOICE_TROUBLE_LATE, *_TO_LEAD),
            lead_sees_to_it=False,
        ),
        # Its steps before this one are the alarm's own chain.
        TroubleKind.NOT_TAKEN: Ladder(
            DispatchPurpose.CALL_OUT,
            _rungs(Wording.ESCALATION, Wording.VOICE_CALL_OUT, (0, Who.FIXED, Channel.CALL)),
            lead_sees_to_it=False,
            seeks_on=True,
            acknowledged_for=timedelta(minutes=15),
        ),
        # Nobody has to go there, and no lead on duty takes the SMS that asks how it ended.
        TroubleKind.OUTCOME_MISSING: Ladder(
            DispatchPurpose.CALL_OUT,
            _rungs(Wording.OUTCOME, Wording.VOICE_TROUBLE_OUTCOME, (300, Who.FIXED, Channel.CALL)),
            acknowledged_for=timedelta(minutes=15),
        ),
    }
)
"""Each trouble from its beginning (docs/alarm.md#trouble), the gravest first. The board is told at once, of every one."""

CHAINS: Final[Mapping[DispatchPurpose, tuple[Step, ...]]] = MappingProxyType(
    {ladder.purpose: ladder.steps for ladder in LADDERS.values() if ladder.steps}
)
"""The chains of the searches for a trouble. The alarm's own chains are the plan's."""

OF_NOBODY: Final = tuple(kind for kind, ladder in LADDERS.items() if not ladder.steps)
"""The troubles of a case that no carer has: over once one is sought anew, or has it."""
