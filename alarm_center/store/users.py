"""Who signs in and may see what: the sign-in functions of the schema, and colleagues' names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alarm_center.store.memory import Tx, Viewer
from schemas.vocabulary import HandledBy, Role


@dataclass(frozen=True, slots=True)
class Secret:
    """What a sign-in is checked against."""

    user_id: UUID
    password_hash: str
    totp_secret: str | None
    proof: UUID
    """What begins the session, once and soon, when the rest is right."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's roles in one town; ``areas`` is ``None`` for all of them."""

    org: str
    roles: frozenset[Role]
    areas: tuple[UUID, ...] | None
    handled_by: HandledBy

    @property
    def watches(self) -> bool:
        """Whether the person sits at this town's board and may be shown a picture.

        Operators; and where the home care answers itself, its carers and leads. A planner's work needs no case.
        """
        home_care = self.handled_by is HandledBy.HOME_CARE
        return bool(self.roles & ({Role.OPERATOR, Role.CARER, Role.LEAD} if home_care else {Role.OPERATOR}))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a session."""

    user_id: UUID
    login: str
    name: str
    language: str | None
    csrf: str
    memberships: tuple[Membership, ...]

    def may_in(self, org: str, *roles: Role) -> bool:
        """Return whether one of the person's roles in *org* is among *roles*."""
        return any(m.org == org and m.roles & set(roles) for m in self.memberships)

    @property
    def watching(self) -> Viewer:
        """The eyes of this person at the board: no town at all for somebody who has no business there.

        A person with some areas in one town and all of another sees, of both, only the areas named: the schema's setting is
        one list. Nobody sees more because of that.
        """
        return self._eyes([m for m in self.memberships if m.watches])

    @property
    def driving(self) -> Viewer:
        """The eyes of this person on paper: what those who drive, answer or lead may have printed."""
        papers = {Role.OPERATOR, Role.CARER, Role.LEAD}
        return self._eyes([m for m in self.memberships if m.roles & papers])

    @property
    def raising(self) -> Viewer:
        """The eyes of this person where they may raise an alarm by hand: an operator's and a lead's."""
        return self._eyes([m for m in self.memberships if m.roles & {Role.OPERATOR, Role.LEAD}])

    @staticmethod
    def _eyes(held: list[Membership]) -> Viewer:
        named = [m.areas for m in held if m.areas is not None]
        areas = tuple(dict.fromkeys(area for part in named for area in part)) if named else None
        # No area at all must not be read as every area: then there is no town either.
        return Viewer(() if areas == () else tuple(m.org for m in held), areas)


async def secret_of(tx: "Tx[Any]", login: str) -> Secret | None:
    """Return what the sign-in of *login* is checked against; ``None`` for an unknown or disabled one."""
    row = await tx.fetchrow("select user_id, password_hash, totp_secret, proof from login($1)", login)
    return Secret(**row) if row else None


async def begin(tx: "Tx[Any]", token_hash: bytes, proof: UUID, now: datetime, until: datetime, csrf: str) -> None:
    """Begin a session under the hash of its token, for whose sign-in :func:`secret_of` gave *proof*.

    Raises:
        asyncpg.InsufficientPrivilegeError: the proof is unknown, used, or older than five minutes.
    """
    await tx.execute("select begin_session($1, $2, $3, $4, $5)", token_hash, proof, now, until, csrf)


async def of_session(tx: "Tx[Any]", token_hash: bytes, now: datetime) -> SignedIn | None:
    """Return who is signed in with that token, and note that they were seen at *now*."""
    rows = await tx.fetch(
        "select user_id, login, name, language, csrf, org, roles, areas from session_of($1, $2)", token_hash, now
    )
    if not rows:
        return None
    first = rows[0]
    orgs = [row["org"] for row in rows if row["org"] is not None]
    await tx.execute("select set_config('fjt.orgs', $1, true)", ",".join(orgs))
    answers = dict(await tx.fetch("select org, handled_by from organisations where org = any ($1::text[])", orgs))
    return SignedIn(
        user_id=first["user_id"],
        login=first["login"],
        name=first["name"],
        language=first["language"],
        csrf=first["csrf"],
        memberships=tuple(_membership(row, answers[row["org"]]) for row in rows if row["org"] is not None),
    )


async def end(tx: "Tx[Any]", token_hash: bytes) -> None:
    """End a session; an unknown one is no error."""
    await tx.execute("select end_session($1)", token_hash)


async def names(tx: "Tx[Any]") -> dict[UUID, str]:
    """Return the names of the viewer's colleagues."""
    return {row["user_id"]: row["name"] for row in await tx.fetch("select user_id, name from users")}


def _membership(row: Mapping[str, Any], handled_by: str) -> Membership:
    return Membership(
        org=row["org"],
        roles=frozenset(Role(role) for role in row["roles"]),
        areas=None if row["areas"] is None else tuple(row["areas"]),
        handled_by=HandledBy(handled_by),
    )
