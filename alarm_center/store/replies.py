"""Replies of carers: each kept once with its meaning, and the phone's towns, notices and last word to resolve it by.

The musters that a reply can answer are in `musters.py`; `core/replies/` decides what a reply means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from alarm_center.store import alarms
from alarm_center.store.lost_phones import IS_LOST
from alarm_center.store.memory import Tx

PAGE: Final = "page"
"""The provider of a word that was said on the link's page."""

_BACK: Final = timedelta(hours=24)
"""Case numbers are unique per sending number for so long."""


@dataclass(frozen=True, slots=True)
class AskedNotice:
    """One notice to a phone, with the facts that its standing follows from."""

    notice_id: UUID
    org: str
    alarm_id: UUID
    area_id: UUID
    area: str
    resident_id: UUID | None
    case_no: int
    priority: int
    token: str
    asked_at: datetime
    state: str
    alarm_state: str
    seeks: bool
    """The alarm's dispatch still seeks somebody."""
    done_at: datetime | None
    closed_at: datetime | None
    accepted_at: datetime | None
    told_at: datetime | None
    """The instant at which the phone was last told that nobody needs to go any more."""
    patrol: str | None
    """The patrol that has it."""
    sees_to: bool = False
    """A trouble of the alarm is acknowledged by this notice: its carer has said "jag ordnar"."""
    where_asked_at: datetime | None = None
    """The instant at which the carer was asked where a person is who is not at home; ``None``: not asked, or answered."""
    asks_staying: bool = False
    """The carer was asked since then whether they stay after their shift, and has not answered."""
    nobody_home: bool = False
    """A carer has found nobody at home, and nobody knows where the person is."""
    training: bool = False


async def add_once(
    tx: Tx,
    provider: str,
    provider_id: str,
    phone: str,
    sender: str,
    body: str,
    at: datetime,
    written_at: datetime | None = None,
) -> bool:
    """Insert a reply; false where it was kept before. Until the transaction ends, no other reply of the phone is taken.

    *written_at* is of one that reached us late.
    """
    await tx.execute("select pg_advisory_xact_lock(hashtext('phone'), hashtext($1))", phone)
    taken: bool | None = await tx.fetchval(
        """
        insert into replies (provider, provider_id, phone, sender, body, received_at, meaning, written_at)
        values ($1, $2, $3, $4, $5, $6, 'unread', $7) on conflict do nothing returning true
        """,
        provider, provider_id, phone, sender, body, at, written_at,
    )  # fmt: skip
    return bool(taken)


async def add_of_call(
    tx: Tx, provider: str, provider_id: str, at: datetime, *, phone: str = "", sender: str = ""
) -> bool:
    """Insert a key or an outcome of a call; false where it was kept before. It is no SMS of the phone: none waits for it."""
    taken: bool | None = await tx.fetchval(
        """
        insert into replies (provider, provider_id, phone, sender, body, received_at, meaning)
        values ($1, $2, $3, $4, '', $5, 'unread') on conflict do nothing returning true
        """,
        provider, provider_id, phone, sender, at,
    )  # fmt: skip
    return bool(taken)


class SaidSince(NamedTuple):
    """A reply of a phone."""

    meaning: str
    alarm_id: UUID | None
    holds_phone: bool | None
    body: str


async def said_since(tx: Tx, phone: str, sender: str, written_at: datetime) -> list[SaidSince]:
    """Return what *phone* wrote, said on a page or pressed in a call after *written_at*."""
    rows = await tx.fetch(
        """
        select meaning, alarm_id, holds_phone, body from replies
        where phone = $1 and sender = $2 and received_at > $3 and coalesce(written_at, received_at) > $3
        """,
        phone, sender, written_at,
    )  # fmt: skip
    return [SaidSince(*row) for row in rows]


async def lock_phone_of(tx: Tx, notice_id: UUID) -> None:
    """Lock the notice's phone until the transaction ends, before the alarm: no other reply of it is taken meanwhile."""
    await tx.execute(
        "select pg_advisory_xact_lock(hashtext('phone'), hashtext(phone)) from notices where notice_id = $1", notice_id
    )


async def add_page_word(tx: Tx, notice_id: UUID, meaning: str, at: datetime, tap: str | None = None) -> None:
    """Insert a reply that was given on the link's page, as one of the phone's: by SMS, the same again is a repeat (ADR 0012).

    *tap* is the key that the page made for it; ``None``: the page made none.
    """
    await tx.execute(
        """
        insert into replies (provider, provider_id, org, phone, sender, body, received_at, alarm_id, notice_id, meaning,
            seen_by, seen_at)
        select $4, coalesce(n.notice_id || ':' || $5, gen_random_uuid()::text), n.org, n.phone, o.sending_number, '', $3, n.alarm_id,
            n.notice_id, $2, 'service', $3
        from notices n join organisations o using (org) where n.notice_id = $1
        """,
        notice_id, meaning, at, PAGE, tap,
    )  # fmt: skip


