"""Claims of messages in the outbox: a worker's lease on the message that it sends now, and the turn of each number.

A claim is kept by a session in the database, renewed each second, and is free for others at once when that session is gone,
as after a kill, or when its lease lapses, as behind a link that is half open. Leases and turns are real time by the
database's clock, which no test and no demo moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from alarm_center.store import messages
from alarm_center.store.lost_phones import IS_LOST
from alarm_center.store.memory import Tx
from alarm_center.store.messages import OutboxMessage


@dataclass(frozen=True, slots=True)
class ProviderNames:
    """The names of the providers that are set up. A town that chooses none, or one that is not set up, has the *first*."""

    first: str
    second: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """The providers of a claimed message: its town's own, the one to ask if it is in doubt, and the one to send it by now."""

    own: str
    via: str
    """The provider that it was handed to, or is now; it is the one that may have it."""
    now: str
    """The town's own; the other one while that one is away and the other is not."""
    second_number: str | None
    """The town's number at the provider that is not its own."""
    failing: tuple[str, ...]
    """Providers of whom a try has failed, and no message has gone through since."""


@dataclass(frozen=True, slots=True)
class MessageClaim:
    """A message that this worker has leased. Its outcome can be written only with *token*."""

    message: OutboxMessage
    token: UUID
    now: datetime
    lost: bool
    """The message was being sent when its worker was lost: the provider may have it."""
    needless: bool
    """Its alarm is over, its question was withdrawn, or the phone is lost, before it went out."""
    queued_for: timedelta
    real_now: datetime
    """The database's clock, which no test and no demo moves."""
    providers: ProviderChoice

    def number_at(self, provider: str) -> str:
        """Return the number that the message comes from, at a provider."""
        return (
            self.message.sender
            if provider == self.providers.own
            else self.providers.second_number or self.message.sender
        )

    @property
    def expired(self) -> bool:
        return self.message.valid_until <= self.now


@dataclass(frozen=True, slots=True)
class KeeperSession:
    """A replica's session in the database, by whose life its claims are kept."""

    pid: int
    since: datetime


_CHOSEN: Final = """
    select own, second_number, case when other is not null
        and exists (select from provider_states s where s.provider = own and s.away_since is not null)
        and not exists (select from provider_states s where s.provider = other and s.away_since is not null)
        then other else own end as now
    from (
        select own, o.second_number, case when own = {first} then {second}::text else {first}::text end as other
        from organisations o cross join lateral (
            select case when o.provider = {second} then {second}::text else {first}::text end as own
        ) town where o.org = {org}
    ) both_of
"""
"""A town's own provider, its number at the other one, and the provider that its messages go through now."""


async def session_of(connection: Tx) -> KeeperSession:
    """Return the session of *connection*."""
    row = await connection.fetchrow("select pid, backend_start from pg_stat_get_activity(pg_backend_pid())")
    assert row is not None, "a session sees itself"
    return KeeperSession(row["pid"], row["backend_start"])


