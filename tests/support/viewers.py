"""Viewer scopes for tests of the store: an operator of some towns, signed in by rows, since a scope follows from a session."""

import secrets
from uuid import UUID, uuid4

from alarm_center.core.roles import Right
from alarm_center.identity.tokens import token_hash
from alarm_center.store.memory import Memory, Viewer
from schemas.vocabulary import Role


async def viewer_in(
    worker: Memory,
    *orgs: str,
    areas: tuple[UUID, ...] | None = None,
    performers: tuple[str, ...] | None = None,
    right: Right = Right.WATCH,
    role: Role = Role.OPERATOR,
    user: UUID | None = None,
) -> Viewer:
    """Sign a new person in who has *role* in those of these towns that there are; return their scope for pages of *right*.

    *user* is the id that the person gets, where a test has to name them.

    The session was last used an hour ago: nobody counts as being at a screen because of it."""
    user = user or uuid4()
    async with worker.transaction() as tx:
        await tx.execute(
            "insert into users (user_id, login, name, password_hash) values ($1, $2, 'Vem Som Helst', '!')",
            user,
            str(user),
        )
        for org in orgs:
            await tx.execute(
                "insert into memberships (user_id, org, roles, areas, performers) select $1, org, $3, $4, $5 from organisations where org = $2",
                user, org, [role.value], areas, performers,
            )  # fmt: skip
    return Viewer(await one_more_session(worker, user), right, orgs, areas, performers is not None)


async def one_more_session(worker: Memory, user: UUID) -> str:
    """Sign a person in once more; return the session's token."""
    token = secrets.token_urlsafe(32)
    async with worker.transaction() as tx:
        await tx.execute(
            """
            insert into web_sessions (token_hash, user_id, created_at, seen_at, expires_at, csrf, idles)
            values ($1, $2, clock.now(), clock.now() - interval '1 hour', clock.now() + interval '1 year', 'csrf', false)
            """,
            token_hash(token), user,
        )  # fmt: skip
    return token
