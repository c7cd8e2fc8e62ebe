"""Events of one check, as `check.decide` takes them: time, sessions, people's requests, faults and staff.

Facts (`CheckTick`, `SessionJudged`, the faults, the staff) can come in any state; requests of people (`PersonSaid`, `AskAgain`,
`Cancel`, `Restore`) are refused where they make no sense.
"""

from dataclasses import dataclass
from datetime import datetime

from schemas.vocabulary import Answer, CancelReason, Instead, Reason


@dataclass(frozen=True, slots=True)
class CheckTick:
    """Time has passed: do whatever is due. Before ``next_step_at`` it does nothing.

    ``more_tonight`` says that the resident has another check to come tonight: a technical alarm is more urgent without.
    """

    device_online: bool
    staff_on_site: bool = False
    detectors_alive: bool = True
    more_tonight: bool = True


@dataclass(frozen=True, slots=True)
class SessionJudged:
    """One session has been judged. ``answer`` is ``None`` when no detector is alive: a person has to look.

    The shell keeps every ``session_id`` it has taken and does not hand one over twice; the ones that stand in the
    check's attempts are known here as well. ``started_at`` is the session's own start, by the device's pulse clock.
    ``shown``: people may see its pictures.
    """

    session_id: str
    attempt: int
    answer: Answer | None
    reason: Reason | None = None
    started_at: datetime | None = None
    consented: bool = True
    shown: bool = True
    more_tonight: bool = True


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """A person looked and answered. ``in_bed`` needs the session that shows it, unless the check is already an alarm."""

    answer: Answer
    user: str
    session_id: str | None = None
    reason: Reason | None = None
    more_tonight: bool = True


@dataclass(frozen=True, slots=True)
class AskAgain:
    """A person wants one more look, *seconds* long."""

    user: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """The check is not to be made, as ``agreed_by`` (a user's id, or the rule's name) says.

    ``person`` is true only when somebody decided it by name, now, for this check.
    """

    reason: CancelReason
    instead: Instead
    agreed_by: str
    person: bool = False


@dataclass(frozen=True, slots=True)
class Restore:
    """The reason for cancelling has ended before the check opened: the check is owed again."""


@dataclass(frozen=True, slots=True)
class VisitBeside:
    """A patrol is to go too, however the look ends, as on a night of the run-in; not ``wanted``: it need not."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class FaultKnown:
    """A status or a pre-flight says that the device will not be able to look."""

    fault: Reason = Reason.FAULT


@dataclass(frozen=True, slots=True)
class FaultGone:
    """The device is well again."""


@dataclass(frozen=True, slots=True)
class StaffOnSite:
    """Staff are with the resident: the device is not woken until they are done."""


@dataclass(frozen=True, slots=True)
class StaffDone:
    """Staff have left: checks that waited for them go on."""


CheckEvent = (
    CheckTick
    | SessionJudged
    | PersonSaid
    | AskAgain
    | Cancel
    | Restore
    | VisitBeside
    | FaultKnown
    | FaultGone
    | StaffOnSite
    | StaffDone
)
