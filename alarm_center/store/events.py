"""The timeline: lines added in the decision's own transaction, read below the horizon so that none is missed; its months.

A serial id alone loses the line that commits late: a writer that took id 7 may commit after the one that took 8, and a
reader that has seen 8 never looks at 7. So each line carries its transaction's ``xid8``, a reader takes only lines of
transactions below the oldest one still running, ordered by ``(tx, id)``, and that pair is the cursor
(docs/database.md#lines-in-order).
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple, Self, cast
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


class _LineAt(NamedTuple):
    at: datetime
    event: NewEvent


@dataclass(slots=True)
class _GatheringTx:
    """A transaction that keeps its lines until the end of a block; all else it passes on."""

    _tx: Tx
    lines: list[_LineAt] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def transaction(self) -> Any:
        raise AssertionError("a savepoint that is undone would leave its lines among those that are gathered")


@asynccontextmanager
async def gathered(tx: Tx) -> AsyncIterator[Tx]:
    """Return the transaction for a block whose lines are added by one statement at its end, in the order of their writing.

    They are in the same transaction, and their ids in the same order, as if each had been added at once. A block that raises
    adds none: its caller takes the transaction back.
    """
    if isinstance(tx, _GatheringTx):
        yield tx
        return
    gathering = _GatheringTx(tx)
    yield cast(Tx, gathering)
    if gathering.lines:
        await _add(tx, gathering.lines)


async def write(tx: Tx, at: datetime, event: NewEvent) -> None:
    """Add one line, in the transaction of the decision that it tells of; in a block of :func:`gathered` at its end."""
    line = _LineAt(at, event)
    if isinstance(tx, _GatheringTx):
        tx.lines.append(line)
    else:
        await _add(tx, [line])


async def _add(tx: Tx, lines: Sequence[_LineAt]) -> None:
    """Add lines, whose ids are in the order of *lines*: the numbers are drawn from rows that are sorted by then."""
    written = [each.event for each in lines]
    await tx.execute(
        """
        insert into events (at, org, kind, data, area_id, check_id, alarm_id, resident_id, device_id, session_id, actor)
        select at, org, kind, data, area_id, check_id, alarm_id, resident_id, device_id, session_id, actor
        from unnest($1::timestamptz[], $2::text[], $3::text[], $4::jsonb[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::text[],
            $10::text[], $11::text[]) with ordinality
            line (at, org, kind, data, area_id, check_id, alarm_id, resident_id, device_id, session_id, actor, place)
        order by place
        """,
        [each.at for each in lines], [each.org for each in written], [each.payload.kind for each in written],
        [timeline.encode(each.payload) for each in written], [each.area_id for each in written], [each.check_id for each in written],
        [each.alarm_id for each in written], [each.resident_id for each in written], [each.device_id for each in written],
        [each.session_id for each in written], [each.actor for each in written],
    )  # fmt: skip


async def notify(tx: Tx, sender: str = "") -> None:
    """Tell every replica but *sender*, by NOTIFY at the commit, that there may be something new."""
    await tx.execute("select pg_notify($1, $2)", CHANNEL, sender)


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
