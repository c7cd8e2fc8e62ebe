"""Roster of a town, as a value for dispatches: its shifts around now, its fixed number, and the patrols that are busy."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.roster import DutyShift, Roster
from alarm_center.store.lost_phones import NOT_LOST
from alarm_center.store.memory import Tx
from alarm_center.store.towns import Town
from schemas.vocabulary import Duty

_AROUND: Final = timedelta(hours=1)
"""A shift that begins while an alarm is being decided counts as well; the core looks at the minute."""


async def roster(tx: Tx, town: Town, alarm_id: UUID | None) -> Roster:
    """Return the town's roster around now. Busy are the shifts that have taken an open alarm other than *alarm_id*."""
    rows = await tx.fetch(
        f"""
        select s.shift_id, s.area_id, s.patrol, s.role, c.phone, s.starts_at, s.ends_at, s.mustered, s.muster_asked_at
        from shifts s join carers c using (carer_id)
        where s.org = $1 and s.starts_at < clock.now() + $2 and s.ends_at > clock.now() and {NOT_LOST}
        order by s.starts_at, s.shift_id
        """,  # noqa: S608 -- our own constant
        town.org,
        _AROUND,
    )
    # All of the town's, whatever areas the viewer is limited to.
    busy = await tx.fetch("select distinct shift_id from busy($1, $2)", town.org, alarm_id)
    return Roster(
        shifts=tuple(
            DutyShift(
                shift_id=row["shift_id"],
                area_id=row["area_id"],
                patrol=row["patrol"],
                duty=Duty(row["role"]),
                phone=row["phone"],
                starts_at=row["starts_at"],
                ends_at=row["ends_at"],
                mustered=row["mustered"],
                muster_asked_at=row["muster_asked_at"],
            )
            for row in rows
        ),
        fixed_phone=town.fixed_number,
        busy=frozenset(row["shift_id"] for row in busy),
    )
