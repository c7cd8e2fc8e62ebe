"""A resident's supervision as people by day speak of it: with a camera, by visits, paused, or not running and why not.

It says in words what ``fjt.gate`` of the database decides, of many residents at once, and decides nothing itself
(docs/planning-data.md#the-gate).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from schemas.vocabulary import CancelReason, Instead


class SupervisionKind(StrEnum):
    """A way in which a resident is supervised tonight, in the order in which lists count them."""

    CAMERA = "camera"
    SENSORS = "sensors"
    VISITS = "visits"
    PAUSED = "paused"
    NOT_RUNNING = "not_running"


class SupervisionFault(StrEnum):
    """A reason for which nobody looks from afar; the first that holds is the one to put right first."""

    NOT_BEGUN = "not_begun"
    NO_TIMES = "no_times"
    SAID_NO = "said_no"
    NO_DECISION = "no_decision"
    DECISION_ENDED = "decision_ended"
    TRIAL_ENDED = "trial_ended"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_MISSING = "consent_missing"
    NO_DEVICE = "no_device"
    COMPANION_PAUSES = "companion_pauses"
    """The one who shares the bed has guests, or does not want the camera: it is dark for both."""
    CONSENT_LIMITED = "consent_limited"


@dataclass(frozen=True, slots=True)
class LackingConsent:
    """A person without a consent in force: ``resident``, ``cohabitant``, or ``companion``, another resident who shares the bed.

    What comes instead, once it is withdrawn.
    """

    who: str
    withdrawn_at: datetime | None = None
    instead: Instead | None = None


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """A resident's decisions on one night: whether one has begun, holds, and is past no trial that nobody has answered for."""

    begun: bool = False
    holds: bool = False
    tried: bool = False
    starts_on: date | None = None
    """First night of the earliest decision; ``None``: there is no decision."""
    ends_on: date | None = None
    """Last night of the latest one that has a last night."""
    trial_ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class SupervisionFacts:
    """Facts that a resident's supervision stands on: decisions, pause, times, devices that may look, and missing consents."""

    decisions: DecisionFacts
    paused_until: datetime | None
    pause_reason: CancelReason | None
    has_times: bool
    only_visits: bool
    has_device: bool
    camera_may_look: bool
    sensors_may_look: bool
    lacking: tuple[LackingConsent, ...] = ()
    dark_beside: bool = False
    """A pause of the one who shares the bed keeps the camera dark."""


@dataclass(frozen=True, slots=True)
class SupervisionStatus:
    """A resident's supervision on one night. ``lacks`` is whose consent is missing, where that is the reason."""

    kind: SupervisionKind
    fault: SupervisionFault | None = None
    lacks: LackingConsent | None = None


def supervision_of(facts: SupervisionFacts) -> SupervisionStatus:
    """Return how the resident is supervised on the night of *facts*."""
    if facts.decisions.starts_on is not None and not facts.decisions.begun:
        return SupervisionStatus(SupervisionKind.NOT_RUNNING, SupervisionFault.NOT_BEGUN)
    if not facts.has_times:
        return SupervisionStatus(SupervisionKind.NOT_RUNNING, SupervisionFault.NO_TIMES)
    if facts.paused_until is not None:
        return SupervisionStatus(SupervisionKind.PAUSED)
    own_no = next((each for each in facts.lacking if each.who == "resident" and each.instead is Instead.NOTHING), None)
    if own_no is not None:
        return SupervisionStatus(SupervisionKind.NOT_RUNNING, SupervisionFault.SAID_NO, own_no)
    if fault := _undecided(facts.decisions):
        return SupervisionStatus(SupervisionKind.VISITS, fault)
    if facts.only_visits:
        return SupervisionStatus(SupervisionKind.VISITS)
    return _from_afar(facts)


def _undecided(decisions: DecisionFacts) -> SupervisionFault | None:
    if decisions.starts_on is None:
        return SupervisionFault.NO_DECISION
    if not decisions.holds:
        return SupervisionFault.DECISION_ENDED
    return None if decisions.tried else SupervisionFault.TRIAL_ENDED


def _from_afar(facts: SupervisionFacts) -> SupervisionStatus:
    if facts.lacking:
        withdrawn = next((each for each in facts.lacking if each.withdrawn_at is not None), None)
        fault = SupervisionFault.CONSENT_WITHDRAWN if withdrawn else SupervisionFault.CONSENT_MISSING
        return SupervisionStatus(SupervisionKind.VISITS, fault, withdrawn or facts.lacking[0])
    if not facts.has_device:
        return SupervisionStatus(SupervisionKind.NOT_RUNNING, SupervisionFault.NO_DEVICE)
    if facts.dark_beside:
        return SupervisionStatus(SupervisionKind.VISITS, SupervisionFault.COMPANION_PAUSES, LackingConsent("companion"))
    if facts.camera_may_look:
        return SupervisionStatus(SupervisionKind.CAMERA)
    if facts.sensors_may_look:
        return SupervisionStatus(SupervisionKind.SENSORS)
    return SupervisionStatus(SupervisionKind.VISITS, SupervisionFault.CONSENT_LIMITED)
