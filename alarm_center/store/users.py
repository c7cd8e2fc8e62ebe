"""Users: logins and names are looked up, a user is added with roles in a town, a lost password is replaced.

Memberships stand in `memberships.py`, sign-in sessions in `web_sessions.py`. The town's import only reads logins: it invites.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from alarm_center.store.memory import Tx
from schemas.vocabulary import Role


async def login_of(tx: Tx, user_id: UUID) -> str:
    """Return the login of an existing user."""
    login: str = await tx.fetchval("select login from users where user_id = $1", user_id)
    return login


@dataclass(frozen=True, slots=True)
class KeptUser:
    """A user whom a command adds or changes, with their roles in one town."""

    login: str
    name: str
    password_hash: str
    org: str
    roles: Collection[Role]


async def keep_user(tx: Tx, user: KeptUser) -> UUID:
    """Add a user, or replace the name, password and roles of a user who belongs to this town alone; return the user's id.

    Raises:
        asyncpg.InsufficientPrivilegeError: the user with this login belongs to another town too.
    """
    user_id: UUID = await tx.fetchval(
        "select keep_user($1, $2, $3, $4, $5)",
        user.login, user.name, user.password_hash, user.org, sorted(role.value for role in user.roles),
    )  # fmt: skip
    return user_id


async def reset_password(tx: Tx, login: str, password_hash: str) -> UUID | None:
    """Replace a user's password; return the user's id, ``None`` when there is no such login."""
    user_id: UUID | None = await tx.fetchval("select reset_password($1, $2)", login, password_hash)
    return user_id


async def logins_in(tx: Tx, org: str) -> dict[str, UUID]:
    """Return the ids of the users who have accepted a membership of the town, by login."""
    rows = await tx.fetch(
        """
        select login, user_id from users join memberships using (user_id) where org = $1 and accepted_at is not null
        """,
        org,
    )
    return {row["login"]: row["user_id"] for row in rows}


async def at_the_board(tx: Tx) -> dict[UUID, str]:
    """Return the names of those who are signed in at the viewer's board now, by name."""
    rows = await tx.fetch("select user_id, name from at_the_board() order by name, user_id")
    return {row["user_id"]: row["name"] for row in rows}


async def colleague_names(tx: Tx) -> dict[UUID, str]:
    """Return the names of the viewer's colleagues."""
    return {row["user_id"]: row["name"] for row in await tx.fetch("select user_id, name from users")}
