"""Incidents: their rows and places, and the alarms, device counts and usual rates by which one is recognised.

`core/alarm/incident.py` decides which alarms join.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from alarm_center.core.alarm import Alarm
from alarm_center.core.alarm.disruption import LISTED
from alarm_center.core.alarm.incident import JOINED_KINDS, OUR_ABSENCE, IncidentProgress
from alarm_center.core.resident_card import ResidentCard
from alarm_center.store import alarms
from alarm_center.store.memory import Tx
from alarm_center.store.residents import CARD_COLUMNS, card_of
from schemas.vocabulary import AlarmKind

_NIGHT_PARTS = 12 * 12
"""Stretches of five minutes in a night of twelve hours: what a usual rate is counted by."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident. ``area_id`` is ``None`` where the whole service was away: it then has places in every area."""

    incident_id: UUID
    org: str
    area_id: UUID | None
    number: int
    link: str
    kind: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    closed_reason: str | None
    told: Mapping[str, Any]
    step: int
    next_at: datetime | None
    red_at: datetime | None
    acknowledged_at: datetime | None

    @property
    def progress(self) -> IncidentProgress:
        """Its progress along the ladder."""
        return IncidentProgress(self.step, self.next_at, self.red_at, self.acknowledged_at)


_FIELDS = "incident_id, org, area_id, number, link, kind, opened_at, closed_at, closed_by, closed_reason, told, step, next_at, red_at, acknowledged_at"


IS_RED: Final = (
    "i.closed_at is null and i.red_at is not null and (i.acknowledged_at is null or i.acknowledged_at < i.red_at)"
)
"""An incident ``i`` is red, until a person has acknowledged it since."""


async def areas_with_new_alarms(tx: Tx, since: datetime) -> dict[str, list[UUID]]:
    """Return by town the areas with an alarm, newer than *since*, that could still become part of an incident."""
    rows = await tx.fetch(
        """
        select distinct org, area_id from alarms
        where state in ('open', 'claimed') and incident_id is null and not visit and lane <> 'training' and opened_at >= $1 and kind = any ($2)
        """,
        since, list(JOINED_KINDS),
    )  # fmt: skip
    found: dict[str, list[UUID]] = {}
    for row in rows:
        found.setdefault(row["org"], []).append(row["area_id"])
    return found


async def recent_alarms(tx: Tx, area_id: UUID, since: datetime) -> list[Alarm]:
    """Return the area's alarms opened at *since* or later, whatever became of them; without their notices."""
    rows = await tx.fetch("select body from alarms where area_id = $1 and opened_at >= $2", area_id, since)
    return [alarms.from_body(row["body"]) for row in rows]


async def alarms_among(tx: Tx, alarm_ids: Sequence[UUID]) -> list[Alarm]:
    """Return those alarms, without their notices, in the order of their numbers."""
    rows = await tx.fetch(
        "select body from alarms where alarm_id = any ($1::uuid[]) order by opened_at, case_no", list(alarm_ids)
    )
    return [alarms.from_body(row["body"]) for row in rows]


async def recent_service_alarms(tx: Tx, org: str, since: datetime) -> list[Alarm]:
    """Return the town's alarms of the service's own absence, opened at *since* or later."""
    rows = await tx.fetch(
        "select body from alarms where org = $1 and kind = any ($2) and lane <> 'training' and opened_at >= $3 order by opened_at, case_no",
        org, list(OUR_ABSENCE), since,
    )  # fmt: skip
    return [alarms.from_body(row["body"]) for row in rows]


async def count_devices(tx: Tx, area_id: UUID) -> int:
    """Return how many devices are with residents of the area."""
    count: int = await tx.fetchval(
        "select count(*) from devices join residents r using (resident_id) where r.area_id = $1", area_id
    )
    return count


