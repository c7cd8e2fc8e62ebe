"""An incident's list as a value: its places to check, by area and risk; `words/incident_paper.py` prints it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.reserve_list import Entry


@dataclass(frozen=True, slots=True)
class IncidentPlace:
    """One resident to be checked, with the alarm whose outcome ticks it. ``times`` are those of the checks that failed."""

    alarm_id: UUID
    case_no: int
    kind: str
    reason: str | None
    state: str
    outcome: str | None
    area: str
    entry: Entry
    times: tuple[datetime, ...]

    @property
    def ticked(self) -> bool:
        """True once somebody has said how it was there."""
        return self.state == AlarmState.CLOSED


@dataclass(frozen=True, slots=True)
class AlikeList:
    """Waiting alarms of one kind that look like a disruption and are no incident, as the viewer sees them, by area, the highest risk first."""

    town: str
    zone: str
    language: str
    read_at: datetime
    places: tuple[IncidentPlace, ...]


@dataclass(frozen=True, slots=True)
class IncidentList:
    """An incident with the places that the viewer may see, by area, the highest risk first."""

    incident_id: UUID
    number: int
    kind: str
    town: str
    zone: str
    language: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    """The name of the person who ended it; empty where the service did."""
    closed_reason: str
    read_at: datetime
    places: tuple[IncidentPlace, ...]

    @property
    def can_be_closed(self) -> bool:
        """True while it is open, and none of the places that the viewer sees is left."""
        return self.closed_at is None and all(place.ticked for place in self.places)
