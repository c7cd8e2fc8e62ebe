"""Messages of the outbox: queued, worded, marked sent or ended, statuses of each, also early ones; `claims` says who sends it.

It also parks a status that comes before its message is committed, and finds questions that have not arrived in time.

The service's time says when something is to be sent, and until when it is worth it. Which worker sends it now is decided in
:mod:`alarm_center.store.claims`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.store.memory import Row, Tx
from schemas.vocabulary import Channel, Priority

ANSWER_RANK: Final = 3
"""The rank of an SMS that asks for nothing; every other one that belongs to a notice is the notice's own question."""


_FACTS: Final = TypeAdapter(TextFacts)


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """An SMS or call as a decision wants it. ``rank`` 1 goes first."""

    org: str
    channel: Channel
    wording: str
    """A :class:`~alarm_center.core.plan.Wording`, or the name of an SMS whose words are a person's own."""
    sender: str
    phone: str
    created_at: datetime
    valid_until: datetime
    rank: int = 5
    alarm_id: UUID | None = None
    notice_id: UUID | None = None
    incident_id: UUID | None = None


async def queue(tx: Tx, draft: MessageDraft, body: str) -> UUID:
    """Queue *draft* with its text in the decision's own transaction; return the message's id."""
    message_id: UUID = await tx.fetchval(
        """
        insert into messages (org, alarm_id, notice_id, channel, wording, sender, phone, body, token, rank, created_at,
            not_before, valid_until, incident_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $10, $11, $12) returning message_id
        """,
        draft.org, draft.alarm_id, draft.notice_id, draft.channel, draft.wording, draft.sender, draft.phone, body,
        draft.rank, draft.created_at, draft.valid_until, draft.incident_id,
    )  # fmt: skip
    return message_id


