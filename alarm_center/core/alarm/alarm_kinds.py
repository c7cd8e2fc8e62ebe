"""Policies of the kinds of alarm: one row for each kind, read wherever something depends on the kind.

A new kind is a row here; a test names every place that then still lacks it (this table, its words, docs/alarm.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from schemas.vocabulary import AlarmKind, Priority


class Lane(StrEnum):
    """Real alarms send staff and meet each other; a test shares no queue with them and asks nobody."""

    REAL = "real"
    TEST = "test"


class Flood(StrEnum):
    """A measure by which many alarms of one kind in an area have one cause (`incident.IncidentRule`)."""

    SHARE_OF_DEVICES = "share of devices"
    ABOVE_USUAL = "above usual"


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """One row: everything that depends on the kind of an alarm and on nothing else."""

    priority: Priority
    """Used if its raiser names none."""
    lane: Lane = Lane.REAL
    flood: Flood | None = None
    """The measure by which alarms of this kind join an incident; ``None``: they never do."""
    of_our_absence: bool = False
    """Raised because the service was away: after its return such alarms make one incident of the whole town."""
    of_device: bool = False
    """It says that a device or the service does not work, and nothing of the person."""
    held_for_likes: bool = False
    """Waits ``Plan.technical_hold`` before it sends anybody, since its likes may follow and be one incident."""
    camera_calls_off: bool = True
    """A later session that shows the resident in bed stops its dispatch (ADR 0007)."""
    at_once: bool = False
    """An alarm of this kind waits for nobody's eyes, and gives an open case its kind also where that is as urgent already."""
    needs_agreed_visit: bool = False
    """Staff drive only where the plan has ``visit_on_fault``; else the lead is told."""
    last_of_night: Priority | None = None
    """The least priority where the resident has no more checks that night."""
    says_reason: bool = True
    """The detector's reason says more than the kind does, and stands in its stead on the board."""

    @property
    def real(self) -> bool:
        """It sends staff, and other raises for the resident can join it."""
        return self.lane is Lane.REAL


POLICY: Final[Mapping[AlarmKind, KindPolicy]] = MappingProxyType(
    {
        AlarmKind.SOMETHING_WRONG: KindPolicy(Priority.FIRST, camera_calls_off=False, at_once=True),
        AlarmKind.NOT_SEEN: KindPolicy(Priority.SECOND, flood=Flood.ABOVE_USUAL),
        AlarmKind.CANNOT_TELL: KindPolicy(Priority.SECOND, flood=Flood.ABOVE_USUAL),
        AlarmKind.NOBODY_LOOKED: KindPolicy(Priority.SECOND, flood=Flood.ABOVE_USUAL),
        AlarmKind.TECHNICAL: KindPolicy(
            Priority.THIRD,
            flood=Flood.SHARE_OF_DEVICES,
            of_device=True,
            held_for_likes=True,
            needs_agreed_visit=True,
            last_of_night=Priority.SECOND,
        ),
        AlarmKind.SERVICE: KindPolicy(
            Priority.THIRD,
            flood=Flood.ABOVE_USUAL,
            of_our_absence=True,
            of_device=True,
            held_for_likes=True,
            says_reason=False,
        ),
        # As urgent as whoever raises it says; it stands for the planned visits too.
        AlarmKind.MANUAL: KindPolicy(Priority.SECOND, camera_calls_off=False, says_reason=False),
        AlarmKind.TEST: KindPolicy(Priority.THIRD, lane=Lane.TEST, says_reason=False),
    }
)
"""Something wrong with a person, and what a person raised, is never held, joined to an incident or called off."""
