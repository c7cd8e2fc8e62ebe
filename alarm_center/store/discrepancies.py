"""Discrepancies that reconciliation found: each open once a subject, until a later round no longer finds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from alarm_center.store.memory import Tx


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
                found_at, last_found_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
            on conflict (org, code, subject) where resolved_at is null do update
                set endangers = excluded.endangers, data = excluded.data, night = excluded.night,
                    last_found_at = excluded.last_found_at
            returning xmax = 0
            """,
            org, each.code, each.subject, each.area_id, each.resident_id, each.device_id, each.carer_id, each.endangers,
            dict(each.data), night, now,
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
