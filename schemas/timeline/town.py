"""The lines of devices, pauses and consent, and of the evening's preparation: reserve lists and discrepancies."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from schemas.drift import Drift
from schemas.timeline.base import Code, Payload, payload
from schemas.timeline.kinds import EventKind
from schemas.vocabulary import CancelReason, EndReason, Instead, JudgePlace, LinkState


@payload(EventKind.CONFIG_WANTED)
class ConfigWanted(Payload):
    """A device should have another list, with so many attempts."""

    version: int
    attempts: int


@payload(EventKind.DEVICE_CHANGED)
class DeviceChanged(Payload):
    """A device says something else of itself than before."""

    link: LinkState
    camera_ok: bool | None = None
    judge_ok: bool | None = None


@payload(EventKind.JUDGE_MOVED)
class JudgeMoved(Payload):
    """A device's sessions are judged elsewhere from now on, and only findings from there are believed."""

    judge: JudgePlace


@payload(EventKind.GREEN_TAKEN_BACK)
class GreenTakenBack(Payload):
    """A resident's checks turn green by themselves no more: that was taken back by itself, for a reason."""

    why: Drift


@payload(EventKind.CHECKS_BROUGHT_HOME)
class ChecksBroughtHome(Payload):
    """Planned checks were with another resident's device, and are given to their own resident's."""


@payload(EventKind.PAUSED)
class Paused(Payload):
    """A resident's checks are not made between two instants."""

    reason: CancelReason
    from_at: datetime
    to_at: datetime
    instead: Instead


@payload(EventKind.TIMES_CHANGED)
class TimesChanged(Payload):
    """A resident's times of supervision change from a night on: so many end, and so many begin."""

    from_night: date
    ended: int
    begun: int


@payload(EventKind.PAUSE_ENDED)
class PauseEnded(Payload):
    """A resident's pauses end at an instant."""

    ended_at: datetime


@payload(EventKind.RESIDENT_DIED)
class ResidentDied(Payload):
    """Somebody on a case says that the resident has died: devices go dark, and so many looks are cancelled."""

    looks: int


@payload(EventKind.DEATH_ASKED)
class DeathAsked(Payload):
    """A lead is asked to confirm a death by voice; *told* is the number of phones."""

    told: int


@payload(EventKind.DEATH_OVERDUE)
class DeathOverdue(Payload):
    """Nobody has confirmed a death in time: leads and the fixed number hear of it, and the board is red."""

    told: int


@payload(EventKind.DEATH_CONFIRMED)
class DeathConfirmed(Payload):
    """A death was confirmed by voice."""


@payload(EventKind.DEATH_CORRECTED)
class DeathCorrected(Payload):
    """A death was registered by mistake: somebody else says so, and so many looks are owed again."""

    looks: int


@payload(EventKind.SUPERVISION_ENDED)
class SupervisionEnded(Payload):
    """A resident's supervision ends for good: so many looks are cancelled, and so many devices are dark and free."""

    why: EndReason
    looks: int
    devices: int


@payload(EventKind.PAUSES_ASKED)
class PausesAsked(Payload):
    """Leads on duty are asked about so many pauses that end without an answer; *told* is the number of their phones."""

    pauses: int
    told: int


@payload(EventKind.NIGHT_THREATS_TOLD)
class NightThreatsTold(Payload):
    """Leads on duty are told that the supervision of so many residents is threatened tonight; *told* is the number of their phones."""

    residents: int
    told: int


@payload(EventKind.PAUSE_ANSWERED)
class PauseAnswered(Payload):
    """Somebody has said whether the resident is at home when a pause ends; if not, another pause begins."""

    reason: CancelReason
    home: bool


@payload(EventKind.PAUSE_RAN_OUT)
class PauseRanOut(Payload):
    """The resident's pause ended at *ended_at* and nobody had answered whether they are at home: this is the first alarm since."""

    reason: CancelReason
    ended_at: datetime


@payload(EventKind.TOWN_STOP_PROPOSED)
class TownStopProposed(Payload):
    """Somebody proposes that all of the town's looks stop; nothing has stopped yet."""


@payload(EventKind.TOWN_STOP_BEGAN)
class TownStopBegan(Payload):
    """A second person has confirmed: no device of the town looks from now, until *to_at* at the latest."""

    to_at: datetime


@payload(EventKind.TOWN_STOP_DONE)
class TownStopDone(Payload):
    """So many devices have been told of a town's stop, so many looks are visits, and so many of the visits no patrol has time for."""

    devices: int
    visits: int
    beyond: int


@payload(EventKind.TOWN_RETURN_PROPOSED)
class TownReturnProposed(Payload):
    """Somebody proposes that the town's looks begin again."""


@payload(EventKind.TOWN_STOP_ENDED)
class TownStopEnded(Payload):
    """A town's stop is over, by a second person's word or (*ran_out*) since its last hour has come."""

    ran_out: bool


@payload(EventKind.TOWN_LOOKS_BACK)
class TownLooksBack(Payload):
    """After a town's stop so many looks are owed again."""

    looks: int


@payload(EventKind.CONSENT_REVOKED)
class ConsentRevoked(Payload):
    """Consent is withdrawn, *who* being ``resident`` or ``cohabitant``."""

    who: Code
    instead: Instead


@payload(EventKind.RESERVE_LIST_MADE)
class ReserveListMade(Payload):
    """An area's list for the night is there; *again*: in place of an earlier one."""

    night: date
    residents: int
    times: int
    again: bool


@payload(EventKind.RESERVE_LIST_FETCHED)
class ReserveListFetched(Payload):
    """The actor has an area's list for the night."""

    night: date


@payload(EventKind.DISCREPANCY_FOUND)
class DiscrepancyFound(Payload):
    """Something does not agree before the night. *endangers*: somebody is owed supervision and could go without.

    The other fields are those of `store.reconciliation.QUESTIONS`, each where its question gives it.
    """

    code: Code
    endangers: bool
    days: int | None = None
    who: Code | None = None
    why: Code | None = None
    wanted: int | None = None
    reported: int | None = None
    slot_id: UUID | None = None
    check_id: UUID | None = None
    from_at: datetime | None = None
    until: datetime | None = None
    minutes: int | None = None
    count: int | None = None


@payload(EventKind.FOLLOW_UP_ANSWERED)
class FollowUpAnswered(Payload):
    """Answers at a follow-up of a resident's decision; unsaid: nobody answered that question. Missing company is a task until a day."""

    sleeps_better: Code | None = None
    wants_it: Code | None = None
    understands_it: Code | None = None
    misses_company: Code | None = None
    task_due_on: date | None = None


@payload(EventKind.COMPANY_TASK_DONE)
class CompanyTaskDone(Payload):
    """Somebody has done the task that a resident's missing company had made."""


@payload(EventKind.DISCREPANCY_RESOLVED)
class DiscrepancyResolved(Payload):
    """A discrepancy is put right."""

    code: Code
    endangers: bool


@payload(EventKind.RECONCILED)
class Reconciled(Payload):
    """A town was reconciled for the night; *codes* counts what is open, by its code."""

    night: date
    found: int
    new: int
    resolved: int
    endanger: int
    codes: Mapping[Code, int]
