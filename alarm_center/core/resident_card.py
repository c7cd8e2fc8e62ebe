"""A resident's card: the columns of one resident that every page, link and paper shows, and its lines on paper.

The import keeps these columns, the store reads them in one place and `web/resident_words.py` says them on the pages. A new
column of residents is one field here, one in the town's model and its words; tests name each place that lacks it.
"""

import textwrap
from dataclasses import dataclass, fields
from typing import Final
from uuid import UUID

from schemas.vocabulary import CohabitantSleeps

WIDTH: Final = 78
"""Characters of a line; a page of plain text in any printer's own letters."""


@dataclass(frozen=True, slots=True)
class ResidentCard:
    """One resident, as those who answer or drive need to know them. ``risk`` 1 is the highest.

    Each field is the column of ``residents`` that has its name.
    """

    resident_id: UUID
    number: int
    name: str
    address: str
    phone: str | None
    access: str
    notes: str
    risk: int
    pets: bool
    cohabitant: str | None
    cohabitant_sleeps: str | None


COLUMNS: Final = tuple(field.name for field in fields(ResidentCard))
"""The card's columns of ``residents``, in the order of its fields."""

_WORDS: Final[dict[str, dict[str, str]]] = {
    "sv": {
        "risk": "risk {risk}",
        "with": "bor med {name}",
        CohabitantSleeps.SAME_BED: "två i samma säng",
        CohabitantSleeps.SAME_ROOM: "två i samma rum",
        CohabitantSleeps.ELSEWHERE: "ensam i rummet",
        "pets": "husdjur",
        "phone": "Tel",
        "access": "In",
        "times": "Tider",
        "notes": "Obs",
        "two_carers": "Två personal.",
        "phone_first": "Ring först.",
    },
    "en": {
        "risk": "risk {risk}",
        "with": "lives with {name}",
        CohabitantSleeps.SAME_BED: "two in one bed",
        CohabitantSleeps.SAME_ROOM: "two in one room",
        CohabitantSleeps.ELSEWHERE: "alone in the room",
        "pets": "pets",
        "phone": "Tel",
        "access": "In",
        "times": "Times",
        "notes": "Note",
        "two_carers": "Two carers.",
        "phone_first": "Phone first.",
    },
}


def paper_risk(card: ResidentCard, language: str) -> str:
    """Return the resident's risk in words."""
    return _WORDS[language]["risk"].format(risk=card.risk)


def paper_lines(card: ResidentCard, language: str, times: str, *, two_carers: bool, phone_first: bool) -> list[str]:
    """Return the card's lines on paper, at most :data:`WIDTH` wide: the resident, the address, and what the door needs.

    *times* are in words; *two_carers* and *phone_first* are the plan's.
    """
    words = _WORDS[language]
    about = [paper_risk(card, language)]
    if card.cohabitant:
        about.append(words["with"].format(name=card.cohabitant))
    if card.cohabitant_sleeps:
        about.append(words[card.cohabitant_sleeps])
    if card.pets:
        about.append(words["pets"])
    lines = wrapped(f"{card.number} {card.name} ({', '.join(about)})", indent=4)
    needs = [words[name] for name, needed in (("two_carers", two_carers), ("phone_first", phone_first)) if needed]
    for label, said in (
        ("", card.address),
        (words["phone"], card.phone),
        (words["access"], card.access),
        (words["times"], times),
        (words["notes"], " ".join([*needs, card.notes]).strip()),
    ):
        if said:
            lines += wrapped(f"    {label + ': ' if label else ''}{said}", indent=8)
    return lines


def wrapped(text: str, indent: int = 0) -> list[str]:
    """Return *text* in lines of :data:`WIDTH`; those after the first begin with *indent* spaces."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]
