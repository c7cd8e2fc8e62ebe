"""Drafts of new residents: the forms as they were filled in, until they become a resident, are thrown away or have lain too long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from alarm_center.store.memory import Row, Tx

Filled = Mapping[str, Mapping[str, str]]
"""The fields of each step by its name."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft; ``begun_by`` is the name of who began it."""

    draft_id: UUID
    org: str
    revision: int
    begun_by: str
    changed_at: datetime
    filled: Filled


_DRAFT = """
    select d.draft_id, d.org, d.revision, coalesce(u.name, '') as begun_by, d.changed_at, d.filled
    from resident_drafts d left join users u on u.user_id::text = d.begun_by
"""


def _draft(row: Row) -> Draft:
    return Draft(**row)


async def drafts(tx: Tx) -> list[Draft]:
    """Return the drafts that the viewer may go on with, the last changed first."""
    return [_draft(row) for row in await tx.fetch(f"{_DRAFT} order by d.changed_at desc, d.draft_id")]


async def draft(tx: Tx, draft_id: UUID) -> Draft | None:
    """Return a draft; ``None`` if the viewer sees no such one."""
    row = await tx.fetchrow(f"{_DRAFT} where d.draft_id = $1", draft_id)
    return _draft(row) if row else None


@dataclass(frozen=True, slots=True)
class DraftHome:
    """The area and the performer that a draft is about, as far as they are chosen."""

    area_id: UUID | None
    performer: str | None


async def begin(tx: Tx, org: str, home: DraftHome, by: str, at: datetime, filled: Filled) -> UUID:
    """Begin a draft by a user; return its id."""
    draft_id: UUID = await tx.fetchval(
        """
        insert into resident_drafts (org, area_id, performer, begun_by, begun_at, changed_at, filled) values ($1, $2, $3, $4, $5, $5, $6)
        returning draft_id
        """,
        org, home.area_id, home.performer, by, at, filled,
    )  # fmt: skip
    return draft_id


async def save_step(tx: Tx, draft_id: UUID, revision: int, step: str, form: Mapping[str, str], at: datetime) -> bool:
    """Keep the fields of a step; false where the draft is gone, or somebody has changed it since *revision*."""
    done = await tx.execute(
        """
        update resident_drafts set filled = filled || jsonb_build_object($3::text, $4::jsonb), revision = revision + 1, changed_at = $5
        where draft_id = $1 and revision = $2
        """,
        draft_id, revision, step, dict(form), at,
    )  # fmt: skip
    return bool(done == "UPDATE 1")


async def set_home(tx: Tx, draft_id: UUID, home: DraftHome) -> None:
    """Write the area and the performer that the draft is about."""
    await tx.execute(
        "update resident_drafts set area_id = $2, performer = $3 where draft_id = $1",
        draft_id, home.area_id, home.performer,
    )  # fmt: skip


async def remove(tx: Tx, draft_id: UUID, revision: int | None = None) -> bool:
    """Remove a draft, of *revision* where one is given; false where there is none."""
    done = await tx.execute(
        "delete from resident_drafts where draft_id = $1 and ($2::int is null or revision = $2)", draft_id, revision
    )
    return bool(done == "DELETE 1")


async def forget_old(tx: Tx, kept: timedelta) -> int:
    """Remove the drafts that nobody has touched for *kept*; return how many."""
    done: str = await tx.execute("delete from resident_drafts where changed_at < clock.now() - $1::interval", kept)
    return int(done.removeprefix("DELETE "))


# ---- names that may be taken ----


async def next_number(tx: Tx, org: str) -> int:
    """Return the town's next neutral number, and hold it until the transaction ends."""
    number: int = await tx.fetchval("select next_resident_number($1)", org)
    return number


async def device_is_taken(tx: Tx, org: str, device_id: str) -> bool:
    """Return whether the device is bound to somebody of the town."""
    return bool(await tx.fetchval("select device_is_taken($1, $2)", org, device_id))


async def reference_is_taken(tx: Tx, org: str, reference: str, but: UUID | None) -> bool:
    """Return whether the decision's reference is that of somebody else than *but*."""
    return bool(await tx.fetchval("select reference_is_taken($1, $2, $3)", org, reference, but))


async def free_devices(tx: Tx, org: str) -> list[tuple[str, str]]:
    """Return id and kind of each of the town's devices that are nobody's."""
    rows: list[Any] = await tx.fetch(
        "select device_id, kind from devices where org = $1 and resident_id is null order by number_order(device_id), device_id",
        org,
    )
    return [(row["device_id"], row["kind"]) for row in rows]
