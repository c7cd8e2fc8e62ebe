"""Rows of the operator's board: open alarms, checks that wait for a person to look, the night's checks, unread replies.

All under the viewer's own rights. Nothing here locks, and only :func:`mark_loose_reply_read` writes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from alarm_center.core.alarm import Alarm
from alarm_center.core.exercises import is_heard
from alarm_center.store import alarms
from alarm_center.store.lost_phones import NOT_LOST
from alarm_center.store.memory import Row, Tx
from alarm_center.store.residents import SHOWN_NAME
from alarm_center.store.shadow_nights import HIDDEN_WORD, OPEN_WORD


@dataclass(frozen=True, slots=True)
class TownHead:
    """A town as its page head needs it."""

    org: str
    name: str
    zone: str
    language: str
    handled_by: str
    stopped_at: datetime | None
    first_view: str
    """``clear`` or ``blurred``: pictures are shown so first."""


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One open alarm in the queue. ``alarm.dispatch`` has no notices here. ``resident`` is ``None`` where it is about nobody."""

    alarm: Alarm
    resident: str | None
    area: str
    holder: str | None
    red_at: datetime | None
    unread: int
    """Replies that a person has to read, and nobody has."""
    patrol: str | None
    """The patrol that has accepted."""
    risk: int | None
    """The resident's risk, 1 the highest; ``None`` where it is about nobody."""
    training: bool
    """It is an exercise: nobody real is in it."""
    raised_for: str | None
    """The first reason for which somebody raised it by hand, of ``RaisedFor``; ``None`` where nobody did."""


@dataclass(frozen=True, slots=True)
class LookLine:
    """One check that waits for a person to look, with who is looking."""

    check_id: UUID
    org: str
    resident: str
    area: str
    opens_at: datetime
    deadline: datetime
    answer: str | None
    reason: str | None
    hidden: bool
    """A person is to answer without the detector's word: it is not here."""
    looker: UUID | None
    looker_name: str | None
    risk: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of the night's checks: begun, done of those, and the ones that come next."""

    begun: int
    done: int
    seen: int
    left: int
    """Checks of the night that are still to be made, or under way."""
    next_at: datetime | None
    next_count: int


@dataclass(frozen=True, slots=True)
class NightCheck:
    """One check in the picture of the night; ``alarm_id`` is that of its alarm where the viewer may see that."""

    check_id: UUID
    org: str
    resident_id: UUID
    number: int
    resident: str
    area: str
    night: date
    slot_time: time
    opens_at: datetime
    state: str
    answer: str | None
    reason: str | None
    late: bool
    cancel_reason: str | None
    instead: str | None
    alarm_id: UUID | None
    alarm_state: str | None
    priority: int | None


@dataclass(frozen=True, slots=True)
class LooseReply:
    """A carer's own words about no open alarm, that nobody has read."""

    provider: str
    provider_id: str
    who: str
    body: str
    received_at: datetime
    zone: str


async def town_heads(tx: Tx) -> list[TownHead]:
    """Return the viewer's towns by name."""
    rows = await tx.fetch(
        "select org, name, zone, language, handled_by, stopped_at, first_view from organisations order by name_order(name)"
    )
    return [TownHead(**row) for row in rows]


async def open_alarms(tx: Tx) -> list[AlarmLine]:
    """Return every open alarm that the viewer may see; the page puts them in order.

    A name of protected identity is there for those with the right; for the others, its holder too, it is empty.
    """
    rows = await tx.fetch(
        f"""
        select a.body::text as body, a.red_at, {SHOWN_NAME} as resident,
            e.code as area, e.training, u.name as holder,
            (select count(*) from replies p where p.alarm_id = a.alarm_id and p.seen_at is null)
                as unread,
            (select n.patrol from notices n where n.alarm_id = a.alarm_id and n.state = 'took' order by n.answered_at limit 1)
                as patrol, r.risk,
            (select g.reason from raisings g where g.alarm_id = a.alarm_id order by g.raised_at limit 1) as raised_for
        from alarms a
        join areas e using (area_id)
        left join residents r using (resident_id)
        left join users u on u.user_id = a.holder
        where a.state <> 'closed'
        """  # noqa: S608 -- our own words
    )
    return [_line(row) for row in rows]


class AskedPhone(NamedTuple):
    """The patrol and the number of a notice."""

    patrol: str
    phone: str


