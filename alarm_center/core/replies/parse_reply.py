"""The parser of a carer's SMS: a digit or its word, with or without a case number, or words for a person.

It knows words, not cases; which case a bare digit means is decided in `resolve_reply`.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import CANNOT, HELP, RUNS_LATE, CarerAction, CarerActions

FILLERS: Final = frozenset(
    {"larm", "larmet", "alarm", "besök", "besöket", "visit", "nr", "number", "tack", "thanks", "kl", "klockan", "at"}
)
"""Words that change nothing beside a digit or a phrase. A bare "ok" is none of them: it may mean "read"."""

_BEFORE_A_TIME: Final = frozenset({"kl", "klockan", "at"})
"""A single digit after one of them is an hour, and no key: "kl 4" must not read as "done"."""

_YES: Final = frozenset("👍👌✅✔☑🆗")
_KIND: Final = frozenset("🙏🙂😊😀😃😄👋❤🚗🚙🚘🚐🏃")
"""Signs that change nothing: those that say yes, except beside *cannot*, and those that are only kind or on the way.

Any other sign may say no, as 👎 ❌ 🚫 ✋ do, and new ones come each year: then a person reads it.
"""
_QUESTIONS: Final = frozenset("?¿؟՞፧‽⸮")
"""Question marks. "1?" asks whether to take the case, or whether that was right, and takes none: a person answers it."""
_TONES: Final = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_STRUCK_OUT: Final = frozenset("\u0334\u0335\u0336\u0337\u0338")
_KEYCAP: Final = "\u20e3"

_CLOCK: Final = re.compile(r"(?<![\d.:])(?:[01]?\d|2[0-3])[.:][0-5]\d(?![\d.:])|(?<!\d)0[0-9][0-5]\d(?!\d)")
"""A time of day: 2.30, 02:15, and 0230, since no case number begins with 0."""

_LATE: Final = re.compile(
    r"(?<![^\W_])(?:(?:jag )?(?:ar |blir )|i am |im )?(?:sena?|sent|forsenade?|late|delayed) (?:(?:ca|cirka|med|by) )?(\d{1,3}) ?(?:min|minuter|minutes|m)?(?![^\W_])"
    r"|(?<![^\W_])(?:(?:jag )?(?:ar |blir )|i am |im )?(\d{1,3}) ?(?:min|minuter|minutes|m) (?:sena?|sent|forsenade?|late|delayed)(?![^\W_])"
)
"""Late by so many minutes: "sen 15", "försenad 20 min", "jag blir 15 min sen"; read in small ASCII."""
LONGEST_DELAY: Final = 240
"""Minutes. Who is later than that does not come."""

REPLY_CHARACTERS: Final = 160
"""A command is short; what is longer is something that a person wrote for a person."""


def reads_as_clock(number: int) -> bool:
    """Tell whether *number* is written as a time from 1:00 to 23:59 is, without its point. No case number has three digits."""
    return 100 <= number < 2400 and number % 100 < 60


@dataclass(frozen=True, slots=True)
class CarerCommand:
    """One thing that a carer can do, said by its digit or its words, and the case number if one was written."""

    action: CarerAction
    case_no: int | None = None
    minutes: int | None = None
    """The minutes by which a carer is late."""
    phrase: str | None = field(default=None, compare=False)
    """The digit or the phrase that said it: after "Vet du var?" a 2 is no "kan inte"."""

    @property
    def said(self) -> str | None:
        """The digit or the words that say it in an SMS, as an answer shows them; ``None``: only the link page has it."""
        if self.minutes is not None:
            return f"sen {self.minutes}"
        return self.action.digit or next(iter(self.action.phrases), None)

    @property
    def reads_as_clock(self) -> bool:
        """True if the number could be a time of day instead, as in "klar 2230"; only who knows the cases can tell."""
        return self.case_no is not None and reads_as_clock(self.case_no)


@dataclass(frozen=True, slots=True)
class FreeText:
    """Anything else: kept as it came, for a person to read."""

    text: str


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing that can be seen."""


