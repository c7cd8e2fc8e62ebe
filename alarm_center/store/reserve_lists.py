"""Reserve lists: the residents, stops and shifts that one is made of, and the kept list of each night and area."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from alarm_center.core.reserve_list import OnDuty
from alarm_center.core.resident_card import ResidentCard
from alarm_center.store.memory import Tx
from alarm_center.store.residents import CARD_COLUMNS, card_of


async def areas_without_list(tx: Tx, org: str, night: date) -> list[UUID]:
    """Return the town's areas that have no list for the night yet."""
    rows = await tx.fetch(
        """
        select area_id from areas e
        where org = $1 and e.closed_at is null and not e.training and not exists (select from reserve_lists l where l.area_id = e.area_id and l.night = $2)
        order by code
        """,
        org, night,
    )  # fmt: skip
    return [row["area_id"] for row in rows]


async def residents_on(tx: Tx, area_id: UUID, night: date) -> list[ResidentCard]:
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


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """One check of the night as a stop of a patrol: a ``visit`` comes in its stead or beside it, or it is ``done``."""

    resident_id: UUID
    local_time: time
    window_minutes: int
    visit: bool
    done: bool


async def stops(tx: Tx, area_id: UUID, night: date) -> list[PlannedStop]:
    """Return the area's checks of the night that are made, or that a visit comes in the stead of, in order of time."""
    rows = await tx.fetch(
        """
        select c.resident_id, s.local_time, s.window_minutes, c.state = 'cancelled' or c.visit_beside as visit,
            c.state in ('seen', 'alarmed') and not c.visit_beside as done
        from checks c join residents r using (resident_id) join slots s using (slot_id)
        where r.area_id = $1 and c.night = $2 and (c.state <> 'cancelled' or c.instead = 'visit')
        order by c.opens_at, c.check_id
        """,
        area_id, night,
    )  # fmt: skip
    return [PlannedStop(**row) for row in rows]


async def shifts_on_duty(tx: Tx, area_id: UUID, from_: datetime, until: datetime) -> list[OnDuty]:
    """Return the area's shifts that overlap the time, patrols before leads."""
    rows = await tx.fetch(
        """
        select s.patrol, s.role, c.phone, s.starts_at, s.ends_at
        from shifts s join carers c using (carer_id)
        where s.area_id = $1 and s.starts_at < $3 and s.ends_at > $2
        order by s.role desc, s.starts_at, s.patrol
        """,
        area_id, from_, until,
    )  # fmt: skip
    return [OnDuty(**row) for row in rows]


async def save(
    tx: Tx, org: str, area_id: UUID, night: date, body: Any, now: datetime, *, again: bool
) -> datetime | None:
    """Write the list; one that is there already stays unless *again*. Return when it was made, ``None`` if it stayed."""
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


async def body_of(tx: Tx, area_id: UUID, night: date) -> Any | None:
    """Return the body of an area's list for the night, with the viewer's own performers' residents.

    ``None`` while there is no list that the viewer may see.
    """
    return await tx.fetchval("select reserve_list_body($1, $2)", area_id, night)


async def mark_fetched(tx: Tx, area_id: UUID, night: date, by: str, now: datetime) -> None:
    """Write that somebody has the list; the first one stays."""
    await tx.execute(
        """
        update reserve_lists set fetched_at = $4, fetched_by = $3
        where area_id = $1 and night = $2 and fetched_at is null
        """,
        area_id, night, by, now,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListOfNight:
    """A reserve list as the overview names it: area, town, night, when made and when first fetched."""

    area_id: UUID
    code: str
    town: str
    zone: str
    night: date
    made_at: datetime
    fetched_at: datetime | None


async def recent_lists(tx: Tx, now: datetime) -> list[ListOfNight]:
    """Return the lists of the last two nights that the viewer may see: area, night, when made and when first fetched."""
    rows = await tx.fetch(
        """
        select l.area_id, a.code, o.name as town, o.zone, l.night, l.made_at, l.fetched_at
        from reserve_lists l join areas a using (area_id) join organisations o on o.org = l.org
        where l.made_at > $1::timestamptz - interval '2 days'
        order by l.night desc, o.name, a.code
        """,
        now,
    )
    return [ListOfNight(**row) for row in rows]
