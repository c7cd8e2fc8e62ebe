"""Invitations of a login to a membership: created with a link, changed, withdrawn, and answered by the holder of the link.

No function here reveals whether an account with a login exists, except to the holder of its link
(docs/adr/0029-a-login-is-the-persons-own.md).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.people import Assignment, LinkAnswer, PeopleAnswer
from alarm_center.store.memory import Tx
from schemas.vocabulary import Role


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation to create: the login, the town's own name for the person, and the membership that it offers."""

    org: str
    login: str
    name: str
    offer: Assignment


async def invite(tx: Tx, new: NewInvitation, token_hash: bytes, *, actor: str) -> PeopleAnswer:
    """Invite a login; the link's token opens the invitation for seven days."""
    answer: str = await tx.fetchval(
        "select invite($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.org, new.login, new.name, [role.value for role in new.offer.roles], new.offer.areas,
        new.offer.performers, new.offer.ends_at, token_hash, actor,
    )  # fmt: skip
    return PeopleAnswer(answer)


async def change_invitation(
    tx: Tx, invitation_id: UUID, wanted: Assignment, *, seen: int, token_hash: bytes | None = None, actor: str
) -> PeopleAnswer:
    """Change an open invitation whose version is *seen*; with *token_hash* it also gets another link, for seven days more."""
    answer: str = await tx.fetchval(
        "select change_invitation($1, $2, $3, $4, $5, $6, $7, $8)",
        invitation_id, seen, [role.value for role in wanted.roles], wanted.areas, wanted.performers, wanted.ends_at,
        token_hash, actor,
    )  # fmt: skip
    return PeopleAnswer(answer)


async def withdraw_invitation(tx: Tx, invitation_id: UUID, *, seen: int, actor: str) -> PeopleAnswer:
    """End an open invitation whose version is *seen*: its link opens nothing any more."""
    answer: str = await tx.fetchval("select withdraw_invitation($1, $2, $3)", invitation_id, seen, actor)
    return PeopleAnswer(answer)


# ---- behind the link ----


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An open invitation as its link shows it; ``areas`` are codes and ``performers`` names, ``None`` for all of the town.

    The town's own care among performers is an empty name. An invitation to an alarm centre has the centre's name in
    ``town``, and no ``org``.
    """

    org: str | None
    town: str
    login: str
    name: str
    roles: tuple[Role, ...]
    areas: tuple[str, ...] | None
    performers: tuple[str, ...] | None
    ends_at: datetime | None
    zone: ZoneInfo


async def open_invitation(tx: Tx, token: str) -> OpenInvitation | None:
    """Return the invitation that the link's token opens; ``None`` when it is answered, withdrawn, too old or none."""
    row = await tx.fetchrow(
        "select org, town, login, name, roles, areas, performers, ends_at, zone from invitation($1)", token
    )
    if row is None:
        return None
    return OpenInvitation(
        org=row["org"],
        town=row["town"],
        login=row["login"],
        name=row["name"],
        roles=tuple(Role(role) for role in row["roles"]),
        areas=None if row["areas"] is None else tuple(row["areas"]),
        performers=None if row["performers"] is None else tuple(row["performers"]),
        ends_at=row["ends_at"],
        zone=ZoneInfo(row["zone"]),
    )


async def answer_invitation(tx: Tx, token: str, *, yes: bool) -> LinkAnswer:
    """Accept or decline an invitation as the signed-in user of the transaction."""
    answer: str = await tx.fetchval("select answer_invitation($1, $2)", token, yes)
    return LinkAnswer(answer)


async def join_as_new(tx: Tx, token: str, name: str, password_hash: str) -> tuple[LinkAnswer, UUID | None]:
    """Create a user with the invited login, as fjt_sign_in, and begin the membership; return also the first sign-in's proof."""
    row = await tx.fetchrow("select answer, proof from join_as_new($1, $2, $3)", token, name, password_hash)
    assert row is not None, "a function without a set gives one row"
    return LinkAnswer(row["answer"]), row["proof"]
