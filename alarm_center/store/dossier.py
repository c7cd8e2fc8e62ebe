"""Everything that is kept of one case, row by row, for whoever has to understand it afterwards. Reads only."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from alarm_center.store.memory import Tx

Row = Mapping[str, Any]

CASE_NO_DIGITS: Final = 5


async def by_case_no(tx: "Tx[Any]", case_no: int) -> list[Row]:
    """Return the alarms that have had a case number, the newest first; numbers go round."""
    rows: list[Row] = await tx.fetch(
        "select alarm_id, org, opened_at from alarms where case_no = $1 order by opened_at desc limit 5", case_no
    )
    return rows


async def by_prefix(tx: "Tx[Any]", prefix: str) -> list[Row]:
    """Return up to six checks and alarms whose id begins with *prefix*."""
    rows: list[Row] = await tx.fetch(
        """
        select 'check' as what, check_id as id from checks where check_id::text like $1 || '%'
        union all
        select 'alarm', alarm_id from alarms where alarm_id::text like $1 || '%'
        limit 6
        """,
        prefix,
    )
    return rows


async def alarm_of_check(tx: "Tx[Any]", check_id: UUID) -> UUID | None:
    """Return the alarm that a check ended in, or the visit that came in its stead."""
    alarm_id: UUID | None = await tx.fetchval(
        """
        select coalesce(
            (select alarm_id from checks where check_id = $1),
            (select alarm_id from alarms where instead_of = $1 order by opened_at desc limit 1),
            (select alarm_id from events where check_id = $1 and alarm_id is not null order by at desc limit 1)
        )
        """,
        check_id,
    )
    return alarm_id


async def checks_of_alarm(tx: "Tx[Any]", alarm_id: UUID) -> list[UUID]:
    """Return the checks that an alarm is about: those that ended in it, raised it early, or were replaced by it."""
    rows = await tx.fetch(
        """
        select check_id from checks where alarm_id = $1
        union
        select instead_of from alarms where alarm_id = $1 and instead_of is not null
        union
        select check_id from events where alarm_id = $1 and check_id is not null
        """,
        alarm_id,
    )
    return [row["check_id"] for row in rows]


async def alarms(tx: "Tx[Any]", ids: Sequence[UUID]) -> list[Row]:
    """Return whole rows of alarms, with zone, area code, resident's number and incident's number."""
    rows: list[Row] = await tx.fetch(
        """
        select a.alarm_id, a.org, a.case_no, a.kind, a.priority, a.reason, a.visit, a.state, a.condition, a.device_id,
            a.opened_at, a.body, a.next_step_at, a.holder, a.lease_until, a.outcome, a.note, a.closed_by, a.closed_at,
            a.red_at, o.zone, e.code as area, r.number as resident, i.number as incident, clock.now() as now
        from alarms a join organisations o using (org) join areas e using (area_id)
        left join residents r using (resident_id) left join incidents i using (incident_id)
        where a.alarm_id = any ($1::uuid[]) order by a.opened_at
        """,
        list(ids),
    )
    return rows


async def checks(tx: "Tx[Any]", ids: Sequence[UUID]) -> list[Row]:
    """Return whole rows of checks, with zone, area code, resident's number and the slot's own time."""
    rows: list[Row] = await tx.fetch(
        """
        select c.check_id, c.org, c.device_id, c.night, c.state, c.opens_at, c.closes_at, c.deadline, c.green_by, c.show,
            c.answer, c.reason, c.seen_by, c.rechecks_left, c.retries_left, c.ended_at, c.cancel_reason, c.instead,
            c.agreed_by, c.late, c.held, c.fault_known, c.next_step_at, o.zone, e.code as area, r.number as resident, s.local_time, s.window_minutes, clock.now() as now
        from checks c join organisations o using (org) join residents r using (resident_id)
        join areas e on e.area_id = r.area_id join slots s using (slot_id)
        where c.check_id = any ($1::uuid[]) order by c.opens_at
        """,
        list(ids),
    )
    return rows


_QUESTIONS: Final[Mapping[str, str]] = {
    "attempt": """
        select check_id, number, cause, state, opens_at, closes_at, seconds, answer, reason, session_id from attempts
        where check_id = any ($2::uuid[]) and $1::uuid[] is not null order by check_id, number
    """,
    "session": """
        select session_id, receipt, refusal, attempt, received_at, started_at, answer, reasons, people, measures, detector,
            pictures
        from sessions where alarm_id = any ($1::uuid[]) or check_id = any ($2::uuid[]) order by received_at
    """,
    "command": """
        select command_id, kind, asked_by, attempt, seconds, ended, created_at, expires_at from commands
        where alarm_id = any ($1::uuid[]) or check_id = any ($2::uuid[]) order by created_at
    """,
    "notice": """
        select notice_id, round, step, who, patrol, channel, wording, phone, asked_at, state, answered_at from notices
        where alarm_id = any ($1::uuid[]) and $2::uuid[] is not null order by asked_at, round, step
    """,
    "message": """
        select message_id, channel, wording, phone, state, rank, created_at, not_before, valid_until, lease_until, claimed_at,
            sent_at, delivered_at, sent_twice, provider, provider_id, error
        from messages where alarm_id = any ($1::uuid[]) and $2::uuid[] is not null order by created_at
    """,
    "reply": """
        select r.phone, r.body, r.received_at, r.meaning, r.seen_at, n.patrol from replies r left join notices n using (notice_id)
        where r.alarm_id = any ($1::uuid[]) and $2::uuid[] is not null order by r.received_at
    """,
    "look": """
        select l.kind, l.user_id, l.clear, l.began_at, l.ended_at, u.login from looks l left join users u using (user_id)
        where l.alarm_id = any ($1::uuid[]) or l.check_id = any ($2::uuid[]) order by l.began_at
    """,
    "event": """
        select at, kind, actor, data from events where alarm_id = any ($1::uuid[]) or check_id = any ($2::uuid[]) order by tx, id
    """,
}
KINDS: Final = tuple(_QUESTIONS)
"""What :func:`rows` can be asked for."""


async def rows(tx: "Tx[Any]", kind: str, alarm_ids: Sequence[UUID], check_ids: Sequence[UUID]) -> list[Row]:
    """Return the rows of one *kind* that belong to the case."""
    found: list[Row] = await tx.fetch(_QUESTIONS[kind], list(alarm_ids), list(check_ids))
    return found
