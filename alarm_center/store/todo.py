"""Rows of the planner's first page: open discrepancies by name, devices that are silent before a look, and tonight by area."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from alarm_center.core.day_matters import AreaTonight, OpenMatter, SilentDevice
from alarm_center.core.staffing import AreaTimes
from alarm_center.store.memory import Tx


async def open_matters(tx: Tx) -> list[OpenMatter]:
    """Return the open discrepancies that the viewer sees: what endangers tonight first, then the oldest."""
    rows = await tx.fetch(
        """
        select d.discrepancy_id, d.org, d.code, d.endangers, d.data, d.night, d.found_at, d.resident_id, r.name as resident,
            r.cohabitant, r.phone, e.code as area, d.device_id, c.name as carer
        from discrepancies d
        left join residents r on r.resident_id = d.resident_id
        left join areas e on e.area_id = d.area_id
        left join carers c on c.carer_id = d.carer_id
        where d.resolved_at is null and (d.resident_id is null or r.resident_id is not null)
        order by d.endangers desc, d.found_at, d.code, r.name, d.subject
        """
    )
    return [OpenMatter(**row) for row in rows]


async def silent_before_looks(tx: Tx, nights: Mapping[str, date], silent_for: timedelta) -> list[SilentDevice]:
    """Return the devices that are broken, or have been gone for *silent_for*, and have a look left tonight; the next look first."""
    rows = await tx.fetch(
        """
        select r.resident_id, r.org, r.name as resident, r.phone, d.kind, d.fault is not null or d.camera_ok is false as faulty,
            d.last_heard_at, min(c.opens_at) as opens_at
        from devices d
        join unnest($1::text[], $2::date[]) as t (org, night) using (org)
        join residents r on r.resident_id = d.resident_id
        join checks c on c.resident_id = d.resident_id and c.night = t.night and c.device_id = d.device_id
        where c.state = 'planned' and c.opens_at > clock.now()
            and (d.fault is not null or d.camera_ok is false or d.link = 'gone' and coalesce(d.gone_at, '-infinity') < clock.now() - $3::interval)
        group by r.resident_id, r.org, r.name, r.phone, d.kind, d.fault, d.camera_ok, d.last_heard_at
        order by min(c.opens_at), r.name
        """,
        list(nights), list(nights.values()), silent_for,
    )  # fmt: skip
    return [SilentDevice(**row) for row in rows]


async def next_follow_up(tx: Tx, after: date) -> date | None:
    """Return the next day on which a follow-up, a trial's end or a decision's end is due; ``None``: none is planned."""
    day: date | None = await tx.fetchval(
        """
        select min(day) from decisions b join residents r using (resident_id),
            unnest(array[b.follow_up_on, b.trial_ends_on, b.ends_on]) as day
        where day > $1 and r.moved_at is null and r.died_at is null
        """,
        after,
    )
    return day


async def areas_tonight(tx: Tx, nights: Mapping[str, date], areas: Sequence[UUID] | None) -> list[AreaTonight]:
    """Return tonight in each area that has residents; ``areas``: in these alone."""
    rows = await tx.fetch(
        """
        select e.org, e.area_id, e.code,
            count(c.check_id) filter (where c.state <> 'cancelled') as looks,
            count(c.check_id) filter (where c.state = 'cancelled' and c.instead = 'visit') as visits,
            l.made_at as list_made_at, l.fetched_at as list_fetched_at, coalesce(u.name, l.fetched_by) as list_fetched_by
        from areas e
        join unnest($1::text[], $2::date[]) as t (org, night) using (org)
        join residents r on r.area_id = e.area_id and r.moved_at is null and r.died_at is null
        left join checks c on c.resident_id = r.resident_id and c.night = t.night
        left join reserve_lists l on l.area_id = e.area_id and l.night = t.night
        left join users u on u.user_id::text = l.fetched_by
        where $3::uuid[] is null or e.area_id = any ($3)
        group by e.org, e.area_id, e.code, l.made_at, l.fetched_at, l.fetched_by, u.name
        order by e.org, e.code
        """,
        list(nights), list(nights.values()), None if areas is None else list(areas),
    )  # fmt: skip
    return [AreaTonight(**row) for row in rows]


async def times_by_area(tx: Tx, org: str, first: date, last: date) -> list[AreaTimes]:
    """Return each different time that the town's residents have on a night from *first* to *last*, by area."""
    rows = await tx.fetch(
        """
        select distinct r.area_id, s.local_time, s.window_minutes, s.weekdays, s.valid_from, s.valid_until
        from slots s join residents r using (resident_id)
        where s.org = $1 and s.valid_from <= $3 and (s.valid_until is null or (s.valid_until > $2 and s.valid_until > s.valid_from))
            and r.moved_at is null and r.died_at is null
        """,
        org, first, last,
    )  # fmt: skip
    return [AreaTimes(**{**row, "weekdays": frozenset(row["weekdays"])}) for row in rows]
