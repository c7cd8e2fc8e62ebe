"""Carers, and those for a time as a table has them: name, mobile number and last night, a line each, with every fault at once."""

import csv
import io
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from alarm_center.core import phone_numbers

MOST_TEMPS: Final = 200
NAME_MOST: Final = 60


@dataclass(frozen=True, slots=True)
class CarerRow:
    """A carer, or a phone that a patrol carries."""

    carer_id: UUID
    name: str
    phone: str
    ends_on: date | None = None
    """The last night; ``None``: until further notice."""
    has_login: bool = False
    """A person who signs in is this carer."""
    test_asked_at: datetime | None = None
    test_answered_at: datetime | None = None
    next_phone: str | None = None
    """The number from the night's end on; ``None``: the number stays."""
    code: str | None = None
    """The personal five digits that say at the muster who has the phone."""
    handed_in: frozenset[str] = frozenset()
    """Things that a carer who leaves has handed in: phone, keys."""
    in_place_of: UUID | None = None
    """A phone that was borrowed until ``ends_on``, in this carer's place; nobody's own."""

    @property
    def is_borrowed(self) -> bool:
        """Tell whether it is a phone that was borrowed for a night, and no carer that a town plans with."""
        return self.in_place_of is not None

    def has_left(self, tonight: date) -> bool:
        """Tell whether the carer's last night is before *tonight*."""
        return self.ends_on is not None and self.ends_on < tonight


class TempFault(StrEnum):
    """A fault of one line."""

    NO_NAME = "no_name"
    NO_MOBILE = "no_mobile"
    TWICE = "twice"
    KNOWN = "known"
    """The number is a carer's already."""
    NAMED = "named"
    """Another carer, or another line, has the name: a file could not tell them apart."""
    NO_DATE = "no_date"
    PAST = "past"
    TOO_MANY = "too_many"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class NewTemp:
    """A carer who begins; ``ends_on`` is the last night."""

    name: str
    phone: str
    ends_on: date


@dataclass(frozen=True, slots=True)
class TempProblem:
    """A fault with the number of its line, from 1, and what stood there."""

    line: int
    fault: TempFault
    said: str = ""


def read_temps(
    text: str, known: Collection[str], tonight: date, names: Collection[str] = ()
) -> tuple[list[NewTemp], list[TempProblem]]:
    """Return the carers in the table, and what is wrong with it; *known* are the numbers that the town has already, *names* its carers'.

    Columns are name, phone and last night, with semicolons, commas or tabs. A first line of headings is passed over.
    """
    mark = next((each for each in (";", "\t") if each in text), ",")
    used = {name.casefold() for name in names}
    temps: list[NewTemp] = []
    problems: list[TempProblem] = []
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=mark), start=1):
        cells = [cell.strip() for cell in row] + ["", "", ""]
        if not any(cells) or (number == 1 and cells[0].casefold() in ("namn", "name")):
            continue
        found = len(problems)
        phone = _mobile(cells[1])
        if not cells[0]:
            problems.append(TempProblem(number, TempFault.NO_NAME))
        elif cells[0].casefold() in used:
            problems.append(TempProblem(number, TempFault.NAMED, cells[0]))
        used.add(cells[0].casefold())
        if phone is None:
            problems.append(TempProblem(number, TempFault.NO_MOBILE, cells[1]))
        elif phone in known:
            problems.append(TempProblem(number, TempFault.KNOWN, cells[1]))
        elif any(temp.phone == phone for temp in temps):
            problems.append(TempProblem(number, TempFault.TWICE, cells[1]))
        last = _date(cells[2])
        if last is None:
            problems.append(TempProblem(number, TempFault.NO_DATE, cells[2]))
        elif last < tonight:
            problems.append(TempProblem(number, TempFault.PAST, cells[2]))
        if len(problems) == found and phone is not None and last is not None:
            temps.append(NewTemp(cells[0][:NAME_MOST], phone, last))
    if not temps and not problems:
        problems.append(TempProblem(1, TempFault.NONE))
    if len(temps) > MOST_TEMPS:
        problems.append(TempProblem(MOST_TEMPS + 1, TempFault.TOO_MANY))
    return temps, problems


def _mobile(said: str) -> str | None:
    try:
        number = phone_numbers.parse_phone_number(said)
    except ValueError:
        return None
    return number if phone_numbers.takes_sms(number) else None


def _date(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