async def queue_unworded(tx: Tx, draft: MessageDraft, facts: TextFacts) -> None:
    """Queue *draft* of a page with the *facts* for its text: phone, sender and time are set by the database."""
    said = _FACTS.dump_python(facts, mode="json", exclude_none=True)
    await tx.execute(
        """
        insert into messages (org, alarm_id, notice_id, channel, wording, facts, rank, valid_until)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        draft.org, draft.alarm_id, draft.notice_id, draft.channel, draft.wording, said, draft.rank, draft.valid_until,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class UnwordedMessage:
    """A message of a page whose text is still to be made: from its wording and facts, its case and its link."""

    message_id: UUID
    org: str
    wording: Wording
    facts: TextFacts
    case_no: int
    priority: Priority
    several_towns: bool
    """Its phone works for several towns."""
    training: bool
    """It is of an exercise."""


async def unworded(tx: Tx, limit: int = 100) -> list[UnwordedMessage]:
    """Return the messages to be worded, the oldest first, with the link of its notice among the facts of each."""
    rows = await tx.fetch(
        """
        select m.message_id, m.org, m.wording, m.facts, n.token, a.case_no, a.priority, serves_several(m.phone),
            a.lane = 'training' as training
        from messages m left join notices n using (notice_id) join alarms a on a.alarm_id = m.alarm_id
        where not m.worded order by m.created_at limit $1
        """,
        limit,
    )
    return [
        UnwordedMessage(
            row["message_id"],
            row["org"],
            Wording(row["wording"]),
            _FACTS.validate_python({**row["facts"], "token": row["token"]}),
            row["case_no"],
            Priority(row["priority"]),
            row["serves_several"],
            row["training"],
        )
        for row in rows
    ]


async def set_bodies(tx: Tx, bodies: Mapping[UUID, str]) -> None:
    """Write the texts of messages that were to be worded; from now on they may be sent. Another replica may have been first."""
    await tx.execute(
        """
        update messages m set body = made.body, worded = true, not_before = m.created_at
        from unnest($1::uuid[], $2::text[]) made (message_id, body) where m.message_id = made.message_id and not m.worded
        """,
        list(bodies), list(bodies.values()),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message as it is kept, with the facts of its alarm that its timeline lines need."""

    message_id: UUID
    org: str
    alarm_id: UUID | None
    area_id: UUID | None
    resident_id: UUID | None
    notice_id: UUID | None
    channel: Channel
    wording: str
    sender: str
    phone: str
    body: str
    rank: int
    state: str
    created_at: datetime
    valid_until: datetime
    status_rank: int
    sent_twice: bool

    @property
    def asks(self) -> bool:
        """True if the message is a notice's own question: when it does not arrive, the dispatch goes on."""
        return self.notice_id is not None and self.alarm_id is not None and self.rank != ANSWER_RANK


COLUMNS: Final = """
    m.message_id, m.org, m.alarm_id, a.area_id, a.resident_id, m.notice_id, m.channel, m.wording, m.sender, m.phone,
    m.body, m.rank, m.state, m.created_at, m.valid_until, m.status_rank, m.sent_twice
"""
FROM: Final = "from messages m left join alarms a on a.alarm_id = m.alarm_id"


def message_of(row: Row, **changed: Any) -> OutboxMessage:
    """Return the message of a row that has :data:`COLUMNS`."""
    fields = {name: row[name] for name in OutboxMessage.__slots__} | changed
    return OutboxMessage(**{**fields, "channel": Channel(fields["channel"])})


async def queue_again(tx: Tx, message_id: UUID, token: UUID, not_before: datetime, error: str) -> bool:
    """Queue a claimed message again: the provider did not take it."""
    given: bool | None = await tx.fetchval(
        """
        update messages set state = 'queued', attempt_token = null, lease_until = null, kept_by_pid = null,
            kept_by_since = null, not_before = $3, error = $4
        where message_id = $1 and attempt_token = $2 and state = 'sending' returning true
        """,
        message_id, token, not_before, error,
    )  # fmt: skip
    return bool(given)


async def mark_sent(
    tx: Tx, message_id: UUID, token: UUID, provider: str, provider_id: str, at: datetime, *, twice: bool
) -> bool:
    """Write that the provider has the message; false where the row is another worker's by now, and nothing was written."""
    written: bool | None = await tx.fetchval(
        """
        update messages set state = 'sent', attempt_token = null, lease_until = null, kept_by_pid = null,
            kept_by_since = null, provider = $3, provider_id = $4,
            sent_at = $5, sent_twice = sent_twice or $6, error = null
        where message_id = $1 and attempt_token = $2 and state = 'sending' returning true
        """,
        message_id, token, provider, provider_id, at, twice,
    )  # fmt: skip
    return bool(written)


async def mark_ended(tx: Tx, message_id: UUID, token: UUID, state: str, error: str) -> bool:
    """Write that a message will not be sent (``failed``), or that nobody can say whether it was (``unknown``)."""
    written: bool | None = await tx.fetchval(
        """
        update messages set state = $3, attempt_token = null, lease_until = null, kept_by_pid = null,
            kept_by_since = null, error = $4,
            sent_twice = sent_twice or $3 = 'unknown'
        where message_id = $1 and attempt_token = $2 and state = 'sending' returning true
        """,
        message_id, token, state, error,
    )  # fmt: skip
    return bool(written)


async def known_ids(tx: Tx, provider: str, ids: Sequence[str]) -> frozenset[str]:
    """Return those of the provider's *ids* that a message of ours has; the one that is looked for is none of them."""
    rows = await tx.fetch(
        "select provider_id from messages where provider = $1 and provider_id = any ($2::text[])", provider, list(ids)
    )
    return frozenset(row["provider_id"] for row in rows)


async def get(tx: Tx, message_id: UUID) -> OutboxMessage | None:
    """Return one message."""
    row = await tx.fetchrow(f"select {COLUMNS} {FROM} where m.message_id = $1", message_id)
    return message_of(row) if row else None


# ---- what the provider says became of it ----


async def lock_by_provider_id(tx: Tx, provider: str, provider_id: str) -> OutboxMessage | None:
    """Lock a provider's id until the transaction ends, and return the message that has it.

    The same lock is taken when a message is committed as sent, so that a status either finds its message, or is parked
    before that commit looks for it.
    """
    await tx.execute("select pg_advisory_xact_lock(hashtext($1), hashtext($2))", provider, provider_id)
    row = await tx.fetchrow(
        f"select {COLUMNS} {FROM} where m.provider = $1 and m.provider_id = $2",
        provider, provider_id,
    )  # fmt: skip
    return message_of(row) if row else None


async def is_of_another(tx: Tx, provider: str, provider_id: str, message_id: UUID) -> bool:
    """Tell whether a message other than *message_id* has the provider's id."""
    found: bool = await tx.fetchval(
        "select exists (select from messages where provider = $1 and provider_id = $2 and message_id <> $3)",
        provider, provider_id, message_id,
    )  # fmt: skip
    return found


async def set_status(tx: Tx, message_id: UUID, state: str, status_rank: int, at: datetime, error: str | None) -> None:
    """Write a newer status of a message."""
    await tx.execute(
        """
        update messages set state = $2::text, status_rank = $3, error = $5,
            delivered_at = case when $2::text = 'delivered' then $4::timestamptz end
        where message_id = $1
        """,
        message_id, state, status_rank, at, error,
    )  # fmt: skip


class ParkedStatus(NamedTuple):
    """A status that came before its message was committed as sent."""

    state: str
    error: str | None


async def park_status(
    tx: Tx,
    provider: str,
    provider_id: str,
    message_id: UUID | None,
    parked: ParkedStatus,
    status_rank: int,
    at: datetime,
) -> None:
    """Keep a status that came before its message was committed as sent; *message_id* is the one that its address names."""
    await tx.execute(
        """
        insert into parked_statuses (provider, provider_id, status, status_rank, error, received_at, message_id)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
        """,
        provider, provider_id, parked.state, status_rank, parked.error, at, message_id,
    )  # fmt: skip


async def pop_parked(tx: Tx, message_id: UUID, provider: str, provider_id: str) -> list[ParkedStatus]:
    """Return state and error of each status that waited for this message, in their order, and forget them."""
    rows = await tx.fetch(
        """
        with mine as (
            delete from parked_statuses where provider = $1 and provider_id = $2 and coalesce(message_id, $3) = $3
            returning status, error, status_rank, received_at
        )
        select status, error from mine order by status_rank, received_at
        """,
        provider, provider_id, message_id,
    )  # fmt: skip
    return [ParkedStatus(row["status"], row["error"]) for row in rows]


async def forget_parked(tx: Tx, older_than: timedelta) -> None:
    """Forget statuses whose message never came: of another account's, or of one that was sent twice."""
    await tx.execute("delete from parked_statuses where received_at < clock.now() - $1::interval", older_than)


async def undelivered_questions(tx: Tx, within: Mapping[int, timedelta], limit: int = 50) -> list[OutboxMessage]:
    """Return questions that the provider took and that have not arrived in time, and whose carer is still waited for.

    *within*: by the alarm's priority, how long an arrival may take; at the longest until the message is too old. A
    notice that was told of it is no longer ``asked``, so each is returned until then, and not after.
    """
    rows = await tx.fetch(
        f"""
        select {COLUMNS} {FROM} join notices n on n.notice_id = m.notice_id
        where n.state = 'asked' and a.state <> 'closed' and m.rank <> $1 and m.state = 'sent'
            and clock.now() >= least(m.valid_until, m.sent_at + ($2::interval[])[a.priority])
        order by m.sent_at limit $3
        """,
        ANSWER_RANK, [within[priority] for priority in sorted(within)], limit,
    )  # fmt: skip
    return [message_of(row) for row in rows]


async def lock_if_waiting(tx: Tx, message: OutboxMessage) -> bool:
    """Lock the notice until the transaction ends; return whether its carer is still waited for and it has not arrived."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('notice'), hashtext($1))", str(message.notice_id))
    waited: bool | None = await tx.fetchval(
        """
        select m.state = 'sent' and n.state = 'asked' from messages m join notices n using (notice_id)
        where m.message_id = $1
        """,
        message.message_id,
    )
    return bool(waited)