async def usual_rates(tx: Tx, area_id: UUID, now: datetime) -> dict[AlarmKind, float]:
    """Return how many alarms of each kind five minutes of a night usually have; nothing until there is a week to go by."""
    rows = await tx.fetch(
        """
        select kind, count(*) as count, extract(epoch from $2 - min(opened_at)) / 86400 as days
        from alarms where area_id = $1 and opened_at between $2 - interval '28 days' and $2 - interval '1 hour' and not visit
        group by kind
        """,
        area_id, now,
    )  # fmt: skip
    days = max((float(row["days"]) for row in rows), default=0.0)
    if days < 7:
        return {}
    return {AlarmKind(row["kind"]): max(row["count"] / (days * _NIGHT_PARTS), 0.1) for row in rows}


async def lock_town(tx: Tx, org: str) -> None:
    """Let only one transaction at a time decide whether the town has a new incident."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('incident'), hashtext($1))", org)


async def open_incident(tx: Tx, org: str, area_id: UUID | None, since: datetime | None) -> Incident | None:
    """Return the open incident of the area (``None``: of the service), opened at *since* or later where that is given."""
    row = await tx.fetchrow(
        f"""
        select {_FIELDS} from incidents
        where org = $1 and area_id is not distinct from $2 and closed_at is null and ($3::timestamptz is null or opened_at >= $3)
        order by opened_at desc limit 1
        """,  # noqa: S608 -- our own constant
        org, area_id, since,
    )  # fmt: skip
    return Incident(**row) if row else None


async def add(tx: Tx, org: str, area_id: UUID | None, kind: str, now: datetime) -> Incident:
    """Insert an incident with the town's next number; :func:`lock_town` lets one at a time."""
    row = await tx.fetchrow(
        f"""
        insert into incidents (org, area_id, number, kind, opened_at)
        select $1, $2, coalesce(max(number), 0) + 1, $3, $4 from incidents where org = $1
        returning {_FIELDS}
        """,  # noqa: S608 -- our own constant
        org, area_id, kind, now,
    )  # fmt: skip
    assert row is not None, "an insert returns its row"
    return Incident(**row)


async def lock(tx: Tx, incident_id: UUID) -> Incident | None:
    """Lock and return the incident."""
    row = await tx.fetchrow(f"select {_FIELDS} from incidents where incident_id = $1 for update", incident_id)  # noqa: S608
    return Incident(**row) if row else None


async def by_link(tx: Tx, link: str) -> Incident | None:
    """Return the incident that an SMS leads to; ``None`` if there is none that the viewer may see."""
    row = await tx.fetchrow(f"select {_FIELDS} from incidents where link = $1", link)  # noqa: S608
    return Incident(**row) if row else None


async def by_number(tx: Tx, number: int) -> list[Incident]:
    """Return the incidents of that number that the viewer may see: at most one of each of the viewer's towns."""
    rows = await tx.fetch(f"select {_FIELDS} from incidents where number = $1 order by opened_at desc, org", number)  # noqa: S608
    return [Incident(**row) for row in rows]


async def open_incidents(tx: Tx) -> list[Incident]:
    """Return every open incident that the viewer may see, oldest first."""
    rows = await tx.fetch(f"select {_FIELDS} from incidents where closed_at is null order by opened_at")  # noqa: S608
    return [Incident(**row) for row in rows]


async def count_open_places(tx: Tx, incident_id: UUID) -> dict[UUID, tuple[int, int]]:
    """Return how many places are still to be checked, by area, and how many of them were there when its staff were last told."""
    rows = await tx.fetch(
        """
        select a.area_id, count(*) as places,
            count(*) filter (where a.opened_at <= (i.told -> a.area_id::text ->> 'at')::timestamptz) as told_of
        from alarms a join incidents i using (incident_id) where a.incident_id = $1 and a.state <> 'closed' group by a.area_id
        """,
        incident_id,
    )
    return {row["area_id"]: (row["places"], row["told_of"]) for row in rows}