async def phones_in_trouble(tx: Tx, alarms: Iterable[Alarm]) -> dict[UUID, AskedPhone]:
    """Return, by notice, the patrol and number of each carer in trouble; nothing is asked where there is none."""
    ids = [notice_id for alarm in alarms for trouble in alarm.troubles for notice_id in trouble.carers]
    if not ids:
        return {}
    rows = await tx.fetch("select notice_id, patrol, phone from notices where notice_id = any ($1::uuid[])", ids)
    return {row["notice_id"]: AskedPhone(row["patrol"], row["phone"]) for row in rows}


async def names_of_held(tx: Tx, now: datetime) -> dict[UUID, str]:
    """Return, by alarm, the names of the residents whose open alarms the viewer holds: also of protected identity."""
    rows = await tx.fetch(
        """
        select a.alarm_id, r.name from alarms a join residents r using (resident_id)
        where a.state <> 'closed' and a.holder = who() and is_held(a.holder, a.lease_until, $1)
        """,
        now,
    )
    return {row["alarm_id"]: row["name"] for row in rows}


def _line(row: Row) -> AlarmLine:
    fields = dict(row)
    return AlarmLine(alarm=alarms.from_text(fields.pop("body")), **fields)


async def checks_to_look_at(tx: Tx, now: datetime, look_lasts: timedelta) -> list[LookLine]:
    """Return the checks that wait for a person to look, the earliest deadline first; a look counts for *look_lasts*."""
    rows = await tx.fetch(
        f"""
        select c.check_id, c.org, {SHOWN_NAME} as resident, e.code as area, c.opens_at,
            c.next_step_at as deadline, {OPEN_WORD}, l.user_id as looker, u.name as looker_name, r.risk
        from checks c
        join residents r using (resident_id)
        join areas e on e.area_id = r.area_id
        {HIDDEN_WORD}
        left join lateral (
            select user_id from looks k
            where k.check_id = c.check_id and k.alarm_id is null and k.ended_at is null and k.began_at > $1
            order by began_at limit 1
        ) l on true
        left join users u on u.user_id = l.user_id
        where c.state = 'to_look'
        order by deadline
        """,  # noqa: S608 -- our own words
        now - look_lasts,
    )
    return [LookLine(**row) for row in rows]


async def tally(tx: Tx, nights: Mapping[str, date], now: datetime) -> Tally:
    """Return how far the *nights* (by town) are at *now*."""
    row = await tx.fetchrow(
        """
        with tonight as (
            select c.state, c.opens_at, c.next_step_at, c.night, s.local_time from checks c
            join unnest($1::text[], $2::date[]) as n(org, night) using (org, night)
            join residents r using (resident_id)
            join slots s using (slot_id)
        ),
        coming as (select opens_at, local_time, night from tonight where state = 'planned' and opens_at > $3 order by opens_at limit 1)
        select count(*) filter (where opens_at <= $3 or next_step_at is null) as begun,
            count(*) filter (where next_step_at is null) as done,
            count(*) filter (where state = 'seen') as seen,
            count(*) filter (where next_step_at is not null) as left,
            (select opens_at from coming) as next_at,
            (select count(*) from tonight t, coming where t.state = 'planned' and t.local_time = coming.local_time
                and t.night = coming.night) as next_count
        from tonight
        """,
        list(nights), list(nights.values()), now,
    )  # fmt: skip
    assert row is not None, "an aggregate has one row"
    return Tally(**row)


async def night_checks(tx: Tx, nights: Mapping[str, date]) -> list[NightCheck]:
    """Return every check of the *nights* (by town), by area, resident and time."""
    rows = await tx.fetch(
        f"""
        select c.check_id, c.org, c.resident_id, r.number, {SHOWN_NAME} as resident, e.code as area, c.night,
            s.local_time as slot_time, c.opens_at, c.state, c.answer, c.reason, c.late, c.cancel_reason, c.instead,
            a.alarm_id, a.state as alarm_state, a.priority
        from checks c
        join unnest($1::text[], $2::date[]) as n(org, night) using (org, night)
        join residents r using (resident_id)
        join areas e on e.area_id = r.area_id
        join slots s using (slot_id)
        left join alarms a using (alarm_id)
        order by e.code, r.number, c.opens_at
        """,  # noqa: S608 -- our own words
        list(nights), list(nights.values()),
    )  # fmt: skip
    # By place, in half the time: there are thousands. The columns stand in the order of the fields.
    return [NightCheck(*row) for row in rows]


