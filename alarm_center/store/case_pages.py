"""Rows of one case's page: the alarm or the check, its notices, the carers' replies, and its sessions.

All under the viewer's own rights. Nothing here locks, and only :func:`mark_replies_seen` writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alarm_center.core.alarm import Alarm
from alarm_center.store import alarms
from alarm_center.store.memory import Row, Tx
from alarm_center.store.replies import PAGE
from alarm_center.store.residents import SHOWN_NAME
from alarm_center.store.shadow_nights import HIDDEN_WORD, JUDGED_BLIND, OPEN_WORD


@dataclass(frozen=True, slots=True)
class AlarmCase:
    """One alarm with its town, area and people. ``alarm.dispatch`` has no notices; :func:`notices` returns those."""

    alarm: Alarm
    zone: str
    handled_by: str
    area: str
    holder: str | None
    red_at: datetime | None
    note: str | None
    training: bool
    """It is an exercise: nobody real is in it."""


@dataclass(frozen=True, slots=True)
class CheckCase:
    """One check with its town, area and device."""

    check_id: UUID
    org: str
    zone: str
    area: str
    resident_id: UUID
    device_id: str | None
    opens_at: datetime
    deadline: datetime | None
    state: str
    answer: str | None
    reason: str | None
    hidden: bool
    """A person is to answer without the detector's word: it is not here."""
    late: bool
    alarm_id: UUID | None
    cancel_reason: str | None
    instead: str | None
    seen_by: str | None


@dataclass(frozen=True, slots=True)
class CaseNotice:
    """One notice, and how its SMS or call fared (``None`` until the outbox has it)."""

    notice_id: UUID
    patrol: str
    phone: str
    who: str
    channel: str
    wording: str
    asked_at: datetime
    state: str
    answered_at: datetime | None
    message: str | None
    sent_at: datetime | None
    delivered_at: datetime | None
    sent_twice: bool
    people: tuple[str, ...] = ()
    """People who had the phone, by their own codes, in order of names."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A carer's own words."""

    provider: str
    provider_id: str
    phone: str
    patrol: str | None
    body: str
    received_at: datetime
    meaning: str
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class SeenSession:
    """One session: what the detector made of it, but where that is hidden until a person has answered."""

    session_id: str
    check_id: UUID | None
    received_at: datetime
    started_at: datetime | None
    answer: str | None
    reasons: tuple[str, ...]
    people: int | None
    measures: Mapping[str, float]
    evidence: tuple[Mapping[str, Any], ...]
    detector: str | None
    pictures: int
    hidden: bool = False


async def alarm(tx: Tx, alarm_id: UUID) -> AlarmCase | None:
    """Return an alarm, open or closed; ``None`` if there is none that the viewer may see."""
    row = await tx.fetchrow(
        """
        select a.body, o.zone, o.handled_by, e.code as area, u.name as holder, a.red_at, a.note, e.training
        from alarms a
        join organisations o using (org)
        join areas e using (area_id)
        left join users u on u.user_id = a.holder
        where a.alarm_id = $1
        """,
        alarm_id,
    )
    if row is None:
        return None
    fields = dict(row)
    return AlarmCase(alarm=alarms.from_body(fields.pop("body")), **fields)


async def check(tx: Tx, check_id: UUID) -> CheckCase | None:
    """Return a check; ``None`` if there is none that the viewer may see."""
    row = await tx.fetchrow(
        f"""
        select c.check_id, c.org, o.zone, e.code as area, c.resident_id, c.device_id, c.opens_at,
            c.next_step_at as deadline, c.state, {OPEN_WORD}, c.late, c.alarm_id,
            c.cancel_reason, c.instead, c.seen_by
        from checks c
        join organisations o using (org)
        join residents r using (resident_id)
        join areas e on e.area_id = r.area_id
        {HIDDEN_WORD}
        where c.check_id = $1
        """,  # noqa: S608 -- our own words
        check_id,
    )
    return CheckCase(**row) if row else None


async def notices(tx: Tx, alarm_id: UUID) -> list[CaseNotice]:
    """Return the alarm's notices in order, and how the message of each fared."""
    rows = await tx.fetch(
        """
        select n.notice_id, n.patrol, n.phone, n.who, n.channel, n.wording, n.asked_at, n.state, n.answered_at,
            m.state as message, m.sent_at, m.delivered_at, coalesce(m.sent_twice, false) as sent_twice, array(
                select c.name from shift_people p join carers c using (carer_id)
                where p.shift_id = n.shift_id and n.state = 'took' order by c.name) as people
        from notices n
        left join lateral (
            select m.state, m.sent_at, m.delivered_at, m.sent_twice from messages m where m.notice_id = n.notice_id order by m.created_at limit 1
        ) m on true
        where n.alarm_id = $1
        order by n.asked_at, n.round, n.step
        """,
        alarm_id,
    )
    return [CaseNotice(**{**row, "people": tuple(row["people"])}) for row in rows]


