"""Periodic jobs: the last run of each, claimed by one replica while the others skip it, the retry of a failed one, and since when it fails."""

from collections.abc import Sequence
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


_FIRST, _LAST = "failing:", "failed:"
"""Rows that say since when, and when last, a job of this name has failed without a pause."""


async def note_failure(tx: Tx, job: str, at: datetime, again_within: timedelta) -> None:
    """Write that *job* failed; one that had not failed for so long begins to fail now."""
    await tx.execute(
        """
        insert into jobs (job, last_at) values ($1, $3) on conflict (job) do update set last_at = excluded.last_at
        where not exists (select from jobs l where l.job = $2 and l.last_at > excluded.last_at - $4::interval)
        """,
        _FIRST + job, _LAST + job, at, again_within,
    )  # fmt: skip
    await tx.execute(
        "insert into jobs (job, last_at) values ($1, $2) on conflict (job) do update set last_at = excluded.last_at",
        _LAST + job, at,
    )  # fmt: skip


async def failing(tx: Tx, jobs: Sequence[str], at: datetime, long: timedelta, again_within: timedelta) -> list[str]:
    """Return which of the *jobs* fail still, and have failed again so *long* after they began to."""
    rows = await tx.fetch(
        """
        select j.job from unnest($1::text[]) j (job) join jobs f on f.job = $2 || j.job join jobs l on l.job = $3 || j.job
        where l.last_at >= f.last_at + $5::interval and l.last_at > $4::timestamptz - $6::interval order by j.job
        """,
        list(jobs), _FIRST, _LAST, at, long, again_within,
    )  # fmt: skip
    return [row["job"] for row in rows]
