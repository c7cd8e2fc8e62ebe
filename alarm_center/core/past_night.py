"""Nights of one resident as they are told afterwards: each owed look and alarm with what happened in it, in order.

The values hold what the ledger has. No word that somebody wrote or said freely is among them: it may name others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.calendar import night_of
from schemas.timeline import EventKind, Payload, Unknown

NIGHTS_MOST: Final = 31
"""Nights of one print."""
HOLD_YEARS_MOST: Final = 10
"""A hold ends by itself at the latest so long from now: the longest time in which a claim or a complaint is tried."""

_SILENT: Final = frozenset({EventKind.CHECK_PLANNED, EventKind.CONFIG_WANTED, EventKind.SESSION_COMMITTED, EventKind.SMS_NOT_NEEDED, EventKind.CALL_NOT_NEEDED})  # fmt: skip
"""Kinds of lines that tell nothing of the night: what was made ready, and what another line says."""


@dataclass(frozen=True, slots=True)
class PastLine:
    """One line of the timeline; ``who`` is the patrol, the person or the detector behind it, where one was."""

    at: datetime
    check_id: UUID | None
    alarm_id: UUID | None
    payload: Payload | Unknown
    who: str | None


@dataclass(frozen=True, slots=True)
class PastLook:
    """One look of a person."""

    at: datetime
    ended_at: datetime | None
    check_id: UUID | None
    alarm_id: UUID | None
    who: str | None
    live: bool
    clear: bool


@dataclass(frozen=True, slots=True)
class PastSession:
    """Seconds for which a device was awake, and the detector that judged what it sent."""

    at: datetime
    check_id: UUID | None
    alarm_id: UUID | None
    device_id: str
    seconds: int | None
    detector: str | None


Moment = PastLine | PastLook | PastSession


@dataclass(frozen=True, slots=True)
class PastCheck:
    """One look or visit that was owed, as it ended."""

    check_id: UUID
    night: date
    opens_at: datetime
    by_visit: bool
    state: str
    answer: str | None
    reason: str | None
    cancel_reason: str | None
    instead: str | None
    alarm_id: UUID | None


@dataclass(frozen=True, slots=True)
class PastAlarm:
    """One alarm or visit; ``instead_of`` is the check in whose stead it came."""

    alarm_id: UUID
    case_no: int
    opened_at: datetime
    closed_at: datetime | None
    visit: bool
    outcome: str | None
    instead_of: UUID | None


@dataclass(frozen=True, slots=True)
class DutyShiftName:
    """Somebody who was on duty in the resident's area."""

    starts_at: datetime
    ends_at: datetime
    patrol: str
    carer: str


@dataclass(frozen=True, slots=True)
class PastCase:
    """One owed look, or an alarm that no look was owed for, with its moments in order."""

    at: datetime
    check: PastCheck | None
    alarm: PastAlarm | None
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class PastNight:
    """One night with its cases in order, and who was on duty."""

    night: date
    cases: tuple[PastCase, ...]
    on_duty: tuple[DutyShiftName, ...]


def past_nights(
    nights: Sequence[date],
    zone: ZoneInfo,
    checks: Sequence[PastCheck],
    alarms: Sequence[PastAlarm],
    moments: Iterable[Moment],
    on_duty: Sequence[DutyShiftName],
) -> list[PastNight]:
    """Return each of *nights*. An alarm stands with the check that it came of, and alone where it came of none."""
    told = sorted((each for each in moments if not _is_silent(each)), key=lambda each: each.at)
    by_id = {alarm.alarm_id: alarm for alarm in alarms}
    instead = {alarm.instead_of: alarm for alarm in alarms if alarm.instead_of is not None}
    cases: list[tuple[date, PastCase]] = []
    taken = set()
    for check in checks:
        alarm = instead.get(check.check_id) or (by_id.get(check.alarm_id) if check.alarm_id else None)
        if alarm is not None and alarm.alarm_id in taken:
            alarm = None  # its first check tells of it
        if alarm is not None:
            taken.add(alarm.alarm_id)
        ids = (check.check_id, alarm.alarm_id if alarm else None)
        cases.append((check.night, PastCase(check.opens_at, check, alarm, _of_case(told, *ids))))
    for alarm in alarms:
        if alarm.alarm_id not in taken:
            case = PastCase(alarm.opened_at, None, alarm, _of_case(told, None, alarm.alarm_id))
            cases.append((night_of(alarm.opened_at, zone), case))
    return [
        PastNight(
            night,
            tuple(sorted((case for of, case in cases if of == night), key=lambda each: each.at)),
            tuple(each for each in on_duty if night_of(each.starts_at, zone) == night),
        )
        for night in nights
    ]


def _is_silent(moment: Moment) -> bool:
    return isinstance(moment, PastLine) and moment.payload.kind in _SILENT


def _of_case(told: Sequence[Moment], check_id: UUID | None, alarm_id: UUID | None) -> tuple[Moment, ...]:
    return tuple(
        each
        for each in told
        if (check_id is not None and each.check_id == check_id) or (alarm_id is not None and each.alarm_id == alarm_id)
    )


def nights_between(first: date, last: date) -> list[date]:
    """Return the nights from *first* to *last*; none where they stand the wrong way round."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
