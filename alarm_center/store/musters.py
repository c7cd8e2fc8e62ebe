"""Shifts as the evening sees them: who is on duty over a stretch of time, who is to be asked, who has not answered."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from alarm_center.core.roster import Shift
from alarm_center.store.memory import Tx
from schemas.vocabulary import Duty

_SHIFT = """
    select s.shift_id, s.area_id, s.patrol, s.role, c.phone, s.starts_at, s.ends_at, s.mustered, s.muster_asked_at
    from shifts s join carers c using (carer_id)
"""


def _shift(row: Mapping[str, Any]) -> Shift:
    fields = dict(row)
    return Shift(duty=Duty(fields.pop("role")), **fields)


async def between(tx: "Tx[Any]", org: str, from_: datetime, until: datetime) -> tuple[Shift, ...]:
    """Return the town's shifts that overlap the time."""
    rows = await tx.fetch(
        f"{_SHIFT} where s.org = $1 and s.starts_at < $3 and s.ends_at > $2 order by s.starts_at, s.shift_id",
        org, from_, until,
    )  # fmt: skip
    return tuple(_shift(row) for row in rows)


async def lock_begun(tx: "Tx[Any]", org: str) -> tuple[Shift, ...]:
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


async def asked(tx: "Tx[Any]", shift_ids: Collection[UUID], now: datetime) -> None:
    """Write that the phone of these shifts has been asked whether it is held."""
    await tx.execute("update shifts set muster_asked_at = $2 where shift_id = any ($1::uuid[])", list(shift_ids), now)


async def told(tx: "Tx[Any]", shift_id: UUID, now: datetime) -> bool:
    """Write that the lead and the board know that nobody has said that the phone is held; false if they did already."""
    first = await tx.fetchval(
        "update shifts set muster_told_at = $2 where shift_id = $1 and muster_told_at is null returning true",
        shift_id, now,
    )  # fmt: skip
    return bool(first)


async def unconfirmed(tx: "Tx[Any]") -> list[Mapping[str, Any]]:
    """Return the shifts on duty, told of, whose phone nobody has said is held: for the board."""
    rows: list[Mapping[str, Any]] = await tx.fetch(
        """
        select s.shift_id, e.code as area, s.patrol, s.role, s.mustered, s.muster_asked_at
        from shifts s join areas e using (area_id)
        where s.starts_at <= clock.now() and s.ends_at > clock.now() and s.mustered is not true and s.muster_told_at is not null
        order by e.code, s.patrol
        """
    )
    return rows
