"""Broker passwords of devices: made once, told to the device alone, and kept as the hash that a broker compares with.

The hash has the form of Mosquitto's password file (type 7: PBKDF2 with SHA-512), so that one row serves a file and a question.
The password is random, 192 bits: no number of rounds makes guessing it harder, and a broker verifies it at each connection.
"""

import base64
import hashlib
import hmac
import os
import secrets
from typing import Final

_ROUNDS: Final = 101
"""Mosquitto's own default."""
_MOST_ROUNDS: Final = 1_000_000


def new_password() -> str:
    """Return a password that nobody can guess."""
    return secrets.token_urlsafe(24)


def password_hash(password: str) -> str:
    """Return *password* as a line of Mosquitto's password file has it, with a new salt."""
    return _hashed(password, os.urandom(12), _ROUNDS)


def is_password(password: str, kept: str) -> bool:
    """Return whether *password* is the one that *kept* was made of; false where *kept* is no such hash."""
    try:
        _, kind, rounds, salt, _ = kept.split("$")
        if kind != "7" or not 0 < int(rounds) <= _MOST_ROUNDS:
            return False
        return hmac.compare_digest(kept, _hashed(password, base64.b64decode(salt), int(rounds)))
    except ValueError:
        return False


def _hashed(password: str, salt: bytes, rounds: int) -> str:
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
