"""Rows of the planner's first page: open discrepancies by name, devices that are silent before a look, and tonight by area.

Tables of thousands of rows are joined in Python: under the policies the server guesses one row, and joins them in loops.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.carer_reports import CarerReport, Mismatch
from alarm_center.core.day_matters import AreaTonight, OpenMatter, SilentDevice, ThreatenedResident
from alarm_center.core.staffing import AreaTimes
from alarm_center.store import carer_reports, follow_ups, retirements
from alarm_center.store.memory import Row, Tx
from alarm_center.store.retirements import WaitingRetirement

SILENT_FOR: Final = timedelta(minutes=10)
"""A device that is gone for a shorter time has most often a router that starts again."""


COMPANY: Final = "company_missing"
"""The code of a follow-up's task; reconciliation finds none of it."""


async def _homes(tx: Tx, orgs: Collection[str]) -> dict[UUID, Row]:
    """Return each resident who lives in those towns, with the area."""
    rows = await tx.fetch(
        """
        select r.resident_id, r.org, r.name, r.cohabitant, r.phone, r.area_id, e.code
        from residents r join areas e using (area_id)
        where r.org = any ($1::text[]) and r.moved_at is null and r.died_at is null
        """,
        list(orgs),
    )
    return {row["resident_id"]: row for row in rows}


