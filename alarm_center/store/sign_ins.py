"""Sign-ins under way: tries counted before a password is compared, and the session that a proof begins."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class Secret:
    """The password hash that a sign-in is checked against."""

    user_id: UUID
    password_hash: str = field(repr=False)
    proof: UUID = field(repr=False)
    """The proof that begins the session, once and soon, when the rest is right."""
    known_browser: bool = False
    """True if the person has signed in with this browser before."""


@dataclass(frozen=True, slots=True)
class CountedTry:
    """A try to sign in: refused for ``wait_s`` seconds, or 0 and the secret that it is checked against."""

    wait_s: int
    secret: Secret | None = None
    """``None`` also for an unknown or disabled login, which is counted in the same way."""


async def count_try(tx: Tx, login: str, address: str, browser_hash: bytes | None) -> CountedTry:
    """Count one more try of *login* from *address*, in the browser whose token has that hash.

    Real time counts, and all replicas count together (revision 0004_sign_in says how many). A refused try is not counted.
    """
    row = await tx.fetchrow(
        """
        select wait_s, user_id, password_hash, proof, is_known_browser
        from try_sign_in($1, $2, $3)
        """,
        login,
        address,
        browser_hash,
    )
    assert row is not None
    if row["proof"] is None:
        return CountedTry(row["wait_s"])
    secret = Secret(row["user_id"], row["password_hash"], row["proof"], known_browser=row["is_known_browser"])
    return CountedTry(0, secret)


async def clear_tries(tx: Tx, proof: UUID) -> None:
    """Forget the tries of the proof's login from there: the password was right. Before the proof is used up."""
    await tx.execute("select clear_tries($1)", proof)


async def withdraw_try(tx: Tx, proof: UUID) -> None:
    """Take back a try, and its proof, whose password nobody had the time to compare."""
    await tx.execute("select withdraw_try($1)", proof)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session as it begins: the hash of its token, its life by the service's clock, and its forms' token."""

    token_hash: bytes
    begins: datetime
    ends: datetime
    csrf: str
    browser_now: bytes
    """The hash of the token by which the browser is known from now on."""
    browser_before: bytes | None = None
    """The hash of the one before, which is good no more."""
    brought: bytes | None = None
    """The hash of the session's token that the browser brought: that session ends."""
    idles: bool = True
    """True if it ends earlier when it is not used, after the minutes in core/roles.py."""


async def open_session(tx: Tx, proof: UUID, new: NewSession) -> None:
    """Begin a session for whose sign-in :func:`count_try` gave *proof*.

    Raises:
        asyncpg.InsufficientPrivilegeError: the proof is unknown, used, or older than five minutes.
    """
    await tx.execute(
        "select open_session($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.token_hash, proof, new.begins, new.ends, new.csrf, new.idles, new.brought, new.browser_before, new.browser_now,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewPassword:
    """The password hash that a person changes to, and the new token hashes and form token of the session in which they do."""

    password_hash: str = field(repr=False)
    token_hash: bytes
    csrf: str
    browser_now: bytes


async def change_password(tx: Tx, proof: UUID, new: NewPassword) -> None:
    """Change the password of the session's person, which the transaction carries; their other sessions end.

    Raises:
        asyncpg.InsufficientPrivilegeError: the proof is not of that person's own sign-in, used, or older than five minutes.
    """
    await tx.execute(
        "select change_password($1, $2, $3, $4, $5)",
        proof, new.password_hash, new.token_hash, new.csrf, new.browser_now,
    )  # fmt: skip


async def forget_old(tx: Tx) -> int:
    """Forget the sign-ins of every town that are long over (revision 0006_review, 08_retention.sql); return how many sessions."""
    sessions: int = await tx.fetchval("select forget_sign_ins()")
    return sessions
