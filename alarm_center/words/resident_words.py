"""Words for a resident's card: pets and cohabitant, the way in, further facts; for the operator's case and the carer's link.

The card of a printed list is put together in `paper.py`.
"""

from collections.abc import Mapping
from typing import Final

from alarm_center.core.resident_card import ResidentCard
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from schemas.vocabulary import CohabitantSleeps

_MISSING: Final = _("saknas")

SLEEPS: Final[Mapping[str, str]] = {
    CohabitantSleeps.SAME_BED: _("två i samma säng"),
    CohabitantSleeps.SAME_ROOM: _("två i samma rum"),
    CohabitantSleeps.ELSEWHERE: _("ensam i rummet"),
}
"""Number of people that the resident's device sees asleep where there is a cohabitant."""


def about(card: ResidentCard, speech: Speech) -> list[str]:
    """Return short words about the resident, to stand beside the name or the risk."""
    found = []
    if card.pets:
        found.append(speech("husdjur"))
    if card.cohabitant:
        found.append(speech("bor med %(name)s", name=card.cohabitant))
    if card.cohabitant_sleeps:
        found.append(speech(SLEEPS[card.cohabitant_sleeps]))
    return found


def door(card: ResidentCard, speech: Speech) -> str:
    """Return how to get in."""
    return card.access or speech(_MISSING)


def facts(card: ResidentCard, speech: Speech) -> list[tuple[str, str]]:
    """Return label and text of each further fact that is known, in the order in which it is needed."""
    known = ((speech("Bra att veta"), card.notes),)
    return [(label, text) for label, text in known if text]
