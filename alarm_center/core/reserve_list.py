"""The reserve list of one area's night: the residents, their times and who is on duty, so that a town can drive without us.

It is meant for a piece of paper in a car, and goes nowhere else; `words/reserve_paper.py` prints it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from alarm_center.core.resident_card import ResidentCard


@dataclass(frozen=True, slots=True)
class Stop:
    """One time at which somebody is to be looked after; ``until`` is later than ``at`` where a window was agreed.

    ``visit`` is true where somebody comes anyway; everything else is a look from afar that the list replaces.
    """

    at: datetime
    until: datetime
    visit: bool = False
    done: bool = False
    """The check had ended when the list was made."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resident of the area, with the answers of their plan that a carer has to know at the door."""

    card: ResidentCard
    two_carers: bool
    phone_first: bool
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class OnDuty:
    """One phone that is on duty during the night."""

    patrol: str
    role: str
    phone: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ReserveList:
    """One area's list for one night. ``people`` are in order of risk."""

    org: str
    town: str
    area_id: UUID
    area: str
    night: date
    zone: str
    language: str
    made_at: datetime
    people: tuple[Entry, ...]
    on_duty: tuple[OnDuty, ...]
    fixed_number: str | None = None

    @property
    def stops(self) -> int:
        """The number of times on the list."""
        return sum(len(entry.stops) for entry in self.people)

    def masked(self) -> "ReserveList":
        """Return the list for somebody who may not read a protected identity."""
        return replace(self, people=tuple(replace(entry, card=entry.card.masked()) for entry in self.people))


_ADAPTER: Final = TypeAdapter(ReserveList)


def to_json(made: ReserveList) -> dict[str, Any]:
    """Return the list as JSON has it: what is kept, and what another system may fetch."""
    value: dict[str, Any] = _ADAPTER.dump_python(made, mode="json")
    return value


def from_json(body: Any) -> ReserveList:
    """Return the list that :func:`to_json` wrote.

    Raises:
        pydantic.ValidationError: it is no such list.
    """
    return _ADAPTER.validate_python(body)
