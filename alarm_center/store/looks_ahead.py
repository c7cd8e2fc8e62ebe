"""Looks of a night by their time, for the planner who chooses one: how many people are looked at at once."""

from collections.abc import Mapping
from datetime import date, time

from alarm_center.core.times_form import ten_minutes_of
from alarm_center.store.memory import Tx


async def looks_by_time(tx: Tx, org: str, night: date) -> Mapping[time, int]:
    """Return how many people of the town are looked at on *night*, by the ten minutes that they are looked at in."""
    rows = await tx.fetch(
        """
        select s.local_time, count(distinct s.resident_id) as people
        from slots s join residents r using (resident_id)
        where r.org = $1 and r.moved_at is null and r.died_at is null
            and not s.by_visit and s.valid_from <= $2 and (s.valid_until is null or s.valid_until > $2)
            and extract(isodow from $2::date)::int - 1 = any (s.weekdays)
        group by s.local_time
        """,
        org, night,
    )  # fmt: skip
    found: dict[time, int] = {}
    for row in rows:
        begins = ten_minutes_of(row["local_time"])
        found[begins] = found.get(begins, 0) + row["people"]
    return found
