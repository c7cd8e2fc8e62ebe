"""An incident's list as plain text to print, in the town's language: by area and risk, what is left to check first."""

from collections.abc import Sequence
from itertools import groupby

from alarm_center.core.incident_list import AlikeList, IncidentList, IncidentPlace
from alarm_center.words.catalogues import SPEECHES, Speech
from alarm_center.words.paper import entry_lines


def incident_text(made: IncidentList) -> str:
    """Return the list's text, at most :data:`paper.WIDTH` wide but for each place's first line, which has its case before it."""
    speech = SPEECHES[made.language]
    lines = [
        speech("STÖRNING %(number)s  %(town)s", number=made.number, town=made.town),
        speech(
            "Började %(opened)s. Läst %(read)s. %(left)s av %(all)s kvar att kontrollera.",
            opened=speech.clock(made.opened_at, made.zone),
            read=speech.clock(made.read_at, made.zone),
            left=_left(made.places),
            all=len(made.places),
        ),
        *_end_lines(made),
        speech("Innehåller sekretessbelagda uppgifter. Förstörs efter natten."),
    ]
    return "\n".join([*lines, *_place_lines(made.places, made.zone, speech)]) + "\n"


def alike_text(made: AlikeList) -> str:
    """Return the text of what looks like a disruption, as :func:`incident_text`."""
    speech = SPEECHES[made.language]
    lines = [
        speech("MÖJLIG STÖRNING  %(town)s", town=made.town),
        speech(
            "Läst %(read)s. %(all)s att kontrollera.", read=speech.clock(made.read_at, made.zone), all=len(made.places)
        ),
        speech("Innehåller sekretessbelagda uppgifter. Förstörs efter natten."),
    ]
    return "\n".join([*lines, *_place_lines(made.places, made.zone, speech)]) + "\n"


def _place_lines(all_places: Sequence[IncidentPlace], zone: str, speech: Speech) -> list[str]:
    lines: list[str] = []
    for area, group in groupby(all_places, key=lambda place: place.area):
        places = tuple(group)
        heading = speech("OMRÅDE %(area)s: %(left)s av %(all)s kvar", area=area, left=_left(places), all=len(places))
        lines += ["", heading]
        for place in sorted(places, key=lambda each: each.ticked):
            times = ", ".join(speech.clock(at, zone) for at in place.times)
            first, *more = entry_lines(place.entry, times, speech)
            case = speech("ärende %(case)s", case=place.case_no)
            lines += [f"[{'x' if place.ticked else ' '}] {case}: {first}", *more]
    return lines


def _end_lines(made: IncidentList) -> list[str]:
    speech = SPEECHES[made.language]
    if made.closed_at is None:
        return []
    at = speech.clock(made.closed_at, made.zone)
    if not made.closed_by:
        return [speech("Avslutad %(at)s.", at=at)]
    return [speech("Avslutad %(at)s av %(name)s: %(reason)s", at=at, name=made.closed_by, reason=made.closed_reason)]


def _left(places: Sequence[IncidentPlace]) -> int:
    return sum(not place.ticked for place in places)
