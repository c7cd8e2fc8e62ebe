"""Recovery codes: ten that are shown once, each good for one sign-in when passkey and phone are lost."""

import base64
import hashlib
import secrets
from typing import Final

CODES: Final = 10
FEW: Final = 3
"""So many left are too few: the account page asks for new ones."""
_RANDOM_BYTES: Final = 10
"""80 bits each: too many to try, so that a plain digest keeps them."""
_LENGTH: Final = 16
_MISREAD: Final = str.maketrans("018", "OLB")
"""Digits that base32 leaves out, and the letters that they were read from."""


def new_codes() -> tuple[str, ...]:
    """Return ten codes of four groups of four, ``K4QF-7ZTA-M2XN-PB3D``."""
    made = (base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode() for _ in range(CODES))
    return tuple("-".join(code[at : at + 4] for at in range(0, _LENGTH, 4)) for code in made)


def plain(typed: str) -> str | None:
    """Return a typed code without what a hand adds or misreads; ``None``: it cannot be one."""
    code = "".join(char for char in typed.upper() if char.isalnum()).translate(_MISREAD)
    return code if len(code) == _LENGTH and code.isascii() else None


def code_hash(code: str) -> bytes:
    """Return the digest that the database keeps of a code, as `fjt.use_recovery_code` makes it."""
    return hashlib.sha256(code.replace("-", "").encode()).digest()
