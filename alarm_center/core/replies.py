"""Reads what a carer answers by SMS: a digit or its word, with or without a case number, or words for a person.

It knows words, not cases; which case a bare digit means is decided in `resolve`.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Action(StrEnum):
    """What a digit asks for."""

    TAKE = "take"
    CANNOT = "cannot"
    ON_SITE = "on_site"
    DONE = "done"
    CANNOT_GET_IN = "cannot_get_in"
    STAYING = "staying"
    HELP = "help"


DIGITS: Final[Mapping[str, Action]] = MappingProxyType(
    {
        "1": Action.TAKE,
        "2": Action.CANNOT,
        "3": Action.ON_SITE,
        "4": Action.DONE,
        "5": Action.CANNOT_GET_IN,
        "6": Action.STAYING,
        "9": Action.HELP,
    }
)

PHRASES: Final[Mapping[Action, tuple[str, ...]]] = MappingProxyType(
    {
        Action.TAKE: (
            "ja", "japp", "tar", "ta", "jag tar", "tar det", "jag tar det", "tar den", "jag tar den", "tar larmet",
            "jag tar larmet", "åker", "jag åker", "kommer", "jag kommer", "på väg", "jag är på väg", "yes", "take",
            "taking", "take it", "i take", "i take it", "taking it", "i'll take it", "accept", "going", "coming",
            "on my way",
        ),
        Action.CANNOT: (
            "nej", "kan inte", "kan ej", "jag kan inte", "tar inte", "tar ej", "upptagen", "jag är upptagen", "no",
            "cannot", "can not", "can't", "i cannot", "i can't", "busy",
        ),
        Action.ON_SITE: (
            "framme", "jag är framme", "på plats", "jag är på plats", "on site", "onsite", "i am on site", "arrived",
        ),
        Action.DONE: ("klar", "klart", "jag är klar", "färdig", "done", "i am done", "finished"),
        Action.CANNOT_GET_IN: (
            "kommer inte in", "kan inte komma in", "kommer ej in", "jag kommer inte in", "inte in", "cannot get in",
            "can't get in", "can not get in", "no access",
        ),
        Action.STAYING: ("stannar", "stannar kvar", "jag stannar", "jag stannar kvar", "staying", "stay", "i stay"),
        Action.HELP: (
            "hjälp", "hjälp mig", "behöver hjälp", "jag behöver hjälp", "help", "help me", "need help",
            "i need help", "sos",
        ),
    }
)  # fmt: skip
"""The words for each digit, also written without dots and rings. A bare "ok" is none of them: it may mean "read"."""

FILLERS: Final = frozenset({"larm", "larmet", "alarm", "besök", "besöket", "visit", "nr", "number", "tack", "thanks"})
"""Words that change nothing beside a digit or a phrase."""

REPLY_CHARACTERS: Final = 160
"""A command is short; what is longer is something that a person wrote for a person."""


@dataclass(frozen=True, slots=True)
class Command:
    """A digit or its word, and the case number if one was written."""

    action: Action
    case_no: int | None = None


@dataclass(frozen=True, slots=True)
class FreeText:
    """Anything else: kept as it came, for a person to read."""

    text: str


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing that can be seen."""


Reply = Command | FreeText | Empty


def parse_reply(text: str) -> Reply:
    """Return what *text* says. Total: every string has an answer, and none raises.

    A command is one action, said by its digit, its word or both, with at most one case number, in any order, case
    and punctuation, with digits of any script. Two actions, two numbers or one unknown word make it free text:
    "5 min kvar" must not read as "cannot get in", nor 'Liked "Larm 4821 ... 1=tar"' as a yes.
    """
    seen = text.strip()
    if all(unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp", "Mn") for char in seen):
        return Empty()
    if len(seen) > REPLY_CHARACTERS:
        return FreeText(text)
    actions: set[Action] = set()
    numbers: set[int] = set()
    words = _words(seen)
    at = 0
    while at < len(words):
        word = words[at]
        phrase = next((n for n in range(_LONGEST, 0, -1) if tuple(words[at : at + n]) in _ACTION_OF), 0)
        if phrase:
            actions.add(_ACTION_OF[tuple(words[at : at + phrase])])
        elif word.isdecimal() and 3 <= len(word) <= 6:
            numbers.add(int(word))
        elif word not in _FILLERS:
            return FreeText(text)
        at += phrase or 1
    if len(actions) != 1 or len(numbers) > 1:
        return FreeText(text)
    return Command(actions.pop(), numbers.pop() if numbers else None)


def _words(text: str) -> list[str]:
    """Return the words and numbers of *text* in small ASCII where it has such a form, split where they touch."""
    plain = []
    for char in unicodedata.normalize("NFKD", text.casefold()):
        category = unicodedata.category(char)
        if category == "Nd":
            plain.append(str(unicodedata.decimal(char)))
        elif char not in "'’´`" and category not in ("Mn", "Me", "Cf"):
            plain.append(char)
    return re.findall(r"[0-9]+|[^\W0-9_]+|[^\W_]", "".join(plain))


_ACTION_OF: Final[Mapping[tuple[str, ...], Action]] = MappingProxyType(
    {(digit,): action for digit, action in DIGITS.items()}
    | {tuple(_words(phrase)): action for action, phrases in PHRASES.items() for phrase in phrases}
)
_LONGEST: Final = max(map(len, _ACTION_OF))
_FILLERS: Final = frozenset(word for filler in FILLERS for word in _words(filler))
