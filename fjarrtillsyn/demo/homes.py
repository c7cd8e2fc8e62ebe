"""Scripts of the demo's twelve homes: what each device sees, what changes it, and how each check has to end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Final

from schemas.vocabulary import AlarmKind, Answer, Outcome, Priority


class NetworkChange(StrEnum):
    """A change of a home's network."""

    LOST = "lost"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class ExpectedAlarm:
    """The alarm that a home has to end in, and how it has to have ended."""

    kind: AlarmKind
    priority: Priority
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class HomeScript:
    """One home: what its device sees from the start, what changes that, and what must come of it.

    ``at`` changes it at a time on the wall, ``on`` when a line of that kind is written about the resident. ``ends`` are
    the states of the night's checks, in order; ``by_person`` says that a person turns them green, ``looked_again`` that one more look is made before a check ends.
    """

    number: int
    what: str
    source: str = "scene:asleep"
    at: tuple[tuple[time, str | NetworkChange], ...] = ()
    on: Mapping[str, str | NetworkChange] | None = None
    ends: tuple[str, ...] = ("seen", "seen")
    alarm: ExpectedAlarm | None = None
    looked_again: bool = False
    by_person: bool = False


HOMES: Final = (
    *(HomeScript(number, "asleep") for number in (1, 2, 3, 4)),
    HomeScript(5, "asleep, a camera and sensors", source="scene:asleep + sensor:asleep"),
    HomeScript(6, "asleep, and a person looks", by_person=True),
    HomeScript(
        7,
        "fallen",
        source="scene:fallen",
        on={"done": "scene:asleep"},
        ends=("alarmed", "seen"),
        alarm=ExpectedAlarm(AlarmKind.SOMETHING_WRONG, Priority.FIRST, Outcome.HELPED_UP),
    ),
    HomeScript(
        8,
        "up, and back in bed at the recheck",
        source="scene:up",
        on={"check_waiting": "scene:asleep"},
        looked_again=True,
    ),
    HomeScript(
        9,
        "covered camera",
        source="scene:covered",
        on={"on_site": "scene:asleep"},
        ends=("alarmed", "seen"),
        alarm=ExpectedAlarm(AlarmKind.TECHNICAL, Priority.THIRD, Outcome.TECHNICAL_FIXED),
    ),
    HomeScript(
        10,
        "lost link",
        at=((time(0, 20), NetworkChange.LOST),),
        on={"on_site": NetworkChange.BACK},
        alarm=ExpectedAlarm(AlarmKind.TECHNICAL, Priority.THIRD, Outcome.TECHNICAL_FIXED),
    ),
    HomeScript(
        11,
        "a couple of whom one is missing",
        source="scene:asleep_couple",
        at=((time(1, 30), "scene:couple_one_missing"),),
        on={"on_site": "scene:asleep_couple"},
        ends=("seen", "alarmed"),
        looked_again=True,
        alarm=ExpectedAlarm(AlarmKind.CANNOT_TELL, Priority.SECOND, Outcome.WELL_ELSEWHERE),
    ),
    HomeScript(12, "sensors", source="sensor:asleep"),
)

OUTCOMES: Final[Mapping[AlarmKind, Outcome]] = {
    AlarmKind.SOMETHING_WRONG: Outcome.HELPED_UP,
    AlarmKind.TECHNICAL: Outcome.TECHNICAL_FIXED,
    AlarmKind.SERVICE: Outcome.TECHNICAL_FIXED,
    AlarmKind.CANNOT_TELL: Outcome.WELL_ELSEWHERE,
}
"""Outcome with which the simulated operator closes an alarm of each kind; any other kind ends as well in bed."""

_IN_PLACE: Final = frozenset({"scene:asleep", "scene:asleep_couple", "sensor:asleep"})


def seen_by_eye(source: str) -> Answer:
    """Return the answer of a person who looks at *source*."""
    return Answer.IN_BED if _IN_PLACE.issuperset(source.split(" + ")) else Answer.SOMETHING_WRONG
