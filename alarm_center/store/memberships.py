"""Memberships: a town's people with their roles, areas and performers, those who are only asked included, and changes of one member.

The functions of revision 0004 check who may change what, and write each change's line.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.people import Assignment, PeopleAnswer, PersonState
from alarm_center.store.memory import Row, Tx
from schemas.vocabulary import Role


@dataclass(frozen=True, slots=True)
class TownPerson:
    """One row of a town's people: a member, with the ids of person and membership, or an open invitation."""

    org: str
    user_id: UUID | None
    membership_id: UUID | None
    invitation_id: UUID | None
    login: str
    name: str
    assignment: Assignment
    accepted: bool
    expires_at: datetime | None
    """End of an invitation's link."""
    has_factor: bool
    version: int

    def state(self, now: datetime) -> PersonState:
        """Return the state at *now*."""
        ends_at = self.assignment.ends_at
        if not self.accepted:
            return (
                PersonState.EXPIRED if self.expires_at is not None and self.expires_at <= now else PersonState.INVITED
            )
        if ends_at is not None and ends_at <= now:
            return PersonState.ENDED
        return PersonState.ACTIVE if self.has_factor else PersonState.NO_FACTOR


async def people_of(tx: Tx, org: str) -> list[TownPerson]:
    """Return the town's people by name; none to a viewer who may not keep them."""
    rows = await tx.fetch(
        """
        select user_id, membership_id, invitation_id, login, name, roles, areas, performers, accepted, ends_at, expires_at,
            has_factor, version
        from people($1) order by name_order(name), login
        """,
        org,
    )
    return [_person(org, row) for row in rows]


def _person(org: str, row: Row) -> TownPerson:
    return TownPerson(
        org=org,
        user_id=row["user_id"],
        membership_id=row["membership_id"],
        invitation_id=row["invitation_id"],
        login=row["login"],
        name=row["name"],
        assignment=Assignment.of(
            [Role(role) for role in row["roles"]], row["areas"], row["ends_at"], row["performers"]
        ),
        accepted=row["accepted"],
        expires_at=row["expires_at"],
        has_factor=row["has_factor"],
        version=row["version"],
    )


async def change_membership(
    tx: Tx, org: str, user_id: UUID, wanted: Assignment, *, seen: int | None = None, actor: str
) -> PeopleAnswer:
    """Give a member other roles, areas or performers, or another end; *seen* is the version that somebody was shown, ``None``: any."""
    answer: str = await tx.fetchval(
        "select change_membership($1, $2, $3, $4, $5, $6, $7, $8)",
        org, user_id, seen, [role.value for role in wanted.roles], wanted.areas, wanted.performers, wanted.ends_at, actor,
    )  # fmt: skip
    return PeopleAnswer(answer)
