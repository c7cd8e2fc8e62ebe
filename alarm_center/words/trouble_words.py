"""Sentences about a trouble at the board and on its case's page, and what to do next. All still to be translated.

The words of its SMS and calls are in `core/messages/sms_words.py`.
"""

from collections.abc import Mapping
from typing import Final

from alarm_center.words.catalogues import mark as _
from schemas.vocabulary import TroubleKind

SENTENCES: Final[Mapping[TroubleKind, str]] = {
    TroubleKind.HELP: _("%(who)s behöver hjälp."),
    TroubleKind.CANNOT_GET_IN: _("%(who)s kommer inte in."),
    TroubleKind.NOBODY_HOME: _("Ingen hemma enligt %(who)s."),
    TroubleKind.SILENT: _("%(who)s har inte hörts av."),
    TroubleKind.UNDELIVERED: _("%(who)s har inte fått adressen. Ring och läs upp den."),
    TroubleKind.LATE: _("%(who)s är inte framme i tid."),
    TroubleKind.NOT_TAKEN: _("Ingen patrull har svarat. Ring själv – nu."),
    TroubleKind.OUTCOME_MISSING: _(
        "Ingen har sagt hur det gick, och ingen nattledare nås med SMS. Ta reda på det och skriv utfallet."
    ),
}
COLLEAGUE: Final = _("En kollega")
CALL_112_FIRST: Final = _("Ring 112 först: prioritet 1 bakom låst dörr.")
CALL_112_OUTSIDE: Final = _("Ring 112: kan vara ute i natt. Läs upp texten här under.")
CALL_112_LATER: Final = _(
    "Ring 112 om ingen har hittat personen, eller vet var, inom %(minutes)s min. Läs upp texten här under."
)
CALL_112_SEARCH: Final = _("Ring 112: ingen har hittat personen. Läs upp texten här under.")
SECOND_WAY: Final = _("Andra vägen in: %(way)s")
KEY_PLACE: Final = _("Nyckel: %(place)s")
HAS_KEY: Final = _("%(name)s har nyckel")
MAY_KNOW: Final = _("%(name)s kan veta var")
