"""Patrols on duty as the board shows them above its queue: whom they are reached by, and the open alarms that they have."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from alarm_center.store.lost_phones import NOT_LOST
from alarm_center.store.memory import Tx


class DutyPatrol(NamedTuple):
    """A patrol on duty, with the open alarms that it has and the viewer may see; *busy* also with one that they may not."""

    area: str
    patrol: str
    phone: str
    busy: bool
    alarm_ids: list[UUID]


async def patrols_on_duty(tx: Tx, now: datetime) -> list[DutyPatrol]:
    """Return the patrols on duty at *now*, by area and name."""
    rows = await tx.fetch(
        f"""
        with busy as materialized (
            select b.shift_id from organisations t cross join lateral busy_shifts(t.org, null) b
        )
        select e.code as area, s.patrol, c.phone, s.shift_id in (select shift_id from busy) as busy,
            array(select n.alarm_id from notices n join alarms a using (alarm_id)
                where n.shift_id = s.shift_id and n.state = 'took' and a.state <> 'closed' and n.done_at is null
                order by n.answered_at) as alarm_ids
        from shifts s join areas e using (area_id) join carers c using (carer_id)
        where not s.training and s.role = 'patrol' and s.starts_at <= $1 and s.ends_at > $1 and s.mustered is distinct from false and {NOT_LOST}
        order by e.code, s.patrol, s.shift_id
        """,  # noqa: S608 -- our own constant
        now,
    )
    return [DutyPatrol(**row) for row in rows]
