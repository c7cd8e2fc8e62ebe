"""What the whole service does once in a while, by whichever replica comes first."""

from datetime import datetime, timedelta
from typing import Any

from alarm_center.store.memory import Tx


async def ran(tx: "Tx[Any]", job: str, now: datetime) -> datetime | None:
    """Write that *job* ran now; return when it ran before, or ``None``."""
    before: datetime | None = await tx.fetchval("select last_at from jobs where job = $1 for update", job)
    await tx.execute(
        "insert into jobs (job, last_at) values ($1, $2) on conflict (job) do update set last_at = excluded.last_at",
        job,
        now,
    )
    return before


async def take(tx: "Tx[Any]", job: str, now: datetime, every: timedelta) -> bool:
    """Take *job* if it has not run for *every*; another replica that is at it keeps it. The row is held."""
    await tx.execute("insert into jobs (job, last_at) values ($1, 'epoch') on conflict (job) do nothing", job)
    taken = await tx.fetchval(
        """
        update jobs set last_at = $2::timestamptz
        where job = (select job from jobs where job = $1 and last_at <= $2::timestamptz - $3::interval for update skip locked)
        returning true
        """,
        job,
        now,
        every,
    )
    return bool(taken)


async def last(tx: "Tx[Any]", job: str) -> datetime | None:
    """Return when *job* ran last; ``None`` if it never has."""
    at: datetime | None = await tx.fetchval("select last_at from jobs where job = $1", job)
    return at


async def again_at(tx: "Tx[Any]", job: str, at: datetime, every: timedelta) -> None:
    """Let *job*, which failed, be taken again at *at* instead of :func:`take`'s *every* later."""
    await tx.execute("update jobs set last_at = $2::timestamptz - $3::interval where job = $1", job, at, every)
