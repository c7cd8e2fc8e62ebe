"""Patterns of shifts and the substitutes of single nights, as the town has decided them; the rows laid from them are in `shifts.py`."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from alarm_center.core.shift_patterns import DutyPost, ShiftPattern, Substitute
from alarm_center.store.memory import Tx
from schemas.vocabulary import Duty, SubstituteReason


async def lock_rota(tx: Tx, org: str) -> None:
    """Wait until nobody else changes or lays the town's rota, and keep others from it until the transaction ends."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('rota'), hashtext($1))", org)


async def patterns_from(tx: Tx, org: str, night: date) -> list[ShiftPattern]:
    """Return the town's patterns that are not over before *night*, in order."""
    rows = await tx.fetch(
        """
        select pattern_id, line_id, area_id, carer_id, patrol, role, starts, ends, weekdays, from_night, until_night,
            every_weeks, week_of
        from shift_patterns
        where org = $1 and (until_night is null or until_night > $2 and until_night > from_night)
        order by from_night, pattern_id
        """,
        org, night,
    )  # fmt: skip
    found = []
    for row in rows:
        fields = dict(row)
        post = DutyPost(fields.pop("area_id"), fields.pop("carer_id"), fields.pop("patrol"), Duty(fields.pop("role")))
        found.append(ShiftPattern(**fields | {"post": post, "weekdays": tuple(row["weekdays"])}))
    return found


async def has_patterns(tx: Tx, org: str) -> bool:
    """Tell whether the town has or has had a pattern."""
    found: bool = await tx.fetchval("select exists (select from shift_patterns where org = $1)", org)
    return found


async def add_patterns(tx: Tx, org: str, patterns: Iterable[ShiftPattern]) -> None:
    """Insert patterns."""
    await tx.executemany(
        """
        insert into shift_patterns (org, pattern_id, line_id, area_id, carer_id, patrol, role, starts, ends, weekdays, from_night,
            until_night, every_weeks, week_of)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        [
            (org, p.pattern_id, p.line_id, p.post.area_id, p.post.carer_id, p.post.patrol, p.post.duty, p.starts, p.ends,
             list(p.weekdays), p.from_night, p.until_night, p.every_weeks, p.week_of)
            for p in patterns
        ],
    )  # fmt: skip


async def end_pattern(tx: Tx, pattern_id: UUID, until_night: date | None) -> None:
    """Let a pattern hold until before *until_night*, or without an end; one that has not begun by then never does."""
    await tx.execute(
        "update shift_patterns set until_night = greatest($2, from_night) where pattern_id = $1",
        pattern_id,
        until_night,
    )


async def substitutes_from(tx: Tx, org: str, night: date) -> list[Substitute]:
    """Return who stands in on *night* and later, in the order in which people said so; nobody where that carer has left by then."""
    rows = await tx.fetch(
        """
        select s.line_id, s.night, case when c.ends_on < s.night then null else s.carer_id end as carer_id, s.from_at, s.until_at as until
        from shift_substitutes s left join carers c using (carer_id)
        where s.org = $1 and s.night >= $2 order by s.number
        """,
        org, night,
    )  # fmt: skip
    return [Substitute(**row) for row in rows]


async def add_substitutes(
    tx: Tx, org: str, substitutes: Iterable[Substitute], why: SubstituteReason, said_by: str, now: datetime
) -> None:
    """Write who stands in; of two for the same hour the newer counts."""
    await tx.executemany(
        """
        insert into shift_substitutes (org, line_id, night, carer_id, from_at, until_at, why, said_by, said_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        [(org, s.line_id, s.night, s.carer_id, s.from_at, s.until, why, said_by, now) for s in substitutes],
    )
