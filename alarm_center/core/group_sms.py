"""SMS that a person writes to many carers at once: whom it may go to, and what may stand in it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alarm_center.core.messages import gsm7

MOST: Final = 500
"""Receivers of one SMS."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")
_SHORTEST: Final = 2
"""Letters of a word that may be a name."""
_EVERYDAY: Final = frozenset(
    (
        "al",
        "berg",
        "bo",
        "bror",
        "dag",
        "dal",
        "ek",
        "falk",
        "hans",
        "kvist",
        "lind",
        "li",
        "man",
        "my",
        "per",
        "ring",
        "sen",
        "sten",
        "stig",
        "tor",
        "varg",
        "vinter",
    )
)
"""Words of any day that are names as well: with a capital letter alone."""


_PERSONAL_NUMBER: Final = re.compile(
    r"(?<!\d)(?:(?:19|20)\d{6}[-+ ]?\d{4}|\d{6}[-+]\d{4}|[1-9]\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]|[6-8]\d|9[01])\d{4})(?!\d)"
)
"""Ten digits without a sign between may be a phone's number: that of no day, or one that begins with a nought, is let through."""
_ADDRESS: Final = re.compile(
    r"\w*(?:gatan|gata|vägen|väg|gränden|gränd|stigen|torget|backen|allén|stråket|plan|gården)\s+\d{1,3}\s?[A-Za-z]?\b",
    re.IGNORECASE,
)


class Audience(StrEnum):
    """The carers that an SMS goes to. Stored: a value is never renamed."""

    STAFF = "staff"
    """Everybody who works nights in the town."""
    ON_DUTY = "on_duty"
    """Those on duty now."""
    AREA = "area"
    """Those with a shift in an area within fourteen nights, before or ahead."""
    OMBUDSMEN = "ombudsmen"
    """The alarm ombudsmen, of one area or of all."""


class GroupSmsFault(StrEnum):
    """A reason why an SMS is not sent."""

    EMPTY = "empty"
    LONG = "long"
    """More than one segment."""
    ALPHABET = "alphabet"
    """A sign that halves the length of an SMS."""
    NAME = "name"
    """It may name a resident."""
    PERSONAL_NUMBER = "personal_number"
    ADDRESS = "address"
    """A street with its number: a home."""
    NOBODY = "nobody"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class GroupText:
    """A text and its fault, ``None`` where it can be sent; *septets* of the 160 that there is room for."""

    text: str
    septets: int
    fault: GroupSmsFault | None


def check_text(written: str) -> GroupText:
    """Return a text without needless spaces, with what is wrong with its length or its signs."""
    text = " ".join(written.replace("\0", "").split())
    if not text:
        return GroupText("", 0, GroupSmsFault.EMPTY)
    try:
        septets = gsm7.septet_count(text)
    except gsm7.NotGsm7:
        return GroupText(text, len(text), GroupSmsFault.ALPHABET)
    if septets > gsm7.SEGMENT_SEPTETS:
        return GroupText(text, septets, GroupSmsFault.LONG)
    if _PERSONAL_NUMBER.search(text):
        return GroupText(text, septets, GroupSmsFault.PERSONAL_NUMBER)
    return GroupText(text, septets, GroupSmsFault.ADDRESS if _ADDRESS.search(text) else None)


def possible_names(text: str) -> list[str]:
    """Return the words that may be a name, each once in small letters, also without the s of a genitive.

    A name in small letters is one too: an SMS that is written in haste names as well as any. Each part of a double name is one.
    """
    found: dict[str, None] = {}
    for word in _WORD.findall(text):
        for part in word.split("-"):
            if part in _EVERYDAY:
                continue
            for each in (part, part.removesuffix("s")):
                if len(each) >= _SHORTEST:
                    found[each.lower()] = None
    return list(found)
