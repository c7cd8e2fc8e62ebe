"""A town's people as values: what somebody is given, how far it has come, and what becomes of a change or an answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from schemas.vocabulary import Role

_MINUTE: Final = timedelta(minutes=1)
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
