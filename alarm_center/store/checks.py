"""Rows of checks and attempts: inserted, locked, saved; the next one due; planned ones found and given new rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from alarm_center.core import look_share
from alarm_center.core.check import ENDED, Attempt, AttemptState, Check, CheckState
from alarm_center.core.plan import Plan
from alarm_center.store import towns
from alarm_center.store.memory import Row, Tx
from schemas.vocabulary import Answer, CancelReason, Cause, GreenBy, Instead, Reason, Show

_KINDS: Final[Mapping[str, Any]] = {
    "green_by": GreenBy,
    "show": Show,
    "state": CheckState,
    "answer": Answer,
    "reason": Reason,
    "cancel_reason": CancelReason,
    "instead": Instead,
}
_OTHER_NAMES: Final[Mapping[str, str]] = {"staff_inside": "held"}
_FIELDS: Final[Mapping[str, str]] = {
    name: _OTHER_NAMES.get(name, name) for name in Check.__dataclass_fields__ if name != "attempts"
}
"""Each field of a check, and its column."""
_GIVEN: Final = (
    "check_id",
    "org",
    "resident_id",
    "device_id",
    "night",
    "slot_id",
    "opens_at",
    "closes_at",
    "seconds",
    "green_by",
    "show",
)
"""Columns that planning gives a check; no decision changes them, and no page may write them."""
CHANGING: Final = {name: column for name, column in _FIELDS.items() if name not in _GIVEN}
"""Each field of a check that decisions change, and its column."""

_ATTEMPT_FIELDS: Final = (
    "number",
    "cause",
    "opens_at",
    "closes_at",
    "seconds",
    "state",
    "session_id",
    "answer",
    "reason",
)
_ATTEMPT: Final = ", ".join(_ATTEMPT_FIELDS)

WITH_ATTEMPTS: Final = ", ".join(
    [
        *(f"c.{column} as c_{column}" for column in _FIELDS.values()),
        *(f"t.{name} as t_{name}" for name in _ATTEMPT_FIELDS),
    ]
)
"""The columns of a check (*c*) and, as a list each, those of its attempts (*t*); beside :data:`ATTEMPTS`."""
ATTEMPTS: Final = f"""
    cross join lateral (
        select {", ".join(f"array_agg(a.{name} order by a.number) as {name}" for name in _ATTEMPT_FIELDS)}
        from attempts a where a.check_id = c.check_id
    ) t
"""  # noqa: S608 -- our own names


def check_of(row: Row) -> Check:
    """Return the check of a row that has :data:`WITH_ATTEMPTS`."""
    lists = [row[f"t_{name}"] or () for name in _ATTEMPT_FIELDS]
    attempts = [dict(zip(_ATTEMPT_FIELDS, values, strict=True)) for values in zip(*lists, strict=True)]
    return _check({column: row[f"c_{column}"] for column in _FIELDS.values()}, attempts)


def _check(row: Row | Mapping[str, Any], attempts: Iterable[Row | Mapping[str, Any]]) -> Check:
    fields = {name: row[column] for name, column in _FIELDS.items()}
    for name, kind in _KINDS.items():
        if fields[name] is not None:
            fields[name] = kind(fields[name])
    return Check(**fields, attempts=tuple(_attempt(a) for a in attempts))


def _attempt(row: Row | Mapping[str, Any]) -> Attempt:
    return Attempt(
        number=row["number"],
        cause=Cause(row["cause"]),
        opens_at=row["opens_at"],
        closes_at=row["closes_at"],
        seconds=row["seconds"],
        state=AttemptState(row["state"]),
        session_id=row["session_id"],
        answer=Answer(row["answer"]) if row["answer"] else None,
        reason=Reason(row["reason"]) if row["reason"] else None,
    )


async def _attempts(tx: Tx, check_id: UUID) -> list[Any]:
    rows: list[Any] = await tx.fetch(
        f"select {_ATTEMPT} from attempts where check_id = $1 order by number",  # noqa: S608 -- our own constant
        check_id,
    )
    return rows


async def lock(tx: Tx, check_id: UUID) -> Check | None:
    """Return the check, locked until the transaction ends; ``None`` if there is none that this role may see."""
    row = await tx.fetchrow(
        f"select {', '.join(_FIELDS.values())} from checks where check_id = $1 for update",  # noqa: S608 -- our own names
        check_id,
    )
    return _check(row, await _attempts(tx, check_id)) if row else None


async def lock_unheld(tx: Tx, among: Collection[UUID]) -> bool:
    """Lock the checks without waiting for any; return false where somebody else holds some of them."""
    if not among:
        return True
    rows = await tx.fetch(
        "select check_id from checks where check_id = any ($1::uuid[]) order by check_id for update skip locked",
        list(among),
    )
    return len(rows) == len(among)


async def lock_due(tx: Tx) -> UUID | None:
    """Lock the check that has waited longest past its next step; return its id. Rows that others have locked are skipped.

    Only the id: a row that cannot be read must still be known by name, or it would stand before all others for ever.
    """
    check_id: UUID | None = await tx.fetchval(
        """
        select check_id from checks where next_step_at <= clock.now()
        order by next_step_at limit 1 for update skip locked
        """
    )
    return check_id


async def open_ids(tx: Tx, resident_id: UUID) -> list[UUID]:
    """Return the ids of the resident's checks that have not ended, in the order in which they open."""
    rows = await tx.fetch(
        "select check_id from checks where resident_id = $1 and next_step_at is not null order by opens_at, check_id",
        resident_id,
    )
    return [row["check_id"] for row in rows]