async def has_tap(tx: Tx, notice_id: UUID, tap: str) -> bool:
    """Tell whether a tap on the link's page has been taken. Ask under the phone's lock before acting on one."""
    found: bool = await tx.fetchval(
        "select exists (select from replies where provider = $1 and provider_id = $2)", PAGE, f"{notice_id}:{tap}"
    )
    return found


async def last_cry(tx: Tx, notice_id: UUID, since: datetime) -> datetime | None:
    """Return when the carer of a notice last cried for help on the link's page; ``None``: not since then."""
    cried_at: datetime | None = await tx.fetchval(
        "select max(received_at) from replies where notice_id = $1 and provider = $2 and meaning = 'help' and received_at >= $3",
        notice_id, PAGE, since,
    )  # fmt: skip
    return cried_at


@dataclass(frozen=True, slots=True)
class ReplyMeaning:
    """The meaning of a reply: of which notice, and whether it answered the muster."""

    meaning: str
    org: str | None = None
    alarm_id: UUID | None = None
    notice_id: UUID | None = None
    seen_at: datetime | None = None
    """Nobody needs to read it, since then."""
    forget: bool = False
    """Nor are its words kept."""
    holds_phone: bool | None = None


async def set_meaning(tx: Tx, provider: str, provider_id: str, meant: ReplyMeaning) -> None:
    """Write the meaning of a kept reply."""
    await tx.execute(
        """
        update replies set meaning = $3, org = $4, alarm_id = $5, notice_id = $6, seen_at = $7,
            seen_by = case when $7::timestamptz is not null then 'service' end, body = case when $8 then '' else body end,
            holds_phone = $9
        where provider = $1 and provider_id = $2
        """,
        provider, provider_id, meant.meaning, meant.org, meant.alarm_id, meant.notice_id, meant.seen_at, meant.forget,
        meant.holds_phone,
    )  # fmt: skip


async def owner_of(tx: Tx, phone: str) -> str:
    """Return the name of *phone*'s carer, or of the town whose fixed number it is; empty when no town knows it."""
    name: str | None = await tx.fetchval(
        """
        select name from (
            select 1 as place, name from carers where phone = $1
            union all select 2, name from organisations where fixed_number = $1
        ) as known order by place, name limit 1
        """,
        phone,
    )
    return name or ""


async def towns_of(tx: Tx, phone: str, sender: str) -> list[str]:
    """Return the towns with the number *sender* that know *phone*: as a carer's, their fixed number, or one they asked.

    A lost phone is a stranger's.
    """
    rows = await tx.fetch(
        f"""
        select o.org from organisations o
        where o.sending_number = $2 and not {IS_LOST.format(org="o.org", phone="$1")} and (
            o.fixed_number = $1
            or exists (select from carers c where c.org = o.org and c.phone = $1)
            or exists (select from notices n where n.org = o.org and n.phone = $1 and n.asked_at > clock.now() - $3::interval))
        order by o.org
        """,  # noqa: S608 -- our own constant
        phone, sender, _BACK,
    )  # fmt: skip
    return [row["org"] for row in rows]


async def notices_to(tx: Tx, phone: str, sender: str) -> list[AskedNotice]:
    """Return the notices to *phone*, from towns with the number *sender*, of the last 24 hours or of an open alarm: of an open exercise where nothing real may be meant."""
    rows = await tx.fetch(
        """
        select n.notice_id, a.org, a.alarm_id, a.area_id, e.code as area, a.resident_id, a.case_no, a.priority, n.token,
            n.asked_at, n.state, a.state as alarm_state, a.lane = 'training' as training,
            a.seeks, n.done_at, a.closed_at, a.accepted_at,
            (select max(m.created_at) from messages m where m.alarm_id = a.alarm_id and m.phone = n.phone
                and m.wording in ('taken', 'stood_down', 'case_closed', 'seen_to')) as told_at,
            (select t.patrol from notices t where t.alarm_id = a.alarm_id and t.state = 'took'
                order by t.answered_at limit 1) as patrol,
            a.body::text as body
        from notices n join alarms a using (alarm_id) join areas e on e.area_id = a.area_id
            join organisations o on o.org = a.org
        where n.phone = $1 and o.sending_number = $2 and (n.asked_at > clock.now() - $3::interval or a.state <> 'closed') and (a.lane <> 'training' or a.state <> 'closed' and not heard_as_real($1))
        order by n.asked_at
        """,
        phone, sender, _BACK,
    )  # fmt: skip
    return [_asked(dict(row)) for row in rows]


def _asked(fields: dict[str, Any]) -> AskedNotice:
    notice_id = fields["notice_id"]
    try:
        alarm = alarms.from_text(fields.pop("body"))
    except (ValueError, TypeError, LookupError):
        # One case that cannot be read makes no phone mute: a 9 is heard.
        return AskedNotice(**fields)
    return AskedNotice(
        **fields,
        sees_to=alarm.is_seen_to_by(notice_id),
        where_asked_at=alarm.where_asked_at(notice_id),
        asks_staying=alarm.asks_staying(notice_id),
        nobody_home=alarm.has_nobody_home,
    )


class SaidBefore(NamedTuple):
    """An earlier reply of a phone with the same meaning."""

    case_no: int | None
    """``None``: it answered the muster."""
    moved_on: bool
    """The phone has since said another command of a case."""


