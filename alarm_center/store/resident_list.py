"""Rows of the residents' list, and the facts that one resident's supervision stands on; of everybody in a few statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Final
from uuid import UUID

from alarm_center.core.supervision import DecisionFacts, SupervisionFacts
from alarm_center.store import consents
from alarm_center.store.memory import Row, Tx
from schemas.vocabulary import CancelReason


@dataclass(frozen=True, slots=True)
class ResidentLine:
    """One resident of the list; ``times`` are tonight's, from the evening on."""

    resident_id: UUID
    org: str
    number: int
    name: str
    address: str
    area: str
    risk: int
    cohabitant: str | None
    """The name of the one who lives there too, or shares the bed."""
    protected: bool
    """Protected identity: the address stands in no list, and the name in no file."""
    times: tuple[time, ...]
    facts: SupervisionFacts


# Each: $1 towns, $2 their nights, $3 these residents alone; null: all that the viewer sees. They are joined in Python: without
# statistics of the policies' rows the server joins thousands by thousands in loops.

_HOMES: Final = """
    select r.resident_id, r.org, r.number, r.name, r.address, e.code as area, r.risk, r.protected,
        coalesce(r.cohabitant, (select case when o.protected and not sees_protected(o.org) then '' else o.name end from residents o
            where r.bed_id is not null and o.bed_id = r.bed_id and o.resident_id <> r.resident_id)) as cohabitant
    from residents r join unnest($1::text[], $2::date[]) as t (org, night) using (org) join areas e using (area_id)
    where r.moved_at is null and r.died_at is null and ($3::uuid[] is null or r.resident_id = any ($3))
    order by name_order(r.name), r.resident_id
"""

_TIMED: Final = """
    select s.resident_id, bool_and(s.by_visit) as only_visits,
        coalesce(array_agg(s.local_time order by s.local_time < '12:00', s.local_time) filter (
            where s.valid_from <= t.night and extract(isodow from t.night)::int - 1 = any (s.weekdays)), '{}') as times
    from slots s join unnest($1::text[], $2::date[]) as t (org, night) using (org)
    where (s.valid_until is null or (s.valid_until > t.night and s.valid_until > s.valid_from))
        and ($3::uuid[] is null or s.resident_id = any ($3))
    group by s.resident_id
"""

# As fjt.gate asks it.
_DECIDED: Final = """
    select b.resident_id, bool_or(b.starts_on <= t.night) as begun,
        bool_or(b.starts_on <= t.night and (b.ends_on is null or t.night <= b.ends_on)) as holds,
        bool_or(b.starts_on <= t.night and (b.ends_on is null or t.night <= b.ends_on) and (b.trial_ends_on is null
            or t.night <= b.trial_ends_on or coalesce(b.after_trial in ('goes_on', 'carried_over'), false))) as tried,
        min(b.starts_on) as starts_on, max(b.ends_on) as ends_on, max(b.trial_ends_on) as trial_ends_on
    from decisions b join unnest($1::text[], $2::date[]) as t (org, night) using (org)
    where $3::uuid[] is null or b.resident_id = any ($3)
    group by b.resident_id
"""

_PAUSED: Final = """
    select distinct on (p.resident_id) p.resident_id, least(p.to_at, p.ended_at) as until, p.reason
    from pauses p join unnest($1::text[], $2::date[]) as t (org, night) using (org)
    where p.from_at <= clock.now() and p.to_at > clock.now() and least(p.to_at, p.ended_at) > clock.now() and ($3::uuid[] is null or p.resident_id = any ($3))
    order by p.resident_id, least(p.to_at, p.ended_at) desc
"""

_DARK_BESIDE: Final = """
    select r.resident_id from pauses p join residents o using (resident_id)
    join residents r on r.bed_id = o.bed_id and r.resident_id <> o.resident_id
    where o.bed_id is not null and o.moved_at is null and o.died_at is null and p.reason in ('pause_own_wish', 'pause_guests')
        and p.from_at <= clock.now() and p.to_at > clock.now() and least(p.to_at, p.ended_at) > clock.now() and ($1::uuid[] is null or r.resident_id = any ($1))
"""

_EQUIPPED: Final = """
    select s.resident_id, bool_or(s.kind = 'camera') as camera, bool_or(s.kind = 'sensors') as sensors
    from unnest($1::text[], $2::date[]) as t (org, night) join (
        select d.org, d.resident_id, d.kind from devices d where d.resident_id is not null
        union all
        select d.org, o.resident_id, d.kind from residents r join devices d using (resident_id)
            join residents o on o.bed_id = r.bed_id and o.resident_id <> r.resident_id
        where r.bed_id is not null and r.moved_at is null and r.died_at is null
    ) s using (org)
    where $3::uuid[] is null or s.resident_id = any ($3)
    group by s.resident_id
"""


async def listed_residents(
    tx: Tx, nights: Mapping[str, date], among: Collection[UUID] | None = None
) -> list[ResidentLine]:
    """Return the residents whom the viewer sees in the towns of *nights*, by name; ``among``: of these alone."""
    asked = (list(nights), list(nights.values()), None if among is None else list(among))
    lacking = defaultdict(list)
    for resident_id, each in await consents.lacking(tx, among):
        lacking[resident_id].append(each)
    agreed = await consents.agreed_devices(tx, among)
    timed, decided, paused, equipped = [
        {row["resident_id"]: row for row in await tx.fetch(statement, *asked)}
        for statement in (_TIMED, _DECIDED, _PAUSED, _EQUIPPED)
    ]
    dark = {row["resident_id"] for row in await tx.fetch(_DARK_BESIDE, asked[2])}
    found = []
    for home in await tx.fetch(_HOMES, *asked):
        whose = home["resident_id"]
        times, decision, pause, devices = (part.get(whose) for part in (timed, decided, paused, equipped))
        facts = SupervisionFacts(
            decisions=_decisions_of(decision),
            paused_until=pause["until"] if pause else None,
            pause_reason=CancelReason(pause["reason"]) if pause else None,
            has_times=times is not None,
            only_visits=bool(times and times["only_visits"]),
            has_device=devices is not None,
            camera_may_look=bool(devices and devices["camera"]) and "camera" in agreed.get(whose, ()),
            sensors_may_look=bool(devices and devices["sensors"]) and "sensors" in agreed.get(whose, ()),
            lacking=tuple(lacking[whose]),
            dark_beside=whose in dark,
        )
        found.append(ResidentLine(**home, times=tuple(times["times"]) if times else (), facts=facts))
    return found


def _decisions_of(row: Row | None) -> DecisionFacts:
    if row is None:
        return DecisionFacts()
    return DecisionFacts(**{name: value for name, value in row.items() if name != "resident_id"})
