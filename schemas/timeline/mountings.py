"""The lines of mountings: a camera is put up in a home, by whom, how far it came, and the device that it gave the home."""

from datetime import date

from schemas.timeline.base import Code, Payload, payload
from schemas.timeline.kinds import EventKind


@payload(EventKind.MOUNTING_GIVEN)
class MountingGiven(Payload):
    """The actor gave installers the mounting of a camera in the resident's home."""

    due_on: date


@payload(EventKind.MOUNTING_BEGUN)
class MountingBegun(Payload):
    """The actor is in the home, and may wake its camera for half an hour."""


@payload(EventKind.MOUNTING_WRONG_ROOM)
class MountingWrongRoom(Payload):
    """The picture was of another room than the installer's: the device is with nobody again."""


@payload(EventKind.MOUNTING_STOPPED)
class MountingStopped(Payload):
    """The mounting ended before its end, or waits for another day once a camera is up (``not_let_in``). *why*: ``said_no``, ``not_let_in``, ``no_consent``, ``sleeps_here``, or ``called_off`` by the planner before anybody began it."""

    why: Code


@payload(EventKind.MOUNTING_DONE)
class MountingDone(Payload):
    """The camera is up, and was tried."""


@payload(EventKind.DEVICE_ENROLLED)
class DeviceEnrolled(Payload):
    """A device asked with the code that it shows, and is the resident's."""