async def last_said(
    tx: Tx,
    phone: str,
    sender: str,
    meaning: str,
    commands: Sequence[str],
    questions: Sequence[str],
    within: timedelta,
) -> SaidBefore | None:
    """Return the case that the phone's last *meaning* was about, if that came *within* and is not outdated; else ``None``.

    It is outdated by one of *questions* that the phone was sent since. *commands* are those of a case. The order of
    arrival says which came first, and no moved clock changes it. Ask under the phone's lock.
    """
    row = await tx.fetchrow(
        """
        with said as (
            select r.arrival, r.alarm_id, a.case_no from replies r left join alarms a using (alarm_id)
            where r.phone = $1 and r.sender = $2 and r.meaning = $3 and (r.alarm_id is not null or r.holds_phone is not null)
                and r.received_at between clock.now() - $6::interval and clock.now() + $6::interval
            order by r.arrival desc limit 1
        )
        select said.case_no, exists (
                select from replies o where o.phone = $1 and o.sender = $2 and o.arrival > said.arrival
                    and o.meaning = any ($4::text[]) and o.meaning <> $3 and o.alarm_id is not null
            ) as moved_on
        from said where not exists (
            select from messages m where m.phone = $1 and m.sender = $2 and m.arrival > said.arrival
                and m.wording = any ($5::text[]) and m.state not in ('queued', 'failed'))
        """,
        phone, sender, meaning, list(commands), list(questions), within,
    )  # fmt: skip
    return SaidBefore(row["case_no"], row["moved_on"]) if row else None


class CalledNotice(NamedTuple):
    """The notice that a call told of."""

    org: str
    phone: str
    sender: str
    alarm_id: UUID
    notice_id: UUID
    wording: str


async def called_notice(tx: Tx, message_id: UUID) -> CalledNotice | None:
    """Return the notice that the call *message_id* told of; ``None`` for an unknown one, and for a phone that is lost."""
    row = await tx.fetchrow(
        f"""
        select org, phone, sender, alarm_id, notice_id, wording from messages m
        where message_id = $1 and alarm_id is not null and notice_id is not null and not {IS_LOST.format(org="m.org", phone="m.phone")}
        """,  # noqa: S608 -- our own constant
        message_id,
    )
    return CalledNotice(*row) if row else None


async def has_key(tx: Tx, provider: str, call_id: str) -> bool:
    """Tell whether a key that was pressed in a call was acted on."""
    found: bool = await tx.fetchval(
        "select exists (select from replies where provider = $1 and provider_id = any ($2::text[]))",
        provider, [f"{call_id}:{digit}" for digit in range(10)],
    )  # fmt: skip
    return found


async def was_asked(tx: Tx, notice_id: UUID, wordings: Sequence[str]) -> bool:
    """Tell whether the question of a notice to a lead or to the fixed number was put in one of *wordings*."""
    asked: bool = await tx.fetchval(
        """
        select exists (select from messages m join notices n using (notice_id)
            where m.notice_id = $1 and m.wording = any ($2::text[]) and n.who in ('lead', 'fixed'))
        """,
        notice_id, list(wordings),
    )  # fmt: skip
    return asked


async def count_sent(tx: Tx, phone: str, wordings: Sequence[str], within: timedelta) -> int:
    """Return how many SMS of *wordings* the phone was sent lately."""
    count: int = await tx.fetchval(
        """
        select count(*) from messages
        where phone = $1 and wording = any ($2::text[]) and created_at > clock.now() - $3::interval
        """,
        phone, list(wordings), within,
    )  # fmt: skip
    return count


async def has_alarm(tx: Tx, notice_id: UUID) -> bool:
    """Tell whether the phone of a notice has its alarm."""
    found: bool = await tx.fetchval(
        """
        select exists (select from notices n join notices t using (alarm_id, phone)
            where n.notice_id = $1 and t.state = 'took')
        """,
        notice_id,
    )
    return found


async def listed_until(tx: Tx, provider: str, number: str) -> datetime | None:
    """Return until when the replies to *number* were listed at the provider, in real time; ``None`` before the first list."""
    until: datetime | None = await tx.fetchval(
        "select listed_at from reply_lists where provider = $1 and number = $2", provider, number
    )
    return until


async def set_listed(tx: Tx, provider: str, number: str, at: datetime) -> None:
    """Write that every reply to *number* until *at* has been listed, and received."""
    await tx.execute(
        """
        insert into reply_lists (provider, number, listed_at) values ($1, $2, $3)
        on conflict (provider, number) do update set listed_at = greatest(reply_lists.listed_at, excluded.listed_at)
        """,
        provider, number, at,
    )  # fmt: skip


async def unknown_ids(tx: Tx, provider: str, ids: Sequence[str]) -> frozenset[str]:
    """Return those of the provider's *ids* that no kept reply has."""
    rows = await tx.fetch(
        """
        select id from unnest($2::text[]) as id
        where not exists (select from replies r where r.provider = $1 and r.provider_id = id)
        """,
        provider, list(ids),
    )  # fmt: skip
    return frozenset(row["id"] for row in rows)
