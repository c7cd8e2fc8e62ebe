"""Words of the page for SMS to many: whom it goes to, texts to begin with, what is wrong, and how each SMS fared."""

from collections.abc import Mapping
from typing import Final

from alarm_center.core.group_sms import Audience, GroupSmsFault
from alarm_center.words.catalogues import mark as _

AUDIENCES: Final[Mapping[Audience, str]] = {
    Audience.STAFF: _("Alla i nattpersonalen"),
    Audience.ON_DUTY: _("De som är i tjänst nu"),
    Audience.AREA: _("De som går i området"),
    Audience.OMBUDSMEN: _("Larmombuden"),
}

OF_AREA: Final = _("omr %(area)s")

TEMPLATES: Final[Mapping[str, tuple[str, str]]] = {
    "shift": (
        _("Ett pass är tomt"),
        _("Nattpasset ... är tomt. Kan du ta det? Ring planeraren."),
    ),
    "meeting": (_("Möte"), _("Nattmöte ... kl ... i ... Meddela planeraren om du inte kan komma.")),
    "routine": (_("Ny rutin"), _("Ny rutin från i natt: ... Läs den i pärmen före passet.")),
    "technical": (_("Tekniskt"), _("Larmtjänsten uppdateras ... Ha telefonen laddad och ljudet på.")),
}
"""Texts to begin with, by the name in the page's address. The dots are to be filled in; a text with dots left is the writer's own matter."""

FAULTS: Final[Mapping[GroupSmsFault, str]] = {
    GroupSmsFault.EMPTY: _("Skriv vad som ska stå i SMS:et."),
    GroupSmsFault.LONG: _("För långt: ett SMS rymmer 160 tecken."),
    GroupSmsFault.ALPHABET: _("Ett tecken går inte att skicka. Ta bort emojier, tankstreck och krulliga citattecken."),
    GroupSmsFault.NAME: _("Ett ord är ett namn på en brukare. Skriv utan namn: SMS är inte skyddat."),
    GroupSmsFault.PERSONAL_NUMBER: _("Det står ett personnummer. Skriv utan: SMS är inte skyddat."),
    GroupSmsFault.ADDRESS: _("Det står en gatuadress. Skriv utan: SMS är inte skyddat."),
    GroupSmsFault.NOBODY: _("Det finns ingen att skicka till."),
    GroupSmsFault.MANY: _("Det är fler än 500. Välj ett område."),
}

STATES: Final[Mapping[str, str]] = {
    "waiting": _("väntar"),
    "queued": _("väntar"),
    "sending": _("skickas"),
    "sent": _("skickat, inte levererat"),
    "failed": _("gick inte fram"),
    "unknown": _("okänt om det kom fram"),
}
