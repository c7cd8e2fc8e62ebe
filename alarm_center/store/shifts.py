"""Rows of shifts, one a night, as they are laid, moved and ended, and the shift that a phone is on now.

The patterns that they are laid from are in `shift_patterns.py`, the shifts of a dispatch in `rosters.py`, those of a muster in `musters.py`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.core.shift_patterns import DutyPost, MovedShift, ShiftRow, WantedShift
from alarm_center.store.lost_phones import NOT_LOST
from alarm_center.store.memory import Tx
from schemas.vocabulary import Duty

_UNENDED: Final = """
    select s.shift_id, s.area_id, s.carer_id, s.patrol, s.role, s.starts_at, s.ends_at, s.line_id, s.night,
        s.mustered is not null or s.muster_asked_at is not null
            or exists (select from notices n where n.shift_id = s.shift_id) as is_held
    from shifts s
    where s.org = $1 and s.ends_at > $2 and not s.training order by s.starts_at, s.shift_id
"""


async def unended(tx: Tx, org: str, now: datetime, zone: ZoneInfo, *, lock: bool) -> list[ShiftRow]:
    """Return the town's shifts that have not ended, in order of time, and *lock* them."""
    return [
        ShiftRow(
            row["shift_id"],
            row["line_id"],
            row["night"] or calendar.night_of(row["starts_at"], zone),
            DutyPost(row["area_id"], row["carer_id"], row["patrol"], Duty(row["role"])),
            row["starts_at"],
            row["ends_at"],
            row["is_held"],
        )
        for row in await tx.fetch(_UNENDED + (" for update of s" if lock else ""), org, now)
    ]


async def add_all(tx: Tx, org: str, shifts: Iterable[WantedShift]) -> None:
    """Insert shifts."""
    await tx.executemany(
        """
        insert into shifts (org, area_id, carer_id, patrol, role, starts_at, ends_at, line_id, night)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        [
            (org, s.post.area_id, s.post.carer_id, s.post.patrol, s.post.duty, s.starts_at, s.ends_at, s.line_id, s.night)
            for s in shifts
        ],
    )  # fmt: skip


async def move_all(tx: Tx, moves: Iterable[MovedShift]) -> None:
    """Move beginnings and ends of shifts, and let them belong to other lines."""
    await tx.executemany(
        "update shifts set starts_at = $2, ends_at = $3, line_id = $4, night = $5 where shift_id = $1",
        [(m.row.shift_id, m.starts_at, m.ends_at, m.line_id, m.night) for m in moves],
    )


async def delete_all(tx: Tx, shift_ids: Iterable[UUID]) -> None:
    """Take away shifts that have not begun."""
    await tx.execute("delete from shifts where shift_id = any ($1::uuid[])", list(shift_ids))


class ShiftOnDuty(NamedTuple):
    """A shift that is going on, its area and its patrol."""

    shift_id: UUID
    area_id: UUID
    patrol: str


async def shift_on_duty(tx: Tx, phone: str, org: str) -> ShiftOnDuty | None:
    """Return the shift and the area that *phone* is on duty in now. Who takes part in an exercise is on duty nowhere by that."""
    row = await tx.fetchrow(
        f"""
        select s.shift_id, s.area_id, s.patrol from shifts s join carers c using (carer_id)
        where c.phone = $1 and s.org = $2 and s.starts_at <= clock.now() and s.ends_at > clock.now()
            and not s.training and {NOT_LOST}
        order by s.starts_at limit 1
        """,  # noqa: S608 -- our own constant
        phone, org,
    )  # fmt: skip
    return ShiftOnDuty(row["shift_id"], row["area_id"], row["patrol"]) if row else None
