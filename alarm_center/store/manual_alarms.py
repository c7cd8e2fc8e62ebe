"""Alarms raised by hand: the reason of each, as a code and in the user's words; one row a form, however often sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.alarm import Alarm
from alarm_center.core.alarm.manual_alarm import ManualRequest
from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class ManualRaise:
    """One time that somebody raised the alarm, or added to it; ``who`` is their name where the viewer may know it."""

    raising_id: UUID
    who: str | None
    priority: int
    reason: str
    note: str | None
    raised_at: datetime


async def add(tx: Tx, raising_id: UUID, alarm: Alarm, wish: ManualRequest, user_id: UUID, now: datetime) -> None:
    """Insert the reason for which *user_id* raised *alarm*, or added to it."""
    await tx.execute(
        """
        insert into raisings (raising_id, org, alarm_id, user_id, priority, reason, note, raised_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        raising_id, alarm.org, alarm.alarm_id, user_id, wish.priority, wish.reason, wish.note, now,
    )  # fmt: skip


async def alarm_of(tx: Tx, raising_id: UUID) -> UUID | None:
    """Return the alarm that the form has raised already; ``None`` if it has raised none."""
    alarm_id: UUID | None = await tx.fetchval("select alarm_id from raisings where raising_id = $1", raising_id)
    return alarm_id


async def raises_of(tx: Tx, alarm_id: UUID) -> list[ManualRaise]:
    """Return each time that somebody raised the alarm or added to it, in order."""
    rows = await tx.fetch(
        """
        select g.raising_id, u.name as who, g.priority, g.reason, g.note, g.raised_at
        from raisings g left join users u using (user_id)
        where g.alarm_id = $1 order by g.raised_at, g.raising_id
        """,
        alarm_id,
    )
    return [ManualRaise(**row) for row in rows]


async def empty_note(tx: Tx, org: str, raising_id: str) -> bool:
    """Erase the note of a raising; false if the town has no such raising. A note that has to be there becomes a dash."""
    done = await tx.execute(
        "update raisings set note = case reason when 'other' then '–' end where org = $1 and raising_id::text = $2",
        org, raising_id,
    )  # fmt: skip
    return done != "UPDATE 0"