async def areas_without_patrol(tx: Tx, now: datetime) -> list[str]:
    """Return the codes of the areas that have, or within the hour may have, a case and no free patrol on duty."""
    rows = await tx.fetch(
        f"""
        with needing as (
            select area_id from alarms where state in ('open', 'claimed', 'dispatched') and lane = 'real'
            union
            select r.area_id from checks c join residents r using (resident_id)
            where c.next_step_at is not null and c.opens_at < $1::timestamptz + interval '1 hour'
        ),
        busy as (
            select b.shift_id from organisations t cross join lateral busy_shifts(t.org, null) b
        )
        select e.code from areas e join needing using (area_id)
        where not exists (
            select from shifts s join carers c using (carer_id)
            where s.area_id = e.area_id and {NOT_LOST} and s.role = 'patrol' and s.starts_at <= $1 and s.ends_at > $1
                and s.mustered is distinct from false
                and s.shift_id not in (select shift_id from busy)
        )
        order by e.code
        """,  # noqa: S608 -- our own constant
        now,
    )
    return [row["code"] for row in rows]


class UnknownCode(NamedTuple):
    """A shift on duty whose phone was answered for by a personal code that nobody has, and when."""

    area: str
    patrol: str
    phone: str
    said_at: datetime
    zone: str


async def unknown_codes(tx: Tx, now: datetime) -> list[UnknownCode]:
    """Return the shifts on duty whose phone was answered for last by a code that nobody has, by area."""
    rows = await tx.fetch(
        """
        select e.code as area, s.patrol, c.phone, s.unknown_code_at as said_at, o.zone
        from shifts s join areas e using (area_id) join carers c using (carer_id) join organisations o on o.org = s.org
        where s.starts_at <= $1 and s.ends_at > $1 and s.unknown_code_at is not null and not s.training
        order by e.code, s.patrol
        """,
        now,
    )
    return [UnknownCode(**row) for row in rows]


class ToBeHeard(NamedTuple):
    """Alarms and replies that the page plays a tone for."""

    urgent: list[UUID]
    """Alarms of priority 1 that nobody holds, the oldest first."""
    troubled: list[Alarm]
    """Alarms with a trouble that nobody has acknowledged, without their notices."""
    unread: int
    """Replies that nobody has read: about an open alarm, and words that are in no table."""


async def to_be_heard(tx: Tx, now: datetime) -> ToBeHeard:
    """Return what operators have to hear: urgent alarms that nobody holds, troubles that nobody has acknowledged, and unread replies."""
    urgent = await tx.fetch(
        """
        select alarm_id from alarms
        where (state in ('open', 'claimed', 'dispatched') or state <> 'closed' and (seeks or red_at is not null))
            and priority = 1 and not visit and lane = 'real' and not is_held(holder, lease_until, $1)
        order by opened_at
        """,
        now,
    )
    cries = await tx.fetch(
        "select body::text as body, lane = 'training' as training from alarms where troubled and state <> 'closed'"
    )
    unread = await tx.fetchval(
        """
        select count(*) from replies p left join alarms a using (alarm_id)
        where p.seen_at is null and (a.state <> 'closed' or p.meaning = 'free_text')
        """
    )
    # A release before 0.3.0 leaves the troubles out of the body, and the column as it is.
    troubled = [
        alarm
        for row in cries
        if (alarm := alarms.from_text(row["body"])).unacknowledged and is_heard(alarm, training=row["training"])
    ]
    return ToBeHeard([row["alarm_id"] for row in urgent], troubled, unread)


async def loose_replies(tx: Tx) -> list[LooseReply]:
    """Return the unread replies that belong to no open alarm, oldest first."""
    rows = await tx.fetch(
        """
        select p.provider, p.provider_id, coalesce(c.name, p.phone) as who, p.body, p.received_at, o.zone
        from replies p
        join organisations o using (org)
        left join carers c on c.org = p.org and c.phone = p.phone
        left join alarms a using (alarm_id)
        where p.seen_at is null and (a.alarm_id is null or a.state = 'closed')
        order by p.received_at
        """
    )
    return [LooseReply(**row) for row in rows]


async def mark_loose_reply_read(tx: Tx, provider: str, provider_id: str, user: str, now: datetime) -> bool:
    """Write that *user* has read a reply that belongs to no open alarm; false if there is none, read or not."""
    loose: bool = await tx.fetchval(
        """
        with asked as (
            select provider, provider_id from replies p left join alarms a using (alarm_id)
            where provider = $1 and provider_id = $2 and (a.alarm_id is null or a.state = 'closed')
        ), read as (
            update replies p set seen_by = $3, seen_at = $4 from asked
            where p.provider = asked.provider and p.provider_id = asked.provider_id and p.seen_at is null
        )
        select exists (select from asked)
        """,
        provider, provider_id, user, now,
    )  # fmt: skip
    return loose
