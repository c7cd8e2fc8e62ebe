"""The reserve list of an area's night as plain text to print, in the town's language.

It has two parts: every time in the order in which to drive, with a box to tick, and every person, the highest risk
first, with what is needed at the door.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from alarm_center.core.reserve_list import ReserveList, Stop
from alarm_center.core.resident_card import ResidentCard
from alarm_center.words.catalogues import SPEECHES, Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.paper import entry_lines, named, risk, wrapped

ROLES: Final[Mapping[str, str]] = {"lead": _("ledning"), "patrol": _("patrull")}
"""A phone's role in a shift."""


def reserve_text(made: ReserveList) -> str:
    """Return the list's text, at most :data:`paper.WIDTH` wide."""
    speech = SPEECHES[made.language]
    people = _people(made, speech) if made.people else ["", speech("Ingen tillsyn i området i natt.")]
    return "\n".join([*_head(made, speech), *people, *_on_duty(made, speech)]) + "\n"


def _head(made: ReserveList, speech: Speech) -> list[str]:
    return [
        speech("RESERVLISTA  %(town)s  område %(area)s", town=made.town, area=made.area),
        speech(
            "Natten %(first)s till %(last)s. Gjord %(made)s. %(people)s personer, %(stops)s tider.",
            first=made.night,
            last=made.night + timedelta(days=1),
            made=speech.clock(made.made_at, made.zone),
            people=len(made.people),
            stops=made.stops,
        ),
        *wrapped(speech("Används när larmcentralen, nätet eller larmen inte fungerar. Kör då varje tid på listan.")),
        speech("Innehåller sekretessbelagda uppgifter. Förstörs efter natten."),
    ]


def _people(made: ReserveList, speech: Speech) -> list[str]:
    lines = ["", speech("EFTER TID")]
    by_time = sorted(
        ((stop, entry.card) for entry in made.people for stop in entry.stops),
        key=lambda each: (each[0].at, each[1].risk, each[1].number),
    )
    for stop, card in by_time:
        lines += _stop_lines(stop, card, _times(stop, made.zone, speech), speech)
    lines += ["", speech("PERSONER, HÖGST RISK FÖRST")]
    for entry in made.people:
        lines += entry_lines(entry, ", ".join(_times(stop, made.zone, speech) for stop in entry.stops), speech)
    return lines


def _stop_lines(stop: Stop, card: ResidentCard, times: str, speech: Speech) -> list[str]:
    how = speech("klar") if stop.done else speech("besök") if stop.visit else speech("tillsyn")
    box = "[x]" if stop.done else "[ ]"
    where = f", {card.address}" if card.address else ""
    return wrapped(f"{box} {times:<13} {how:<8} {risk(card, speech):<11}  {named(card, speech)}{where}", indent=27)


def _times(stop: Stop, zone: str, speech: Speech) -> str:
    begins = speech.clock(stop.at, zone)
    return begins if stop.until <= stop.at else f"{begins}-{speech.clock(stop.until, zone)}"


def _on_duty(made: ReserveList, speech: Speech) -> list[str]:
    lines = ["", speech("I TJÄNST")]
    for duty in made.on_duty:
        hours = f"{speech.clock(duty.starts_at, made.zone)}-{speech.clock(duty.ends_at, made.zone)}"
        lines.append(f"{duty.patrol:<16} {speech(ROLES[duty.role]):<8} {hours}  {duty.phone}")
    if not made.on_duty:
        lines.append(speech("Ingen är inlagd i natt."))
    if made.fixed_number:
        lines.append(speech("Om ingen svarar: %(number)s", number=made.fixed_number))
    return lines