async def open_ids_beside(tx: Tx, resident_id: UUID) -> list[UUID]:
    """Return the same of the one who shares the resident's bed."""
    rows = await tx.fetch(
        """
        select check_id from checks where resident_id = any (bed_of($1)) and resident_id <> $1 and next_step_at is not null
        order by opens_at, check_id
        """,
        resident_id,
    )
    return [row["check_id"] for row in rows]


async def forbidden_open_ids(tx: Tx, resident_id: UUID) -> list[UUID]:
    """Return the ids of the checks in the resident's bed that have not ended and are with a device that may not look."""
    rows = await tx.fetch(
        """
        select check_id from checks c join devices d using (org, device_id)
        where c.resident_id = any (bed_of($1)) and next_step_at is not null and not is_agreed(c.resident_id, d.kind, false)
        order by opens_at, check_id
        """,
        resident_id,
    )
    return [row["check_id"] for row in rows]


async def lock_for_look(tx: Tx, check_id: UUID, session_id: str, began_at: datetime | None) -> list[UUID]:
    """Lock the check that a look was made for, and those of the one who shares the bed that it may answer too; return their ids.

    All in the order of their ids, in one statement. The others are those that were owed when the look began (``None``: now), or that
    had the session before.
    """
    rows = await tx.fetch(
        """
        select check_id from checks where check_id = any ($1::uuid || array(
            select o.check_id from checks c join residents r on r.resident_id = c.resident_id and r.bed_id is not null
                join checks o on o.resident_id = any (bed_of(c.resident_id)) and o.resident_id <> c.resident_id
                and o.device_id = c.device_id and o.org = c.org and o.opens_at between c.opens_at - interval '1 day' and c.opens_at + interval '1 day'
            where c.check_id = $1 and exists (
                select from attempts t where t.check_id = o.check_id and (t.session_id = $2
                    or t.state = 'owed' and t.opens_at <= coalesce($3, clock.now()) + interval '1 second'
                    and coalesce($3, clock.now()) < t.closes_at and o.next_step_at is not null))))
        order by check_id for update
        """,
        check_id, session_id, began_at,
    )  # fmt: skip
    return [row["check_id"] for row in rows]


class PlannedCheck(NamedTuple):
    """A check that a device has to make, and whether it knows of a fault by now."""

    check_id: UUID
    fault_known: bool


