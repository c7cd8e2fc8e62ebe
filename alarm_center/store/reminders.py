"""Phones at which planners have asked to be told that something waits, and how much waits for each of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.store.memory import Tx


async def own_phones(tx: Tx) -> dict[str, str]:
    """Return the viewer's own numbers by town."""
    rows = await tx.fetch("select org, phone from reminder_phones where user_id = fjt.who()")
    return {row["org"]: row["phone"] for row in rows}


async def keep_phone(tx: Tx, org: str, user_id: UUID, phone: str | None, now: datetime) -> None:
    """Keep the number of the carried person in the town; ``None``: forget it."""
    if phone is None:
        await tx.execute("delete from reminder_phones where org = $1 and user_id = $2", org, user_id)
        return
    await tx.execute(
        """
        insert into reminder_phones (org, user_id, phone, asked_at) values ($1, $2, $3, $4)
        on conflict (org, user_id) do update set phone = excluded.phone, asked_at = excluded.asked_at
        """,
        org, user_id, phone, now,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlannerWaiting:
    """A planner who has asked to be told, and the number of open discrepancies that are theirs or endanger tonight."""

    phone: str
    waiting: int


async def planners_waiting(tx: Tx, org: str) -> list[PlannerWaiting]:
    """Return the town's coordinators and case officers who have asked and for whom something waits, in their areas and performers."""
    rows = await tx.fetch(
        """
        select p.phone, count(*) as waiting
        from reminder_phones p join memberships m using (org, user_id) join users u using (user_id)
            join discrepancies d on d.org = p.org and d.resolved_at is null
            left join residents r on r.resident_id = d.resident_id
        where p.org = $1 and m.roles && '{coordinator,planner,case_officer}' and m.accepted_at is not null
            and (m.ended_at is null or m.ended_at > clock.now()) and u.disabled_at is null
            and (d.endangers or d.owner is null or d.owner = any (m.roles))
            and (m.areas is null or d.area_id = any (m.areas) or d.area_id is null and d.resident_id is null)
            and (m.performers is null or r.resident_id is null or coalesce(r.performer, 'town') = any (m.performers))
        group by p.phone order by p.phone
        """,
        org,
    )
    return [PlannerWaiting(**row) for row in rows]
