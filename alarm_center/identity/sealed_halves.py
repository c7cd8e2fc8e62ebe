"""Halves of a sealed account's secret: made at random, written for people, and read as people type them."""

import hashlib
import secrets
from typing import Final

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is taken for a digit or another."""
_LIKE: Final = str.maketrans("OIL", "011")
_LENGTH: Final = 20
"""Letters of a half: 100 bits, which nobody guesses, and which need no slow hash."""
_GROUP: Final = 4


def new_half() -> str:
    """Return a half as it is printed, in groups of four."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def read_half(typed: str) -> str:
    """Return a half as it is hashed: without gaps, in capitals, and with 0 and 1 where O, I or L were typed."""
    return "".join(c for c in typed.upper().translate(_LIKE) if c in _LETTERS)[: _LENGTH * 2]


def half_hash(half: str) -> bytes:
    """Return the hash that a sealed account's row keeps of a half."""
    return hashlib.sha256(read_half(half).encode()).digest()
