"""Headings of the lists that people take away as files; the rows are those of the pages."""

from typing import Final

from alarm_center.words.catalogues import mark as _

MATTERS: Final = (_("Hotar i natt"), _("Vad"), _("Sedan"), _("Ansvarig"))
STAFF: Final = (_("Kommun"), _("Natt"), _("Saknas"))
RESERVE_LISTS: Final = (_("Kommun"), _("Område"), _("Natt"), _("Hämtad"))
PLACES: Final = (
    _("Nr"), _("Namn"), _("Adress"), _("Telefon"), _("Område"), _("Risk"), _("Tider"), _("Klar"), _("Ärende"),
)  # fmt: skip
ENDING_PAUSES: Final = (_("Namn"), _("Adress"), _("Telefon"), _("Område"), _("Fråga"), _("Sagt av"))
TALLIES: Final = (
    _("Vem tittade"), _("Tittar"), _("Utan väntande tillsyn"), _("I egna larm"), _("Att granska"), _("Klara bilder begärda"),
    _("Längre än fem minuter"),
)  # fmt: skip
PEOPLE: Final = (
    _("Kommun"), _("Namn"), _("Inloggning"), _("Roller"), _("Områden"), _("Utförare"), _("Till och med natten"), _("Läge"),
)  # fmt: skip
HELD_NIGHTS: Final = (
    _("Nr"), _("Namn"), _("Område"), _("Första natten"), _("Sista natten"), _("Till och med"), _("Varför"), _("Vem"),
)  # fmt: skip
YES: Final = _("ja")
NO: Final = _("nej")