async def planned_for_device(tx: Tx, org: str, device_id: str, within: timedelta) -> list[PlannedCheck]:
    """Return the planned checks of a device that open *within* that time from now.

    One that was alarmed for its fault, or will be in time, knows of it.
    """
    rows = await tx.fetch(
        """
        select check_id, fault_known or next_step_at < opens_at as fault_known from checks
        where org = $1 and device_id = $2 and state = 'planned' and opens_at < clock.now() + $3::interval
        order by opens_at
        """,
        org, device_id, within,
    )  # fmt: skip
    return [PlannedCheck(row["check_id"], row["fault_known"]) for row in rows]


async def lock_open(tx: Tx, resident_id: UUID) -> None:
    """Lock the checks in the resident's bed that have not ended, always in one order; before the alarm, never after it."""
    await tx.execute(
        "select from checks where resident_id = any (bed_of($1)) and next_step_at is not null order by check_id for update",
        resident_id,
    )


async def state_of(tx: Tx, check_id: UUID) -> CheckState | None:
    """Return how far a check is; ``None`` if there is none that this role may see."""
    state = await tx.fetchval("select state from checks where check_id = $1", check_id)
    return None if state is None else CheckState(state)


async def begun_slots(tx: Tx, resident_id: UUID, night: date) -> frozenset[UUID]:
    """Return the resident's slots whose check on *night* is no longer just planned."""
    rows = await tx.fetch(
        "select distinct slot_id from checks where resident_id = $1 and night = $2 and state <> 'planned'", resident_id, night
    )  # fmt: skip
    return frozenset(row["slot_id"] for row in rows)


async def planned_ids_of_slot(tx: Tx, slot_id: UUID, first: date) -> list[UUID]:
    """Return the checks that a slot has made for the night *first* and later, and that have not begun."""
    rows = await tx.fetch(
        "select check_id from checks where slot_id = $1 and night >= $2 and state = $3 order by check_id",
        slot_id, first, CheckState.PLANNED,
    )  # fmt: skip
    return [row["check_id"] for row in rows]


async def refresh_planned_rule(tx: Tx, resident_id: UUID) -> None:
    """Write who may turn the planned checks in the resident's bed green, and what is shown of them, as plan and consents say now."""
    for each in await tx.fetchval("select bed_of($1)", resident_id):
        home = await towns.of_resident(tx, each)
        rows = await tx.fetch(
            """
            select c.check_id, c.night, c.slot_id, p.green_by = 'detector' and may_answer_alone(p.resident_id) as alone, p.show
            from checks c join plans p using (resident_id) where c.resident_id = $1 and c.state = 'planned'
            """,
            each,
        )
        alone = {
            row["check_id"]: row["show"] for row in rows if row["alone"] and not _is_for_people(each, row, home.plan)
        }
        await tx.execute(
            """
            with rule as (
                select r.check_id, case when a.check_id is null then 'operator' else 'detector' end as green_by, coalesce(a.show, 'always') as show
                from unnest($1::uuid[]) r (check_id) left join unnest($2::uuid[], $3::text[]) a (check_id, show) using (check_id)
            )
            update checks c set green_by = rule.green_by, show = rule.show from rule
            where c.check_id = rule.check_id and c.state = 'planned' and (c.green_by, c.show) is distinct from (rule.green_by, rule.show)
            """,
            [row["check_id"] for row in rows], list(alone), list(alone.values()),
        )  # fmt: skip


def _is_for_people(resident_id: UUID, row: Row, plan: Plan) -> bool:
    return look_share.is_for_people(resident_id, row["night"], row["slot_id"], plan.people_of_ten)


async def give_planned_to_device(tx: Tx, resident_id: UUID) -> None:
    """Let the planned checks in the resident's bed be made by the device that may look now, of two such by the camera."""
    await tx.execute(
        """
        with present as (
            select device_id from devices where resident_id = any (bed_of($1))
            order by is_agreed(resident_id, kind, false) desc, kind limit 1
        )
        update checks set device_id = (select device_id from present)
        where resident_id = any (bed_of($1)) and device_id is distinct from (select device_id from present)
            -- also those that are visits for want of a camera, and are looks again with the next (store/retirements.py)
            and (state = 'planned' or state = 'cancelled' and agreed_by = 'no_device' and opens_at > clock.now())
        """,
        resident_id,
    )


