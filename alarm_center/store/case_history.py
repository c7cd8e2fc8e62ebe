"""History of one case for `why`: rows of its checks, alarms, sessions, messages, replies, looks and lines. Reads only.

It also finds the case by its number or by the beginning of its id. `casework/case_report.py` puts the rows in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from alarm_center.store.memory import Tx

CASE_NO_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class NumberedAlarm:
    """An alarm that has had a case number; numbers go round."""

    alarm_id: UUID
    org: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class CaseId:
    """A check or an alarm, as ``what`` says."""

    what: str
    id: UUID


@dataclass(frozen=True, slots=True)
class AlarmHistory:
    """An alarm's row, with zone, area code, resident's number and incident's number."""

    alarm_id: UUID
    org: str
    case_no: int
    kind: str
    priority: int
    reason: str | None
    visit: bool
    state: str
    condition: str
    device_id: str | None
    opened_at: datetime
    body: Any
    """The stored value; :func:`alarm_center.store.alarms.from_body` reads it."""
    next_step_at: datetime | None
    holder: UUID | None
    lease_until: datetime | None
    outcome: str | None
    note: str | None
    closed_by: str | None
    closed_at: datetime | None
    red_at: datetime | None
    zone: str
    area: str
    resident: int | None
    incident: int | None
    now: datetime


@dataclass(frozen=True, slots=True)
class CheckHistory:
    """A check's row, with zone, area code, resident's number and the slot's own time."""

    check_id: UUID
    org: str
    device_id: str | None
    night: date
    state: str
    opens_at: datetime
    closes_at: datetime
    deadline: datetime | None
    green_by: str
    show: str
    answer: str | None
    reason: str | None
    seen_by: str | None
    rechecks_left: int
    retries_left: int
    ended_at: datetime | None
    cancel_reason: str | None
    instead: str | None
    agreed_by: str | None
    late: bool
    held: bool
    fault_known: bool
    next_step_at: datetime | None
    zone: str
    area: str
    resident: int
    local_time: time
    window_minutes: int
    now: datetime


@dataclass(frozen=True, slots=True)
class AttemptHistory:
    """One look that was owed or made."""

    check_id: UUID
    number: int
    cause: str
    state: str
    opens_at: datetime
    closes_at: datetime
    seconds: int
    answer: str | None
    reason: str | None
    session_id: str | None


@dataclass(frozen=True, slots=True)
class SessionHistory:
    """One session that came, with its finding."""

    session_id: str
    receipt: str
    refusal: str | None
    attempt: int | None
    received_at: datetime
    started_at: datetime | None
    answer: str | None
    reasons: list[str]
    people: int | None
    measures: Mapping[str, float]
    detector: str | None
    pictures: int


@dataclass(frozen=True, slots=True)
class CommandHistory:
    """One command to a device."""

    command_id: UUID
    kind: str
    asked_by: str
    attempt: int | None
    seconds: int
    ended: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeHistory:
    """One notice to a carer."""

    notice_id: UUID
    round: int
    step: int
    who: str
    patrol: str
    channel: str
    wording: str
    phone: str
    asked_at: datetime
    state: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageHistory:
    """One SMS or call, as the outbox has it."""

    message_id: UUID
    channel: str
    wording: str
    phone: str
    state: str
    rank: int
    created_at: datetime
    not_before: datetime
    valid_until: datetime
    lease_until: datetime | None
    claimed_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    sent_twice: bool
    provider: str | None
    provider_id: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class ReplyHistory:
    """One reply of a carer."""

    phone: str
    body: str
    received_at: datetime
    meaning: str
    seen_at: datetime | None
    patrol: str | None


@dataclass(frozen=True, slots=True)
class LookHistory:
    """One look of a person at the case's pictures; ``login`` is theirs where the viewer may know it."""

    kind: str
    user_id: UUID
    clear: bool
    began_at: datetime
    ended_at: datetime | None
    login: str | None


@dataclass(frozen=True, slots=True)
class LineHistory:
    """One line of the timeline, its data as stored."""

    at: datetime
    kind: str
    actor: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseParts:
    """Rows that belong to a case's alarms and checks, each kind in its own order."""

    attempts: list[AttemptHistory]
    sessions: list[SessionHistory]
    commands: list[CommandHistory]
    notices: list[NoticeHistory]
    messages: list[MessageHistory]
    replies: list[ReplyHistory]
    looks: list[LookHistory]
    lines: list[LineHistory]


async def alarms_by_case_no(tx: Tx, case_no: int) -> list[NumberedAlarm]:
    """Return the alarms that have had a case number, the newest first; numbers go round."""
    rows = await tx.fetch(
        "select alarm_id, org, opened_at from alarms where case_no = $1 order by opened_at desc limit 5", case_no
    )
    return [NumberedAlarm(**row) for row in rows]


async def cases_by_prefix(tx: Tx, prefix: str) -> list[CaseId]:
    """Return up to six checks and alarms whose id begins with *prefix*."""
    rows = await tx.fetch(
        """
        select 'check' as what, check_id as id from checks where check_id::text like $1 || '%'
        union all
        select 'alarm', alarm_id from alarms where alarm_id::text like $1 || '%'
        limit 6
        """,
        prefix,
    )
    return [CaseId(**row) for row in rows]


async def alarm_of_check(tx: Tx, check_id: UUID) -> UUID | None:
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


async def checks_of_alarm(tx: Tx, alarm_id: UUID) -> list[UUID]:
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


async def alarms(tx: Tx, ids: Sequence[UUID]) -> list[AlarmHistory]:
    """Return rows of alarms, with zone, area code, resident's number and incident's number."""
    rows = await tx.fetch(
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
    return [AlarmHistory(**row) for row in rows]


async def checks(tx: Tx, ids: Sequence[UUID]) -> list[CheckHistory]:
    """Return rows of checks, with zone, area code, resident's number and the slot's own time."""
    rows = await tx.fetch(
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
    return [CheckHistory(**row) for row in rows]


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
        select message_id, channel, wording, phone, state, rank, created_at,
            case when worded then not_before else created_at end as not_before, valid_until, lease_until, claimed_at,
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


async def case_parts(tx: Tx, alarm_ids: Sequence[UUID], check_ids: Sequence[UUID]) -> CaseParts:
    """Return the rows that belong to a case's alarms and checks."""
    found = {kind: await tx.fetch(question, list(alarm_ids), list(check_ids)) for kind, question in _QUESTIONS.items()}
    return CaseParts(
        attempts=[AttemptHistory(**row) for row in found["attempt"]],
        sessions=[SessionHistory(**row) for row in found["session"]],
        commands=[CommandHistory(**row) for row in found["command"]],
        notices=[NoticeHistory(**row) for row in found["notice"]],
        messages=[MessageHistory(**row) for row in found["message"]],
        replies=[ReplyHistory(**row) for row in found["reply"]],
        looks=[LookHistory(**row) for row in found["look"]],
        lines=[LineHistory(**row) for row in found["event"]],
    )
