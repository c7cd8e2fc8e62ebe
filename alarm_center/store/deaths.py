"""Deaths as they are registered on a case, asked about, confirmed by voice, or corrected as registered by mistake."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.store.memory import Tx
from alarm_center.store.residents import SHOWN_NAME


@dataclass(frozen=True, slots=True)
class Death:
    """A death that nobody has confirmed or corrected yet."""

    death_id: UUID
    org: str
    zone: str
    area_id: UUID
    area: str
    resident_id: UUID
    resident: str
    alarm_id: UUID | None
    case_no: int | None
    registered_by: str
    registered_at: datetime
    patrol: str | None
    """The patrol that registered it by its link, with its ``phone``; ``None``: a user did."""
    phone: str | None
    overdue_at: datetime | None


_OPEN: Final = f"""
    select d.death_id, d.org, o.zone, d.area_id, e.code as area, d.resident_id, {SHOWN_NAME} as resident, d.alarm_id, a.case_no,
        d.registered_by, d.registered_at, n.patrol, n.phone, d.overdue_at
    from deaths d join organisations o using (org) join areas e using (area_id) join residents r using (resident_id)
    left join alarms a using (alarm_id) left join notices n on n.alarm_id = d.alarm_id and n.notice_id::text = d.registered_by
    where d.confirmed_at is null and d.corrected_at is null
"""  # noqa: S608 -- our own words


async def has_died(tx: Tx, resident_id: UUID) -> bool:
    """Return whether it is written that the resident has died."""
    return bool(await tx.fetchval("select died_at is not null from residents where resident_id = $1", resident_id))


async def set_died(tx: Tx, resident_id: UUID, at: datetime) -> None:
    """Write that the resident has died. Of a page the database asks for the row of the death first."""
    await tx.execute("update residents set died_at = $2 where resident_id = $1 and died_at is null", resident_id, at)


async def set_living(tx: Tx, resident_id: UUID) -> None:
    """Take back that the resident has died. Of a page the database asks first that the row of the death is corrected."""
    await tx.execute("update residents set died_at = null where resident_id = $1", resident_id)


@dataclass(frozen=True, slots=True)
class NewDeath:
    """A death as it is registered."""

    org: str
    area_id: UUID
    resident_id: UUID
    alarm_id: UUID
    registered_by: str
    registered_at: datetime


async def add(tx: Tx, death: NewDeath) -> None:
    """Insert a death."""
    await tx.execute(
        """
        insert into deaths (org, area_id, resident_id, alarm_id, registered_by, registered_at) values ($1, $2, $3, $4, $5, $6)
        """,
        death.org, death.area_id, death.resident_id, death.alarm_id, death.registered_by, death.registered_at,
    )  # fmt: skip


async def unconfirmed(tx: Tx) -> list[Death]:
    """Return the deaths that the viewer sees and that nobody has confirmed or corrected, the oldest first."""
    return [Death(**row) for row in await tx.fetch(f"{_OPEN} order by d.registered_at, d.death_id")]


async def is_seen(tx: Tx, death_id: UUID) -> bool:
    """Return whether the viewer sees the death, whatever has become of it."""
    seen: bool = await tx.fetchval("select exists (select from deaths where death_id = $1)", death_id)
    return seen


async def lock_open(tx: Tx, death_id: UUID) -> Death | None:
    """Return the death, locked, if nobody has confirmed or corrected it."""
    row = await tx.fetchrow(f"{_OPEN} and d.death_id = $1 for update of d", death_id)
    return Death(**row) if row else None


async def orgs_to_tell(tx: Tx) -> list[str]:
    """Return the towns with a death that nobody has confirmed, and of which something may still have to be told."""
    rows = await tx.fetch(
        "select distinct org from deaths where confirmed_at is null and corrected_at is null and overdue_at is null order by org"
    )
    return [row["org"] for row in rows]


async def lock_to_ask(tx: Tx, org: str) -> list[Death]:
    """Return the town's deaths about which no lead has been asked, locked; others' are skipped."""
    rows = await tx.fetch(
        f"{_OPEN} and d.org = $1 and d.asked_at is null order by d.registered_at for update of d skip locked", org
    )
    return [Death(**row) for row in rows]


async def lock_overdue(tx: Tx, org: str, within: timedelta) -> list[Death]:
    """Return the town's deaths that have waited longer than *within* and of which that is not told, locked; others' are skipped."""
    rows = await tx.fetch(
        f"{_OPEN} and d.org = $1 and d.overdue_at is null and d.registered_at <= clock.now() - $2::interval"
        " order by d.registered_at for update of d skip locked",
        org,
        within,
    )
    return [Death(**row) for row in rows]


async def mark_asked(tx: Tx, death_id: UUID, at: datetime) -> None:
    """Write that a lead has been asked to ring."""
    await tx.execute("update deaths set asked_at = $2 where death_id = $1", death_id, at)


async def mark_overdue(tx: Tx, death_id: UUID, at: datetime) -> None:
    """Write that it is told that the confirmation takes too long."""
    await tx.execute(
        "update deaths set overdue_at = $2, asked_at = coalesce(asked_at, $2) where death_id = $1", death_id, at
    )


async def confirm(tx: Tx, death_id: UUID, by: str, at: datetime) -> None:
    """Write that the death is confirmed by voice."""
    await tx.execute("update deaths set confirmed_by = $2, confirmed_at = $3 where death_id = $1", death_id, by, at)


async def correct(tx: Tx, death_id: UUID, by: str, at: datetime) -> None:
    """Write that the death was registered by mistake."""
    await tx.execute("update deaths set corrected_by = $2, corrected_at = $3 where death_id = $1", death_id, by, at)
