"""Stuck cases, whose step failed: the 5 s before the next try, their town and area, and the note that people were told.

A row that cannot be decoded may be the reason, so nothing here reads more of it than its town, area, ids and number.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class StuckCase:
    """A stuck check or alarm, with its town and area. ``case_no`` is ``None`` for a check without an alarm."""

    org: str
    area_id: UUID
    resident_id: UUID | None
    check_id: UUID | None
    alarm_id: UUID | None
    case_no: int | None
    training: bool
    """It is an exercise."""


_CLAIM: Final = {
    "check": "update checks set stuck_told_at = $2 where check_id = $1 and stuck_told_at is null returning true",
    "alarm": "update alarms set stuck_told_at = $2 where alarm_id = $1 and stuck_told_at is null returning true",
}
"""Of two replicas that find a case stuck, the second waits for the row's lock, and then finds it reported."""
_READ: Final = {
    "check": """
        select c.org, r.area_id, c.resident_id, c.check_id, c.alarm_id, a.case_no, false as training
        from checks c join residents r using (resident_id) left join alarms a on a.alarm_id = c.alarm_id
        where c.check_id = $1
    """,
    "alarm": """
        select org, area_id, resident_id, null::uuid as check_id, alarm_id, case_no, lane = 'training' as training
        from alarms where alarm_id = $1
    """,
}
_POSTPONE: Final = {
    "check": "update checks set next_step_at = clock.now() + interval '5 s' where check_id = $1 and next_step_at is not null",
    "alarm": "update alarms set next_step_at = clock.now() + interval '5 s' where alarm_id = $1 and next_step_at is not null",
}


async def claim_report(tx: Tx, of: str, id_: UUID, at: datetime) -> StuckCase | None:
    """Mark the case, a ``check`` or an ``alarm``, as reported at *at*, and return it; ``None`` if it was reported before."""
    if not await tx.fetchval(_CLAIM[of], id_, at):
        return None
    row = await tx.fetchrow(_READ[of], id_)
    assert row is not None, "its row is locked"
    return StuckCase(**row)


async def postpone_step(tx: Tx, of: str, id_: UUID) -> None:
    """Set the next step of a case, a ``check`` or an ``alarm``, to 5 s from now; a case that has ended stays so."""
    await tx.execute(_POSTPONE[of], id_)
