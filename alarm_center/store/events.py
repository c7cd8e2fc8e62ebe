"""The timeline: lines added in the decision's own transaction, read below the horizon so that none is missed; its months.

A serial id alone loses the line that commits late: a writer that took id 7 may commit after the one that took 8, and a
reader that has seen 8 never looks at 7. So each line carries its transaction's ``xid8``, a reader takes only lines of
transactions below the oldest one still running, ordered by ``(tx, id)``, and that pair is the cursor
(docs/database.md#lines-in-order).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Self
from uuid import UUID

from alarm_center.core.alarm import Alarm
from alarm_center.core.check import Check
from alarm_center.store.memory import Row, Tx, now
from schemas import timeline

CHANNEL: Final = "fjt_events"
"""NOTIFY on it is a hint that there may be something new; the poll each second is the truth."""

_CURSOR: Final = re.compile(r"(\d{1,19})-(\d{1,18})")


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the timeline."""

    tx: int
    id: int

    def __str__(self) -> str:
        return f"{self.tx}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the cursor that *text* writes, or ``None``: an unknown cursor gets a whole fresh board."""
        match = _CURSOR.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline. Ids, codes and numbers only."""

    cursor: Cursor
    at: datetime
    org: str
    kind: str
    area_id: UUID | None
    check_id: UUID | None
    alarm_id: UUID | None
    resident_id: UUID | None
    device_id: str | None
    session_id: str | None
    actor: str | None
    data: Mapping[str, Any]
    """The payload as it is stored, which is what is sealed."""

    @property
    def payload(self) -> timeline.Payload | timeline.Unknown:
        """The content, typed by its kind."""
        return timeline.decode(self.kind, self.data)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One line to be written: its content, and all that it is about."""

    org: str
    payload: timeline.Payload
    area_id: UUID | None = None
    check_id: UUID | None = None
    alarm_id: UUID | None = None
    resident_id: UUID | None = None
    device_id: str | None = None
    session_id: str | None = None
    actor: str | None = None


def about_check(check: Check, area_id: UUID, payload: timeline.Payload, actor: str) -> NewEvent:
    """Return a line about *check*, whose resident lives in the area; and about a session, if the payload names one."""
    return NewEvent(
        check.org, payload, area_id=area_id, check_id=check.check_id, resident_id=check.resident_id,
        device_id=check.device_id, session_id=getattr(payload, "session_id", None), actor=actor,
    )  # fmt: skip


def about_alarm(alarm: Alarm, payload: timeline.Payload, actor: str | None, check_id: UUID | None = None) -> NewEvent:
    """Return a line about *alarm*, and about the check that it comes of."""
    return NewEvent(
        alarm.org, payload, area_id=alarm.area_id, alarm_id=alarm.alarm_id, check_id=check_id,
        resident_id=alarm.resident_id, device_id=alarm.device_id, actor=actor,
    )  # fmt: skip


COLUMNS: Final = "tx, id, at, org, kind, area_id, check_id, alarm_id, resident_id, device_id, session_id, actor, data"


def event_of(row: Row) -> Event:
    """Return the line in *row*, which has :data:`COLUMNS`."""
    fields = dict(row)
    return Event(cursor=Cursor(int(fields.pop("tx")), fields.pop("id")), **fields)


async def write(tx: Tx, at: datetime, event: NewEvent) -> None:
    """Add one line, in the transaction of the decision that it tells of."""
    await tx.execute(
        """
        insert into events (at, org, kind, data, area_id, check_id, alarm_id, resident_id, device_id, session_id, actor)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        at, event.org, event.payload.kind, timeline.encode(event.payload), event.area_id, event.check_id, event.alarm_id,
        event.resident_id, event.device_id, event.session_id, event.actor,
    )  # fmt: skip


async def notify(tx: Tx) -> None:
    """Tell every replica, by NOTIFY at the commit, that there may be something new."""
    await tx.execute("select pg_notify($1, '')", CHANNEL)


async def make_months(tx: Tx, count: int) -> list[str]:
    """Make the timeline's partitions of this month and the next ones, *count* in all; return their names."""
    # Two replicas that start together take turns.
    await tx.execute("select pg_advisory_xact_lock(hashtext('event months'))")
    first = (await now(tx)).date()
    names = []
    for ahead in range(count):
        year, month = divmod(first.year * 12 + first.month - 1 + ahead, 12)
        names.append(str(await tx.fetchval("select make_event_month($1)", date(year, month + 1, 1))))
    return names


async def lines_after(tx: Tx, cursor: Cursor, limit: int = 500) -> list[Event]:
    """Return the next lines past *cursor* that no running transaction can still come before."""
    rows = await tx.fetch(
        f"""
        select {COLUMNS} from events
        where (tx, id) > ($1::text::xid8, $2) and tx < pg_snapshot_xmin(pg_current_snapshot())
        order by tx, id limit $3
        """,  # noqa: S608 -- the columns are our own constant
        str(cursor.tx), cursor.id, limit,
    )  # fmt: skip
    return [event_of(row) for row in rows]


async def newest_cursor(tx: Tx) -> Cursor:
    """Return the horizon's cursor, where a fresh board begins to listen: every line below it is there, and none of them is past it.

    No line is read for it: the last one that the viewer may see can lie behind millions of others.
    """
    return Cursor(await tx.fetchval("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint"), 0)


async def of_case(tx: Tx, *, check_id: UUID | None = None, alarm_id: UUID | None = None) -> list[Event]:
    """Return a case's own timeline, oldest first; the reader's own uncommitted lines included."""
    rows = await tx.fetch(
        f"select {COLUMNS} from events where check_id = $1 or alarm_id = $2 order by tx, id",  # noqa: S608 -- as above
        check_id, alarm_id,
    )  # fmt: skip
    return [event_of(row) for row in rows]


async def of_cases(tx: Tx, check_ids: Sequence[UUID], alarm_ids: Sequence[UUID]) -> list[Event]:
    """Return the lines of several cases, oldest first."""
    rows = await tx.fetch(
        f"select {COLUMNS} from events where check_id = any ($1::uuid[]) or alarm_id = any ($2::uuid[]) order by tx, id",  # noqa: S608 -- as above
        list(check_ids), list(alarm_ids),
    )  # fmt: skip
    return [event_of(row) for row in rows]
