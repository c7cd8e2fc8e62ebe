"""The lines of an import: a payload for each kind of row that a town's file added, changed or ended."""

from datetime import date
from uuid import UUID

from schemas.timeline.base import Code, Payload, payload
from schemas.timeline.kinds import EventKind
from schemas.vocabulary import GreenBy, ImportAction


@payload(EventKind.ORGANISATION_IMPORTED)
class OrganisationImported(Payload):
    """The town itself."""

    action: ImportAction


@payload(EventKind.AREA_IMPORTED)
class AreaImported(Payload):
    """An area."""

    action: ImportAction


@payload(EventKind.PERFORMER_IMPORTED)
class PerformerImported(Payload):
    """A performer, known in its town by *code*."""

    action: ImportAction
    code: Code


@payload(EventKind.USER_IMPORTED)
class UserImported(Payload):
    """A user, or their membership."""

    action: ImportAction


@payload(EventKind.CARER_IMPORTED)
class CarerImported(Payload):
    """A carer."""

    action: ImportAction


@payload(EventKind.SHIFT_IMPORTED)
class ShiftImported(Payload):
    """Shifts of one patrol in one area, and their number."""

    action: ImportAction
    count: int


@payload(EventKind.RESIDENT_IMPORTED)
class ResidentImported(Payload):
    """A resident."""

    action: ImportAction


@payload(EventKind.CONSENT_IMPORTED)
class ConsentImported(Payload):
    """A consent, *who* being ``resident`` or ``cohabitant``."""

    action: ImportAction
    who: Code


@payload(EventKind.DECISION_IMPORTED)
class DecisionImported(Payload):
    """A decision on supervision."""

    action: ImportAction


@payload(EventKind.PLAN_IMPORTED)
class PlanImported(Payload):
    """A resident's plan."""

    action: ImportAction
    green_by: GreenBy


@payload(EventKind.SLOT_IMPORTED)
class SlotImported(Payload):
    """A time at which a check is owed, from *night* on, or no longer."""

    action: ImportAction
    slot_id: UUID
    night: date


@payload(EventKind.DEVICE_IMPORTED)
class DeviceImported(Payload):
    """A device, bound to a resident or to nobody."""

    action: ImportAction
