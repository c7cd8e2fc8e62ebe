"""The log of changes: each edit of what people have decided by day, and the number by which a form tells that it is old."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from alarm_center.core.resident_record import ChangeRow
from alarm_center.store.memory import Tx


class ChangedPart(StrEnum):
    """A part of what a town has decided about a resident."""

    PAUSE = "pause"
    CONSENT = "consent"
    TIMES = "times"
    RESIDENT = "resident"
    DECISION = "decision"
    PLAN = "plan"
    DEVICE = "device"
    VISITS = "visits"
    """Looks of one night that were made into visits."""
    DEATH = "death"
    HOLD = "hold"
    """Nights whose log is held against retention."""
    TOWN_STOP = "town_stop"
    """A town's stop that begins or ends: of the whole town, and of no resident alone."""
    STAFF = "staff"
    """The rota: a pattern, or who stands in; of the town, and of no resident alone."""
    RUN_IN = "run_in"
    """Nights after a mounting on which a patrol goes too."""
    END = "end"
    """Supervision that has ended for good."""
    EQUIPMENT = "equipment"
    """A piece of the register; of the town, and of no resident alone."""


@dataclass(frozen=True, slots=True)
class NewChange:
    """One edit: *before* and *after* can be erased later, the rest stays."""

    org: str
    resident_id: UUID | None
    """``None``: it is the whole town's, and has no number."""
    revision: int
    part: ChangedPart
    made_by: str
    made_at: datetime
    from_at: datetime
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


async def next_revision(tx: Tx, resident_id: UUID) -> int:
    """Take the turn of a resident's changes until the transaction ends, and return the number of the next.

    Raises:
        LookupError: the transaction sees no such resident.
    """
    number: int | None = await tx.fetchval(
        "update residents set revision = revision + 1 where resident_id = $1 returning revision", resident_id
    )
    if number is None:
        raise LookupError(f"no resident {resident_id}")
    return number


async def add(tx: Tx, change: NewChange) -> None:
    """Keep a change; its number is that of :func:`next_revision`."""
    await tx.execute(
        """
        insert into changes (org, resident_id, revision, part, made_by, made_at, from_at, before, after)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        change.org, change.resident_id, change.revision, change.part, change.made_by, change.made_at, change.from_at,
        change.before, change.after,
    )  # fmt: skip


async def of_resident(tx: Tx, resident_id: UUID) -> list[ChangeRow]:
    """Return the resident's changes that the viewer may read, and the town's stops, the newest first, with the names of who made them."""
    rows = await tx.fetch(
        """
        select c.part, c.made_by, u.name, c.made_at, c.from_at, c.before, c.after, c.change_id
        from (
            (select part, made_by, made_at, from_at, before, after, revision, change_id from changes where resident_id = $1
            order by revision desc limit 100)
            union all
            (select t.part, t.made_by, t.made_at, t.from_at, t.before, t.after, t.revision, t.change_id
            from residents r join changes t on t.org = r.org and t.resident_id is null where r.resident_id = $1 and t.part = 'town_stop' order by t.made_at desc limit 20)
        ) c left join users u on u.user_id::text = c.made_by
        order by c.made_at desc, c.revision desc limit 100
        """,
        resident_id,
    )
    return [ChangeRow(**row) for row in rows]


async def get(tx: Tx, resident_id: UUID, change_id: str) -> ChangeRow | None:
    """Return one of the resident's changes; ``None`` where the viewer sees none of that id."""
    row = await tx.fetchrow(
        """
        select c.part, c.made_by, u.name, c.made_at, c.from_at, c.before, c.after, c.change_id
        from changes c left join users u on u.user_id::text = c.made_by
        where c.resident_id = $1 and c.change_id::text = $2
        """,
        resident_id, change_id,
    )  # fmt: skip
    return ChangeRow(**row) if row else None


@dataclass(frozen=True, slots=True)
class LastChange:
    """The newest change of a part: whose it was (a login, or the name of what brought it in), and when."""

    made_by: str
    made_at: datetime
    name: str | None = None
    """The person's name; ``None``: no user made it."""


async def last_change(tx: Tx, resident_id: UUID, part: ChangedPart) -> LastChange | None:
    """Return the newest change of the resident's *part*; ``None`` if there is none."""
    row = await tx.fetchrow(
        """
        select coalesce(u.login, c.made_by) as made_by, c.made_at, u.name from changes c left join users u on u.user_id::text = c.made_by
        where c.resident_id = $1 and c.part = $2 order by c.revision desc limit 1
        """,
        resident_id, part,
    )  # fmt: skip
    return LastChange(**row) if row else None


async def changed_on_pages(tx: Tx, org: str, since: datetime) -> dict[tuple[int, ChangedPart], LastChange]:
    """Return the newest change that a person has made on a page *since*, by the resident's number and the part."""
    rows = await tx.fetch(
        """
        select r.number, c.part, c.after, u.login, u.name, c.made_at
        from changes c join residents r using (resident_id) join users u on u.user_id::text = c.made_by
        where c.org = $1 and c.made_at >= $2 order by c.made_at, c.revision
        """,
        org, since,
    )  # fmt: skip
    parts = {part.value: part for part in ChangedPart}
    return {
        (row["number"], parts[row["part"]]): LastChange(row["login"], row["made_at"], row["name"])
        for row in rows
        if row["part"] in parts and "source" not in (row["after"] or {})
    }


async def empty_words(tx: Tx, org: str, change_id: str) -> bool:
    """Take before, after and reason out of a change; false if the town has no such change."""
    done = await tx.execute(
        "update changes set before = null, after = null, reason = null where org = $1 and change_id::text = $2", org, change_id
    )  # fmt: skip
    return done != "UPDATE 0"
