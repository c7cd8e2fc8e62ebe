"""An exercise: how long it may last, and the alarms with which it begins."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from alarm_center.core.alarm import Alarm
from schemas.vocabulary import AlarmKind, Priority, Reason, TroubleKind

LASTS: Final = timedelta(hours=2)
"""An exercise that nobody ends is ended after so long: a forgotten one leaves no alarm on the board of the night."""
FIRST_NUMBER: Final = 1_000_001
"""Neutral number of the first simulated home, far above those of residents."""
MOST_CARERS: Final = 20


@dataclass(frozen=True, slots=True)
class ExerciseAlarm:
    """An alarm with which an exercise begins, in a simulated home of its own."""

    kind: AlarmKind
    priority: Priority
    reason: Reason | None


ALARMS: Final = (
    ExerciseAlarm(AlarmKind.SOMETHING_WRONG, Priority.FIRST, Reason.ON_FLOOR),
    ExerciseAlarm(AlarmKind.NOT_SEEN, Priority.SECOND, None),
)
"""A fall, and a bed that was empty at both looks."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise of a town, with the name of whoever began it."""

    exercise_id: UUID
    org: str
    who: str
    begun_at: datetime
    ends_at: datetime
    carers: tuple[UUID, ...]
    made_at: datetime | None
    ended_at: datetime | None


class SimulatedHome(NamedTuple):
    """Name, address and the way in of a home that nobody lives in."""

    name: str
    address: str
    access: str


class ExerciseCase(NamedTuple):
    """An alarm of an exercise, and the phone that has it."""

    alarm_id: UUID
    case_no: int
    priority: int
    state: str
    patrol: str | None
    opened_at: datetime


class ExerciseTally(NamedTuple):
    """Numbers of a span: exercises, their alarms, and their messages that were sent."""

    exercises: int
    alarms: int
    messages: int


class FreeCarer(NamedTuple):
    """A carer who can take part: on no shift while the exercise may last."""

    carer_id: UUID
    name: str


def is_heard(alarm: Alarm, *, training: bool) -> bool:
    """Tell whether the troubles of a case are told aloud: of an exercise only a cry for help, for it may be real."""
    return not training or any(trouble.kind is TroubleKind.HELP for trouble in alarm.unacknowledged)