async def claim_next(
    tx: Tx,
    token: UUID,
    lease: timedelta,
    kept_by: KeeperSession | None,
    every: timedelta | None,
    names: ProviderNames,
    *,
    urgent_only: bool,
) -> MessageClaim | None:
    """Claim the row to send next; ``None`` where none may go now. First SMS before reminders, priority 1 before all, an exercise's last.

    One statement chooses the row, takes its number's turn and claims it: in between nobody can lock anything. Rows that
    are locked are skipped. A new SMS takes its number's turn, one each *every* of real time (``None``: no rate);
    ``urgent`` rows, priority 1 asking for somebody, take it at once, and the others wait for it. A row whose turn another
    worker took meanwhile is left: so no lesser SMS of a number goes while a more urgent one is just being claimed.

    The claim names the provider that the message is handed to; one that is in doubt keeps the name of the provider that may
    have it. *names* are the providers that this replica has.
    """
    row = await tx.fetchrow(
        f"""
        with next as materialized (
            select m.message_id, m.org, m.sender, m.state as was, f.urgent, f.needless, f.by_turn
            {messages.FROM} left join sms_turns t on t.sending_number = m.sender
            cross join lateral (
                select a.priority is not distinct from 1 and m.rank <= 2 and a.lane <> 'training' as urgent,
                    {IS_LOST.format(org="m.org", phone="m.phone")}
                    or exists (select from notices n where n.notice_id = m.notice_id and n.phone <> m.phone) or m.rank <> $1 and (a.state is not distinct from 'closed' or exists (
                        select from notices n where n.notice_id = m.notice_id and (n.state in ('stood_down', 'declined')
                            or n.state = 'took' and m.wording <> 'voice_on_site_check'))) as needless
            ) w
            cross join lateral (
                select w.urgent, w.needless, m.state = 'queued' and m.channel = 'sms' and m.valid_until > clock.now()
                    and not w.needless and $2::interval is not null as by_turn
            ) f
            where (m.state = 'queued' and m.not_before <= clock.now()
                    or m.state = 'sending' and (m.lease_until <= clock_timestamp()
                        or m.kept_by_pid is not null and not session_lives(m.kept_by_pid, m.kept_by_since)))
                and (f.urgent or not $3 and (not f.by_turn or t.next_at is null or t.next_at <= clock_timestamp()))
            order by a.lane is not distinct from 'training', m.rank, a.priority nulls last, m.not_before
            limit 1 for update of m skip locked
        ),
        turn as (
            insert into sms_turns as t (sending_number, next_at)
            select sender, clock_timestamp() + $2 from next where by_turn
            on conflict (sending_number) do update set next_at = greatest(t.next_at, clock_timestamp()) + $2
                where (select urgent from next) or t.next_at <= clock_timestamp()
            returning sending_number
        ),
        chosen as ({_CHOSEN.format(org="(select org from next)", first="$8", second="$9")}),
        claimed as (
            update messages m set state = 'sending', attempt_token = $4, claimed_at = clock.now(),
                lease_until = clock_timestamp() + $5, kept_by_pid = $6, kept_by_since = $7,
                via = case when next.was = 'sending' then coalesce(m.via, $8) else chosen.now end
            from next cross join chosen where m.message_id = next.message_id and (not next.by_turn or exists (select from turn))
            returning m.message_id, m.via
        )
        select {messages.COLUMNS}, next.was, next.needless, clock.now() as now, clock_timestamp() as real_now,
            clock.now() - m.created_at as queued_for, claimed.via, chosen.own, chosen.now as chosen, chosen.second_number,
            array(select provider from provider_states where failures > 0) as failing
        {messages.FROM} join claimed using (message_id) join next using (message_id) cross join chosen
        """,  # noqa: S608 -- the columns are our own constant
        messages.ANSWER_RANK, every, urgent_only, token, lease, kept_by and kept_by.pid, kept_by and kept_by.since,
        names.first, names.second,
    )  # fmt: skip
    if row is None:
        return None
    return MessageClaim(
        message=messages.message_of(row), token=token, now=row["now"], lost=row["was"] == "sending", needless=row["needless"],
        queued_for=row["queued_for"], real_now=row["real_now"],
        providers=ProviderChoice(row["own"], row["via"], row["chosen"], row["second_number"], tuple(row["failing"])),
    )  # fmt: skip


async def calls_in_doubt(tx: Tx, phone: str, provider: str) -> int:
    """Return how many calls to *phone* of the last hour nobody can say of whether they were made: a provider's list has no mark of ours."""
    count: int = await tx.fetchval(
        """
        select count(*) from messages where phone = $1 and channel = 'call' and state in ('sending', 'unknown')
            and provider_id is null and coalesce(provider, via, $2) = $2 and created_at > clock.now() - interval '1 hour'
        """,
        phone, provider,
    )  # fmt: skip
    return count


