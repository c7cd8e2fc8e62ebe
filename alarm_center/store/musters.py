"""Musters: shifts of a stretch of time, which phones were asked, each one's answer, and whether a silence was told.

`core/roster.py` decides whom to ask. The shifts themselves are added and ended in `shifts.py`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.roster import DutyShift
from alarm_center.store.memory import Row, Tx
from schemas.vocabulary import Duty

_SHIFT = """
    select s.shift_id, s.area_id, s.patrol, s.role, c.phone, s.starts_at, s.ends_at, s.mustered, s.muster_asked_at
    from shifts s join carers c using (carer_id)
"""


def _shift(row: Row) -> DutyShift:
    fields = dict(row)
    return DutyShift(duty=Duty(fields.pop("role")), **fields)


async def shifts_between(tx: Tx, org: str, from_: datetime, until: datetime) -> tuple[DutyShift, ...]:
    """Return the town's shifts that overlap the time."""
    rows = await tx.fetch(
        f"{_SHIFT} where s.org = $1 and s.starts_at < $3 and s.ends_at > $2 order by s.starts_at, s.shift_id",
        org, from_, until,
    )  # fmt: skip
    return tuple(_shift(row) for row in rows)


async def lock_begun(tx: Tx, org: str) -> tuple[DutyShift, ...]:
    """Return the shifts on duty that have not been asked or have not said that the phone is held, locked; others' skipped."""
    rows = await tx.fetch(
        f"""
        {_SHIFT}
        where s.org = $1 and s.starts_at <= clock.now() and s.ends_at > clock.now() and s.mustered is not true
            and (s.muster_asked_at is null or s.muster_told_at is null)
        order by s.starts_at, s.shift_id for update of s skip locked
        """,
        org,
    )
    return tuple(_shift(row) for row in rows)


async def mark_asked(tx: Tx, shift_ids: Collection[UUID], now: datetime) -> None:
    """Write that the phone of these shifts has been asked whether it is held."""
    await tx.execute("update shifts set muster_asked_at = $2 where shift_id = any ($1::uuid[])", list(shift_ids), now)


async def mark_told(tx: Tx, shift_id: UUID, now: datetime) -> bool:
    """Write that the lead and the board know that nobody has said that the phone is held; false if they did already."""
    first = await tx.fetchval(
        "update shifts set muster_told_at = $2 where shift_id = $1 and muster_told_at is null returning true",
        shift_id, now,
    )  # fmt: skip
    return bool(first)


@dataclass(frozen=True, slots=True)
class MusteredShift:
    """A shift that the phone is on now, and was asked about."""

    shift_id: UUID
    org: str
    area_id: UUID
    area: str
    starts_at: datetime
    ends_at: datetime
    holds: bool | None
    """The carer's answer whether the phone is held; ``None``: nothing said."""


async def musters_of(tx: Tx, phone: str, sender: str) -> list[MusteredShift]:
    """Return the shifts of *phone* now that were asked whether it is held."""
    rows = await tx.fetch(
        """
        select s.shift_id, s.org, s.area_id, e.code as area, s.starts_at, s.ends_at, s.mustered as holds
        from shifts s join carers c using (carer_id) join areas e using (area_id) join organisations o on o.org = s.org
        where c.phone = $1 and o.sending_number = $2 and s.starts_at <= clock.now() and s.ends_at > clock.now()
            and s.muster_asked_at is not null
        order by s.starts_at, s.shift_id
        """,
        phone, sender,
    )  # fmt: skip
    return [MusteredShift(**row) for row in rows]


async def set_mustered(tx: Tx, shift_ids: Sequence[UUID], holds: bool) -> None:
    """Write whether the phone of these shifts is held."""
    await tx.execute("update shifts set mustered = $2 where shift_id = any ($1::uuid[])", list(shift_ids), holds)
