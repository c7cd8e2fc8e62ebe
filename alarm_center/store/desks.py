"""Desks that people share: the people whose sessions began at one, covered sessions, and the PIN that uncovers them.

All but :func:`cover` run as fjt_sign_in.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from alarm_center.store.memory import Tx

MOST_TRIES: Final = 5
"""Wrong PINs of a session; after them its person signs in anew, as four digits are soon guessed."""


@dataclass(frozen=True, slots=True)
class DeskPerson:
    """A person whose session at a desk goes on."""

    user_id: UUID
    name: str
    has_pin: bool


@dataclass(frozen=True, slots=True)
class PinTry:
    """A counted try at the PIN of a session; ``pin_hash`` is ``None`` for a person who has chosen none."""

    token_hash: bytes
    user_id: UUID
    pin_hash: str | None
    tries: int

    @property
    def is_one_too_many(self) -> bool:
        """True once only a whole sign-in helps."""
        return self.tries > MOST_TRIES


async def cover(tx: Tx) -> None:
    """Cover the session that the transaction carries."""
    await tx.execute("select cover()")


async def join(tx: Tx, token_hash: bytes, desk_hash: bytes) -> None:
    """Note that the session began at that desk."""
    await tx.execute("select join_desk($1, $2)", token_hash, desk_hash)


async def people(tx: Tx, desk_hash: bytes) -> list[DeskPerson]:
    """Return the people whose sessions at the desk go on, by name."""
    rows = await tx.fetch("select user_id, name, has_pin from desk_people($1)", desk_hash)
    return [DeskPerson(row["user_id"], row["name"], row["has_pin"]) for row in rows]


async def count_own_try(tx: Tx, token_hash: bytes) -> PinTry | None:
    """Count a try at the PIN of that session; ``None`` if it is over."""
    return await _count_try(tx, token_hash, None, None)


async def count_try_of(tx: Tx, desk_hash: bytes, user_id: UUID) -> PinTry | None:
    """Count a try at the PIN of a person's session at the desk; ``None`` if they have none there."""
    return await _count_try(tx, None, desk_hash, user_id)


async def _count_try(tx: Tx, token_hash: bytes | None, desk_hash: bytes | None, user_id: UUID | None) -> PinTry | None:
    row = await tx.fetchrow(
        "select token_hash, user_id, pin_hash, tries from try_pin($1, $2, $3)", token_hash, desk_hash, user_id
    )
    return PinTry(row["token_hash"], row["user_id"], row["pin_hash"], row["tries"]) if row else None


async def uncover(tx: Tx, token_hash: bytes, new_token_hash: bytes | None = None) -> None:
    """Uncover the session, and give it a new token where another person's browser takes it over."""
    await tx.execute("select uncover($1, $2)", token_hash, new_token_hash)


async def keep_pin(tx: Tx, token_hash: bytes, pin_hash: str) -> None:
    """Keep the PIN of the person whose session that is."""
    await tx.execute("select keep_pin($1, $2)", token_hash, pin_hash)
