"""Invitations to a town's people: asked by link, changed, withdrawn, and answered by the person who has the link.

No function here says whether a login is somebody's, but to who holds its link (docs/adr/0029-a-login-is-the-persons-own.md).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.people import Assignment, LinkAnswer, PeopleAnswer
from alarm_center.store.memory import Tx
from schemas.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Asked:
    """A login that a town asks, with the town's own name for the person and the membership that it offers."""

    org: str
    login: str
    name: str
    offer: Assignment


async def invite(tx: Tx, asked: Asked, token_hash: bytes, *, actor: str) -> PeopleAnswer:
    """Ask a login; the link's token opens the invitation for seven days."""
    answer: str = await tx.fetchval(
        "select invite($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        asked.org, asked.login, asked.name, [role.value for role in asked.offer.roles], asked.offer.areas,
        asked.offer.performers, asked.offer.ends_at, token_hash, actor,
    )  # fmt: skip
    return PeopleAnswer(answer)


async def change_invitation(
    tx: Tx, invitation_id: UUID, wanted: Assignment, *, seen: int, token_hash: bytes | None = None, actor: str
) -> PeopleAnswer:
    """Change an open invitation; with *token_hash* it also gets another link, for another seven days."""
    answer: str = await tx.fetchval(
        "select change_invitation($1, $2, $3, $4, $5, $6, $7, $8)",
        invitation_id, seen, [role.value for role in wanted.roles], wanted.areas, wanted.performers, wanted.ends_at,
        token_hash, actor,
    )  # fmt: skip
    return PeopleAnswer(answer)


async def withdraw_invitation(tx: Tx, invitation_id: UUID, *, seen: int, actor: str) -> PeopleAnswer:
    """End an open invitation: its link opens nothing any more."""
    answer: str = await tx.fetchval("select withdraw_invitation($1, $2, $3)", invitation_id, seen, actor)
    return PeopleAnswer(answer)


# ---- behind the link ----


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An open invitation as its link shows it; ``areas`` are codes and ``performers`` names, ``None`` for all of the town.

    The town's own care among performers is an empty name.

    An alarm centre that asks has its name in ``town``, and no ``org``.
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
    """Answer as the person whose session the transaction carries."""
    answer: str = await tx.fetchval("select answer_invitation($1, $2)", token, yes)
    return LinkAnswer(answer)


async def join_as_new(tx: Tx, token: str, name: str, password_hash: str) -> tuple[LinkAnswer, UUID | None]:
    """Make the invited login a new person's, as fjt_sign_in, and begin the membership; return also their first sign-in's proof."""
    row = await tx.fetchrow("select answer, proof from join_as_new($1, $2, $3)", token, name, password_hash)
    assert row is not None, "a function without a set gives one row"
    return LinkAnswer(row["answer"]), row["proof"]
