"""Values of a resident's page as they are kept: head, decisions, consents, times, devices, checks of past nights, changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from schemas.vocabulary import Instead


@dataclass(frozen=True, slots=True)
class PageHead:
    """A resident as the page's head names them, with the rule by which a check turns green."""

    resident_id: UUID
    org: str
    town: str
    zone: str
    area_id: UUID
    area: str
    revision: int
    unplanned: bool
    """The times or the papers have changed, and the service's next round plans the night."""
    performer: str | None
    case_no: int | None
    """The number of the open case."""
    green_by: str
    signed_by: str | None
    signed_at: datetime | None
    room_known: bool
    """Every device that looks at the resident was calibrated in that room, as it is."""
    nobody_judges: bool
    """A camera may look, people may not see its picture, and no machine may answer alone: each look ends in an alarm."""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision or offer, with its days; ``ends_on`` is ``None`` until further notice."""

    reference: str
    kind: str
    """``decision``, or ``offer_without_test``: an offer without an individual test."""
    purpose: str
    starts_on: date
    ends_on: date | None
    trial_ends_on: date | None
    after_trial: str | None
    """A person's word about what comes after the trial: ``goes_on``, ``visits``; ``None``: none yet."""
    follow_up_on: date | None


@dataclass(frozen=True, slots=True)
class TimeRow:
    """A time at which the resident is looked after; its nights are from ``valid_from`` until before ``valid_until``."""

    local_time: time
    window_minutes: int
    weekdays: tuple[int, ...]
    by_visit: bool
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device in the home, as the page tells of it."""

    device_id: str
    kind: str
    label: str
    connected: bool
    last_heard_at: datetime | None
    fault: str | None
    camera_ok: bool | None
    confirmed: bool
    """It has said that it has the newest list of looks."""
    unseen_in_dark: bool = False
    """An installer put it up, and nobody has looked through it in the dark: people judge."""


@dataclass(frozen=True, slots=True)
class NightRow:
    """One check of a night, as it ended or stands; ``case_no`` and ``priority`` are those of its alarm."""

    night: date
    opens_at: datetime
    state: str
    cancel_reason: str | None
    instead: str | None
    case_no: int | None
    priority: int | None


@dataclass(frozen=True, slots=True)
class ConsentPaper:
    """One person's consent, in force or withdrawn; ``recorder`` is the name of who wrote it down, where that is a person."""

    who: str
    given_at: datetime
    basis: str
    recorder: str | None
    camera: bool
    sensors: bool
    shown_to_people: bool
    automatic: str | None
    """May a machine alone answer: ``yes``, ``no``; ``None`` or ``carried_over``: not asked."""
    given_how: str | None
    language: str
    present: str
    second_talk_on: date | None
    capacity: str | None
    legal_position: str | None
    representative: str
    revoked_at: datetime | None
    revoked_instead: Instead | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change of the resident's history; ``name`` is the person's, ``None`` for what the service or a link did."""

    part: str
    made_by: str
    name: str | None
    made_at: datetime
    from_at: datetime
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    change_id: UUID | None = None
