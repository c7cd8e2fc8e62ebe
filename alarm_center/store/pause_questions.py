"""Pauses that end, as somebody is asked about them: what each was, on whose word, the answer, and who was told of none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.core.alarm import Alarm
from alarm_center.core.pausing import AskedPause
from alarm_center.store.memory import Row, Tx
from alarm_center.store.residents import SHOWN_NAME
from schemas.vocabulary import CancelReason, Instead


@dataclass(frozen=True, slots=True)
class EndingPause:
    """A pause that ends, or has just ended, and about which nobody has said whether another begins."""

    pause_id: UUID
    org: str
    zone: str
    area_id: UUID
    area: str
    resident_id: UUID
    revision: int
    resident: str
    address: str
    phone: str | None
    instead: Instead
    asked: AskedPause


_UNANSWERED = f"""
    select p.pause_id, p.org, o.zone, r.area_id, a.code as area, r.resident_id, r.revision, {SHOWN_NAME} as resident,
        case when r.protected and not sees_protected(r.org) then '' else r.address end as address,
        case when r.protected and not sees_protected(r.org) then null else r.phone end as phone, p.reason, p.to_at, p.instead, p.said_by, w.word_name, w.word_phone
    from pauses p join residents r using (resident_id) join areas a using (area_id) join organisations o on o.org = p.org
    left join lateral (
        select c.after ->> 'name' as word_name, c.after ->> 'phone' as word_phone from changes c
        where c.resident_id = p.resident_id and c.part = 'pause' and c.from_at = p.from_at
        order by c.revision desc limit 1
    ) w on true
    where p.ended_at is null and p.answer is null and p.to_at > $2 and p.to_at < $3 and r.moved_at is null and r.died_at is null and not r.training
        -- one that goes on by another has been answered by that
        and not exists (
            select from pauses n where n.resident_id = p.resident_id and n.from_at <= p.to_at
                and least(n.to_at, n.ended_at) > p.to_at)
"""  # noqa: S608 -- our own words


def _pause(row: Row) -> EndingPause:
    fields = dict(row)
    asked = AskedPause(CancelReason(fields.pop("reason")), *(fields.pop(name) for name in _ASKED))
    return EndingPause(**{**fields, "instead": Instead(fields["instead"])}, asked=asked)


_ASKED: Final = ("to_at", "said_by", "word_name", "word_phone")


async def unanswered(tx: Tx, org: str, after: datetime, before: datetime) -> list[EndingPause]:
    """Return the town's pauses that end between two instants and that nobody has answered, by their end and name."""
    rows = await tx.fetch(
        f"{_UNANSWERED} and p.org = $1 order by p.to_at, name_order(r.name), p.pause_id", org, after, before
    )
    return [_pause(row) for row in rows]


async def lock_untold(tx: Tx, org: str, after: datetime, before: datetime) -> list[EndingPause]:
    """Return those of :func:`unanswered` about which no lead has been asked, locked; others' are skipped."""
    rows = await tx.fetch(
        f"{_UNANSWERED} and p.org = $1 and p.lead_asked_at is null order by p.to_at, name_order(r.name), p.pause_id"
        " for update of p skip locked",
        org, after, before,
    )  # fmt: skip
    return [_pause(row) for row in rows]


async def mark_told(tx: Tx, pause_ids: Sequence[UUID], at: datetime) -> None:
    """Write that a lead has been asked about these pauses."""
    await tx.execute("update pauses set lead_asked_at = $2 where pause_id = any ($1::uuid[])", list(pause_ids), at)


async def save_answer(tx: Tx, pause_id: UUID, answer: str, at: datetime) -> bool:
    """Write the answer about a pause; false if there is one, or the pause was ended by hand."""
    done: bool | None = await tx.fetchval(
        "update pauses set answer = $2, answered_at = $3 where pause_id = $1 and answer is null and ended_at is null returning true",
        pause_id, answer, at,
    )  # fmt: skip
    return bool(done)


async def ran_out(tx: Tx, alarm: Alarm, zone: ZoneInfo) -> AskedPause | None:
    """Return the resident's pause that ended unanswered in the night of *alarm*, if it is the first alarm since."""
    after, _ = calendar.night_bounds(calendar.night_of(alarm.opened_at, zone), zone)
    rows = await tx.fetch(
        f"""
        {_UNANSWERED} and p.org = $1 and p.resident_id = $4 and not exists (
            select from alarms l where l.resident_id = p.resident_id and not l.visit and l.opened_at >= p.to_at and l.opened_at < $3)
        order by p.to_at desc limit 1
        """,
        alarm.org, after, alarm.opened_at, alarm.resident_id,
    )  # fmt: skip
    return next((_pause(row).asked for row in rows), None)
