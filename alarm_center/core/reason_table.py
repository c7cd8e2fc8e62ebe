"""Default rules of answers and reasons: what each does to its check. A plan may override a row (`plan`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from schemas.vocabulary import AlarmKind, Answer, Priority, Reason


class Reaction(StrEnum):
    """The effect of an answer on its check."""

    SEEN = "seen"
    ALARM = "alarm"
    RECHECK = "recheck"
    """Look again after the plan's minutes; the same again is an alarm."""
    RETRY = "retry"
    """One immediate new attempt; where that gives no better answer, the alarm of its row."""
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the reason table: the reaction, and the alarm that it is or ends in."""

    reaction: Reaction
    kind: AlarmKind | None = None
    priority: Priority | None = None


_WRONG: Final = Rule(Reaction.ALARM, AlarmKind.SOMETHING_WRONG, Priority.FIRST)
_AGAIN: Final = Rule(Reaction.RECHECK, AlarmKind.NOT_SEEN, Priority.SECOND)
_UNSURE: Final = Rule(Reaction.ALARM, AlarmKind.CANNOT_TELL, Priority.SECOND)
_BLIND: Final = Rule(Reaction.TECHNICAL, AlarmKind.TECHNICAL, Priority.THIRD)
_BROKEN: Final = Rule(Reaction.RETRY, AlarmKind.TECHNICAL, Priority.THIRD)

REASON_TABLE: Final[Mapping[Answer | Reason, Rule]] = MappingProxyType(
    {
        Answer.IN_BED: Rule(Reaction.SEEN),
        Answer.NOT_SEEN: _AGAIN,
        # These two always come with a reason; one that has lost it is taken at its worst.
        Answer.SOMETHING_WRONG: _WRONG,
        Answer.CANNOT_TELL: _UNSURE,
        Reason.UP: _AGAIN,
        Reason.AT_EDGE: _AGAIN,
        Reason.ON_FLOOR: _WRONG,
        Reason.HALF_OUT: _WRONG,
        Reason.VIOLENT: _WRONG,
        # One restless sleeper may look like two for ten seconds; a guest is still there in the next.
        Reason.COUNT: Rule(Reaction.RETRY, AlarmKind.CANNOT_TELL, Priority.SECOND),
        Reason.STILL: _UNSURE,
        Reason.CONTRADICTORY: _UNSURE,
        Reason.PERSON_UNSURE: _UNSURE,
        # A camera that cannot see will not mend itself in fifteen minutes.
        Reason.COVERED: _BLIND,
        Reason.PARTLY_COVERED: _BLIND,
        Reason.MOVED: _BLIND,
        Reason.DARK: _BLIND,
        Reason.OVEREXPOSED: _BLIND,
        Reason.DEFOCUSED: _BLIND,
        # A session that is not to be trusted may be right the next time.
        Reason.FROZEN: _BROKEN,
        Reason.TOO_SHORT: _BROKEN,
        Reason.OUT_OF_RANGE: _BROKEN,
        Reason.REJECTED: _BROKEN,
        Reason.FAULT: _BROKEN,
        Reason.NO_SESSION: _BROKEN,
        Reason.NOBODY_LOOKED: Rule(Reaction.ALARM, AlarmKind.NOBODY_LOOKED, Priority.SECOND),
    }
)
"""The rule of each answer, by its reason (docs/check.md#what-an-answer-does). A plan may override any row but ``in_bed``."""
