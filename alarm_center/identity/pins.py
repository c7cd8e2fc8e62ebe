"""PINs at a shared desk: which digits may be one. They are hashed and compared as passwords are (`passwords.py`)."""

import re
from typing import Final

_PIN: Final = re.compile(r"[0-9]{4,8}")
_ROW: Final = "01234567890"


def is_easily_guessed(pin: str) -> bool:
    """Tell whether somebody beside the desk guesses *pin* within five tries: one digit, a row of them, or a year."""
    return len(set(pin)) < 3 or pin in _ROW or pin in _ROW[::-1] or re.fullmatch(r"(19|20)\d\d", pin) is not None


def is_pin(text: str) -> bool:
    """Tell whether *text* is four to eight digits that are not easily guessed."""
    return _PIN.fullmatch(text) is not None and not is_easily_guessed(text)
