"""Reserve lists: what one area's list for a night is made of, and the list itself, once a night and area."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from alarm_center.core.resident_card import ResidentCard
from alarm_center.store.memory import Tx
from alarm_center.store.residents import CARD_COLUMNS, card_of


async def areas_without(tx: "Tx[Any]", org: str, night: date) -> list[UUID]:
    """Return the town's areas that have no list for the night yet."""
    rows = await tx.fetch(
        """
        select area_id from areas e
        where org = $1 and not exists (select from reserve_lists l where l.area_id = e.area_id and l.night = $2)
        order by code
        """,
        org, night,
    )  # fmt: skip
    return [row["area_id"] for row in rows]


async def residents(tx: "Tx[Any]", area_id: UUID, night: date) -> list[ResidentCard]:
    """Return the area's residents who are owed something on the night, the highest risk first."""
    rows = await tx.fetch(
        f"""
        select {CARD_COLUMNS}
        from residents r
        where r.area_id = $1 and exists (
            select from checks c
            where c.resident_id = r.resident_id and c.night = $2 and (c.state <> 'cancelled' or c.instead = 'visit')
        )
        order by r.risk, r.number
        """,  # noqa: S608 -- our own columns
        area_id, night,
    )  # fmt: skip
    return [card_of(row) for row in rows]


async def stops(tx: "Tx[Any]", area_id: UUID, night: date) -> list[Mapping[str, Any]]:
    """Return the area's checks of the night that are made, or that a visit comes in the stead of, in order of time."""
    rows: list[Mapping[str, Any]] = await tx.fetch(
        """
        select c.resident_id, s.local_time, s.window_minutes, c.state = 'cancelled' as visit,
            c.state in ('seen', 'alarmed') as done
        from checks c join residents r using (resident_id) join slots s using (slot_id)
        where r.area_id = $1 and c.night = $2 and (c.state <> 'cancelled' or c.instead = 'visit')
        order by c.opens_at, c.check_id
        """,
        area_id, night,
    )  # fmt: skip
    return rows


async def on_duty(tx: "Tx[Any]", area_id: UUID, from_: datetime, until: datetime) -> list[Mapping[str, Any]]:
    """Return the area's shifts that overlap the time, patrols before leads."""
    rows: list[Mapping[str, Any]] = await tx.fetch(
        """
        select s.patrol, s.role, c.phone, s.starts_at, s.ends_at
        from shifts s join carers c using (carer_id)
        where s.area_id = $1 and s.starts_at < $3 and s.ends_at > $2
        order by s.role desc, s.starts_at, s.patrol
        """,
        area_id, from_, until,
    )  # fmt: skip
    return rows


async def keep(
    tx: "Tx[Any]", org: str, area_id: UUID, night: date, body: Any, now: datetime, *, again: bool
) -> datetime | None:
    """Keep the list; one that is there already stays unless *again*. Return when it was made, ``None`` if it stayed."""
    made_at: datetime | None = await tx.fetchval(
        """
        insert into reserve_lists as l (org, area_id, night, made_at, body) values ($1, $2, $3, $4, $5)
        on conflict (area_id, night) do update
            set made_at = excluded.made_at, body = excluded.body, fetched_at = null, fetched_by = null
            where $6
        returning made_at
        """,
        org, area_id, night, now, body, again,
    )  # fmt: skip
    return made_at


async def get(tx: "Tx[Any]", area_id: UUID, night: date) -> Any | None:
    """Return the body of an area's list for the night; ``None`` while there is none that the viewer may see."""
    return await tx.fetchval("select body from reserve_lists where area_id = $1 and night = $2", area_id, night)


async def fetched(tx: "Tx[Any]", area_id: UUID, night: date, by: str, now: datetime) -> None:
    """Write that somebody has the list; the first one stays."""
    await tx.execute(
        """
        update reserve_lists set fetched_at = $4, fetched_by = $3
        where area_id = $1 and night = $2 and fetched_at is null
        """,
        area_id, night, by, now,
    )  # fmt: skip


async def lately(tx: "Tx[Any]", now: datetime) -> list[Mapping[str, Any]]:
    """Return the lists of the last two nights that the viewer may see: area, night, when made and when first fetched."""
    rows: list[Mapping[str, Any]] = await tx.fetch(
        """
        select l.area_id, a.code, o.name as town, o.zone, l.night, l.made_at, l.fetched_at
        from reserve_lists l join areas a using (area_id) join organisations o on o.org = l.org
        where l.made_at > $1::timestamptz - interval '2 days'
        order by l.night desc, o.name, a.code
        """,
        now,
    )
    return rows
