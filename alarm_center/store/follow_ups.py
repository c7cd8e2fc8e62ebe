"""Answers at follow-ups, and the tasks of those who miss company: each has an owner and a day until somebody has done it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from alarm_center.core.resident_forms import FollowUpAnswers
from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A follow-up that was held; ``task_owner`` is a name, with a day, while nobody has done it."""

    follow_up_id: UUID
    recorded_at: datetime
    answers: FollowUpAnswers
    task_owner: str | None
    task_due_on: date | None


async def add(
    tx: Tx, org: str, resident_id: UUID, reference: str, said: FollowUpAnswers, by: str, at: datetime
) -> None:
    """Keep what was said at a follow-up of the decision *reference*."""
    await tx.execute(
        """
        insert into follow_ups (org, resident_id, reference, sleeps_better, wants_it, understands_it, misses_company, recorded_by,
            recorded_at, task_owner, task_due_on)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, (
            select u.user_id from users u join memberships m using (user_id) where m.org = $1 and u.login = $10), $11)
        """,
        org, resident_id, reference, said.sleeps_better, said.wants_it, said.understands_it, said.misses_company, by, at,
        said.task_owner, said.task_due_on,
    )  # fmt: skip


async def newest(tx: Tx, resident_id: UUID) -> FollowUp | None:
    """Return the resident's newest follow-up; its task only while it is open."""
    row = await tx.fetchrow(
        """
        select f.follow_up_id, f.recorded_at, f.sleeps_better, f.wants_it, f.understands_it, f.misses_company,
            case when f.task_done_at is null then u.name end as task_owner, case when f.task_done_at is null then f.task_due_on end as task_due_on
        from follow_ups f left join users u on u.user_id = f.task_owner
        where f.resident_id = $1 order by f.recorded_at desc limit 1
        """,
        resident_id,
    )
    if row is None:
        return None
    said = FollowUpAnswers(row["sleeps_better"], row["wants_it"], row["understands_it"], row["misses_company"])
    return FollowUp(row["follow_up_id"], row["recorded_at"], said, row["task_owner"], row["task_due_on"])


@dataclass(frozen=True, slots=True)
class PastFollowUp:
    """One follow-up of a resident's, with the names of who held it and who did its task; ``None`` for a user who is gone."""

    recorded_at: datetime
    recorded_by: str | None
    answers: FollowUpAnswers
    task_owner: str | None
    task_done_by: str | None
    task_done_at: datetime | None


async def of_resident(tx: Tx, resident_id: UUID) -> list[PastFollowUp]:
    """Return the resident's follow-ups, the newest first, a hundred at most."""
    rows = await tx.fetch(
        """
        select f.recorded_at, r.name as recorded_by, f.sleeps_better, f.wants_it, f.understands_it, f.misses_company, f.task_due_on,
            o.name as task_owner, d.name as task_done_by, f.task_done_at
        from follow_ups f left join users r on r.user_id::text = f.recorded_by left join users o on o.user_id = f.task_owner
            left join users d on d.user_id::text = f.task_done_by
        where f.resident_id = $1 order by f.recorded_at desc limit 100
        """,
        resident_id,
    )
    return [
        PastFollowUp(
            row["recorded_at"],
            row["recorded_by"],
            FollowUpAnswers(row["sleeps_better"], row["wants_it"], row["understands_it"], row["misses_company"], None, row["task_due_on"]),
            row["task_owner"], row["task_done_by"], row["task_done_at"],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CompanyTask:
    """Somebody misses company, and a person has the task to do something about it by a day."""

    follow_up_id: UUID
    org: str
    resident_id: UUID
    recorded_at: datetime
    owner: str | None
    due_on: date


async def open_tasks(tx: Tx) -> list[CompanyTask]:
    """Return the tasks that nobody has done, of those residents whom the viewer sees, the next day first."""
    rows = await tx.fetch(
        """
        select f.follow_up_id, f.org, f.resident_id, f.recorded_at, u.name as owner, f.task_due_on as due_on
        from follow_ups f left join users u on u.user_id = f.task_owner
        where f.task_owner is not null and f.task_done_at is null order by f.task_due_on, f.follow_up_id
        """
    )
    return [CompanyTask(**row) for row in rows]


async def end_tasks(tx: Tx, resident_id: UUID, by: str, at: datetime) -> int:
    """Write that the resident's open tasks are done; return how many were open."""
    done = await tx.fetch(
        """
        update follow_ups set task_done_by = $2, task_done_at = $3
        where resident_id = $1 and task_owner is not null and task_done_at is null returning follow_up_id
        """,
        resident_id, by, at,
    )  # fmt: skip
    return len(done)
