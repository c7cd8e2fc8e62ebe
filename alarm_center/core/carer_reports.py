"""Reports of carers for the day: what does not match a home, and a deviation from the care as it should be."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

NOTE_MOST: Final = 500
"""Characters of a carer's own words."""


class Mismatch(StrEnum):
    """A fact of a home that does not match it."""

    KEY = "key"
    DOOR_CODE = "door_code"
    ADDRESS = "address"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report as a carer says it: a mismatch or, without one, a deviation with a note that may be empty."""

    mismatch: Mismatch | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CarerReport:
    """A report as it is kept, with who said it by patrol and people; *done_at* once a person has seen to it."""

    report_id: UUID
    org: str
    alarm_id: UUID
    notice_id: UUID
    resident_id: UUID
    case_no: int
    mismatch: Mismatch | None
    note: str
    patrol: str
    people: tuple[str, ...]
    said_at: datetime
    done_at: datetime | None

    @property
    def carer(self) -> str:
        """The patrol that said it, with the people who have said that they have its phone."""
        return f"{self.patrol} ({', '.join(self.people)})" if self.people else self.patrol


def parse_report(what: str, note: str) -> NewReport | None:
    """Return the report that a form says; ``None``: it is none. Only a deviation has a note."""
    if what == "deviation":
        return NewReport(None, " ".join(note.split())[:NOTE_MOST])
    return NewReport(Mismatch(what)) if what in set(Mismatch) else None
