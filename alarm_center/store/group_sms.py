"""SMS to many carers: whom an audience is, one written with its receivers, its messages a few at a time, and how each fared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.group_sms import Audience
from alarm_center.store.lost_phones import IS_LOST
from alarm_center.store.memory import Tx
from alarm_center.store.sms_stops import TAKES_NO_SMS

RANK: Final = 9
"""After every message of an alarm: the outbox takes the least rank first."""
_RECEIPT_WITHIN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GroupReceiver:
    """A carer who gets an SMS to many."""

    carer_id: UUID
    name: str
    phone: str


_AUDIENCES: Final = {
    Audience.STAFF: "true",
    Audience.ON_DUTY: "exists (select from shifts s where s.carer_id = c.carer_id and not s.training and s.starts_at <= clock.now() and s.ends_at > clock.now() and ($2::uuid is null or s.area_id = $2))",
    Audience.AREA: """exists (select from shifts s where s.carer_id = c.carer_id and s.area_id = $2
        and s.starts_at < clock.now() + interval '14 days' and s.ends_at > clock.now() - interval '14 days')""",
    Audience.OMBUDSMEN: """exists (select from ombudsmen b where b.carer_id = c.carer_id and ($2::uuid is null or b.area_id = $2)
        and b.from_day <= clock.now()::date and (b.until_day is null or b.until_day >= clock.now()::date))""",
}


async def receivers(tx: Tx, org: str, audience: Audience, area_id: UUID | None) -> list[GroupReceiver]:
    """Return the carers of an audience by name: those who have not left, each with a phone of their own that takes SMS and is not lost."""
    rows = await tx.fetch(
        f"""
        select c.carer_id, c.name, c.phone from carers c
        where c.org = $1 and c.in_place_of is null and (c.ends_on is null or c.ends_on >= (clock.now() - interval '12 hours')::date)
            and not {IS_LOST.format(org="c.org", phone="c.phone")} and not {TAKES_NO_SMS.format(org="c.org", phone="c.phone")}
            and ($2::uuid is null or true) and {_AUDIENCES[audience]}
        order by name_order(c.name), c.phone
        """,  # noqa: S608 -- our own constants
        org, area_id,
    )  # fmt: skip
    return [GroupReceiver(**row) for row in rows]


async def names_resident(tx: Tx, org: str, words: Sequence[str]) -> bool:
    """Tell whether one of *words*, in small letters, is part of a resident's name."""
    named: bool = await tx.fetchval("select names_resident($1, $2)", org, list(words))
    return named


@dataclass(frozen=True, slots=True)
class GroupSms:
    """An SMS to many, as it is written."""

    org: str
    audience: Audience
    area_id: UUID | None
    body: str
    written_by: str


async def add(tx: Tx, sms: GroupSms, to: Sequence[GroupReceiver], now: datetime) -> None:
    """Insert an SMS with its receivers; the service sends it."""
    group_id = await tx.fetchval(
        """
        insert into group_sms (org, audience, area_id, body, written_by, written_at) values ($1, $2, $3, $4, $5, $6)
        returning group_id
        """,
        sms.org, sms.audience, sms.area_id, sms.body, sms.written_by, now,
    )  # fmt: skip
    await tx.executemany(
        "insert into group_sms_receivers (group_id, org, carer_id, phone) values ($1, $2, $3, $4) on conflict do nothing",
        [(group_id, sms.org, each.carer_id, each.phone) for each in to],
    )


async def was_just_written(tx: Tx, sms: GroupSms, now: datetime) -> bool:
    """Tell whether the same person wrote the same a few minutes before *now*: a form that is sent twice sends once."""
    found: bool = await tx.fetchval(
        """
        select exists (select from group_sms where org = $1 and audience = $2 and area_id is not distinct from $3 and body = $4
            and written_by = $5 and written_at > $6::timestamptz - interval '10 minutes')
        """,
        sms.org, sms.audience, sms.area_id, sms.body, sms.written_by, now,
    )  # fmt: skip
    return found


