"""Musters at the start of shifts: which phones were asked, the answer of each, and whether a missing answer was reported.

`core/roster.py` decides which phones to ask. The shifts themselves are added and ended in `shifts.py`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.roster import DutyShift
from alarm_center.store.lost_phones import NOT_LOST
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
    """Return the town's shifts that overlap the span from *from_* to *until*."""
    rows = await tx.fetch(
        f"{_SHIFT} where s.org = $1 and s.starts_at < $3 and s.ends_at > $2 and not s.training and {NOT_LOST} order by s.starts_at, s.shift_id",
        org, from_, until,
    )  # fmt: skip
    return tuple(_shift(row) for row in rows)


async def lock_unconfirmed(tx: Tx, org: str) -> tuple[DutyShift, ...]:
    """Lock and return the unconfirmed shifts on duty that are not yet asked or not yet reported; locked rows are skipped."""
    rows = await tx.fetch(
        f"""
        {_SHIFT}
        where s.org = $1 and s.starts_at <= clock.now() and s.ends_at > clock.now() and s.mustered is not true
            and (s.muster_asked_at is null or s.muster_told_at is null) and {NOT_LOST}
        order by s.starts_at, s.shift_id for update of s skip locked
        """,
        org,
    )
    return tuple(_shift(row) for row in rows)


async def mark_asked(tx: Tx, shift_ids: Collection[UUID], now: datetime) -> None:
    """Write that the phone of these shifts has been asked whether a carer has it."""
    await tx.execute("update shifts set muster_asked_at = $2 where shift_id = any ($1::uuid[])", list(shift_ids), now)


async def mark_told(tx: Tx, shift_id: UUID, now: datetime) -> bool:
    """Write that the missing answer has been reported to the lead and the board; false if it was already."""
    first = await tx.fetchval(
        "update shifts set muster_told_at = $2 where shift_id = $1 and muster_told_at is null returning true",
        shift_id, now,
    )  # fmt: skip
    return bool(first)


@dataclass(frozen=True, slots=True)
class MusteredShift:
    """A shift on duty whose phone was asked."""

    shift_id: UUID
    org: str
    area_id: UUID
    area: str
    starts_at: datetime
    ends_at: datetime
    asked_at: datetime
    holds: bool | None
    """The carer's answer whether they have the phone; ``None``: no answer yet."""


async def musters_of(tx: Tx, phone: str, sender: str) -> list[MusteredShift]:
    """Return the shifts on duty of *phone* that were asked, in the towns that send from the number *sender*."""
    rows = await tx.fetch(
        """
        select s.shift_id, s.org, s.area_id, e.code as area, s.starts_at, s.ends_at, s.muster_asked_at as asked_at,
            s.mustered as holds
        from shifts s join carers c using (carer_id) join areas e using (area_id) join organisations o on o.org = s.org
        where c.phone = $1 and o.sending_number = $2 and s.starts_at <= clock.now() and s.ends_at > clock.now()
            and s.muster_asked_at is not null
        order by s.starts_at, s.shift_id
        """,
        phone, sender,
    )  # fmt: skip
    return [MusteredShift(**row) for row in rows]


async def set_mustered(tx: Tx, shift_ids: Sequence[UUID], holds: bool) -> None:
    """Write the carer's answer for these shifts: whether they have the phone."""
    await tx.execute(
        "update shifts set mustered = $2, mustered_at = clock.now() where shift_id = any ($1::uuid[])",
        list(shift_ids),
        holds,
    )


async def record_people(tx: Tx, shifts: Sequence[MusteredShift], codes: Sequence[str], now: datetime) -> int:
    """Write who has the phone of these shifts by personal *codes*; return how many codes are nobody's, or of somebody who has left."""
    unknown: set[str] = set()
    for shift in shifts:
        rows = await tx.fetch(
            """
            select c.carer_id, c.code from carers c, shifts s
            where c.org = $1 and c.code = any ($2::text[]) and s.shift_id = $3
                and (c.ends_on is null or c.ends_on >= coalesce(s.night, (s.starts_at - interval '12 hours')::date))
            """,
            shift.org, list(codes), shift.shift_id,
        )  # fmt: skip
        await tx.executemany(
            "insert into shift_people (shift_id, carer_id, org, said_at) values ($1, $2, $3, $4) on conflict do nothing",
            [(shift.shift_id, row["carer_id"], shift.org, now) for row in rows],
        )
        strange = set(codes) - {row["code"] for row in rows}
        at = now if strange else None
        await tx.execute(
            "update shifts set unknown_code_at = $2 where shift_id = $1 and unknown_code_at is distinct from $2",
            shift.shift_id,
            at,
        )
        unknown |= strange
    return len(unknown)


async def has_codes(tx: Tx, org: str) -> bool:
    """Tell whether any of the town's carers who are there has a personal code."""
    found: bool = await tx.fetchval(
        """
        select exists (
            select from carers where org = $1 and code is not null and (ends_on is null or ends_on >= (clock.now() - interval '1 day')::date))
        """,
        org,
    )
    return found
