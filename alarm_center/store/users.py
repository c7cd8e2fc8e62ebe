"""Users as commands and the town's import keep them: logins, names and roles. Their sessions stand in `web_sessions.py`."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from alarm_center.store.memory import Tx
from schemas.vocabulary import Role


async def login_of(tx: Tx, user_id: UUID) -> str:
    """Return the login of a user who is there."""
    login: str = await tx.fetchval("select login from users where user_id = $1", user_id)
    return login


@dataclass(frozen=True, slots=True)
class KeptUser:
    """A user as a command adds or changes them, with their roles in one town."""

    login: str
    name: str
    password_hash: str
    org: str
    roles: Collection[Role]


async def keep_user(tx: Tx, user: KeptUser) -> UUID:
    """Add a user, or give one whom only this town knows this name, password and these roles; return the user's id.

    Raises:
        asyncpg.InsufficientPrivilegeError: the login is a person's whom another town knows.
    """
    user_id: UUID = await tx.fetchval(
        "select keep_user($1, $2, $3, $4, $5)",
        user.login, user.name, user.password_hash, user.org, sorted(role.value for role in user.roles),
    )  # fmt: skip
    return user_id


async def reset_password(tx: Tx, login: str, password_hash: str) -> UUID | None:
    """Give a person who has lost their password another; return their id, ``None`` when there is no such login."""
    user_id: UUID | None = await tx.fetchval("select reset_password($1, $2)", login, password_hash)
    return user_id


async def logins_in(tx: Tx, org: str) -> dict[str, UUID]:
    """Return the users who have said yes to a membership of the town, by login."""
    rows = await tx.fetch(
        """
        select login, user_id from users join memberships using (user_id) where org = $1 and accepted_at is not null
        """,
        org,
    )
    return {row["login"]: row["user_id"] for row in rows}


async def colleague_names(tx: Tx) -> dict[UUID, str]:
    """Return the names of the viewer's colleagues."""
    return {row["user_id"]: row["name"] for row in await tx.fetch("select user_id, name from users")}
