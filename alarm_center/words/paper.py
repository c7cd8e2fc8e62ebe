"""A resident's card on paper, and the width that every printed list keeps to."""

import textwrap
from typing import Final

from alarm_center.core.reserve_list import Entry
from alarm_center.core.resident_card import ResidentCard
from alarm_center.words.catalogues import Speech
from alarm_center.words.resident_words import SLEEPS, contact, door, marks
from alarm_center.words.supervision_words import RISKS

WIDTH: Final = 78
"""Characters of a line; a page of plain text in any printer's own letters."""


def risk(card: ResidentCard, speech: Speech) -> str:
    """Return the resident's risk in words."""
    return speech("risk %(risk)s", risk=speech(RISKS[card.risk]).lower())


def named(card: ResidentCard, speech: Speech) -> str:
    """Return the resident's number and name; of a masked card whom to ask."""
    name = card.name or speech("Skyddade uppgifter: fråga nattledaren")
    return f"{card.number} {name}"


def entry_lines(entry: Entry, times: str, speech: Speech) -> list[str]:
    """Return an entry's lines, at most :data:`WIDTH` wide: the resident, the address, and what the door needs.

    *times* are in words.
    """
    card = entry.card
    lines = wrapped(f"{named(card, speech)} ({', '.join(_about(card, speech))})", indent=4)
    needs = [speech("Två personal.")] if entry.two_carers else []
    needs += [speech("Ring först.")] if entry.phone_first else []
    needs += [f"{said}."] if (said := marks(card, speech)) else []
    ways = [(speech("Annan väg in"), card.second_way)]
    ways += [(speech("Kontakt"), f"{one.name} {one.phone} ({contact(one, speech)})") for one in card.contacts]
    for label, text in (
        ("", card.address),
        (speech("Tel"), card.phone),
        (speech("In"), door(card, speech) if _has_door(card) else ""),
        *ways,
        (speech("Tider"), times),
        (speech("Obs"), " ".join([*needs, card.notes]).strip()),
    ):
        if text:
            lines += wrapped(f"    {label + ': ' if label else ''}{text}", indent=8)
    return lines


def _has_door(card: ResidentCard) -> bool:
    return bool(card.access or card.port_code or card.key_place or card.door_tried_on)


def _about(card: ResidentCard, speech: Speech) -> list[str]:
    known = [risk(card, speech)]
    if card.protected and card.name:
        known.append(speech("skyddade uppgifter"))
    if card.cohabitant:
        known.append(speech("bor med %(name)s", name=card.cohabitant))
    if card.cohabitant_sleeps:
        known.append(speech(SLEEPS[card.cohabitant_sleeps]))
    if card.pets:
        known.append(speech("husdjur"))
    return known


def wrapped(text: str, indent: int = 0) -> list[str]:
    """Return *text* in lines of :data:`WIDTH`; those after the first begin with *indent* spaces."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]
