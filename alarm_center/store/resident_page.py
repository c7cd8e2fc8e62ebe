"""Rows of a resident's page: the card, decisions, times, rule, devices, and the checks of the last nights."""

from datetime import date
from uuid import UUID

from alarm_center.core.resident_record import DecisionRow, DeviceRow, NightRow, PageHead, TimeRow
from alarm_center.store.memory import Tx


async def head(tx: Tx, resident_id: UUID, *, living: bool = True) -> PageHead | None:
    """Return the resident's head; ``None`` if the viewer sees no such resident (*living*: who lives there still)."""
    row = await tx.fetchrow(
        """
        select r.resident_id, r.org, o.name as town, o.zone, r.area_id, e.code as area, r.revision, r.unplanned_since is not null as unplanned, f.name as performer,
            (select a.case_no from alarms a where a.resident_id = r.resident_id and a.state <> 'closed' and not a.visit and a.lane <> 'test'
                limit 1) as case_no,
            coalesce(p.green_by, 'operator') as green_by, p.signed_by, p.signed_at, knows_room(r.resident_id) as room_known,
            is_agreed(r.resident_id, 'camera', false) and not is_agreed(r.resident_id, 'camera', true)
                and not (coalesce(p.green_by, 'operator') = 'detector' and agrees_to_machine(r.resident_id, '{yes,carried_over}'))
                and coalesce((select bool_or(d.kind = 'camera') from devices d where d.resident_id = any (bed_of(r.resident_id))), true)
                as nobody_judges
        from residents r join organisations o using (org) join areas e using (area_id)
        left join performers f on f.org = r.org and f.code = r.performer
        left join plans p using (resident_id)
        where r.resident_id = $1 and (not $2 or r.moved_at is null and r.died_at is null)
        """,
        resident_id, living,
    )  # fmt: skip
    return PageHead(**row) if row else None


async def decisions(tx: Tx, resident_id: UUID) -> list[DecisionRow]:
    """Return the resident's decisions, the newest first."""
    rows = await tx.fetch(
        """
        select reference, kind, purpose, starts_on, ends_on, trial_ends_on, after_trial, follow_up_on from decisions
        where resident_id = $1 order by starts_on desc, reference
        """,
        resident_id,
    )
    return [DecisionRow(**row) for row in rows]


async def times(tx: Tx, resident_id: UUID, night: date) -> list[TimeRow]:
    """Return the times that hold on *night* or later, those from the evening on first."""
    rows = await tx.fetch(
        """
        select local_time, window_minutes, weekdays, by_visit, valid_from, valid_until from slots
        where resident_id = $1 and (valid_until is null or (valid_until > $2 and valid_until > valid_from))
        order by valid_from > $2, local_time < '12:00', local_time, slot_id
        """,
        resident_id, night,
    )  # fmt: skip
    return [TimeRow(**{**row, "weekdays": tuple(sorted(row["weekdays"]))}) for row in rows]


async def devices(tx: Tx, resident_id: UUID) -> list[DeviceRow]:
    """Return the devices that look at the resident, cameras first."""
    rows = await tx.fetch(
        """
        select device_id, kind, label, link = 'up' as connected, last_heard_at, fault, camera_ok,
            reported_version is not null and reported_version >= wanted_version as confirmed, unseen_in_dark
        from devices where resident_id = any (bed_of($1)) order by kind, number_order(device_id), device_id
        """,
        resident_id,
    )
    return [DeviceRow(**row) for row in rows]


async def checks_between(tx: Tx, resident_id: UUID, first: date, last: date) -> list[NightRow]:
    """Return the resident's checks of the nights from *first* to *last*, in order."""
    rows = await tx.fetch(
        """
        select c.night, c.opens_at, c.state, c.cancel_reason, c.instead, a.case_no, a.priority
        from checks c left join alarms a using (alarm_id)
        where c.resident_id = $1 and c.night between $2 and $3 order by c.opens_at
        """,
        resident_id, first, last,
    )  # fmt: skip
    return [NightRow(**row) for row in rows]
