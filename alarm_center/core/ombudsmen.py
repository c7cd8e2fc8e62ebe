"""Alarm ombudsmen (larmombud): the carers who answer for an area's alarms among their colleagues, two an area, from a day to a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

WANTED: Final = 2
"""Ombudsmen that an area shall have."""
WARNED: Final = timedelta(days=30)
"""An end is told so long ahead."""


@dataclass(frozen=True, slots=True)
class Ombudsman:
    """A carer who is an area's ombudsman from a day until a last day; ``until_day`` ``None``: until further notice."""

    ombudsman_id: UUID
    area_id: UUID
    carer_id: UUID
    name: str
    phone: str
    from_day: date
    until_day: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether the carer is it on *day*."""
        return self.from_day <= day and (self.until_day is None or day <= self.until_day)

    def ends_soon(self, day: date) -> bool:
        """Tell whether the last day is near, seen from *day*."""
        return self.until_day is not None and day <= self.until_day <= day + WARNED


class OmbudsmanFault(StrEnum):
    """A fault of the form."""

    NO_CARER = "no_carer"
    NO_DATE = "no_date"
    ORDER = "order"
    PAST = "past"
    LEFT = "left"
    """The carer's last night is before the last day."""
    ALREADY = "already"


class OmbudsmanRefused(Exception):
    """Nothing has changed, and *fault* says why."""

    def __init__(self, fault: OmbudsmanFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class OmbudsmanSpan:
    """The days of a new ombudsman."""

    carer_id: UUID
    from_day: date
    until_day: date | None


def check_span(span: OmbudsmanSpan, ends_on: date | None, there: Iterable[Ombudsman], today: date) -> None:
    """Let a new ombudsman be; *ends_on* is the carer's last night, *there* are the area's ombudsmen.

    Raises:
        OmbudsmanRefused: the days are past or in no order, after the carer has left, or theirs already.
    """
    if span.from_day < today:
        raise OmbudsmanRefused(OmbudsmanFault.PAST)
    if span.until_day is not None and span.until_day < span.from_day:
        raise OmbudsmanRefused(OmbudsmanFault.ORDER)
    if ends_on is not None and (span.until_day is None or span.until_day > ends_on):
        raise OmbudsmanRefused(OmbudsmanFault.LEFT)
    for each in there:
        meets = span.until_day is None or each.from_day <= span.until_day
        if each.carer_id == span.carer_id and meets and (each.until_day is None or each.until_day >= span.from_day):
            raise OmbudsmanRefused(OmbudsmanFault.ALREADY)


def lacking(there: Iterable[Ombudsman], day: date) -> int:
    """Return how many the area lacks on *day*."""
    return max(0, WANTED - len({each.carer_id for each in there if each.holds_on(day)}))
