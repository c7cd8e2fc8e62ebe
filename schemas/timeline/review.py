"""The lines of the log's review: who read it, exported it or was shown a resident's list,
nights or door code; looks reviewed, samples signed, nights held."""

from datetime import date
from uuid import UUID

from schemas.timeline.base import Code, Payload, payload
from schemas.timeline.kinds import EventKind


@payload(EventKind.LOOK_LOG_READ)
class LookLogRead(Payload):
    """The actor read *looks* lines of the log: *what* is ``log``, ``tallies`` or ``sample``; *person*: of that person alone."""

    what: Code
    looks: int
    person: UUID | None = None


@payload(EventKind.LOOK_LOG_EXPORTED)
class LookLogExported(Payload):
    """The actor took *looks* lines of the log with them; a long export has several such lines."""

    what: Code
    looks: int
    person: UUID | None = None


@payload(EventKind.LOOK_LIST_SHOWN)
class LookListShown(Payload):
    """The actor opened the list of who looked at the resident, with *looks* lines."""

    looks: int


@payload(EventKind.LOOK_REVIEWED)
class LookReviewed(Payload):
    """A supervisor reviewed a look by *person*."""

    look_id: UUID
    person: UUID


@payload(EventKind.LOOK_SAMPLE_DRAWN)
class LookSampleDrawn(Payload):
    """The sample of a *month* was drawn: *chosen* of its *looks*."""

    month: date
    looks: int
    chosen: int


@payload(EventKind.LOOK_SAMPLE_SIGNED)
class LookSampleSigned(Payload):
    """An auditor signed the sample of a *month* off, with so many verdicts of each kind."""

    month: date
    in_duty: int
    unclear: int
    wrong: int


@payload(EventKind.NIGHTS_SHOWN)
class NightsShown(Payload):
    """The actor opened all that is kept of the resident's nights from *first* to *last*: looks, SMS, staff."""

    first: date
    last: date


@payload(EventKind.NIGHTS_HELD)
class NightsHeld(Payload):
    """The actor keeps the log of the resident's nights from *first* to *last* past its time, until *until*."""

    first: date
    last: date
    until: date


@payload(EventKind.NIGHTS_RELEASED)
class NightsReleased(Payload):
    """The actor ended a hold of the resident's nights from *first* to *last* before its day."""

    first: date
    last: date


@payload(EventKind.DOOR_CODE_SHOWN)
class DoorCodeShown(Payload):
    """The actor was shown the code of the resident's port on a page by day."""
