"""Phones whose carers take no SMS, from a STOP until the next START."""

from datetime import datetime
from typing import Final

from alarm_center.store.memory import Tx

TAKES_NO_SMS: Final = (
    "exists (select from sms_stops x where x.org = {org} and x.phone = {phone} and x.started_at is null)"
)
"""The condition of a statement that a town's phone takes no SMS."""


async def stop(tx: Tx, org: str, phone: str, now: datetime, *, by_provider: bool) -> bool:
    """Write that *phone* takes no SMS of the town; false if that is known."""
    is_new: bool | None = await tx.fetchval(
        """
        insert into sms_stops (org, phone, stopped_at, by_provider) values ($1, $2, $3, $4)
        on conflict do nothing returning true
        """,
        org, phone, now, by_provider,
    )  # fmt: skip
    return bool(is_new)


async def start(tx: Tx, org: str, phone: str, now: datetime) -> bool:
    """Write that *phone* takes SMS again; false if it did."""
    done = await tx.execute(
        "update sms_stops set started_at = greatest(stopped_at, $3) where org = $1 and phone = $2 and started_at is null",
        org, phone, now,
    )  # fmt: skip
    return bool(done != "UPDATE 0")


async def planners_to_tell(tx: Tx, org: str) -> list[str]:
    """Return the numbers of the town's coordinators who have asked to be told of what waits."""
    rows = await tx.fetch(
        """
        select distinct p.phone from reminder_phones p join memberships m using (org, user_id) join users u using (user_id)
        where p.org = $1 and m.roles && '{coordinator,planner}' and m.accepted_at is not null
            and (m.ended_at is null or m.ended_at > clock.now()) and u.disabled_at is null
        order by p.phone
        """,
        org,
    )
    return [row["phone"] for row in rows]