async def count_waiting_places(tx: Tx, incident_id: UUID) -> dict[UUID, int]:
    """Return how many places nobody has been sent to by themselves, by area. A visit on the list goes out at its own hour."""
    rows = await tx.fetch(
        """
        select area_id, count(*) as places from alarms where incident_id = $1 and state in ('open', 'claimed') and not visit
        group by area_id order by area_id
        """,
        incident_id,
    )
    return {row["area_id"]: row["places"] for row in rows}


async def save_progress(tx: Tx, incident_id: UUID, progress: IncidentProgress) -> None:
    """Write how far an incident has been told on. Its acknowledgement is another column."""
    await tx.execute(
        "update incidents set step = $2, next_at = $3, red_at = $4 where incident_id = $1",
        incident_id, progress.step, progress.next_at, progress.red_at,
    )  # fmt: skip


async def acknowledge(tx: Tx, incident_id: UUID, by: str, now: datetime) -> None:
    """Write that *by* sees to an incident that is not checked in time."""
    await tx.execute(
        "update incidents set acknowledged_at = $3, acknowledged_by = $2 where incident_id = $1", incident_id, by, now
    )


class ToldIncident(NamedTuple):
    """An incident that a phone was asked to see to, with its area's code if it has one."""

    incident_id: UUID
    org: str
    area: str | None
    link: str
    is_open: bool


async def told_to(tx: Tx, phone: str, sender: str, until: datetime) -> ToldIncident | None:
    """Return the incident that *phone* was last asked to see to, at *until* or before and within a day; one that is open first."""
    row = await tx.fetchrow(
        """
        select i.incident_id, i.org, e.code, i.link, i.closed_at is null
        from messages m join incidents i using (incident_id) left join areas e on e.area_id = i.area_id
        where m.phone = $1 and m.sender = $2 and m.wording = 'incident_lead' and m.created_at <= $3
            and m.created_at > $3::timestamptz - interval '24 hours'
        order by i.closed_at is null desc, m.created_at desc limit 1
        """,
        phone, sender, until,
    )  # fmt: skip
    return ToldIncident(*row) if row else None


class RedIncident(NamedTuple):
    """An incident that is not checked in time, and that nobody at a board has acknowledged, with its area's code if it has one."""

    incident_id: UUID
    number: int
    link: str
    area: str | None
    town: str
    places: int
    since: datetime


async def red_incidents(tx: Tx) -> list[RedIncident]:
    """Return the red incidents that the viewer may see, the oldest first, each with how many places of it wait."""
    rows = await tx.fetch(
        f"""
        select i.incident_id, i.number, i.link, e.code as area, o.name as town, i.red_at as since,
            (select count(*) from alarms a where a.incident_id = i.incident_id and a.state in ('open', 'claimed') and not a.visit) as places
        from incidents i join organisations o using (org) left join areas e on e.area_id = i.area_id
        where {IS_RED} order by i.red_at, i.number
        """  # noqa: S608 -- our own constant
    )
    return [RedIncident(**row) for row in rows]


async def count_places_left(tx: Tx, incident_id: UUID) -> int:
    """Return how many places are still to be checked, those included that the viewer may not see."""
    left: int = await tx.fetchval("select places_left($1)", incident_id)
    return left


@dataclass(frozen=True, slots=True)
class IncidentAlarm:
    """One alarm of an incident, with its resident's card. ``times`` are those of the checks that failed, or of the look that a visit replaces."""

    alarm_id: UUID
    case_no: int
    kind: str
    reason: str | None
    state: str
    outcome: str | None
    area: str
    card: ResidentCard
    times: tuple[datetime, ...]


async def places(tx: Tx, incident_id: UUID) -> list[IncidentAlarm]:
    """Return the incident's alarms with their residents: by area, then the highest risk first."""
    return await _places(tx, "a.incident_id = $1", incident_id)


