"""A town's people as values: what somebody is given, how far it has come, and what becomes of a change or an answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from schemas.vocabulary import Role

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
TOWN_CARE: Final = "town"
"""The town's own care in a list of performers; the others are codes of companies."""


class PersonState(StrEnum):
    """State of one row in a town's list of people."""

    INVITED = "invited"
    EXPIRED = "expired"
    """Invited, and the link is too old by now."""
    ACTIVE = "active"
    NO_FACTOR = "no_factor"
    """Active, and without a second factor."""
    ENDED = "ended"


class PeopleAnswer(StrEnum):
    """Outcome of a change in a town's people; all but ``CHANGED`` and ``INVITED`` changed nothing."""

    CHANGED = "changed"
    INVITED = "invited"
    MEMBER = "member"
    """The login has a membership of the town already."""
    ASKED = "asked"
    """An invitation of the login is open."""
    STALE = "stale"
    """Somebody else changed it since it was shown."""
    LAST_ADMIN = "last_admin"
    """The town would have nobody left who invites people."""
    GONE = "gone"


class DeputyAnswer(StrEnum):
    """Outcome of letting somebody stand in for a colleague, or of its end; all but ``CHANGED`` changed nothing."""

    CHANGED = "changed"
    ASKED = "asked"
    """They stand in for that colleague in that time already."""
    NO_ROLES = "no_roles"
    """The colleague has no role that a deputy may have: an admin's is not handed over."""
    GONE = "gone"


class DeputyFault(StrEnum):
    """A field of a deputy's form that is missing or wrong."""

    COLLEAGUE = "colleague"
    BEGINS = "begins"
    LAST_NIGHT = "last_night"


MOST_DEPUTY_NIGHTS: Final = 92
"""A deputy stands in for a summer at the most; for longer, a person is given the roles themselves."""

_FARTHEST: Final = timedelta(days=366)
"""Time ahead at which somebody may begin to stand in, at the most: a year further is a slip of the keyboard."""


def deputy_period(begins: date, last: date, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime] | DeputyFault:
    """Return from when until when somebody stands in: from *begins* at midnight, or now if that is past, until noon after the night *last*."""
    today = now.astimezone(zone).date()
    if not today - _DAY <= begins <= today + _FARTHEST:
        return DeputyFault.BEGINS
    from_at = max(calendar.instant_of(begins - _DAY, time(0), zone), now)
    if not begins <= last < begins + MOST_DEPUTY_NIGHTS * _DAY:
        return DeputyFault.LAST_NIGHT
    return from_at, calendar.night_bounds(last, zone)[1]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Roles in one town, in some of its areas and with some of its performers (``None``: all), until an instant (``None``: no end)."""

    roles: tuple[Role, ...]
    areas: tuple[UUID, ...] | None
    ends_at: datetime | None = None
    performers: tuple[str, ...] | None = None

    @classmethod
    def of(
        cls,
        roles: Collection[Role],
        areas: Collection[UUID] | None,
        ends_at: datetime | None = None,
        performers: Collection[str] | None = None,
    ) -> "Assignment":
        """Return the assignment with roles, areas and performers in the order in which they are kept."""
        ordered = None if areas is None else tuple(sorted(areas, key=str))
        named = None if performers is None else tuple(sorted(performers))
        return cls(tuple(role for role in Role if role in roles), ordered, ends_at, named)


class LinkAnswer(StrEnum):
    """Outcome of an answer at an invitation's link."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    OTHER = "other"
    """The invitation is for another login than the one signed in."""
    KNOWN = "known"
    """The login is somebody's, who has to sign in to answer."""
    GONE = "gone"


def last_night(ends_at: datetime | None, zone: ZoneInfo) -> date | None:
    """Return the last night of a membership that ends at that instant; it ends at noon, and no night in its middle."""
    return None if ends_at is None else calendar.night_of(ends_at - _MINUTE, zone)
