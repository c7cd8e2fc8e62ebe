"""Words of the pages on a town's people and of an invitation. All still to be translated."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from alarm_center.core.people import DeputyAnswer, DeputyFault, LinkAnswer, PeopleAnswer, PersonState
from alarm_center.words.catalogues import mark as _

STATES: Final[Mapping[PersonState, str]] = {
    PersonState.INVITED: _("inbjuden"),
    PersonState.EXPIRED: _("inbjuden, länken är för gammal"),
    PersonState.ACTIVE: _("aktiv"),
    PersonState.NO_FACTOR: _("aktiv, utan andra faktor"),
    PersonState.ENDED: _("avslutad"),
}

REFUSALS: Final[Mapping[PeopleAnswer, str]] = {
    PeopleAnswer.MEMBER: _("Inloggningsnamnet finns redan i kommunen. Ändra personens roller i stället."),
    PeopleAnswer.ASKED: _("Inloggningsnamnet är redan inbjudet. Gör en ny länk i stället."),
    PeopleAnswer.STALE: _("Någon annan hann ändra. Så här är det nu."),
    PeopleAnswer.LAST_ADMIN: _("Kommunen måste ha minst en administratör, för alla områden och utan slutdatum."),
    PeopleAnswer.GONE: _("Det finns inte, eller är inte ditt att se."),
}


class PersonFault(StrEnum):
    """A field of a person's form that is missing or wrong."""

    LOGIN = "login"
    NAME = "name"
    ROLES = "roles"
    AREAS = "areas"
    PERFORMERS = "performers"
    UNTIL = "until"


FAULTS: Final[Mapping[PersonFault, str]] = {
    PersonFault.LOGIN: _("Skriv ett inloggningsnamn: små bokstäver a–z, siffror, punkt, bindestreck eller @."),
    PersonFault.NAME: _("Skriv personens namn."),
    PersonFault.ROLES: _("Välj minst en roll."),
    PersonFault.AREAS: _("Välj minst ett område, eller hela kommunen."),
    PersonFault.PERFORMERS: _("Välj minst en utförare, eller alla."),
    PersonFault.UNTIL: _("Skriv den sista natten som ett datum som inte har varit."),
}

DEPUTY_REFUSALS: Final[Mapping[DeputyAnswer, str]] = {
    DeputyAnswer.ASKED: _("Personen vikarierar redan för den kollegan de dagarna."),
    DeputyAnswer.NO_ROLES: _("Kollegan har ingen roll som en vikarie kan få. En administratörs roll lämnas inte över."),
    DeputyAnswer.GONE: _("Det finns inte, eller är inte ditt att se."),
}

DEPUTY_FAULTS: Final[Mapping[DeputyFault, str]] = {
    DeputyFault.COLLEAGUE: _("Välj vem personen vikarierar för."),
    DeputyFault.BEGINS: _("Skriv första dagen: i dag, eller ett datum inom ett år."),
    DeputyFault.LAST_NIGHT: _("Skriv sista natten: inte före första dagen, och högst 92 nätter bort."),
}

OWN_CARE: Final = _("kommunens egen omsorg")
"""The town's own care, where a company's name would stand."""

LINK_REFUSALS: Final[Mapping[LinkAnswer, str]] = {
    LinkAnswer.KNOWN: _("Inloggningsnamnet har redan ett konto. Logga in för att svara."),
    LinkAnswer.GONE: _("Länken gäller inte längre. Be den som bjöd in dig om en ny."),
    LinkAnswer.OTHER: _("Inbjudan gäller någon annan än den som är inloggad."),
}
RESET_ELSEWHERE: Final = _("Andra faktorn kan inte återställas här. Den som driver tjänsten kan göra det.")
NAME_NEEDED: Final = _("Skriv ditt namn.")
PASSWORD_TOO_SHORT: Final = _("Lösenordet måste ha minst tolv tecken.")
PASSWORD_COMMON: Final = _("Det lösenordet är för vanligt. Ta några ord som inte hör ihop.")
PASSWORD_PERSONAL: Final = _("Lösenordet är nästan bara ditt namn eller kommunens. Ta några andra ord.")
PASSWORDS_DIFFER: Final = _("Lösenorden är inte lika.")

AGREEMENT_STATES: Final[Mapping[str, str]] = {
    "offered": _("väntar på larmcentralen"),
    "coming": _("har inte börjat"),
    "running": _("gäller"),
    "over": _("avslutat"),
}


class AgreementFault(StrEnum):
    """A field of an agreement's form that is missing or wrong."""

    TOWN = "town"
    CENTRE = "centre"
    AREAS = "areas"
    NIGHTS = "nights"


AGREEMENT_FAULTS: Final[Mapping[AgreementFault, str]] = {
    AgreementFault.TOWN: _("Bara en administratör för hela kommunen ingår avtal."),
    AgreementFault.CENTRE: _("Det finns ingen larmcentral med det kortnamnet."),
    AgreementFault.AREAS: _("Välj minst ett område, eller hela kommunen."),
    AgreementFault.NIGHTS: _("Skriv första natten, och en sista som inte är före den."),
}
