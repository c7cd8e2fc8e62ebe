"""The reserve list as a value: who is to be looked after tonight, when and how, so that a town can drive without us.

Printed it has two parts: every time in the order in which to drive, with a box to tick, and every person, the highest
risk first, with what is needed at the door. It is meant for a piece of paper in a car, and goes nowhere else.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from alarm_center.core.calendar import local_clock
from alarm_center.core.resident_card import ResidentCard, paper_lines, paper_risk, wrapped


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

    def lines(self, language: str, times: str) -> list[str]:
        """Return the entry's lines on paper; *times* are in words."""
        return paper_lines(self.card, language, times, two_carers=self.two_carers, phone_first=self.phone_first)


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
        """How many times there are on it."""
        return sum(len(entry.stops) for entry in self.people)


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


_WORDS: Final[dict[str, dict[str, str]]] = {
    "sv": {
        "title": "RESERVLISTA  {town}  område {area}",
        "night": "Natten {first} till {last}. Gjord {made}. {people} personer, {stops} tider.",
        "use": "Används när larmcentralen, nätet eller larmen inte fungerar. Kör då varje tid på listan.",
        "secret": "Innehåller sekretessbelagda uppgifter. Förstörs efter natten.",
        "nobody": "Ingen tillsyn i området i natt.",
        "by_time": "EFTER TID",
        "people": "PERSONER, HÖGST RISK FÖRST",
        "on_duty": "I TJÄNST",
        "nobody_on_duty": "Ingen är inlagd i natt.",
        "visit": "besök",
        "camera": "tillsyn",
        "done": "klar",
        "lead": "ledning",
        "patrol": "patrull",
        "fixed": "Om ingen svarar: {number}",
        "second": "andra",
    },
    "en": {
        "title": "RESERVE LIST  {town}  area {area}",
        "night": "The night {first} to {last}. Made {made}. {people} people, {stops} times.",
        "use": "For when the alarm centre, the network or the alarms do not work. Then drive every time on the list.",
        "secret": "Confidential. Destroy it after the night.",
        "nobody": "Nobody is looked after in this area tonight.",
        "by_time": "BY TIME",
        "people": "PEOPLE, HIGHEST RISK FIRST",
        "on_duty": "ON DUTY",
        "nobody_on_duty": "Nobody is on the roster tonight.",
        "visit": "visit",
        "camera": "check",
        "done": "done",
        "lead": "lead",
        "patrol": "patrol",
        "fixed": "If nobody answers: {number}",
        "second": "second",
    },
}


def as_text(made: ReserveList) -> str:
    """Return the list as plain text to print, in the town's language, at most :data:`resident_card.WIDTH` wide."""
    words, zone = _WORDS[made.language], ZoneInfo(made.zone)

    def clock(instant: datetime) -> str:
        return local_clock(instant, zone, words["second"])

    def times(stop: Stop) -> str:
        return clock(stop.at) if stop.until <= stop.at else f"{clock(stop.at)}-{clock(stop.until)}"

    lines = [
        words["title"].format(town=made.town, area=made.area),
        words["night"].format(
            first=made.night, last=made.night + timedelta(days=1), made=clock(made.made_at), people=len(made.people),
            stops=made.stops,
        ),
        *wrapped(words["use"]),
        words["secret"],
    ]  # fmt: skip
    if not made.people:
        lines += ["", words["nobody"]]
    else:
        lines += ["", words["by_time"]]
        by_time = sorted(
            ((stop, entry.card) for entry in made.people for stop in entry.stops),
            key=lambda each: (each[0].at, each[1].risk, each[1].number),
        )
        for stop, card in by_time:
            how = words["done" if stop.done else "visit" if stop.visit else "camera"]
            box = "[x]" if stop.done else "[ ]"
            lines += wrapped(
                f"{box} {times(stop):<13} {how:<8} {paper_risk(card, made.language)}  "
                f"{card.number} {card.name}, {card.address}",
                indent=27,
            )
        lines += ["", words["people"]]
        for entry in made.people:
            lines += entry.lines(made.language, ", ".join(map(times, entry.stops)))
    lines += ["", words["on_duty"]]
    for duty in made.on_duty:
        lines.append(
            f"{duty.patrol:<16} {words[duty.role]:<8} {clock(duty.starts_at)}-{clock(duty.ends_at)}  {duty.phone}"
        )
    if not made.on_duty:
        lines.append(words["nobody_on_duty"])
    if made.fixed_number:
        lines.append(words["fixed"].format(number=made.fixed_number))
    return "\n".join(lines) + "\n"
