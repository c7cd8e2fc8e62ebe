"""Alarms with dispatch and notices: rows to core values and back, the next one due, case numbers, the red board.

No other module writes a body, and each one that reads one does so by :func:`from_body` or :func:`from_text`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from alarm_center.core.alarm import Alarm, AlarmState, Notice, NoticeState
from alarm_center.core.plan import Wording
from alarm_center.store.memory import Row, Tx, is_page
from schemas.vocabulary import Channel, Priority, Who

_BODY: Final = TypeAdapter(Alarm)
"""The whole value as JSON: columns beside it are only what queries and constraints need."""

_NOTICE: Final = (
    "notice_id, dispatch_id, round, step, who, channel, wording, phone, shift_id, patrol, asked_at, state, answered_at,"
    " done_at"
)


def from_body(body: Any) -> Alarm:
    """Return the alarm that the ``body`` of its row is, without its notices: they are rows of their own."""
    return _BODY.validate_python(body)


@lru_cache(maxsize=1000)
def from_text(body: str) -> Alarm:
    """Return the same of a ``body`` as text. Of a thousand bodies the value is kept: the board reads every open alarm at each change of one."""
    return from_body(json.loads(body))


def _alarm(row: Row, notices: list[Any]) -> Alarm:
    alarm = from_body(row["body"])
    if alarm.dispatch is None:
        return alarm
    mine = tuple(notice_of(n) for n in notices if n["dispatch_id"] == alarm.dispatch.dispatch_id)
    return replace(alarm, dispatch=replace(alarm.dispatch, notices=mine))


def notice_of(row: Row) -> Notice:
    """Return the notice that a row with its columns is."""
    return Notice(
        notice_id=row["notice_id"],
        round=row["round"],
        step=row["step"],
        who=Who(row["who"]),
        channel=Channel(row["channel"]),
        wording=Wording(row["wording"]),
        phone=row["phone"],
        shift_id=row["shift_id"],
        patrol=row["patrol"],
        asked_at=row["asked_at"],
        state=NoticeState(row["state"]),
        answered_at=row["answered_at"],
        done_at=row["done_at"],
    )


async def _whole(tx: Tx, row: Row | None) -> Alarm | None:
    if row is None:
        return None
    notices = await tx.fetch(
        f"select {_NOTICE} from notices where alarm_id = $1 order by asked_at, round, step",  # noqa: S608 -- our own constant
        row["alarm_id"],
    )
    return _alarm(row, notices)


async def lock(tx: Tx, alarm_id: UUID) -> Alarm | None:
    """Return the alarm with all that hangs on it, locked; ``None`` if there is none that this role may see."""
    return await _whole(
        tx, await tx.fetchrow("select alarm_id, body from alarms where alarm_id = $1 for update", alarm_id)
    )


async def lock_due(tx: Tx) -> UUID | None:
    """Lock the alarm that has waited longest past its next step; return its id. Rows that others have locked are skipped.

    Only the id: a row that cannot be read must still be known by name, or it would stand before all others for ever.
    """
    alarm_id: UUID | None = await tx.fetchval(
        """
        select alarm_id from alarms where next_step_at <= clock.now()
        order by next_step_at limit 1 for update skip locked
        """
    )
    return alarm_id


async def lock_open(tx: Tx, resident_id: UUID) -> Alarm | None:
    """Return the resident's open case, locked: later evidence joins it."""
    return await _whole(
        tx,
        await tx.fetchrow(
            """
            select alarm_id, body from alarms where resident_id = $1 and state <> 'closed' and not visit and lane <> 'test' for update
            """,
            resident_id,
        ),
    )


async def lock_open_in_turn(tx: Tx, resident_id: UUID) -> Alarm | None:
    """Take the resident's turn to raise an alarm, and return the open case, locked, as whoever had the turn before has left it.

    The index allows one open case; two transactions that would open one wait for each other here.
    """
    return await _whole(tx, await tx.fetchrow("select alarm_id, body from lock_open_case($1)", resident_id))


