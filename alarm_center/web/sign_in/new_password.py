"""Refusal of a new password, in words: of somebody who is invited, and on the account's page."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from alarm_center.identity.password_rules import PasswordFault, password_fault
from alarm_center.words import people_words

LONGEST: Final = 1000
"""Characters of a password that are read."""
_WORDS: Final[Mapping[PasswordFault, str]] = MappingProxyType(
    {
        PasswordFault.SHORT: people_words.PASSWORD_TOO_SHORT,
        PasswordFault.COMMON: people_words.PASSWORD_COMMON,
        PasswordFault.PERSONAL: people_words.PASSWORD_PERSONAL,
    }
)


def refusal_of(password: str, again: str, personal: Iterable[str]) -> str | None:
    """Return the sentence that refuses a new password, still to be translated; ``None`` if it is taken.

    *personal*: names that others know, which it may not be made of.
    """
    fault = password_fault(password, personal)
    if fault is not None:
        return _WORDS[fault]
    return None if password == again else people_words.PASSWORDS_DIFFER
