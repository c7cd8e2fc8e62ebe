"""Decisions over a case: the refusal of an illegal move, and the effects that checks and alarms have in common."""

from dataclasses import dataclass

from schemas.timeline import Payload
from schemas.vocabulary import AlarmKind, Priority, Reason


class IllegalMove(ValueError):
    """An event that cannot happen in this state; nothing has changed."""


@dataclass(frozen=True, slots=True)
class Write:
    """A line in the timeline."""

    payload: Payload


@dataclass(frozen=True, slots=True)
class Raise:
    """Open an alarm, or join the open one that this belongs to."""

    kind: AlarmKind
    priority: Priority
    reason: Reason | None
    late: bool = False
