"""What happens in the demo's twelve homes this night, and how each of their checks has to end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Final

from schemas.vocabulary import AlarmKind, Answer, Outcome, Priority


class Link(StrEnum):
    """What happens to a home's network."""

    LOST = "lost"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Alarm:
    """The alarm that a home has to end in, and how it has to have ended."""

    kind: AlarmKind
    priority: Priority
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Home:
    """One home: what its device sees from the start, what changes that, and what must come of it.

    ``at`` changes it at a time on the wall, ``on`` when a line of that kind is written about the resident. ``ends`` are
    the states of the night's checks, in order; ``by_person`` says that a person turns them green.
    """

    number: int
    what: str
    source: str = "scene:asleep"
    at: tuple[tuple[time, str | Link], ...] = ()
    on: Mapping[str, str | Link] | None = None
    ends: tuple[str, ...] = ("seen", "seen")
    alarm: Alarm | None = None
    waits: bool = False
    by_person: bool = False


HOMES: Final = (
    *(Home(number, "asleep") for number in (1, 2, 3, 4)),
    Home(5, "asleep, a camera and sensors", source="scene:asleep + sensor:asleep"),
    Home(6, "asleep, and a person looks", by_person=True),
    Home(
        7,
        "fallen",
        source="scene:fallen",
        on={"done": "scene:asleep"},
        ends=("alarmed", "seen"),
        alarm=Alarm(AlarmKind.SOMETHING_WRONG, Priority.FIRST, Outcome.HELPED_UP),
    ),
    Home(8, "up, and back in bed at the recheck", source="scene:up", on={"check_waiting": "scene:asleep"}, waits=True),
    Home(
        9,
        "covered camera",
        source="scene:covered",
        on={"on_site": "scene:asleep"},
        ends=("alarmed", "seen"),
        alarm=Alarm(AlarmKind.TECHNICAL, Priority.THIRD, Outcome.TECHNICAL_FIXED),
    ),
    Home(
        10,
        "lost link",
        at=((time(0, 20), Link.LOST),),
        on={"on_site": Link.BACK},
        alarm=Alarm(AlarmKind.TECHNICAL, Priority.THIRD, Outcome.TECHNICAL_FIXED),
    ),
    Home(
        11,
        "a couple of whom one is missing",
        source="scene:asleep_couple",
        at=((time(1, 30), "scene:couple_one_missing"),),
        on={"on_site": "scene:asleep_couple"},
        ends=("seen", "alarmed"),
        alarm=Alarm(AlarmKind.CANNOT_TELL, Priority.SECOND, Outcome.WELL_ELSEWHERE),
    ),
    Home(12, "sensors", source="sensor:asleep"),
)

OUTCOMES: Final[Mapping[AlarmKind, Outcome]] = {
    AlarmKind.SOMETHING_WRONG: Outcome.HELPED_UP,
    AlarmKind.TECHNICAL: Outcome.TECHNICAL_FIXED,
    AlarmKind.SERVICE: Outcome.TECHNICAL_FIXED,
    AlarmKind.CANNOT_TELL: Outcome.WELL_ELSEWHERE,
}
"""How the simulated operator says that an alarm ended; anything else turned out to be well in bed."""

_IN_PLACE: Final = frozenset({"scene:asleep", "scene:asleep_couple", "sensor:asleep"})


def seen_by_eye(source: str) -> Answer:
    """Return what a person would say who looked at *source*."""
    return Answer.IN_BED if _IN_PLACE.issuperset(source.split(" + ")) else Answer.SOMETHING_WRONG