async def _gone(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Return the residents of those who have moved or died."""
    if not ids:
        return {}
    rows = await tx.fetch(
        "select resident_id, name, ended_at from residents where resident_id = any ($1::uuid[])", list(ids)
    )
    return {row["resident_id"]: row for row in rows}


def _task(task: follow_ups.CompanyTask, home: Row) -> OpenMatter:
    return OpenMatter(
        discrepancy_id=task.follow_up_id, org=task.org, code=COMPANY, endangers=False, data={}, night=task.due_on,
        found_at=task.recorded_at, resident_id=task.resident_id, resident=home["name"], cohabitant=home["cohabitant"],
        phone=home["phone"], area=home["code"], device_id=None, carer=None, due_on=task.due_on, person=task.owner,
    )  # fmt: skip


RETIRING: Final = "retirement_waits"
"""The code of a device that one person has asked to take down; reconciliation finds none of it."""


def _request(waiting: WaitingRetirement, home: Row, night: date) -> OpenMatter:
    return OpenMatter(
        discrepancy_id=waiting.retirement_id, org=waiting.org, code=RETIRING, endangers=False, data={}, night=night,
        found_at=waiting.asked_at, resident_id=waiting.resident_id, resident=home["name"], cohabitant=home["cohabitant"],
        phone=home["phone"], area=home["code"], device_id=waiting.device_id, carer=None,
    )  # fmt: skip


DEVIATION: Final = "carer_deviation"
"""The code of a carer's deviation; reconciliation finds none of it."""
MISMATCHES: Final = {each: f"carer_{each}_mismatch" for each in Mismatch}
"""The codes of what does not match a home, as a carer says; a round of reconciliation ends none."""


def _report(report: CarerReport, home: Row) -> OpenMatter:
    return OpenMatter(
        discrepancy_id=report.report_id, org=report.org, code=DEVIATION if report.mismatch is None else MISMATCHES[report.mismatch],
        endangers=False, data={"wanted": report.case_no, "note": report.note}, night=report.said_at.date(), found_at=report.said_at,
        resident_id=report.resident_id, resident=home["name"], cohabitant=home["cohabitant"], phone=home["phone"], area=home["code"],
        device_id=None, carer=report.carer,
    )  # fmt: skip


async def open_matters(tx: Tx, orgs: Collection[str]) -> list[OpenMatter]:
    """Return what waits in those towns, as far as the viewer sees it: the tasks that follow-ups have made, by their days, what
    carers have reported, then the open discrepancies, what endangers tonight first, then the oldest.
    """
    homes = await _homes(tx, orgs)
    codes = {row["area_id"]: row["code"] for row in await tx.fetch("select area_id, code from areas")}
    carers = {row["carer_id"]: row["name"] for row in await tx.fetch("select carer_id, name from carers")}
    rows = await tx.fetch(
        """
        select discrepancy_id, org, code, endangers, data, night, found_at, resident_id, area_id, device_id, carer_id, owner, due_on
        from discrepancies where resolved_at is null and org = any ($1::text[])
        order by endangers desc, found_at, code, subject
        """,
        list(orgs),
    )
    gone = await _gone(tx, {row["resident_id"] for row in rows if row["resident_id"]} - homes.keys())
    found = [
        _task(each, homes[each.resident_id]) for each in await follow_ups.open_tasks(tx) if each.resident_id in homes
    ]
    found += [
        _request(each, homes[each.resident_id], each.asked_at.date())
        for each in await retirements.all_waiting(tx)
        if each.resident_id in homes
    ]
    found += [
        _report(each, homes[each.resident_id])
        for each in await carer_reports.open_reports(tx, orgs)
        if each.resident_id in homes
    ]
    for row in rows:
        home, left = homes.get(row["resident_id"]), gone.get(row["resident_id"])
        if left is not None and left["ended_at"] is not None:
            continue
        fields = {name: value for name, value in row.items() if name not in ("area_id", "carer_id")}
        found.append(
            OpenMatter(
                **fields,
                resident=home["name"] if home else left["name"] if left else None,
                cohabitant=home["cohabitant"] if home else None,
                phone=home["phone"] if home else None,
                area=codes.get(row["area_id"]),
                carer=carers.get(row["carer_id"]),
            )
        )
    return found


async def silent_before_looks(tx: Tx, nights: Mapping[str, date], silent_for: timedelta) -> list[SilentDevice]:
    """Return the devices that are broken, or have been gone for *silent_for*, and have a look left tonight; the next look first."""
    devices = await tx.fetch(
        """
        select org, device_id, who.id as resident_id, kind, fault is not null or camera_ok is false as faulty, last_heard_at
        from devices cross join lateral unnest(bed_of(resident_id)) as who(id)
        where org = any ($1::text[]) and resident_id is not null and (fault is not null or camera_ok is false
            or link = 'gone' and coalesce(gone_at, '-infinity') < clock.now() - $2::interval)
        """,
        list(nights), silent_for,
    )  # fmt: skip
    if not devices:
        return []
    looks = await tx.fetch(
        """
        select c.org, c.device_id, min(c.opens_at) as opens_at
        from checks c join unnest($1::text[], $2::date[]) as t (org, night) on c.org = t.org and c.night = t.night
        where c.state = 'planned' and c.opens_at > clock.now() and c.device_id is not null
        group by c.org, c.device_id
        """,
        list(nights), list(nights.values()),
    )  # fmt: skip
    following = {(row["org"], row["device_id"]): row["opens_at"] for row in looks}
    homes = await _homes(tx, nights)
    found = []
    for row in devices:
        opens_at, home = following.get((row["org"], row["device_id"])), homes.get(row["resident_id"])
        if opens_at is not None and home is not None:
            silent = SilentDevice(
                row["resident_id"], row["org"], home["name"], home["phone"], row["kind"], row["faulty"],
                row["last_heard_at"], opens_at,
            )  # fmt: skip
            found.append(silent)
    return sorted(found, key=lambda each: (each.opens_at, each.resident))


async def threatened_residents(tx: Tx, org: str, night: date, silent_for: timedelta) -> list[ThreatenedResident]:
    """Return the town's residents whom an open discrepancy endangers on *night*, or whose device cannot make a look that is left."""
    threatened = {each.resident_id for each in await open_matters(tx, [org]) if each.endangers}
    threatened |= {each.resident_id for each in await silent_before_looks(tx, {org: night}, silent_for)}
    homes = await _homes(tx, [org])
    found = [ThreatenedResident(home["area_id"], home["code"], who) for who, home in homes.items() if who in threatened]
    return sorted(found, key=lambda each: (each.code, str(each.resident_id)))


async def next_follow_up(tx: Tx, after: date) -> date | None:
    """Return the next day on which a follow-up, a trial's end or a decision's end is due; ``None``: none is planned."""
    day: date | None = await tx.fetchval(
        """
        select min(day) from decisions b, unnest(array[b.follow_up_on, b.trial_ends_on, b.ends_on]) as day
        where day > $1 and b.resident_id not in (
            select resident_id from residents where moved_at is not null or died_at is not null)
        """,
        after,
    )
    return day


async def areas_tonight(tx: Tx, nights: Mapping[str, date], areas: Sequence[UUID] | None) -> list[AreaTonight]:
    """Return tonight in each area that has residents; ``areas``: in these alone."""
    counted = await tx.fetch(
        """
        select c.resident_id, count(*) filter (where c.state <> 'cancelled') as looks,
            count(*) filter (where c.state = 'cancelled' and c.instead = 'visit' or c.state <> 'cancelled' and c.visit_beside) as visits
        from checks c join unnest($1::text[], $2::date[]) as t (org, night) on c.org = t.org and c.night = t.night
        group by c.resident_id
        """,
        list(nights), list(nights.values()),
    )  # fmt: skip
    homes = await _homes(tx, nights)
    looks, visits = Counter[UUID](), Counter[UUID]()
    for row in counted:
        if (home := homes.get(row["resident_id"])) is not None:
            looks[home["area_id"]] += row["looks"]
            visits[home["area_id"]] += row["visits"]
    rows = await tx.fetch(
        """
        select e.org, e.area_id, e.code, l.made_at as list_made_at, l.fetched_at as list_fetched_at,
            coalesce(u.name, l.fetched_by) as list_fetched_by
        from areas e join unnest($1::text[], $2::date[]) as t (org, night) using (org)
        left join reserve_lists l on l.area_id = e.area_id and l.night = t.night
        left join users u on u.user_id::text = l.fetched_by
        where $3::uuid[] is null or e.area_id = any ($3)
        order by e.org, e.code
        """,
        list(nights), list(nights.values()), None if areas is None else list(areas),
    )  # fmt: skip
    lived_in = {home["area_id"] for home in homes.values()}
    return [
        AreaTonight(**row, looks=looks[row["area_id"]], visits=visits[row["area_id"]])
        for row in rows
        if row["area_id"] in lived_in
    ]


async def times_by_area(tx: Tx, org: str, first: date, last: date) -> list[AreaTimes]:
    """Return each different time that the town's residents have on a night from *first* to *last*, by area."""
    rows = await tx.fetch(
        """
        select resident_id, local_time, window_minutes, weekdays, valid_from, valid_until from slots
        where org = $1 and valid_from <= $3 and (valid_until is null or (valid_until > $2 and valid_until > valid_from))
        """,
        org, first, last,
    )  # fmt: skip
    homes = await _homes(tx, [org])
    found = {
        AreaTimes(
            homes[row["resident_id"]]["area_id"], row["local_time"], row["window_minutes"], frozenset(row["weekdays"]),
            row["valid_from"], row["valid_until"],
        )
        for row in rows
        if row["resident_id"] in homes
    }  # fmt: skip
    return list(found)