Reply = CarerCommand | FreeText | Empty


def parse_reply(text: str) -> Reply:
    """Return what *text* says. Total: every string has an answer, and none raises.

    A command is one action, said by its digit, its words or both, with at most one case number, in any order, case
    and punctuation, with digits of any script. A time of day beside it is left out. Two actions, two numbers, one
    unknown word, a question mark or a sign that may say no make it free text: "5 min kvar" must not read as "cannot get in",
    nor 'Liked "Larm 4821 ... 1=tar"', "1?" or "1 👎" as a yes. A cry for help is one whatever sign stands beside it.
    """
    seen = text.strip()
    if all(unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp", "Mn") for char in seen):
        return Empty()
    if len(seen) > REPLY_CHARACTERS:
        return FreeText(text)
    known = _phrases(carer_actions.TABLE)
    longest = max(map(len, known))
    actions: set[CarerAction] = set()
    numbers: set[int] = set()
    phrases: list[str] = []
    plain, signs = _plain(seen)
    plain = _CLOCK.sub(" ", plain)
    late = _LATE.search(plain)
    minutes = None if late is None else int(late[1] or late[2])
    if late is not None:
        if not 1 <= int(late[1] or late[2]) <= LONGEST_DELAY:
            return FreeText(text)
        actions.add(RUNS_LATE)
        plain = f"{plain[: late.start()]} {plain[late.end() :]}"
    words = _words(plain)
    at = 0
    while at < len(words):
        word = words[at]
        phrase = next((n for n in range(longest, 0, -1) if tuple(words[at : at + n]) in known), 0)
        if phrase:
            if word.isdecimal() and at and words[at - 1] in _BEFORE_A_TIME:
                return FreeText(text)
            actions.add(known[tuple(words[at : at + phrase])])
            phrases.append(" ".join(words[at : at + phrase]))
        elif word.isdecimal() and 3 <= len(word) <= 6:
            numbers.add(int(word))
        elif word not in _FILLERS:
            return FreeText(text)
        at += phrase or 1
    # "1 sjukhus", to "Vet du var?": its digit is another action's elsewhere.
    where = {each for each in actions if each.digit_after in phrases}
    if len(where) == 1 and len(actions) == 2:
        actions = where
    if len(actions) != 1 or len(numbers) > 1:
        return FreeText(text)
    action = actions.pop()
    harmless = _KIND if action is CANNOT else _KIND | _YES
    if action is not HELP and not signs <= harmless:
        return FreeText(text)
    return CarerCommand(action, numbers.pop() if numbers else None, minutes, phrases[0] if phrases else None)


def _plain(text: str) -> tuple[str, frozenset[str]]:
    """Return *text* in small ASCII where it has such a form, and the signs and question marks that stand in it."""
    plain, signs = [], set()
    for char in unicodedata.normalize("NFKD", text.casefold()):
        category = unicodedata.category(char)
        if category == "Nd":
            plain.append(str(unicodedata.decimal(char)))
        elif (
            char in _STRUCK_OUT
            or char in _QUESTIONS
            or (category == "Me" and char != _KEYCAP)
            or (category in ("So", "Sk", "Sm", "Cn", "Co") and not char.isascii() and char not in _TONES)
        ):
            signs.add(char)
        elif char not in "'’`" and category not in ("Mn", "Me", "Cf"):
            plain.append(char)
    return "".join(plain), frozenset(signs)


def _words(plain: str) -> list[str]:
    """Return the words and numbers, split where they touch."""
    return re.findall(r"[0-9]+|[^\W0-9_]+|[^\W_]", plain)


@cache
def _phrases(table: CarerActions) -> Mapping[tuple[str, ...], CarerAction]:
    """Return what each digit and each phrase means, as it is read."""
    digits = {(digit,): action for digit, action in table.by_digit.items()}
    return digits | {tuple(_words(_plain(phrase)[0])): action for phrase, action in table.by_phrase.items()}


_FILLERS: Final = frozenset(word for filler in FILLERS for word in _words(_plain(filler)[0]))
