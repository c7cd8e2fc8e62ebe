"""Rules of a password that somebody chooses: long, and no word that others try first (NIST SP 800-63B, 5.1.1.2).

Nothing is asked of its kinds of characters: such rules make people write ``Sommar2026!``.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from alarm_center.identity.common_passwords import COMMON_WORDS

LEAST_CHARACTERS: Final = 12
_LEAST_OF_ITS_OWN: Final = 6
"""Letters and digits beside common and personal words, so many that trying them all takes years."""
_LEAST_DIFFERENT: Final = 5


class PasswordFault(StrEnum):
    """A reason why a password is not taken."""

    SHORT = "short"
    COMMON = "common"
    PERSONAL = "personal"


def password_fault(password: str, personal: Iterable[str]) -> PasswordFault | None:
    """Return the reason why *password* is not taken; ``None`` if it is.

    *personal*: the login, the name and the towns of the person, which others know.
    """
    if len(password) < LEAST_CHARACTERS:
        return PasswordFault.SHORT
    plain = password.lower()
    if len(set(plain)) < _LEAST_DIFFERENT or _is_little_but(plain, COMMON_WORDS):
        return PasswordFault.COMMON
    own = {part for words in personal for part in re.split(r"\W+", words.lower()) if len(part) > 2}
    return PasswordFault.PERSONAL if _is_little_but(plain, COMMON_WORDS | own) else None


def _is_little_but(plain: str, words: Iterable[str]) -> bool:
    """Tell whether *plain* is made of those words, with little of its own beside them."""
    for word in sorted(words, key=len, reverse=True):
        plain = plain.replace(word, " ")
    return len(re.sub(r"[\W_]", "", plain)) < _LEAST_OF_ITS_OWN
