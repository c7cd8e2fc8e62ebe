"""Questions that SMS have put to the phone of whoever is signed in: open cases, and the musters of their own shifts.

Whose a phone is, the sign-in of its carer says. The answers go by the notice's link, as the phone's own (`casework/lead_answers.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from alarm_center.core.alarm import Alarm, Notice
from alarm_center.store import alarms
from alarm_center.store.board import AskedPhone
from alarm_center.store.memory import Row, Tx


@dataclass(frozen=True, slots=True)
class AskedCase:
    """An open case that a phone of the person's has been asked about, with that phone's notices of its dispatch."""

    alarm: Alarm
    notices: tuple[Notice, ...]
    area: str
    zone: str
    carers: Mapping[UUID, AskedPhone]
    """The patrol and number of each notice of the case."""


async def cases_of_mine(tx: Tx) -> list[AskedCase]:
    """Return the open cases that phones of the person who is signed in have been asked about, by number, also beyond their areas."""
    rows = await tx.fetch(
        """
        select notice_id, dispatch_id, round, step, who, channel, wording, phone, shift_id, patrol, asked_at, state, answered_at,
            done_at, alarm_id, body, area, zone, carers
        from asked_of_me()
        """
    )
    return [_case(list(of_case)) for _alarm_id, of_case in groupby(rows, key=lambda row: row["alarm_id"])]


def _case(rows: list[Row]) -> AskedCase:
    first = rows[0]
    alarm = alarms.from_text(first["body"])
    current = None if alarm.dispatch is None else alarm.dispatch.dispatch_id
    notices = tuple(alarms.notice_of(row) for row in rows if row["dispatch_id"] == current)
    carers = {UUID(notice_id): AskedPhone(*who) for notice_id, who in first["carers"].items()}
    return AskedCase(alarm, notices, first["area"], first["zone"], carers)


async def has_phone(tx: Tx) -> bool:
    """Tell whether any phone of the page's towns is that of the person who is signed in."""
    found: bool = await tx.fetchval("select exists (select from carers_of_mine())")
    return found


async def link_of_mine(tx: Tx, notice_id: UUID) -> str | None:
    """Return the link of a notice of :func:`cases_of_mine`; ``None`` where it is none of them."""
    token: str | None = await tx.fetchval("select link_of_mine($1)", notice_id)
    return token


@dataclass(frozen=True, slots=True)
class OwnShift:
    """A shift of the person's own that is on, and whose phone was asked. ``holds`` is the answer; ``None``: none yet."""

    shift_id: UUID
    area: str
    starts_at: datetime
    ends_at: datetime
    holds: bool | None
    zone: str


async def shifts_of_mine(tx: Tx) -> list[OwnShift]:
    """Return the shifts on duty of the person who is signed in whose phone was asked whether it is held, by area."""
    rows = await tx.fetch(
        """
        select s.shift_id, e.code as area, s.starts_at, s.ends_at, s.mustered as holds, o.zone
        from shifts s join carers_of_mine() c using (carer_id) join areas e using (area_id) join organisations o on o.org = s.org
        where s.muster_asked_at is not null and s.starts_at <= clock.now() and s.ends_at > clock.now()
        order by e.code, s.starts_at, s.shift_id
        """
    )
    return [OwnShift(**row) for row in rows]


async def answer_muster(tx: Tx, shift_id: UUID, *, holds: bool) -> bool:
    """Write whether the phone of one's own shift is held; false where there is no such shift that was asked and is on."""
    found: bool = await tx.fetchval("select answer_my_muster($1, $2)", shift_id, holds)
    return found
