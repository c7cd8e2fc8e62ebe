"""Courses of a town's people: marks of walked steps, and the members whose roles have a course."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.courses import COURSE_OF, CourseMark, CourseRule, TrainingCourse
from alarm_center.store.memory import Tx
from schemas.vocabulary import Role


@dataclass(frozen=True, slots=True)
class CourseMember:
    """A member of a town whose roles have a course."""

    org: str
    user_id: UUID
    name: str
    roles: frozenset[Role]


async def rules(tx: Tx, orgs: Collection[str]) -> Mapping[str, CourseRule]:
    """Return each town's rule."""
    rows = await tx.fetch("select org, course_months, zone from organisations where org = any ($1::text[])", list(orgs))
    return {row["org"]: CourseRule(row["course_months"], ZoneInfo(row["zone"])) for row in rows}


async def marks(tx: Tx, orgs: Collection[str], user_id: UUID | None = None) -> list[CourseMark]:
    """Return the marks of the towns' people, or of one person alone."""
    rows = await tx.fetch(
        """
        select org, user_id, course, step, done_at from course_marks
        where org = any ($1::text[]) and ($2::uuid is null or user_id = $2)
        """,
        list(orgs), user_id,
    )  # fmt: skip
    return [CourseMark(**{**dict(row), "course": TrainingCourse(row["course"])}) for row in rows]


async def lock_person(tx: Tx, user_id: UUID) -> None:
    """Let only one transaction at a time write steps of the person."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('course'), hashtext($1))", str(user_id))


async def add_mark(
    tx: Tx, orgs: Collection[str], user_id: UUID, course: TrainingCourse, step: str | None, now: datetime
) -> None:
    """Write that the person has walked the step, or without one the whole course, in each of those towns."""
    await tx.execute(
        """
        insert into course_marks (org, user_id, course, step, done_at)
        select org, $2, $3, $4, $5 from unnest($1::text[]) as each (org)
        """,
        list(orgs), user_id, course, step, now,
    )  # fmt: skip


async def has_closed_exercise(tx: Tx, orgs: Collection[str], user_id: UUID, since: datetime | None) -> bool:
    """Tell whether the person has ended an exercise's alarm in one of those towns since then."""
    found: bool = await tx.fetchval(
        """
        select exists (select from alarms where org = any ($1::text[]) and lane = 'training' and closed_by = $2
            and closed_at > coalesce($3, '-infinity'::timestamptz))
        """,
        list(orgs), str(user_id), since,
    )  # fmt: skip
    return found


async def members(tx: Tx, orgs: Collection[str], now: datetime) -> list[CourseMember]:
    """Return the towns' own members whose roles have a course, by name."""
    rows = await tx.fetch(
        """
        select m.org, m.user_id, u.name, m.roles from memberships m join users u using (user_id)
        where m.org = any ($1::text[]) and m.accepted_at is not null and (m.ended_at is null or m.ended_at > $2)
            and u.disabled_at is null and m.roles && $3::text[]
        order by name_order(u.name), m.user_id
        """,
        list(orgs), now, [role.value for role in COURSE_OF],
    )  # fmt: skip
    known = set(COURSE_OF)
    return [
        CourseMember(row["org"], row["user_id"], row["name"], frozenset(r for r in known if r.value in row["roles"]))
        for row in rows
    ]
