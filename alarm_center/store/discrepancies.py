"""Discrepancies that reconciliation found: each open once a subject, until a later round no longer finds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from alarm_center.store.memory import Tx
from schemas.vocabulary import Role


@dataclass(frozen=True, slots=True)
class NewDiscrepancy:
    """A discrepancy as a round finds it. ``subject`` is what it is about, as text; ``data`` holds ids, codes and numbers."""

    code: str
    subject: str
    area_id: UUID | None = None
    resident_id: UUID | None = None
    device_id: str | None = None
    carer_id: UUID | None = None
    endangers: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    owner: Role | None = None
    """The role whose task it is, unless it has been handed on."""
    due_on: date | None = None
    """The day by which it is to be seen to, where its kind has one; the first that was said stays."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """An open discrepancy, as it is kept."""

    discrepancy_id: UUID
    org: str
    code: str
    subject: str
    area_id: UUID | None
    resident_id: UUID | None
    device_id: str | None
    carer_id: UUID | None
    endangers: bool
    data: Mapping[str, Any]
    night: date
    found_at: datetime
    last_found_at: datetime


_FIELDS = tuple(Discrepancy.__dataclass_fields__)


async def save_found(
    tx: Tx, org: str, found: Iterable[NewDiscrepancy], night: date, now: datetime
) -> list[NewDiscrepancy]:
    """Write the discrepancies that a round found; return those that were not open before."""
    new = []
    for each in found:
        inserted = await tx.fetchval(
            """
            insert into discrepancies (org, code, subject, area_id, resident_id, device_id, carer_id, endangers, data, night,
                found_at, last_found_at, owner, due_on)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13)
            on conflict (org, code, subject) where resolved_at is null do update
                set endangers = excluded.endangers, data = excluded.data, night = excluded.night,
                    last_found_at = excluded.last_found_at, owner = coalesce(discrepancies.owner, excluded.owner),
                    due_on = coalesce(discrepancies.due_on, excluded.due_on)
            returning xmax = 0
            """,
            org, each.code, each.subject, each.area_id, each.resident_id, each.device_id, each.carer_id, each.endangers,
            dict(each.data), night, now, each.owner, each.due_on,
        )  # fmt: skip
        if inserted:
            new.append(each)
    return new


async def resolve_missing(tx: Tx, org: str, now: datetime) -> list[Discrepancy]:
    """End the open discrepancies that the round at *now* did not find; return them."""
    rows = await tx.fetch(
        f"""
        update discrepancies set resolved_at = $2 where org = $1 and resolved_at is null and last_found_at < $2
        returning {", ".join(_FIELDS)}
        """,  # noqa: S608 -- the names are our own fields
        org, now,
    )  # fmt: skip
    return [Discrepancy(**row) for row in rows]


async def open_ones(tx: Tx, org: str) -> list[Discrepancy]:
    """Return a town's open discrepancies: what endangers tonight first, then the oldest."""
    rows = await tx.fetch(
        f"""
        select {", ".join(_FIELDS)} from discrepancies where org = $1 and resolved_at is null
        order by endangers desc, found_at, code, subject
        """,  # noqa: S608 -- the names are our own fields
        org,
    )
    return [Discrepancy(**row) for row in rows]


HANDED: Final = "handed_to_installer"
"""The code of a device that is silent before a look, and that an installer has been asked to see to."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """A device handed on to a role, to be seen to by a day."""

    org: str
    area_id: UUID
    resident_id: UUID
    device_id: str
    owner: Role
    due_on: date
    night: date
    now: datetime


async def device_to_hand_over(tx: Tx, resident_id: UUID) -> tuple[str, UUID, str] | None:
    """Return town, area and device of a resident whose device does not answer; ``None``: there is none that the viewer sees."""
    row = await tx.fetchrow(
        """
        select r.org, r.area_id, d.device_id from residents r join devices d on d.org = r.org and d.resident_id = r.resident_id
        where r.resident_id = $1 and r.died_at is null
        order by (d.fault is not null or d.camera_ok is false or d.link = 'gone') desc, d.kind = 'camera' desc, d.device_id limit 1
        """,
        resident_id,
    )
    return (row["org"], row["area_id"], row["device_id"]) if row else None


async def hand_over(tx: Tx, wanted: HandOver) -> bool:
    """Open a discrepancy with that owner and day, or change them where it is open; false where they were so already."""
    done = await tx.execute(
        """
        insert into discrepancies (org, code, subject, area_id, resident_id, device_id, owner, due_on, night, found_at, last_found_at)
        values ($1, $2, $3, $4, $5, $3, $6, $7, $8, $9, $9)
        on conflict (org, code, subject) where resolved_at is null do update set owner = excluded.owner, due_on = excluded.due_on
            where (discrepancies.owner, discrepancies.due_on) is distinct from (excluded.owner, excluded.due_on)
        """,
        wanted.org, HANDED, wanted.device_id, wanted.area_id, wanted.resident_id, wanted.owner, wanted.due_on, wanted.night, wanted.now,
    )  # fmt: skip
    return not done.endswith(" 0")
