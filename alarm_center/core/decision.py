"""Decisions over a case: the refusal of an illegal move, and the effects that checks and alarms have in common."""

from dataclasses import dataclass
from uuid import UUID

from schemas.timeline import Payload
from schemas.vocabulary import AlarmKind, Priority, Reason


class IllegalMove(ValueError):
    """An event that cannot happen in this state; nothing has changed."""


@dataclass(frozen=True, slots=True)
class Write:
    """A line in the timeline."""

    payload: Payload


@dataclass(frozen=True, slots=True)
class Colleague:
    """A carer in need, who has no notice of the case that is opened for it: nobody asks that phone to come."""

    phone: str
    patrol: str
    shift_id: UUID | None


@dataclass(frozen=True, slots=True)
class Raise:
    """Open an alarm, or join the open one that this belongs to; it is for *in_need* where carers have cried for help."""

    kind: AlarmKind
    priority: Priority
    reason: Reason | None
    late: bool = False
    in_need: tuple[Colleague, ...] = ()
