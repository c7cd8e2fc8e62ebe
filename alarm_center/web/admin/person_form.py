"""The form of a membership: roles, areas, performers and the last night, read and shown again with what is wrong beside its field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Protocol
from uuid import UUID

from alarm_center.core import calendar
from alarm_center.core.people import Assignment, last_night
from alarm_center.store.towns import Town
from alarm_center.words.people_words import PersonFault
from schemas.vocabulary import Role

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
_MOST_NAME: Final = 200


class FormFields(Protocol):
    """A form as a browser sends it, where a name may come several times."""

    def get(self, key: str, default: object, /) -> object:
        """Return the first value of a name."""

    def getall(self, key: str, default: Sequence[object], /) -> Sequence[object]:
        """Return every value of a name."""


@dataclass(frozen=True, slots=True)
class TownAreas:
    """A town with those of its areas, by code, that the admin may give; *whole*: also the town at large.

    ``performers`` are the codes that the admin may give, with the town's own care; none in a town that has no performers.
    ``every_performer``: also all of them. ``closed`` are areas that are given to nobody any more, and that those who have them keep.
    """

    town: Town
    areas: Mapping[str, UUID]
    whole: bool
    performers: Mapping[str, str]
    every_performer: bool
    closed: Mapping[str, UUID]

    def with_held(self, held: Assignment) -> "TownAreas":
        """Return them for the form of somebody who has *held*: with the closed areas among those, what has been there is theirs to read."""
        kept = {code: area_id for code, area_id in self.closed.items() if area_id in (held.areas or ())}
        return replace(self, areas={**self.areas, **kept})


@dataclass(frozen=True, slots=True)
class FilledForm:
    """The fields as they were filled in, for the form to show again."""

    login: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    all_areas: bool = True
    performers: tuple[str, ...] = ()
    all_performers: bool = True
    until: str = ""

    @classmethod
    def read(cls, form: FormFields) -> "FilledForm":
        """Return the fields that *form* brings."""
        return cls(
            login=_line(form.get("login", "")).lower(),
            name=_line(form.get("name", "")),
            roles=tuple(str(each) for each in form.getall("role", ())),
            areas=tuple(str(each) for each in form.getall("area", ())),
            all_areas=form.get("where", "all") == "all",
            performers=tuple(str(each) for each in form.getall("performer", ())),
            all_performers=form.get("whose", "all") == "all",
            until=_line(form.get("until", "")),
        )

    @classmethod
    def of(cls, held: Assignment, at: TownAreas, login: str = "", name: str = "") -> "FilledForm":
        """Return the fields that say what somebody has."""
        codes = {area_id: code for code, area_id in at.areas.items()}
        return cls(
            login=login,
            name=name,
            roles=tuple(role.value for role in held.roles),
            areas=tuple(codes[area] for area in held.areas or () if area in codes),
            all_areas=held.areas is None,
            performers=held.performers or (),
            all_performers=held.performers is None,
            until=str(last_night(held.ends_at, at.town.zone) or ""),
        )

    def person_fault(self) -> PersonFault | None:
        """Return the field about the person that is wrong."""
        if not _LOGIN.fullmatch(self.login):
            return PersonFault.LOGIN
        return None if 0 < len(self.name) <= _MOST_NAME else PersonFault.NAME

    def assignment(self, at: TownAreas, now: datetime) -> Assignment | PersonFault:
        """Return the membership that the fields say, or the one that is wrong."""
        roles = [role for role in Role if role.value in self.roles]
        if not roles:
            return PersonFault.ROLES
        everywhere = self.all_areas and at.whole
        if not everywhere and not (self.areas and set(self.areas) <= set(at.areas)):
            return PersonFault.AREAS
        every = self.all_performers and at.every_performer
        if not every and not (self.performers and set(self.performers) <= set(at.performers)):
            return PersonFault.PERFORMERS
        try:
            until = date.fromisoformat(self.until) if self.until else None
        except ValueError:
            return PersonFault.UNTIL
        ends_at = calendar.night_bounds(until, at.town.zone)[1] if until else None
        if ends_at is not None and ends_at <= now:
            return PersonFault.UNTIL
        areas = None if everywhere else [at.areas[code] for code in self.areas]
        return Assignment.of(roles, areas, ends_at, None if every else self.performers)


def _line(said: object) -> str:
    return str(said).replace("\0", "").strip()[:_MOST_NAME]