async def lock_case_turn(tx: Tx, resident_id: UUID) -> None:
    """Lock the resident's turn to raise an alarm: the index allows one open case, and two transactions wait for each other here."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('case'), hashtext($1))", str(resident_id))


async def resident_of(tx: Tx, alarm_id: UUID) -> UUID | None:
    """Return the resident whom an alarm is about; ``None`` if it is about none, or none that this role may see."""
    resident_id: UUID | None = await tx.fetchval("select resident_id from alarms where alarm_id = $1", alarm_id)
    return resident_id


_FIXED: Final[Mapping[str, Callable[[Alarm], Any]]] = MappingProxyType(
    {
        "alarm_id": lambda alarm: alarm.alarm_id,
        "org": lambda alarm: alarm.org,
        "area_id": lambda alarm: alarm.area_id,
        "resident_id": lambda alarm: alarm.resident_id,
        "device_id": lambda alarm: alarm.device_id,
        "case_no": lambda alarm: alarm.case_no,
        "visit": lambda alarm: alarm.visit,
        "lane": lambda alarm: alarm.policy.lane,
        "opened_at": lambda alarm: alarm.opened_at,
    }
)
_CHANGING: Final[Mapping[str, Callable[[Alarm], Any]]] = MappingProxyType(
    {
        "kind": lambda alarm: alarm.kind,
        "priority": lambda alarm: alarm.priority,
        "reason": lambda alarm: alarm.reason,
        "state": lambda alarm: alarm.state,
        "condition": lambda alarm: alarm.condition,
        "next_step_at": lambda alarm: alarm.next_step_at,
        "seeks": lambda alarm: alarm.seeks,
        "arrive_by": lambda alarm: alarm.limits.arrive_by,
        "accepted_at": lambda alarm: alarm.accepted_at,
        "staff_inside": lambda alarm: alarm.staff_inside,
        "done_at": lambda alarm: alarm.done_at,
        "holder": lambda alarm: alarm.lease.holder,
        "lease_until": lambda alarm: alarm.lease.until,
        "troubled": lambda alarm: bool(alarm.unacknowledged),
        "incident_id": lambda alarm: alarm.incident_id,
        "outcome": lambda alarm: alarm.outcome,
        "closed_by": lambda alarm: alarm.closed_by,
        "closed_at": lambda alarm: alarm.closed_at,
        "body": lambda alarm: _body(alarm),
    }
)
"""Each column of a case, and the fact of the value that it is: whatever SQL needs to know of an alarm stands here."""

COLUMNS: Final = MappingProxyType({**_FIXED, **_CHANGING})
_INSERT: Final = f"""
    insert into alarms ({", ".join(COLUMNS)}, instead_of)
    values ({", ".join(f"${n}" for n in range(1, len(COLUMNS) + 2))})
"""  # noqa: S608 -- our own names
_UPDATE: Final = f"""
    update alarms set {", ".join(f"{column} = ${n}" for n, column in enumerate(_CHANGING, 3))},
        note = coalesce($2, note), red_at = case when ${list(_CHANGING).index("state") + 3} = 'closed' then null else red_at end
    where alarm_id = $1
"""  # noqa: S608 -- our own names


class NoticeLink(NamedTuple):
    """The link of a notice, and whether its phone works for several towns."""

    token: str
    several_towns: bool


async def add(tx: Tx, alarm: Alarm, *, instead_of: UUID | None = None) -> Mapping[UUID, NoticeLink]:
    """Insert a new alarm; for a visit, with the check *instead_of* which it is made. Return the links of its notices, as `save` does."""
    await tx.execute(_INSERT, *(fact(alarm) for fact in COLUMNS.values()), instead_of)
    return await _save_notices(tx, None, alarm)


async def save(tx: Tx, before: Alarm, after: Alarm, note: str | None = None) -> Mapping[UUID, NoticeLink]:
    """Write what the decision changed, notices included; the row is locked.

    Return the links that the database has made for the notices written, by their ids; none to a page, which may not have them.
    """
    if after == before:
        return {}
    await tx.execute(_UPDATE, after.alarm_id, note, *(fact(after) for fact in _CHANGING.values()))
    return await _save_notices(tx, before, after)


def _body(alarm: Alarm) -> Any:
    """Return the value as JSON, without the notices: they are rows of their own."""
    if alarm.dispatch is not None:
        alarm = replace(alarm, dispatch=replace(alarm.dispatch, notices=()))
    return _BODY.dump_python(alarm, mode="json")


_SAVE_NOTICES: Final = """
    insert into notices (notice_id, org, alarm_id, dispatch_id, round, step, who, shift_id, phone, patrol, channel,
        wording, asked_at, state, answered_at, done_at, closed_at)
    select notice_id, $1, $2, $3, round, step, who, shift_id, phone, patrol, channel, wording, asked_at, state, answered_at, done_at, $4
    from unnest($5::uuid[], $6::int[], $7::int[], $8::text[], $9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[],
        $14::timestamptz[], $15::text[], $16::timestamptz[], $17::timestamptz[])
        n (notice_id, round, step, who, shift_id, phone, patrol, channel, wording, asked_at, state, answered_at, done_at)
    on conflict (notice_id) do update set round = excluded.round, state = excluded.state, answered_at = excluded.answered_at,
        done_at = excluded.done_at,
        closed_at = coalesce(notices.closed_at, excluded.closed_at)
