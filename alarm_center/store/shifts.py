"""Rows of shifts, one a night, as the import adds, ends and deletes them, and the shift that a phone is on now.

The shifts of a dispatch are in `rosters.py`, those of a muster in `musters.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class NewShift:
    """One carer's shift in one area, from ``starts_at`` to ``ends_at``."""

    area_id: UUID
    carer_id: UUID
    patrol: str
    role: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class StoredShift:
    """One shift as it is kept, with its area's code and its carer's name."""

    shift_id: UUID
    area_id: UUID
    carer_id: UUID
    patrol: str
    role: str
    starts_at: datetime
    ends_at: datetime
    area: str
    carer: str


_UNENDED: Final = """
    select s.shift_id, s.area_id, s.carer_id, s.patrol, s.role, s.starts_at, s.ends_at, a.code as area, c.name as carer
    from shifts s join areas a using (area_id) join carers c using (carer_id)
    where s.org = $1 and s.ends_at > $2 order by s.starts_at, s.shift_id
"""


async def unended(tx: Tx, org: str, now: datetime, *, lock: bool) -> list[StoredShift]:
    """Return the town's shifts that have not ended, in order of time, and *lock* them."""
    rows = await tx.fetch(_UNENDED + (" for update of s" if lock else ""), org, now)
    return [StoredShift(**row) for row in rows]


async def add_all(tx: Tx, org: str, shifts: Iterable[NewShift]) -> None:
    """Insert shifts."""
    await tx.executemany(
        """
        insert into shifts (org, area_id, carer_id, patrol, role, starts_at, ends_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        [(org, s.area_id, s.carer_id, s.patrol, s.role, s.starts_at, s.ends_at) for s in shifts],
    )


async def set_end(tx: Tx, shift_id: UUID, ends_at: datetime) -> None:
    """Let a shift end at *ends_at*."""
    await tx.execute("update shifts set ends_at = $2 where shift_id = $1", shift_id, ends_at)


async def delete(tx: Tx, shift_id: UUID) -> None:
    """Take away a shift that has not begun."""
    await tx.execute("delete from shifts where shift_id = $1", shift_id)


class ShiftOnDuty(NamedTuple):
    """A shift that is going on, and its area."""

    shift_id: UUID
    area_id: UUID


async def shift_on_duty(tx: Tx, phone: str, org: str) -> ShiftOnDuty | None:
    """Return the shift and the area that *phone* is on duty in now."""
    row = await tx.fetchrow(
        """
        select s.shift_id, s.area_id from shifts s join carers c using (carer_id)
        where c.phone = $1 and s.org = $2 and s.starts_at <= clock.now() and s.ends_at > clock.now()
        order by s.starts_at limit 1
        """,
        phone, org,
    )  # fmt: skip
    return ShiftOnDuty(row["shift_id"], row["area_id"]) if row else None