async def has_more_tonight(tx: Tx, check: Check) -> bool:
    """Tell whether the resident has another check to come this night: a technical alarm is more urgent without."""
    more: bool = await tx.fetchval(
        """
        select exists (select from checks where resident_id = $1 and night = $2 and opens_at > $3 and next_step_at is not null)
        """,
        check.resident_id,
        check.night,
        check.opens_at,
    )
    return more


async def insert_missing(tx: Tx, checks: Sequence[Check]) -> list[UUID]:
    """Insert the checks that are not there yet, with their attempts, by one statement however many; return the ids of the new ones.

    May be repeated: a check is owed once a resident, night and slot.
    """
    if not checks:
        return []
    rows = await tx.fetch(
        _INSERT,
        [{column: getattr(check, name) for name, column in _FIELDS.items()} for check in checks],
        [
            {"check_id": check.check_id, "org": check.org} | {name: getattr(each, name) for name in _ATTEMPT_FIELDS}
            for check in checks
            for each in check.attempts
        ],
    )
    return [row["check_id"] for row in rows]


_INSERT: Final = f"""
    with new as (
        insert into checks ({", ".join(_FIELDS.values())})
        select {", ".join(_FIELDS.values())} from jsonb_populate_recordset(null::checks, $1::jsonb)
        on conflict (resident_id, night, slot_id) do nothing returning check_id
    ),
    looks as (
        insert into attempts (check_id, org, {_ATTEMPT})
        select a.check_id, a.org, {", ".join("a." + each for each in _ATTEMPT_FIELDS)}
        from jsonb_populate_recordset(null::attempts, $2::jsonb) a join new using (check_id)
    )
    select check_id from new
"""  # noqa: S608 -- the names are the core's own fields


_MARKS: Final = ", ".join(f"{column} = ${n}" for n, column in enumerate(CHANGING.values(), 2))
_ENDED: Final = f"${len(CHANGING) + 2}"
_UPDATE: Final = f"""
    update checks set {_MARKS}, ended_at = case when {_ENDED}::timestamptz is not null then coalesce(ended_at, {_ENDED}) end
    where check_id = $1
"""  # noqa: S608 -- the names are the core's own fields


def _insert_attempts(first: int) -> str:
    """Return the statement that writes attempts: the check's id is its first parameter, the town and lists of the fields follow *first*."""
    kinds = ("int", "text", "timestamptz", "timestamptz", "int", "text", "text", "text", "text")
    lists = ", ".join(f"${first + n}::{kind}[]" for n, kind in enumerate(kinds, 1))
    return f"""
        insert into attempts (check_id, org, {_ATTEMPT})
        select $1::uuid, ${first}::text, {_ATTEMPT} from unnest({lists}) t ({_ATTEMPT})
        on conflict (check_id, number) do update set
            opens_at = excluded.opens_at, closes_at = excluded.closes_at,
            state = excluded.state, session_id = excluded.session_id, answer = excluded.answer, reason = excluded.reason
    """  # noqa: S608 -- our own names


_UPDATE_WITH_ATTEMPTS: Final = f"with changed as ({_UPDATE}) {_insert_attempts(len(CHANGING) + 3)}"


async def save(tx: Tx, before: Check, after: Check, now: datetime) -> None:
    """Write what the decision changed, attempts included, by one statement. The caller has locked the row."""
    if after == before:
        return
    ended_at = now if after.state in ENDED else None
    values = (after.check_id, *(getattr(after, name) for name in CHANGING), ended_at)
    if after.attempts == before.attempts:
        await tx.execute(_UPDATE, *values)
    else:
        known = set(before.attempts)
        await tx.execute(
            _UPDATE_WITH_ATTEMPTS, *values, after.org, *_lists([a for a in after.attempts if a not in known])
        )


def _lists(attempts: Iterable[Attempt]) -> list[list[Any]]:
    return [[getattr(attempt, name) for attempt in attempts] for name in _ATTEMPT_FIELDS]
