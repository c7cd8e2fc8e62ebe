"""Deputies: members who stand in for a colleague for some days, with the colleague's roles.

The functions of revision 0008 check who may let whom stand in, and write each line (docs/adr/0057-a-deputy-stands-in-for-a-colleague.md).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.people import DeputyAnswer
from alarm_center.store.memory import Tx
from schemas.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Deputy:
    """A member who stands in for a colleague between two instants, or will; ``roles`` are what the colleague hands over."""

    deputy_id: UUID
    user_id: UUID
    name: str
    stands_in_for: UUID
    for_name: str
    roles: tuple[Role, ...]
    from_at: datetime
    until_at: datetime


async def deputies_of(tx: Tx, org: str) -> list[Deputy]:
    """Return the town's deputies of now and later, the next to begin first; those that the viewer may keep."""
    rows = await tx.fetch(
        "select deputy_id, user_id, name, stands_in_for, for_name, roles, from_at, until_at from deputies_of($1)", org
    )
    return [
        Deputy(
            row["deputy_id"], row["user_id"], row["name"], row["stands_in_for"], row["for_name"],
            tuple(Role(role) for role in row["roles"]), row["from_at"], row["until_at"],
        )
        for row in rows
    ]  # fmt: skip


async def let_stand_in(
    tx: Tx, org: str, user_id: UUID, colleague: UUID, period: tuple[datetime, datetime], *, actor: str
) -> DeputyAnswer:
    """Let a member stand in for *colleague* during *period*, with the roles that the colleague has now."""
    answer: str = await tx.fetchval(
        "select let_stand_in($1, $2, $3, $4, $5, $6)", org, user_id, colleague, *period, actor
    )
    return DeputyAnswer(answer)


async def end_deputy(tx: Tx, deputy_id: UUID, *, actor: str) -> DeputyAnswer:
    """End it now, and the deputy's sessions with it."""
    answer: str = await tx.fetchval("select end_deputy($1, $2)", deputy_id, actor)
    return DeputyAnswer(answer)
