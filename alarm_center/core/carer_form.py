"""A carer as a page's form has them: name, mobile number and last night, with what is wrong by field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from alarm_center.core import phone_numbers
from alarm_center.core.temps import NAME_MOST, CarerRow


class CarerFault(StrEnum):
    """A fault of one field."""

    NO_NAME = "no_name"
    NAMED = "named"
    """Another carer is called so: a file could not tell them apart."""
    NO_MOBILE = "no_mobile"
    KNOWN = "known"
    """Another carer has the number, or will have it."""
    NO_DATE = "no_date"
    PAST = "past"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class CarerFields:
    """The fields of the form as they were filled in."""

    name: str = ""
    phone: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class CarerEdit:
    """A carer as they shall be; ``ends_on`` is the last night."""

    name: str
    phone: str
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class CarerProblem:
    """A fault, and the name of the carer that it is about."""

    fault: CarerFault
    who: str = ""


class CarerRefused(Exception):
    """Nothing has changed: another carer has the name or the number by now."""

    def __init__(self, problems: Mapping[str, CarerProblem]) -> None:
        super().__init__(", ".join(each.fault for each in problems.values()))
        self.problems = problems


def parse_carer(
    fields: CarerFields, others: Iterable[CarerRow], tonight: date
) -> tuple[CarerEdit | None, dict[str, CarerProblem]]:
    """Return the carer in *fields*, and what is wrong by field; *others* are the town's other carers."""
    wrong: dict[str, CarerProblem] = {}
    name = " ".join(fields.name.split())[:NAME_MOST]
    if not name:
        wrong["name"] = CarerProblem(CarerFault.NO_NAME)
    phone = mobile_of(fields.phone)
    if phone is None:
        wrong["phone"] = CarerProblem(CarerFault.NO_MOBILE)
    last, reads = _date_of(fields.last)
    if not reads:
        wrong["last"] = CarerProblem(CarerFault.NO_DATE)
    elif last is not None and last < tonight:
        wrong["last"] = CarerProblem(CarerFault.PAST)
    wrong = taken(name, phone or "", others) | wrong
    return (CarerEdit(name, phone, last), {}) if not wrong and phone is not None else (None, wrong)


def taken(name: str, phone: str, others: Iterable[CarerRow]) -> dict[str, CarerProblem]:
    """Return which of *name* and *phone* another carer has, by field."""
    wrong = {}
    for each in others:
        if phone in (each.phone, each.next_phone):
            wrong["phone"] = CarerProblem(CarerFault.KNOWN, each.name)
        if each.name.casefold() == name.casefold():
            wrong["name"] = CarerProblem(CarerFault.NAMED, each.name)
    return wrong


def mobile_of(said: str) -> str | None:
    """Return the mobile number that was written; ``None``: it is none."""
    try:
        number = phone_numbers.parse_phone_number(said)
    except ValueError:
        return None
    return number if phone_numbers.takes_sms(number) else None


def _date_of(said: str) -> tuple[date | None, bool]:
    if not said.strip():
        return None, True
    try:
        return date.fromisoformat(said.strip()), True
    except ValueError:
        return None, False
