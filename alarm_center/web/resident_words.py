"""A resident's card in words, as the operator's case and the carer's link show it."""

from typing import Final

from alarm_center.core.resident_card import ResidentCard
from alarm_center.web.catalogues import Speech
from alarm_center.web.catalogues import mark as _

_MISSING: Final = _("saknas")


def about(card: ResidentCard, speech: Speech) -> list[str]:
    """Return short words about the resident, to stand beside the name or the risk."""
    found = []
    if card.pets:
        found.append(speech("husdjur"))
    if card.cohabitant:
        found.append(speech("bor med %(name)s", name=card.cohabitant))
    return found


def door(card: ResidentCard, speech: Speech) -> str:
    """Return how to get in."""
    return card.access or speech(_MISSING)


def facts(card: ResidentCard, speech: Speech) -> list[tuple[str, str]]:
    """Return label and text of each further fact that is known, in the order in which it is needed."""
    known = ((speech("Bra att veta"), card.notes),)
    return [(label, text) for label, text in known if text]
