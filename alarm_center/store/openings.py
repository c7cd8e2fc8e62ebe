"""Planned checks that open together: the due ones locked, and written when they have opened, each by one statement."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from alarm_center.core.check import Check
from alarm_center.store.checks import CHANGING
from alarm_center.store.memory import Tx


async def lock_due_planned(tx: Tx, limit: int, without: Collection[UUID]) -> list[UUID]:
    """Lock the planned checks, *without* these, that have waited longest past their next step and can still open; return their ids.

    Those that others have locked are skipped. One whose time is over does not open: after an outage that is a whole town's.
    """
    rows = await tx.fetch(
        """
        select check_id from checks where next_step_at <= clock.now() and state = 'planned' and closes_at >= clock.now()
            and check_id <> all ($2::uuid[])
        order by next_step_at limit $1 for update skip locked
        """,
        limit, list(without),
    )  # fmt: skip
    return [row["check_id"] for row in rows]


_UPDATE_MANY: Final = f"""
    update checks c set {", ".join(f"{column} = n.{column}" for column in CHANGING.values())}
    from jsonb_populate_recordset(null::checks, $1::jsonb) n where c.check_id = n.check_id
"""  # noqa: S608 -- the names are the core's own fields


async def save_opened(tx: Tx, opened: Sequence[Check]) -> None:
    """Write checks that have opened, by one statement however many; their attempts are as they were. The caller has locked the rows."""
    if opened:
        given = {"check_id": "check_id", **CHANGING}
        await tx.execute(
            _UPDATE_MANY, [{column: getattr(each, name) for name, column in given.items()} for each in opened]
        )