async def lock_writers(tx: Tx, org: str) -> None:
    """Let nobody else write an SMS to many of the town until the transaction ends."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('group_sms'), hashtext($1))", org)


# ---- the service's side ----


async def orgs_under_way(tx: Tx) -> list[str]:
    """Return the towns with an SMS that somebody has not got, and may still get; the one that has waited longest first."""
    rows = await tx.fetch(
        """
        select r.org from group_sms_receivers r join group_sms g using (group_id)
        where r.state in ('waiting', 'queued', 'sending', 'sent') group by r.org order by min(g.written_at), r.org
        """
    )
    return [row["org"] for row in rows]


@dataclass(frozen=True, slots=True)
class WaitingReceiver:
    """A receiver for whom no message is queued yet."""

    group_id: UUID
    phone: str
    body: str


async def lock_senders(tx: Tx) -> None:
    """Let nobody else queue SMS to many, of any town, until the transaction ends."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('group_sms_senders'))")


async def lock_next(tx: Tx, org: str, most: int) -> list[WaitingReceiver]:
    """Lock and return who comes next, so that *most* of all towns are under way at once; none while another message of the town waits.

    Rows that are locked are skipped.
    """
    rows = await tx.fetch(
        """
        select r.group_id, r.phone, g.body from group_sms_receivers r join group_sms g using (group_id)
        where r.org = $1 and r.state = 'waiting' and not exists (
            select from messages m where m.org = $1 and m.state in ('queued', 'sending') and m.rank < $3 and m.not_before <= clock.now())
        order by g.written_at, r.phone
        limit greatest(0, $2 - (select count(*) from messages m where m.state in ('queued', 'sending') and m.rank = $3))
        for update of r skip locked
        """,
        org, most, RANK,
    )  # fmt: skip
    return [WaitingReceiver(**row) for row in rows]


async def mark_queued(tx: Tx, receiver: WaitingReceiver, message_id: UUID) -> None:
    """Write the message that a receiver's SMS is."""
    await tx.execute(
        "update group_sms_receivers set message_id = $3, state = 'queued' where group_id = $1 and phone = $2",
        receiver.group_id, receiver.phone, message_id,
    )  # fmt: skip


async def take_states(tx: Tx, org: str) -> int:
    """Let each receiver's state be that of their message; return how many have changed.

    A day after it was sent nobody waits for its receipt any more: nobody knows.
    """
    done = await tx.execute(
        """
        update group_sms_receivers r set state = m.state from messages m
        where r.org = $1 and r.state in ('queued', 'sending', 'sent') and m.message_id = r.message_id and m.state <> r.state
        """,
        org,
    )
    over = await tx.execute(
        """
        update group_sms_receivers r set state = 'unknown'
        where r.org = $1 and r.state = 'sent' and not exists (
            select from messages m where m.message_id = r.message_id and m.sent_at > clock.now() - $2::interval)
        """,
        org, _RECEIPT_WITHIN,
    )  # fmt: skip
    return int(done.split()[-1]) + int(over.split()[-1])


# ---- what a page shows ----


@dataclass(frozen=True, slots=True)
class SentToMany:
    """An SMS to many and how it fared: how many have it, and who has not, by name."""

    audience: Audience
    area: str | None
    body: str
    writer: str | None
    written_at: datetime
    receivers: int
    delivered: int
    without: tuple[tuple[str, str, str], ...]
    """Name, phone and state of each who has not got it."""


async def newest(tx: Tx, org: str, most: int = 10) -> list[SentToMany]:
    """Return the town's SMS to many, the newest first."""
    rows = await tx.fetch(
        """
        select g.audience, e.code as area, g.body, (select u.name from users u where u.user_id::text = g.written_by) as writer,
            g.written_at, count(*) as receivers, count(*) filter (where r.state = 'delivered') as delivered,
            coalesce(array_agg(array[c.name, r.phone, r.state] order by name_order(c.name)) filter (where r.state <> 'delivered'), '{}') as without
        from group_sms g left join areas e using (area_id) join group_sms_receivers r using (group_id) join carers c using (carer_id)
        where g.org = $1 group by g.group_id, e.code order by g.written_at desc limit $2
        """,
        org, most,
    )  # fmt: skip
    return [
        SentToMany(
            **{**row, "audience": Audience(row["audience"]), "without": tuple(tuple(one) for one in row["without"])}
        )
        for row in rows
    ]
