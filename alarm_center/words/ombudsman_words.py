"""Words of the alarm ombudsmen's pages."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from alarm_center.core.ombudsmen import Ombudsman, OmbudsmanFault, OmbudsmanSpan
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _

FAULTS: Final[Mapping[OmbudsmanFault, str]] = {
    OmbudsmanFault.NO_CARER: _("Välj vem som blir larmombud."),
    OmbudsmanFault.NO_DATE: _("Skriv ett datum."),
    OmbudsmanFault.ORDER: _("Den sista dagen är före den första."),
    OmbudsmanFault.PAST: _("Välj i dag eller senare."),
    OmbudsmanFault.LEFT: _("Slutar före det. Välj en sista dag till och med den sista natten."),
    OmbudsmanFault.ALREADY: _("Är redan larmombud i området då."),
}

FIELDS: Final[Mapping[OmbudsmanFault, str]] = {
    OmbudsmanFault.NO_CARER: "carer",
    OmbudsmanFault.NO_DATE: "from_day",
    OmbudsmanFault.ORDER: "until_day",
    OmbudsmanFault.PAST: "from_day",
    OmbudsmanFault.LEFT: "until_day",
    OmbudsmanFault.ALREADY: "carer",
}
"""The field of the form that a fault stands beside."""


def days_words(it: Ombudsman, today: date, speech: Speech) -> str:
    """Return from which day until which an ombudsman is it."""
    said = []
    if it.from_day > today:
        said.append(speech(_("från %(day)s"), day=speech.short_day(it.from_day)))
    if it.until_day is not None:
        said.append(speech(_("till och med %(day)s"), day=speech.short_day(it.until_day)))
    if it.ends_soon(today):
        said.append(speech(_("slutar snart")))
    return " · ".join(said) or speech(_("tills vidare"))


def lacking_words(count: int, speech: Speech) -> str:
    """Return how many ombudsmen an area lacks; empty where it has two."""
    if not count:
        return ""
    return speech(
        _("Området har inget larmombud. Det ska ha två.")
        if count > 1
        else _("Området har bara ett larmombud. Det ska ha två.")
    )


def new_sentence(name: str, area: str, span: OmbudsmanSpan, speech: Speech) -> str:
    """Return what a new ombudsman means."""
    first = speech.short_day(span.from_day)
    if span.until_day is None:
        return speech(
            _("%(name)s är larmombud i område %(area)s från %(first)s tills vidare."), name=name, area=area, first=first
        )
    last = speech.short_day(span.until_day)
    return speech(
        _("%(name)s är larmombud i område %(area)s från %(first)s till och med %(last)s."),
        name=name,
        area=area,
        first=first,
        last=last,
    )
