"""Words of a carer who leaves: the checklist, what follows, and what has been handed in."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

from alarm_center.core.temps import CarerRow
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _

SAY_LAST: Final = _("Välj sista natten: i natt eller senare.")
BUSY: Final = _("Ett ärende är inte avslutat. Kryssa för att lämna över, eller byt hela passet först.")

HANDED_IN: Final[Mapping[str, str]] = {"phone": _("telefonen"), "keys": _("nycklar och kort")}
"""Things that a carer who leaves hands in."""


def leaving_items(
    carer: CarerRow, cases: Sequence[str], patterns: int, areas: Sequence[str], speech: Speech
) -> list[tuple[bool, str]]:
    """Return what is left before a carer can leave, each with whether it is done; *areas* are those that they are larmombud of."""
    open_cases = speech.listed(list(cases))
    return [
        (not cases, speech(_("Ärende %(numbers)s är inte avslutat."), numbers=open_cases) if cases else speech(_("Inga öppna ärenden."))),
        (not patterns, speech(_("Pass som slutar efter sista natten: %(count)s."), count=patterns) if patterns else speech(_("Inga egna pass."))),
        (not areas, speech(_("Larmombud i område %(areas)s."), areas=speech.listed(list(areas))) if areas else speech(_("Inte larmombud."))),
        (not carer.has_login, speech(_("Loggar in själv.")) if carer.has_login else speech(_("Loggar inte in själv."))),
    ]  # fmt: skip


def leaving_sentences(
    carer: CarerRow,
    said: tuple[date, Collection[str]],
    cases: Sequence[str],
    ends: tuple[int, Sequence[str]],
    speech: Speech,
    *,
    signs_out: bool,
) -> list[str]:
    """Return what a carer's leaving means: *said* are the last night and what is handed in, *ends* their shifts and areas as larmombud."""
    (last, handed_in), (patterns, areas) = said, ends
    told = [speech(_("Den sista natten för %(name)s börjar %(day)s."), name=carer.name, day=speech.day(last))]
    if cases:
        numbers = speech.listed(list(cases))
        told.append(speech(_("Ärende %(numbers)s söker ny patrull nu, och passet som pågår slutar."), numbers=numbers))
    if patterns:
        told.append(speech(_("Pass som slutar efter sista natten: %(count)s."), count=patterns))
    if areas:
        told.append(speech(_("Larmombud i område %(areas)s till och med den dagen."), areas=speech.listed(list(areas))))
    if carer.code is not None:
        told.append(speech(_("Den personliga koden gäller till och med den natten.")))
    if carer.has_login and signs_out:
        told.append(speech(_("Alla inloggningar avslutas nu. Har personen fler roller avslutar administratören dem.")))
    elif carer.has_login:
        told.append(
            speech(
                _(
                    "Rollen som nattpersonal slutar med sista natten. Har personen fler roller avslutar administratören dem."
                )
            )
        )
    if missing := missing_words(handed_in, speech):
        told.append(missing)
    return told


def missing_words(handed_in: Collection[str], speech: Speech) -> str:
    """Return what has not been handed in; empty where all has."""
    left = [speech(words) for name, words in HANDED_IN.items() if name not in handed_in]
    return speech(_("Inte inlämnat: %(things)s."), things=speech.listed(left)) if left else ""


def handed_in_words(carer: CarerRow, tonight: date, speech: Speech) -> str:
    """Return what a carer who has left has not handed in; empty for one who is there."""
    return missing_words(carer.handed_in, speech) if carer.has_left(tonight) else ""
