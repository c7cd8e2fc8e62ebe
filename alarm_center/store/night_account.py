"""SQL of the account of a faulty night: the next step of each open case, and what was raised, closed, sent and called."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from alarm_center.store.memory import Tx


class WaitingStep(NamedTuple):
    """The next step of an open alarm, and how late it is: seconds, negative before its time."""

    alarm_id: UUID
    due_at: datetime
    late_s: float


async def waiting_steps(tx: Tx) -> list[WaitingStep]:
    """Return the next step of each open alarm; one without a step is late for ever."""
    rows = await tx.fetch(
        """
        select alarm_id, coalesce(next_step_at, '-infinity') as due_at,
            coalesce(extract(epoch from clock.now() - next_step_at)::float8, 'infinity') as late_s
        from alarms where state <> 'closed'
        """
    )
    return [WaitingStep(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class KeptAlarm:
    """An alarm as it is kept at the end."""

    alarm_id: UUID
    case_no: int
    priority: int
    state: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """An SMS or call as it is kept at the end; ``case_no`` is its alarm's."""

    channel: str
    state: str
    phone: str
    body: str
    wording: str
    provider_id: str | None
    sent_twice: bool
    error: str | None
    case_no: int | None
    alarm_id: UUID | None


async def kept_alarms(tx: Tx, org: str) -> list[KeptAlarm]:
    """Return every alarm of the town."""
    rows = await tx.fetch("select alarm_id, case_no, priority, state, outcome from alarms where org = $1", org)
    return [KeptAlarm(**row) for row in rows]


async def kept_messages(tx: Tx, org: str) -> list[KeptMessage]:
    """Return every message of the town, the oldest first."""
    rows = await tx.fetch(
        """
        select m.channel, m.state, m.phone, m.body, m.wording, m.provider_id, m.sent_twice, m.error, a.case_no, m.alarm_id
        from messages m left join alarms a using (alarm_id) where m.org = $1 order by m.created_at
        """,
        org,
    )
    return [KeptMessage(**row) for row in rows]


async def count_unsent(tx: Tx, org: str) -> int:
    """Return how many messages of the town are still to go out."""
    count: int = await tx.fetchval(
        "select count(*) from messages where org = $1 and state in ('queued', 'sending')", org
    )
    return count


async def free_residents(tx: Tx, org: str) -> list[UUID]:
    """Return the residents of the town without an open case."""
    rows = await tx.fetch(
        """
        select resident_id from residents r where org = $1 and not exists (
            select from alarms a where a.resident_id = r.resident_id and a.state <> 'closed')
        order by resident_id
        """,
        org,
    )
    return [row["resident_id"] for row in rows]