async def replies(tx: Tx, alarm_id: UUID) -> list[Reply]:
    """Return the carers' replies about the alarm by SMS or key, oldest first; a word on the page is a line already."""
    rows = await tx.fetch(
        """
        select p.provider, p.provider_id, p.phone, n.patrol, p.body, p.received_at, p.meaning, p.seen_at
        from replies p left join notices n using (notice_id)
        where p.alarm_id = $1 and p.provider <> $2 order by p.received_at
        """,
        alarm_id, PAGE,
    )  # fmt: skip
    return [Reply(**row) for row in rows]


async def mark_replies_seen(tx: Tx, alarm_id: UUID, user: str, now: datetime) -> None:
    """Write that *user* has seen every reply about the alarm."""
    await tx.execute(
        "update replies set seen_by = $2, seen_at = $3 where alarm_id = $1 and seen_at is null",
        alarm_id, user, now,
    )  # fmt: skip


async def sessions(tx: Tx, *, alarm_id: UUID | None = None, check_id: UUID | None = None) -> list[SeenSession]:
    """Return the sessions of an alarm (its own, and its checks') or of a check, newest first.

    Also those that the check of the one who shares the bed took, and that answered this one.
    """
    rows = await tx.fetch(
        f"""
        with named as (
            select org, device_id, session_id from sessions where check_id = $2
            union select org, device_id, session_id from sessions where alarm_id = $1
            union select s.org, s.device_id, s.session_id from sessions s join checks c using (check_id) where c.alarm_id = $1
            union select c.org, c.device_id, t.session_id from checks c join attempts t using (check_id)
            where (c.check_id = $2 or c.alarm_id = $1) and t.session_id is not null
        )
        select s.session_id, s.check_id, s.received_at, s.started_at, s.answer, s.reasons, s.people, s.measures, s.evidence,
            s.detector, s.pictures, s.answer is not null and {JUDGED_BLIND} as hidden
        from named join sessions s using (org, device_id, session_id) where s.receipt = 'committed'
        -- As they were taken: one that was late on its way is no newer picture. A home's clock ahead of ours counts for nothing.
        order by least(s.started_at, s.received_at) desc, s.received_at desc
        """,  # noqa: S608 -- our own words
        alarm_id, check_id,
    )  # fmt: skip
    return [_seen(row) for row in rows]


def _seen(row: Row) -> SeenSession:
    fields = dict(row)
    if fields["hidden"]:
        fields |= {"answer": None, "reasons": (), "people": None, "measures": {}, "evidence": (), "detector": None}
    return SeenSession(
        reasons=tuple(fields.pop("reasons")),
        evidence=tuple(fields.pop("evidence")),
        **fields,
    )


@dataclass(frozen=True, slots=True)
class CompanionCase:
    """The one who shares the resident's bed: whom the same pictures show, and whose case is in the same home."""

    resident_id: UUID
    name: str
    number: int
    check_id: UUID | None
    """Their check that the same look answered."""
    alarm_id: UUID | None
    """Their open case."""
    case_no: int | None


async def companion(tx: Tx, resident_id: UUID, check_id: UUID | None = None) -> CompanionCase | None:
    """Return the one who shares the resident's bed, with what is open; *check_id* is the resident's own check."""
    row = await tx.fetchrow(
        f"""
        select r.resident_id, {SHOWN_NAME} as name, r.number, a.alarm_id, a.case_no, (
                select o.check_id from attempts mine join attempts t on t.session_id = mine.session_id and t.org = mine.org
                join checks o on o.check_id = t.check_id
                where mine.check_id = $2 and o.resident_id = r.resident_id order by o.opens_at desc limit 1) as check_id
        from residents r
        left join alarms a on a.resident_id = r.resident_id and a.state <> 'closed' and not a.visit and a.lane <> 'test'
        where r.resident_id = (bed_of($1))[2]
        """,  # noqa: S608 -- our own words
        resident_id, check_id,
    )  # fmt: skip
    return CompanionCase(**row) if row else None


async def checks_of_alarm(tx: Tx, alarm_id: UUID) -> list[UUID]:
    """Return the checks that ended in the alarm, the oldest first."""
    rows = await tx.fetch("select check_id from checks where alarm_id = $1 order by opens_at, check_id", alarm_id)
    return [row["check_id"] for row in rows]


async def look_asked_at(tx: Tx, check_id: UUID, now: datetime) -> datetime | None:
    """Return when a person last asked for a new look of the check; ``None`` once that look has answered, or its time is out."""
    at: datetime | None = await tx.fetchval(
        """
        select t.opens_at from attempts t
        where t.check_id = $1 and t.state = 'owed' and t.closes_at > $2
            and t.number = (select max(n.number) from attempts n where n.check_id = $1 and n.cause = 'asked')
        """,
        check_id, now,
    )  # fmt: skip
    return at
