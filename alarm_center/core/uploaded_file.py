"""Files that a person brings in by a page: their states, and the limits of what the person's roles may change, and of whom."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from schemas.vocabulary import Role


class FileKind(StrEnum):
    """The way in which a file is read."""

    TABLE = "table"
    TOWN = "town"
    DECISIONS = "decisions"
    """Decisions of the care record, to compare with: nothing of the town changes."""


class FileState(StrEnum):
    """The stage of an uploaded file."""

    UPLOADED = "uploaded"
    REFUSED = "refused"
    REVIEWED = "reviewed"
    CONFIRMED = "confirmed"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"
    """The service did not get through it, several times over."""


class FileLimit(StrEnum):
    """A reason for which a change of a file is not the person's to bring in."""

    BY_COMMAND = "by_command"
    """The town's own settings: numbers, host, who answers. They reach every SMS, and stay with the command."""
    PEOPLE = "people"
    """Logins and roles, which have a page of their own."""
    WHOLE_TOWN = "whole_town"
    """It is the town's, and the person has a part of it."""
    COORDINATOR = "coordinator"
    """Times, plan, devices and staff, which are not a case officer's."""
    OTHERS_RESIDENT = "others_resident"
    """A resident of another area or performer."""


_PAPERS: Final = frozenset({"resident", "consent", "decision"})
_OF_RESIDENT: Final = _PAPERS | {"plan", "device", "slot"}
_OF_TOWN: Final = frozenset({"area", "performer", "legal position", "carer", "shift"})
_BY_ROLE: Final[Mapping[Role, frozenset[str]]] = {
    Role.CASE_OFFICER: _PAPERS,
    Role.COORDINATOR: _OF_RESIDENT | _OF_TOWN,
}


def limit_of(what: str, roles: Collection[Role], *, whole: bool, theirs: bool) -> FileLimit | None:
    """Return why a change of *what* is not the person's; ``None``: it is.

    *what* is a thing of an import (``slot``, ``carer`` …). *whole*: their roles are for all of the town. *theirs*: the resident
    is of their areas and performers, before and after.
    """
    if what == "organisation":
        return FileLimit.BY_COMMAND
    if what == "user":
        return FileLimit.PEOPLE
    if not any(what in _BY_ROLE.get(role, ()) for role in roles):
        return FileLimit.COORDINATOR
    if not whole:
        if what in _OF_TOWN:
            return FileLimit.WHOLE_TOWN
        if not theirs:
            return FileLimit.OTHERS_RESIDENT
    return None
