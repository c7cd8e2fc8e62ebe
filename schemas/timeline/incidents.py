"""The lines of many alarms with one cause, and of the service's absence."""

from uuid import UUID

from schemas.timeline.base import Payload, payload
from schemas.timeline.kinds import EventKind
from schemas.vocabulary import AlarmKind


@payload(EventKind.INTO_INCIDENT)
class PutIntoIncident(Payload):
    """The alarm is handled together with others."""

    incident_id: UUID


@payload(EventKind.INCIDENT_OPENED)
class IncidentOpened(Payload):
    """An incident began: many alarms have one cause."""

    incident_id: UUID
    number: int
    alarm_kind: AlarmKind


@payload(EventKind.INCIDENT_TOLD)
class IncidentTold(Payload):
    """The staff of an area were told, by *told* SMS, how many places there are."""

    incident_id: UUID
    number: int
    places: int
    told: int


@payload(EventKind.INCIDENT_LATE)
class IncidentLate(Payload):
    """Not every place is checked in time: *told* more SMS said so. *red*: the board is red until somebody there has seen it."""

    incident_id: UUID
    number: int
    places: int
    told: int
    red: bool


@payload(EventKind.INCIDENT_ACKNOWLEDGED)
class IncidentAcknowledged(Payload):
    """Somebody at a board sees to an incident that is not checked in time."""

    incident_id: UUID
    number: int


@payload(EventKind.INCIDENT_CLOSED)
class IncidentClosed(Payload):
    """Every place has its outcome; the service, or a person, has ended the incident."""

    incident_id: UUID
    number: int


@payload(EventKind.SERVICE_GAP)
class ServiceGap(Payload):
    """The whole service was away for *seconds*."""

    seconds: int