async def lock_doubt(tx: Tx, message_id: UUID) -> None:
    """Lock the doubt about a call until the transaction ends: its own callback is kept before it ends unknown, or finds it so."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('doubt'), hashtext($1))", str(message_id))


class CalledBack(NamedTuple):
    """A provider, and its id of a call that has called back already."""

    provider: str
    provider_id: str


async def called_back(tx: Tx, message_id: UUID) -> CalledBack | None:
    """Return the call that was made of a message, by a callback that came before it was in doubt; ``None`` without one.

    Until the transaction ends, no other callback of it is kept.
    """
    await lock_doubt(tx, message_id)
    row = await tx.fetchrow(
        """
        select p.provider, p.provider_id from parked_statuses p join messages c using (message_id)
        where p.message_id = $1 and c.channel = 'call' and not exists (
            select from messages m where m.provider = p.provider and m.provider_id = p.provider_id)
        order by p.received_at limit 1
        """,
        message_id,
    )  # fmt: skip
    return CalledBack(*row) if row else None


async def adopt_call(
    tx: Tx, message_id: UUID, provider: str, provider_id: str, at: datetime
) -> messages.OutboxMessage | None:
    """Write that a call in doubt was made: a callback to its own address says so. Return it; ``None`` if it is in no doubt."""
    made: bool | None = await tx.fetchval(
        """
        update messages set state = 'sent', provider = $2, provider_id = $3, sent_at = $4, error = null, attempt_token = null,
            lease_until = null, kept_by_pid = null, kept_by_since = null
        where message_id = $1 and channel = 'call' and provider_id is null
            and (state = 'unknown' or state = 'sending' and lease_until < clock_timestamp())
        returning true
        """,
        message_id, provider, provider_id, at,
    )  # fmt: skip
    return await messages.get(tx, message_id) if made else None


async def next_turn_in(tx: Tx) -> timedelta | None:
    """Return how long until the next number that has sent may send again; ``None`` where each may now."""
    wait: timedelta | None = await tx.fetchval(
        "select min(next_at) - clock_timestamp() from sms_turns where next_at > clock_timestamp()"
    )
    return wait


async def extend_all(
    connection: Tx, tokens: Sequence[UUID], lease: timedelta, kept_by: KeeperSession
) -> frozenset[UUID]:
    """Extend the claims *tokens* by *lease* from now, kept by *kept_by*; return those that are still ours.

    One that is being written just now is skipped: another row's lease must not lapse while this waits for it.
    """
    rows = await connection.fetch(
        """
        update messages set lease_until = clock_timestamp() + $2, kept_by_pid = $3, kept_by_since = $4
        where message_id in (
            select message_id from messages where state = 'sending' and attempt_token = any ($1::uuid[])
            for update skip locked
        )
        returning attempt_token
        """,
        list(tokens), lease, kept_by.pid, kept_by.since,
    )  # fmt: skip
    return frozenset(row["attempt_token"] for row in rows)


async def extend(tx: Tx, message_id: UUID, token: UUID, lease: timedelta) -> bool:
    """Extend one claim by *lease* from now; false where the row is another worker's by now.

    By nobody's session until :func:`extend_all`: the one that it was kept by may be gone, and the row be free at once again.
    """
    extended: bool | None = await tx.fetchval(
        """
        update messages set lease_until = clock_timestamp() + $3, kept_by_pid = null, kept_by_since = null
        where message_id = $1 and attempt_token = $2 and state = 'sending' returning true
        """,
        message_id, token, lease,
    )  # fmt: skip
    return bool(extended)


async def provider_now(tx: Tx, org: str, names: ProviderNames) -> str:
    """Return the provider that the town's messages go through now."""
    provider: str = await tx.fetchval(
        f"select now from ({_CHOSEN.format(org='$1', first='$2', second='$3')}) chosen",  # noqa: S608 -- our own text
        org, names.first, names.second,
    )  # fmt: skip
    return provider


async def hand_to(tx: Tx, message_id: UUID, token: UUID, provider: str, *, in_doubt: bool) -> bool:
    """Write that a claimed message goes through *provider* now; marked as sent twice if the one before may have it too."""
    written: bool | None = await tx.fetchval(
        """
        update messages set via = $3, sent_twice = sent_twice or $4
        where message_id = $1 and attempt_token = $2 and state = 'sending' returning true
        """,
        message_id, token, provider, in_doubt,
    )  # fmt: skip
    return bool(written)


async def release(tx: Tx, message_id: UUID, token: UUID, wait: timedelta) -> bool:
    """Give up the claim of a row that the provider may have: after *wait* the next claim asks the provider."""
    given: bool | None = await tx.fetchval(
        """
        update messages set attempt_token = null, lease_until = clock_timestamp() + $3, kept_by_pid = null,
            kept_by_since = null
        where message_id = $1 and attempt_token = $2 and state = 'sending' returning true
        """,
        message_id, token, wait,
    )  # fmt: skip
    return bool(given)
