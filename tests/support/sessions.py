"""Sign-ins for tests of the store, without a password and without a page."""

import secrets
from datetime import timedelta
from uuid import UUID

from alarm_center.identity.tokens import token_hash
from alarm_center.store import sign_ins
from alarm_center.store.memory import Tx, now
from alarm_center.store.sign_ins import NewSession, Secret


async def secret_of(tx: Tx, login: str) -> Secret | None:
    """Return the secret that a sign-in of *login* is checked against, from an address that nobody else has."""
    return (await sign_ins.count_try(tx, login, secrets.token_hex(4), None)).secret


async def begin_hour(tx: Tx, proof: UUID, token: str) -> None:
    """Begin a session of an hour under *token*, in a browser that nobody has used before."""
    at = await now(tx)
    browser = token_hash(secrets.token_urlsafe(32))
    await sign_ins.open_session(
        tx, proof, NewSession(token_hash(token), at, at + timedelta(hours=1), "csrf", browser_now=browser)
    )
