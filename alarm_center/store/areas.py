"""Rows of a town's areas as people keep them: what is in each, and the writes of `preparation/area_changes.py`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from alarm_center.core.areas import LimitedPerson, TownArea
from alarm_center.core.resident_record import ChangeRow
from alarm_center.store.look_log import LogPlace
from alarm_center.store.memory import Tx

_COUNTED: Final = """
    select e.area_id, e.code, e.closed_at, i.code as merged_into, e.plan <> '{}' as own_answers,
        (select count(*) from residents r where r.area_id = e.area_id and r.moved_at is null and r.died_at is null and r.ended_at is null) as residents,
        (select count(*) from resident_drafts d where d.area_id = e.area_id) as drafts,
        (select count(*) from alarms a where a.area_id = e.area_id and a.state <> 'closed')
            + (select count(*) from incidents n where n.area_id = e.area_id and n.closed_at is null) as open_cases,
        (select count(*) from shift_patterns p where p.area_id = e.area_id and (p.until_night is null or p.until_night > $2 and p.until_night > p.from_night))
            as patterns,
        (select count(*) from shifts s where s.area_id = e.area_id and s.starts_at > $3 and s.starts_at < $3 + interval '14 days') as shifts,
        (select count(distinct b.carer_id) from ombudsmen b
            where b.area_id = e.area_id and (b.until_day is null or b.until_day >= $2 and b.until_day >= b.from_day)) as ombudsmen,
        exists (select from shifts s where s.area_id = e.area_id and s.ends_at > $3
            and (s.starts_at < $3 + interval '1 hour' or s.muster_asked_at is not null))
            or exists (select from reserve_lists l where l.area_id = e.area_id and l.night = $2) as night_begun
    from areas e left join areas i on i.area_id = e.merged_into
    where e.org = $1 order by e.code
"""
"""With the night that people speak of as tonight, and the instant."""


async def of_town(tx: Tx, org: str, tonight: date, now: datetime) -> list[TownArea]:
    """Return the town's areas, also those that are closed, in order of their codes."""
    return [TownArea(**row) for row in await tx.fetch(_COUNTED, org, tonight, now)]


async def changes_of(tx: Tx, org: str, area_id: UUID, before: LogPlace | None, most: int) -> list[ChangeRow]:
    """Return the changes of an area, of its rota and its staff, the newest first, at most *most* that are older than *before*.

    A change says the code that the area had then: of a code that has been two areas', the one that had it when the change was made.
    """
    rows = await tx.fetch(
        """
        select c.part, c.made_by, u.name, c.made_at, c.from_at, c.before, c.after, c.change_id
        from changes c left join users u on u.user_id::text = c.made_by
        where c.org = $1 and c.part = 'staff' and c.resident_id is null and ($3::timestamptz is null or (c.made_at, c.change_id) < ($3, $4))
            and exists (
                select from unnest(array[c.before ->> 'area', c.after ->> 'area', c.after ->> 'merged']
                    || array(select jsonb_array_elements_text(c.after -> 'areas'))) said (code)
                where $2 = coalesce(
                    (select f.area_id from former_areas f where f.org = $1 and f.code = said.code and f.until_at >= c.made_at
                        order by f.until_at limit 1),
                    (select e.area_id from areas e where e.org = $1 and e.code = said.code),
                    (select f.area_id from former_areas f where f.org = $1 and f.code = said.code order by f.until_at desc limit 1)))
        order by c.made_at desc, c.change_id desc limit $5
        """,
        org, area_id, before.at if before else None, before.row_id if before else None, most,
    )  # fmt: skip
    return [ChangeRow(**row) for row in rows]


async def lock_two(tx: Tx, first: UUID, second: UUID | None = None) -> None:
    """Wait until nobody writes anything into these areas, and keep others from it until the transaction ends."""
    await tx.execute(
        "select from areas where area_id in ($1, $2) order by area_id for update", first, second if second else first
    )


async def limited_to(tx: Tx, area_id: UUID) -> list[LimitedPerson]:
    """Return who sees some of the town's areas with this among them, as far as the viewer keeps the area."""
    rows = await tx.fetch("select kind, name, areas from limited_to_area($1)", area_id)
    return [LimitedPerson(row["kind"], row["name"], tuple(row["areas"])) for row in rows]


async def add(tx: Tx, org: str, code: str) -> None:
    """Insert an area."""
    await tx.execute("insert into areas (org, code) values ($1, $2)", org, code)


async def open_again(tx: Tx, area_id: UUID) -> None:
    """Open a closed area."""
    await tx.execute("update areas set closed_at = null, merged_into = null where area_id = $1", area_id)


async def change_code(tx: Tx, org: str, area_id: UUID, before: str, code: str, now: datetime) -> None:
    """Give an area another code, and keep the one that it had."""
    await tx.execute(
        "insert into former_areas (org, area_id, code, until_at) values ($1, $2, $3, $4) on conflict do nothing",
        org, area_id, before, now,
    )  # fmt: skip
    await tx.execute("update areas set code = $2 where area_id = $1", area_id, code)


async def close(tx: Tx, area_id: UUID, now: datetime, into: UUID | None = None) -> None:
    """Close an area, merged *into* another or alone."""
    await tx.execute("update areas set closed_at = $2, merged_into = $3 where area_id = $1", area_id, now, into)


async def merge(tx: Tx, area_id: UUID, into: UUID) -> dict[UUID, int]:
    """Let everything that is ahead of one area be another's, but for the rota; return the residents' change numbers."""
    rows = await tx.fetch("select resident, number from merge_area($1, $2)", area_id, into)
    return {row["resident"]: row["number"] for row in rows}


async def end_ombudsmen(tx: Tx, org: str, area_id: UUID, last: date) -> None:
    """Let the area's ombudsmen be it until *last* at most."""
    await tx.execute(
        "update ombudsmen set until_day = $3 where org = $1 and area_id = $2 and (until_day is null or until_day > $3)",
        org, area_id, last,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageArea:
    """An area as pages have it now, under a code that a file may still say."""

    area_id: UUID
    code: str
    is_closed: bool
    is_merged: bool


async def former_codes(tx: Tx, org: str) -> dict[str, PageArea]:
    """Return the areas by codes that pages have taken from them: those that were renamed, merged into another, or closed."""
    rows = await tx.fetch(
        """
        with recursive merged as (
            select e.area_id as first, e.area_id, e.code as said, e.merged_into, e.code, e.closed_at, 0 as steps from areas e where e.org = $1
            union all
            select m.first, e.area_id, m.said, e.merged_into, e.code, e.closed_at, m.steps + 1
            from merged m join areas e on e.area_id = m.merged_into where m.steps < 50
        ), now as (select first, area_id, said, code, closed_at, steps from merged where merged_into is null)
        select said, area_id, code, closed_at is not null as is_closed, steps > 0 as is_merged from now where steps > 0 or closed_at is not null
        union all
        select f.code, n.area_id, n.code, n.closed_at is not null, n.steps > 0
        from (select distinct on (code) code, area_id from former_areas where org = $1 order by code, until_at desc) f
        join now n on n.first = f.area_id
        where not exists (select from areas e where e.org = $1 and e.code = f.code)
        """,
        org,
    )
    return {row["said"]: PageArea(row["area_id"], row["code"], row["is_closed"], row["is_merged"]) for row in rows}
