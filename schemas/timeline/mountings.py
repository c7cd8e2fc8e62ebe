"""The lines of mountings: a camera is put up in a home, by whom, how far it came, the device that it gave the home, and one that is taken down."""

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
    """The mounting ended before its end, or waits for another day once a camera is up (``not_let_in``). *why*: ``said_no``, ``not_let_in``, ``no_consent``, ``sleeps_here``; by those who plan ``called_off`` before anybody began it, and ``home_asked``, ``wrong_home``, ``not_finished`` or ``other_day`` after that."""

    why: Code


@payload(EventKind.MOUNTING_DONE)
class MountingDone(Payload):
    """The camera is up, and was tried."""


@payload(EventKind.DEVICE_ENROLLED)
class DeviceEnrolled(Payload):
    """A device asked with the code that it shows, and is the resident's."""


@payload(EventKind.CAMERA_EXCHANGED)
class CameraExchanged(Payload):
    """The device has been tried in the place of *replaced*, which is with nobody, and whose password is void."""

    replaced: Code


@payload(EventKind.RETIREMENT_ASKED)
class RetirementAsked(Payload):
    """The actor asked for the device to be taken down; checks hang on it, so another person confirms."""


@payload(EventKind.RETIREMENT_WITHDRAWN)
class RetirementWithdrawn(Payload):
    """The actor took the request back: the device stays."""


@payload(EventKind.DEVICE_RETIRED)
class DeviceRetired(Payload):
    """The actor took the device down from the resident's home: confirmed what another had asked for (*by_two*), or alone, where nothing hung on it."""

    by_two: bool
