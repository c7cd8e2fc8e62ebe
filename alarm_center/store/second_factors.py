"""Second factors: the functions by which fjt_sign_in asks for one, verifies it and changes it, and who has one.

Each transaction carries the raw token of the person who is asked: of their session, or of a sign-in that waits for its second factor
(:func:`asked`). The rows are let be seen by no role of a page or the worker (docs/adr/0028-second-factors.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from alarm_center.store.memory import Tx, Viewer

Purpose = Literal["sign_in", "prove", "add"]
"""Use of a passkey's challenge: to sign in without a login, to show a second factor, or to add the passkey."""


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """One passkey of the person who is asked."""

    credential_id: bytes
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnFactors:
    """The person who is asked for a second factor, and the factors that they have."""

    user_id: UUID
    login: str
    name: str
    pending: bool
    """True: a sign-in waits; false: the person is signed in."""
    may_change: bool
    """A second factor was shown within the last ten minutes, or the first one is still to be added."""
    fresh: bool
    totp: bool
    totp_added_at: datetime | None
    codes_left: int
    passkeys: tuple[OwnPasskey, ...]

    @property
    def any(self) -> bool:
        """True if there is a factor; recovery codes alone are none."""
        return self.totp or bool(self.passkeys)

    @property
    def count(self) -> int:
        """Number of factors that could be removed."""
        return len(self.passkeys) + self.totp


@dataclass(frozen=True, slots=True)
class CodeTry:
    """A try of a code, counted already: the seconds to wait before the next, or the secret and the real time to verify by."""

    wait_s: int
    totp_secret: str | None = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptPasskey:
    """A passkey's row, as an answer is verified against it."""

    user_id: UUID
    public_key: bytes
    sign_count: int


def asked(token: str) -> Viewer:
    """Return the scope of a transaction that asks the person whose raw token this is: it sees no row."""
    return Viewer(token, "")


async def own_factors(tx: Tx) -> OwnFactors | None:
    """Return the asked person's factors; ``None`` if nobody is asked: no session, and no sign-in waits."""
    row = await tx.fetchrow(
        "select user_id, login, name, pending, may_change, fresh, totp, totp_added_at, codes_left from my_factors()"
    )
    if row is None:
        return None
    passkeys = await tx.fetch("select credential_id, added_at, used_at from my_passkeys()")
    return OwnFactors(**row, passkeys=tuple(OwnPasskey(**each) for each in passkeys))


async def is_fresh(tx: Tx) -> bool:
    """Tell whether the page's person has shown a second factor within the last ten minutes. The pages' own question."""
    return bool(await tx.fetchval("select factor_is_fresh()"))


# ---- a sign-in that waits ----


async def has_factor(tx: Tx, proof: UUID) -> bool:
    """Tell whether the sign-in of this proof has a second factor to show."""
    return bool(await tx.fetchval("select sign_in_has_factor($1)", proof))


async def begin_pending(tx: Tx, proof: UUID, token_hash: bytes, *, known_browser: bool) -> None:
    """Let a sign-in wait for its second factor, ten minutes at most, under the hash of a token; the proof is used up."""
    await tx.execute("select begin_pending($1, $2, $3)", proof, token_hash, known_browser)


async def finish_pending(tx: Tx) -> UUID:
    """End the waiting; return the proof that begins the session.

    Raises:
        asyncpg.InsufficientPrivilegeError: no second factor was shown.
    """
    proof: UUID = await tx.fetchval("select finish_pending()")
    return proof


# ---- showing one ----


async def try_code(tx: Tx) -> CodeTry:
    """Count a try, before anything is verified; its transaction commits first."""
    row = await tx.fetchrow("select wait_s, totp_secret, at from try_code()")
    assert row is not None
    return CodeTry(**row)


async def use_code(tx: Tx, step: int) -> bool:
    """Use the code of a time step up; false if any replica has taken it before."""
    return bool(await tx.fetchval("select use_code($1)", step))


async def use_recovery_code(tx: Tx, code: str) -> bool:
    """Use a recovery code up, given without dashes; false if it is none of the person's, or used."""
    return bool(await tx.fetchval("select use_recovery_code($1)", code))


async def make_challenge(tx: Tx, purpose: Purpose, challenge: bytes) -> None:
    """Keep the challenge that this browser's next answer has to sign, within five minutes."""
    await tx.execute("select make_challenge($1, $2)", purpose, challenge)


async def take_challenge(tx: Tx, purpose: Purpose) -> bytes | None:
    """Return this browser's challenge, which no other answer can use; ``None`` if there is none any more."""
    found: bytes | None = await tx.fetchval("select take_challenge($1)", purpose)
    return found


async def passkey(tx: Tx, credential_id: bytes) -> KeptPasskey | None:
    """Return a passkey by its id; ``None`` if there is none, or its owner is disabled."""
    row = await tx.fetchrow("select user_id, public_key, sign_count from passkey($1)", credential_id)
    return KeptPasskey(**row) if row else None


async def use_passkey(tx: Tx, credential_id: bytes, sign_count: int) -> bool:
    """Keep that the asked person has shown this passkey; false if it is not theirs, or its count has gone back."""
    return bool(await tx.fetchval("select use_passkey($1, $2)", credential_id, sign_count))


async def sign_in_by_passkey(tx: Tx, credential_id: bytes, sign_count: int) -> UUID | None:
    """Return the proof that begins the session of the passkey's owner.

    ``None`` if the count has gone back, or the owner signs in by a provider: then it only confirms."""
    proof: UUID | None = await tx.fetchval("select sign_in_by_passkey($1, $2)", credential_id, sign_count)
    return proof


# ---- changing them ----


async def offer_secret(tx: Tx, secret: str) -> str:
    """Return the secret that this enrolment shows: *secret*, or the one that it has shown before."""
    offered: str = await tx.fetchval("select offer_secret($1)", secret)
    return offered


async def offered_secret(tx: Tx) -> CodeTry:
    """Return the offered secret, with the real time to verify a code of it by."""
    row = await tx.fetchrow("select 0 as wait_s, totp_secret, at from offered_secret()")
    assert row is not None
    return CodeTry(**row)


async def confirm_secret(tx: Tx, step: int) -> bool:
    """Make the offered secret the person's, the code of *step* being used up; false if none is offered."""
    return bool(await tx.fetchval("select confirm_secret($1)", step))


async def add_passkey(tx: Tx, credential_id: bytes, public_key: bytes, sign_count: int) -> bool:
    """Add a passkey of the person; false if somebody has one of that id."""
    return bool(await tx.fetchval("select add_passkey($1, $2, $3)", credential_id, public_key, sign_count))


async def keep_recovery_codes(tx: Tx, hashes: Sequence[bytes]) -> None:
    """Keep new recovery codes by their hashes; the earlier ones are void."""
    await tx.execute("select keep_recovery_codes($1)", list(hashes))


async def remove_factor(tx: Tx, credential_id: bytes | None, *, keep_one: bool) -> bool:
    """Remove a passkey, or the app (``None``), and end the person's other sessions; false if it is gone, or the last of *keep_one*."""
    return bool(await tx.fetchval("select remove_factor($1, $2)", credential_id, keep_one))


async def reset_factors(tx: Tx, user_id: UUID, by: str) -> bool:
    """Take every second factor and session from a person who has lost theirs; false if the asker may not, or there is no such person.

    A page's transaction carries the admin's token, and *by* is theirs whatever is said; the worker's says *by* itself.

    Raises:
        asyncpg.InsufficientPrivilegeError: the admin has not just shown their own second factor.
    """
    return bool(await tx.fetchval("select reset_factors($1, $2)", user_id, by))
