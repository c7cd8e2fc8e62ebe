"""Periodic jobs: the last run of each, claimed by one replica while the others skip it, and the retry of a failed one."""

from datetime import datetime, timedelta

from alarm_center.store.memory import Tx


async def record_run(tx: Tx, job: str, now: datetime) -> datetime | None:
    """Write that *job* ran now; return when it ran before, or ``None``."""
    before: datetime | None = await tx.fetchval("select last_at from jobs where job = $1 for update", job)
    await tx.execute(
        "insert into jobs (job, last_at) values ($1, $2) on conflict (job) do update set last_at = excluded.last_at",
        job,
        now,
    )
    return before


async def claim(tx: Tx, job: str, now: datetime, every: timedelta) -> bool:
    """Claim *job* if it has not run for *every*; false while another replica is at it. The row is locked."""
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


async def last_run(tx: Tx, job: str) -> datetime | None:
    """Return when *job* ran last; ``None`` if it never has."""
    at: datetime | None = await tx.fetchval("select last_at from jobs where job = $1", job)
    return at


async def retry_at(tx: Tx, job: str, at: datetime, every: timedelta) -> None:
    """Let *job*, which failed, be claimed again at *at* instead of :func:`claim`'s *every* later."""
    await tx.execute("update jobs set last_at = $2::timestamptz - $3::interval where job = $1", job, at, every)
