"""Checks and their attempts: rows to values of the core and back."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from alarm_center.core.case import ENDED, Attempt, AttemptState, Check, CheckState
from alarm_center.store.memory import Tx
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
_FIELDS: Final = tuple(name for name in Check.__dataclass_fields__ if name != "attempts")
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
"""What planning gave it; no decision changes these, and no page may write them."""
_CHANGING: Final = tuple(name for name in _FIELDS if name not in _GIVEN)

_ATTEMPT: Final = "number, cause, opens_at, closes_at, seconds, state, session_id, answer, reason"


def _check(row: Mapping[str, Any], attempts: Iterable[Mapping[str, Any]]) -> Check:
    fields = {name: row[name] for name in _FIELDS}
    for name, kind in _KINDS.items():
        if fields[name] is not None:
            fields[name] = kind(fields[name])
    return Check(**fields, attempts=tuple(_attempt(a) for a in attempts))


def _attempt(row: Mapping[str, Any]) -> Attempt:
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


async def _attempts(tx: "Tx[Any]", check_id: UUID) -> list[Any]:
    rows: list[Any] = await tx.fetch(
        f"select {_ATTEMPT} from attempts where check_id = $1 order by number",  # noqa: S608 -- our own constant
        check_id,
    )
    return rows


async def lock(tx: "Tx[Any]", check_id: UUID) -> Check | None:
    """Return the check, held until the transaction ends; ``None`` if there is none that this role may see."""
    row = await tx.fetchrow(
        f"select {', '.join(_FIELDS)} from checks where check_id = $1 for update",  # noqa: S608 -- our own names
        check_id,
    )
    return _check(row, await _attempts(tx, check_id)) if row else None


async def lock_due(tx: "Tx[Any]") -> UUID | None:
    """Hold the check that has waited longest past its next step; return its id. Rows that others hold are skipped.

    Only the id: a row that cannot be read must still be known by name, or it would stand before all others for ever.
    """
    check_id: UUID | None = await tx.fetchval(
        """
        select check_id from checks where next_step_at <= clock.now()
        order by next_step_at limit 1 for update skip locked
        """
    )
    return check_id


async def coming(tx: "Tx[Any]", resident_id: UUID) -> list[UUID]:
    """Return the ids of the resident's checks that have not ended, in the order in which they open."""
    rows = await tx.fetch(
        "select check_id from checks where resident_id = $1 and next_step_at is not null order by opens_at, check_id",
        resident_id,
    )
    return [row["check_id"] for row in rows]


async def coming_forbidden(tx: "Tx[Any]", resident_id: UUID) -> list[UUID]:
    """Return those of them that are with a device that may not look."""
    rows = await tx.fetch(
        """
        select check_id from checks c join devices d using (org, device_id)
        where c.resident_id = $1 and next_step_at is not null and not may_look(c.resident_id, d.kind, false)
        order by opens_at, check_id
        """,
        resident_id,
    )
    return [row["check_id"] for row in rows]


async def coming_of_device(tx: "Tx[Any]", org: str, device_id: str, within: timedelta) -> list[tuple[UUID, bool]]:
    """Return what a device has to do *within* that time, and whether each check knows of a fault by now.

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
    return [(row["check_id"], row["fault_known"]) for row in rows]


async def lock_coming(tx: "Tx[Any]", resident_id: UUID) -> None:
    """Hold the resident's checks that have not ended, always in one order; before the alarm, never after it."""
    await tx.execute(
        "select from checks where resident_id = $1 and next_step_at is not null order by check_id for update",
        resident_id,
    )


async def more_tonight(tx: "Tx[Any]", check: Check) -> bool:
    """Whether the resident has another check to come this night: a technical alarm is more urgent without."""
    more: bool = await tx.fetchval(
        """
        select exists (select from checks where resident_id = $1 and night = $2 and opens_at > $3 and next_step_at is not null)
        """,
        check.resident_id,
        check.night,
        check.opens_at,
    )
    return more


async def plan(tx: "Tx[Any]", checks: Iterable[Check]) -> list[UUID]:
    """Insert the checks that are not there yet, with their attempts; return the ids of the new ones.

    May be repeated: a check is owed once a resident, night and slot.
    """
    made: list[UUID] = []
    names = (*_GIVEN, *_CHANGING)
    marks = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    for check in checks:
        found = await tx.fetchval(
            f"""
            insert into checks ({", ".join(names)}) values ({marks})
            on conflict (resident_id, night, slot_id) do nothing returning check_id
            """,  # noqa: S608 -- the names are the core's own fields
            *(getattr(check, name) for name in names),
        )
        if found is not None:
            await _save_attempts(tx, check)
            made.append(found)
    return made


async def save(tx: "Tx[Any]", before: Check, after: Check, now: datetime) -> None:
    """Write what the decision changed. The row is held by :func:`lock`."""
    if after == before:
        return
    marks = ", ".join(f"{name} = ${n}" for n, name in enumerate(_CHANGING, 2))
    ended_at = now if after.state in ENDED else None
    await tx.execute(
        f"""
        update checks set {marks}, ended_at = case when ${len(_CHANGING) + 2}::timestamptz is not null
            then coalesce(ended_at, ${len(_CHANGING) + 2}) end
        where check_id = $1
        """,  # noqa: S608 -- the names are the core's own fields
        after.check_id,
        *(getattr(after, name) for name in _CHANGING),
        ended_at,
    )
    if after.attempts != before.attempts:
        await _save_attempts(tx, after, before)


async def _save_attempts(tx: "Tx[Any]", check: Check, before: Check | None = None) -> None:
    known = set(before.attempts) if before else set()
    await tx.executemany(
        """
        insert into attempts (check_id, number, org, cause, opens_at, closes_at, seconds, state, session_id, answer, reason)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (check_id, number) do update set
            opens_at = excluded.opens_at, closes_at = excluded.closes_at,
            state = excluded.state, session_id = excluded.session_id, answer = excluded.answer, reason = excluded.reason
        """,
        [
            (check.check_id, a.number, check.org, a.cause, a.opens_at, a.closes_at, a.seconds, a.state, a.session_id,
             a.answer, a.reason)
            for a in check.attempts if a not in known
        ],
    )  # fmt: skip


async def join_alarm(tx: "Tx[Any]", check_id: UUID, alarm_id: UUID) -> None:
    """Write which alarm a check ended in."""
    await tx.execute("update checks set alarm_id = $2 where check_id = $1", check_id, alarm_id)


async def ledger(tx: "Tx[Any]", org: str, night: date) -> dict[str, int]:
    """Return how many of the night's checks are owed, and in which of their ends, or none."""
    row = await tx.fetchrow(
        """
        select count(*) as owed,
            count(*) filter (where state = 'seen') as seen,
            count(*) filter (where state = 'alarmed') as alarmed,
            count(*) filter (where state = 'cancelled') as cancelled,
            count(*) filter (where next_step_at is not null) as open
        from checks where org = $1 and night = $2
        """,
        org, night,
    )  # fmt: skip
    assert row is not None, "an aggregate has one row"
    return dict(row)
