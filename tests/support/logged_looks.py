"""Looks in the log, written as rows: months of them at once, at checks that are there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from alarm_center.store.memory import Memory

_AT_ONCE = 2_000
"""So many are written in one transaction, within its limit on a slow machine."""


async def look_at_checks(
    memory: Memory, org: str, who: Sequence[UUID], *, begin: datetime, apart: timedelta, many: int
) -> None:
    """Have *many* looks of ten seconds at the town's checks in the log, *apart* from one another, by each of *who* in turn."""
    for first in range(0, many, _AT_ONCE):
        async with memory.transaction() as tx:
            await tx.execute(
                """
                with known as (select row_number() over (order by check_id) - 1 as nth, check_id, resident_id from checks where org = $1)
                insert into looks (org, resident_id, check_id, user_id, kind, clear, began_at, ended_at)
                select $1, k.resident_id, k.check_id, ($2::uuid[])[1 + (i % cardinality($2::uuid[]))::int], 'session', true,
                    $3::timestamptz + i * $4::interval, $3::timestamptz + i * $4::interval + interval '10 seconds'
                from generate_series($5::int, $6::int - 1) i join known k on k.nth = i % (select count(*) from known)
                """,
                org, list(who), begin, apart, first, min(first + _AT_ONCE, many),
            )  # fmt: skip
