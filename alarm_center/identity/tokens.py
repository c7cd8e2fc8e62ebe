"""Tokens that open something: a row keeps the hash of each, so that a reader of the table cannot use it."""

import hashlib
import secrets


def token_hash(token: str) -> bytes:
    """Return the hash that a session's row keeps of its token: a reader of the table cannot sign in with it."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    """Return a token of 256 bits that nobody can guess, for a link or a cookie."""
    return secrets.token_urlsafe(32)


def invite_link(host: str, token: str) -> str:
    """Return the address at which a town's invitation is answered; *host* is the one that the town's SMS name."""
    return f"https://{host}/invite/{token}"
