"""Detectors: their signs of life, and how many there are to judge a session."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from alarm_center.store.memory import Tx
from schemas.messages import DetectorStatus

HEARD_WITHIN: Final = timedelta(seconds=60)
"""A detector says that it is alive each 20 s; one that has been silent for so long is none."""


async def record_status(tx: Tx, status: DetectorStatus) -> None:
    """Keep a detector's sign of life, or its last will."""
    await tx.execute(
        """
        insert into detectors (detector_id, version, link, last_heard_at) values ($1, $2, $3, clock.now())
        on conflict (detector_id) do update
            set version = excluded.version, link = excluded.link, last_heard_at = excluded.last_heard_at
        """,
        status.detector_id,
        status.version,
        status.link,
    )


COUNT_ALIVE: Final = "select count(*) from detectors where link = 'up' and last_heard_at > clock.now() - {}::interval"
"""Question of how many detectors are there; :data:`HEARD_WITHIN` is its parameter."""


async def count_alive(tx: Tx) -> int:
    """Return how many detectors are there to judge a session."""
    count: int = await tx.fetchval(COUNT_ALIVE.format("$1"), HEARD_WITHIN)
    return count


@dataclass(frozen=True, slots=True)
class HomeWithoutJudge:
    """A home whose own judge is dead, as its newest status says, by the resident's number and the area's code."""

    number: int
    area: str


async def homes_without_judge(tx: Tx) -> list[HomeWithoutJudge]:
    """Return the homes that should judge by themselves and cannot now; one that is cut off says nothing, and is told as silent."""
    rows = await tx.fetch(
        """
        select r.number, e.code as area from devices d join residents r using (resident_id) join areas e using (area_id)
        where d.judge = 'home' and d.judge_ok is not true and d.link = 'up' and r.moved_at is null and r.died_at is null
        order by e.code, r.number
        """
    )
    return [HomeWithoutJudge(**row) for row in rows]


async def are_missed(tx: Tx) -> bool:
    """Return whether no detector is alive although one is needed: not where every home that the viewer sees judges by itself."""
    if await count_alive(tx):
        return False
    missed: bool = await tx.fetchval(
        """
        select exists (select from devices where resident_id is not null and judge = 'centre')
            or not exists (select from devices where resident_id is not null)
        """
    )
    return missed