async def alike_places(tx: Tx, org: str, kind: str, area: str) -> list[IncidentAlarm]:
    """Return the alarms of a kind that nobody has accepted, with their residents, of the area with that code; empty: of all."""
    where = "a.org = $1 and a.kind = $2 and $3 in ('', e.code) and a.state = any ($4) and a.lane = 'real' and a.priority > 1 and not a.visit"
    return await _places(tx, where, org, kind, area, list(LISTED))


async def links_of_open(tx: Tx) -> dict[UUID, str]:
    """Return the links of the lists of the open incidents that the viewer may see."""
    rows = await tx.fetch("select incident_id, link from incidents where closed_at is null")
    return {row["incident_id"]: row["link"] for row in rows}


async def _places(tx: Tx, where: str, *values: object) -> list[IncidentAlarm]:
    rows = await tx.fetch(
        f"""
        select a.alarm_id, a.case_no, a.kind, a.reason, a.state, a.outcome, e.code as area, {CARD_COLUMNS},
            array(select c.opens_at from checks c where c.alarm_id = a.alarm_id or c.check_id = a.instead_of order by c.opens_at) as times
        from alarms a join areas e using (area_id) join residents r using (resident_id)
        where {where}
        order by e.code, r.risk, r.number
        """,  # noqa: S608 -- our own columns and conditions
        *values,
    )
    own = ("alarm_id", "case_no", "kind", "reason", "state", "outcome", "area")
    return [
        IncidentAlarm(**{name: row[name] for name in own}, card=card_of(row), times=tuple(row["times"])) for row in rows
    ]


async def mark_told(tx: Tx, incident_id: UUID, area_id: UUID, places: int, now: datetime) -> None:
    """Write how many places the area's staff have been told of."""
    await tx.execute(
        "update incidents set told = told || jsonb_build_object($2::text, $3::jsonb) where incident_id = $1",
        incident_id, str(area_id), {"places": places, "at": now},
    )  # fmt: skip


async def close(tx: Tx, incident_id: UUID, by: str, reason: str | None, now: datetime) -> None:
    """Write that the incident is over, by whom it was closed, and why."""
    await tx.execute(
        "update incidents set closed_at = $4, closed_by = $2, closed_reason = $3 where incident_id = $1 and closed_at is null",
        incident_id, by, reason, now,
    )  # fmt: skip


async def closer_of(tx: Tx, incident_id: UUID) -> str:
    """Return the name of the person who has ended the incident; empty for nobody, and for the service."""
    name: str | None = await tx.fetchval(
        "select u.name from incidents i join users u on u.user_id::text = i.closed_by where i.incident_id = $1",
        incident_id,
    )
    return name or ""


async def is_ticked_through(tx: Tx, incident_id: UUID, before: datetime) -> bool:
    """Tell whether the incident has places, each of them ticked, and the last of its alarms opened before *before*."""
    through: bool = await tx.fetchval(
        "select coalesce(bool_and(state = 'closed' and opened_at < $2), false) from alarms where incident_id = $1",
        incident_id, before,
    )  # fmt: skip
    return through


async def reopen_unticked(tx: Tx, since: datetime) -> list[Incident]:
    """Open anew the incidents, closed at *since* or later, that a place has come to as they ended; return them."""
    rows = await tx.fetch(
        f"""
        update incidents i set closed_at = null, closed_by = null, closed_reason = null
        where i.closed_at >= $1 and exists (select from alarms a where a.incident_id = i.incident_id and a.state <> 'closed')
        returning {_FIELDS}
        """,  # noqa: S608 -- our own constant
        since,
    )
    return [Incident(**row) for row in rows]


async def recent_returns(tx: Tx, within: timedelta) -> dict[str, datetime]:
    """Return when each town that the service has come back to did so, of those returns that are newer than *within*."""
    rows = await tx.fetch(
        "select job, last_at from jobs where job like 'returned:%' and last_at > clock.now() - $1::interval", within
    )
    return {row["job"].removeprefix("returned:"): row["last_at"] for row in rows}
