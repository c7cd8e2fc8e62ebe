"""Whether the memory itself shows that something is not done: steps long overdue, alarms that nobody takes."""

from datetime import timedelta
from typing import Any

from alarm_center.store.memory import Tx


async def overdue(tx: "Tx[Any]", by: timedelta) -> int:
    """Return how many checks and alarms should have been stepped longer ago than *by*."""
    count: int = await tx.fetchval(
        """
        select (select count(*) from checks where next_step_at < clock.now() - $1::interval)
            + (select count(*) from alarms where next_step_at < clock.now() - $1::interval)
        """,
        by,
    )
    return count


async def red(tx: "Tx[Any]") -> int:
    """Return how many alarms have asked everybody, in every round, and have neither carer nor operator."""
    count: int = await tx.fetchval(
        """
        select count(*) from alarms
        where red_at is not null and state in ('open', 'claimed', 'dispatched')
            and not is_held(holder, lease_until, clock.now())
        """
    )
    return count