"""
_NOTICE_FIELDS: Final = (
    "notice_id", "round", "step", "who", "shift_id", "phone", "patrol", "channel", "wording", "asked_at", "state", "answered_at", "done_at"
)  # fmt: skip


async def _save_notices(tx: Tx, before: Alarm | None, after: Alarm) -> Mapping[UUID, NoticeLink]:
    if after.dispatch is None:
        return {}
    known = set(before.dispatch.notices) if before and before.dispatch else set()
    closed_at = after.closed_at if after.state is AlarmState.CLOSED else None
    changed = [notice for notice in after.dispatch.notices if notice not in known or closed_at is not None]
    if not changed:
        return {}
    lists = [[getattr(notice, name) for notice in changed] for name in _NOTICE_FIELDS]
    values = (after.org, after.alarm_id, after.dispatch.dispatch_id, closed_at, *lists)
    if is_page(tx):
        await tx.execute(_SAVE_NOTICES, *values)
        return {}
    rows = await tx.fetch(f"{_SAVE_NOTICES} returning notice_id, token, serves_several(phone)", *values)
    return {row["notice_id"]: NoticeLink(row["token"], row["serves_several"]) for row in rows}


async def link_of(tx: Tx, notice_id: UUID) -> NoticeLink:
    """Return the link of a notice."""
    row = await tx.fetchrow("select token, serves_several(phone) from notices where notice_id = $1", notice_id)
    assert row is not None, "it was saved before"
    return NoticeLink(*row)


async def turn_red(tx: Tx, alarm_id: UUID, now: datetime) -> None:
    """Write that every chain is exhausted: the board is red and the heartbeat fails until somebody has the alarm.

    An exercise turns no board red.
    """
    await tx.execute(
        "update alarms set red_at = coalesce(red_at, $2) where alarm_id = $1 and lane <> 'training'", alarm_id, now
    )


async def calm(tx: Tx, alarm_id: UUID) -> None:
    """Write that a person sees to every trouble of the alarm: the board is red no longer."""
    await tx.execute("update alarms set red_at = null where alarm_id = $1", alarm_id)


class TakenCase(NamedTuple):
    """A case that a phone has taken."""

    case_no: int
    priority: int


async def last_taken_by(tx: Tx, phone: str, but: UUID) -> TakenCase | None:
    """Return the open alarm that a phone took last, other than *but*."""
    row = await tx.fetchrow("select case_no, priority from taken_by($1, $2)", phone, but)
    return TakenCase(row["case_no"], row["priority"]) if row else None


async def staff_inside(tx: Tx, resident_id: UUID) -> bool:
    """Tell whether staff are with the resident now, or with the one who shares the bed: no device there wakes."""
    there: bool = await tx.fetchval(
        """
        select exists (select from alarms where resident_id = any (bed_of($1)) and staff_inside)
        """,
        resident_id,
    )
    return there


async def priority_of(tx: Tx, alarm_id: UUID | None) -> Priority | None:
    """Return the priority of an alarm, ``None`` for none."""
    priority = await tx.fetchval("select priority from alarms where alarm_id = $1", alarm_id)
    return None if priority is None else Priority(priority)


async def empty_note(tx: Tx, org: str, alarm_id: str) -> bool:
    """Take the words out of the alarm's note; false if the town has no such alarm. One that has to have a note has a dash."""
    done = await tx.execute(
        "update alarms set note = case outcome when 'other' then '–' end where org = $1 and alarm_id::text = $2",
        org, alarm_id,
    )  # fmt: skip
    return done != "UPDATE 0"
