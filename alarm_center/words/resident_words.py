"""Words for a resident's card: pets and cohabitant, the way in, further facts; for the operator's case and the carer's link.

The card of a printed list is put together in `paper.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from alarm_center.core.resident_card import Contact, ResidentCard
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.supervision_words import RISKS
from schemas.vocabulary import CohabitantSleeps, ContactHours, Mark

_MISSING: Final = _("saknas")

SLEEPS: Final[Mapping[str, str]] = {
    CohabitantSleeps.SAME_BED: _("två i samma säng"),
    CohabitantSleeps.SAME_ROOM: _("två i samma rum"),
    CohabitantSleeps.ELSEWHERE: _("ensam i rummet"),
}
"""Number of people that the resident's device sees asleep where there is a cohabitant."""

MARKS: Final[Mapping[str, str]] = {
    Mark.THREAT: _("hot mot personal"),
    Mark.DOG: _("hund"),
    Mark.HEARS_BADLY: _("hör dåligt"),
    Mark.SEES_BADLY: _("ser dåligt"),
    Mark.LANGUAGE: _("talar lite svenska"),
    Mark.MAY_GO_OUT: _("kan gå ut på natten"),
    Mark.ELECTRICITY_DEPENDENT: _("beroende av el"),
}
"""Each mark in words, the gravest for whoever goes there first."""

WARNED_OF: Final = frozenset({Mark.THREAT, Mark.DOG})
"""Marks that stand apart on the page of a carer who is on the way."""

HOURS: Final[Mapping[str, str]] = {ContactHours.DAY: _("dagtid"), ContactHours.NIGHT: _("nattetid")}
"""Hours at which a contact may be rung, where not at any."""


def about(card: ResidentCard, speech: Speech, *, warned: bool = False) -> list[str]:
    """Return short words about the resident, to stand beside the name or the risk; *warned* as in :func:`facts`."""
    found = []
    if card.protected:
        found.append(speech("skyddade uppgifter"))
    if card.pets and not warned:
        found.append(speech("husdjur"))
    if card.cohabitant:
        found.append(speech("bor med %(name)s", name=card.cohabitant))
    if card.cohabitant_sleeps:
        found.append(speech(SLEEPS[card.cohabitant_sleeps]))
    return found


def door(card: ResidentCard, speech: Speech, *, known: bool = False) -> str:
    """Return how to get in: the lock or the key, the port's code, where the key hangs, and the day on which it was tried.

    Without any of them it is said to be missing, unless more is *known* than the card says.
    """
    parts = [
        card.access,
        speech("portkod %(code)s", code=card.port_code) if card.port_code else "",
        card.key_place,
        speech("provat %(day)s", day=card.door_tried_on) if card.door_tried_on else "",
    ]
    return " · ".join(part for part in parts if part) or ("" if known else speech(_MISSING))


def risk(number: int, speech: Speech) -> str:
    """Return a risk in words."""
    return speech(RISKS[number])


def marks(card: ResidentCard, speech: Speech) -> str:
    """Return the resident's marks in words, the gravest first and with a capital letter."""
    said = ", ".join(speech(words) for mark, words in MARKS.items() if mark in card.marks)
    return said[:1].upper() + said[1:]


def warnings(card: ResidentCard, speech: Speech) -> list[str]:
    """Return what a carer is warned of before the door, the gravest first."""
    said = [speech(words) for mark, words in MARKS.items() if mark in card.marks and mark in WARNED_OF]
    if card.pets and Mark.DOG not in card.marks:
        said.append(speech("husdjur"))
    return [each[:1].upper() + each[1:] for each in said]


def facts(card: ResidentCard, speech: Speech, *, warned: bool = False) -> list[tuple[str, str]]:
    """Return label and text of each further fact that is known, in the order in which it is needed.

    Of who has been *warned* by :func:`warnings`, what that says is left out.
    """
    shown = replace(card, marks=tuple(mark for mark in card.marks if not warned or mark not in WARNED_OF))
    good_to_know = " · ".join(part for part in (marks(shown, speech), card.notes) if part)
    known = (
        (speech("Annan väg in"), card.second_way),
        (speech("Bra att veta"), good_to_know),
    )
    return [(label, text) for label, text in known if text]


def contact(one: Contact, speech: Speech) -> str:
    """Return a contact without name and phone: who it is, when to ring, and what may be told."""
    known = [
        one.relation,
        speech("ring först") if one.ring_first else "",
        speech("har nyckel") if one.has_key else "",
        speech(HOURS[one.hours]) if one.hours in HOURS else "",
        speech("får veta: %(what)s", what=one.may_be_told) if one.may_be_told else speech("får inget veta"),
    ]
    return " · ".join(part for part in known if part)
