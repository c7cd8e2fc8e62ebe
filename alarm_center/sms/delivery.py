"""Delivery of SMS and calls: status callbacks in any order, questions that come too late, and each message's lines."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from alarm_center import metrics
from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.decision import IllegalMove
from alarm_center.core.plan import Wording
from alarm_center.providers import NO_KEY, UNHEARD, DeliveryStatus
from alarm_center.sms import connected_calls, sms_stops
from alarm_center.store import claims, events, messages, replies
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.messages import OutboxMessage
from schemas import timeline
from schemas.vocabulary import Channel

log = structlog.get_logger()

ARRIVES_WITHIN: Final[Mapping[int, timedelta]] = MappingProxyType(
    {1: timedelta(seconds=60), 2: timedelta(minutes=3), 3: timedelta(minutes=10)}
)
"""By priority: a question that has not arrived by then counts as undelivered, and the next step comes now."""

_PARKED_FOR: Final = timedelta(days=1)
_ENDS: Final = ("delivered", "failed")
_NAMES: Final = {status.name.lower(): status for status in DeliveryStatus}
_UNHEARD_RANK: Final = DeliveryStatus.DELIVERED.rank + 1
"""A call that nobody has heard was answered before: it takes back the other end."""


async def record_status(
    memory: Memory,
    provider: str,
    provider_id: str,
    status: DeliveryStatus,
    error: str | None = None,
    *,
    message_id: UUID | None = None,
) -> bool:
    """Record a status callback, whenever it comes; return whether it changed anything.

    One that came before its message was committed as sent is parked, and taken with that commit. *message_id* is the message that
    the callback's own address names: a call in doubt was made after all, and the status of any other message is refused.
    A call that nobody heard, by its *error*, has failed, unless a key of it has been acted on.
    """

    async def work(tx: Tx) -> list[str] | None:
        message = await messages.lock_by_provider_id(tx, provider, provider_id)
        at = await now(tx)
        if message is not None:
            if message_id not in (None, message.message_id):
                return None
            if error in UNHEARD and await replies.has_key(tx, provider, provider_id):
                return []
            state = await apply_status(tx, message, status, error, at)
            return [] if state is None else [state]
        parked = messages.ParkedStatus(status.name.lower(), error)
        await messages.park_status(tx, provider, provider_id, message_id, parked, _rank(status, error), at)
        if message_id is None:
            return []
        await claims.lock_doubt(tx, message_id)
        adopted = await claims.adopt_call(tx, message_id, provider, provider_id, at)
        return [] if adopted is None else await apply_parked(tx, adopted, provider, provider_id, at)

    became = await memory.attempt(work)
    if became is None:
        count_anothers(message_id)
    if not became:
        return False
    count_ended(became)
    memory.hint()
    return True


async def record_call_end(memory: Memory, provider: str, provider_id: str, message_id: UUID) -> bool:
    """Record that a call which was answered has ended; without a key nobody can be said to have heard it."""
    heard = await memory.run_statement(lambda tx: replies.has_key(tx, provider, provider_id))
    status, error = (DeliveryStatus.DELIVERED, None) if heard else (DeliveryStatus.FAILED, NO_KEY)
    changed = await record_status(memory, provider, provider_id, status, error, message_id=message_id)
    await connected_calls.end_hung_up(memory, message_id)
    return changed


def _rank(status: DeliveryStatus, error: str | None) -> int:
    return _UNHEARD_RANK if error in UNHEARD else status.rank


def count_anothers(message_id: UUID | None) -> None:
    """Count and log a callback to the address of one message that names another's id: its proof is of the address alone."""
    metrics.REFUSED.labels("webhook", "another_message").inc()
    log.warning("webhook_refused", of="webhook", refusal="another_message", message_id=str(message_id))


def count_ended(states: Iterable[str]) -> None:
    """Count the messages that have ended, after the commit of the transaction that wrote it."""
    for state in states:
        if state in _ENDS:
            metrics.SMS.labels(state).inc()


async def apply_parked(tx: Tx, message: OutboxMessage, provider: str, provider_id: str, at: datetime) -> list[str]:
    """Apply the statuses that waited for *message* to be committed as sent; return the states that it went through.

    The caller holds the id's lock, and counts the states after its commit.
    """
    ranked, states = message, []
    for name, error in await messages.pop_parked(tx, message.message_id, provider, provider_id):
        state = await apply_status(tx, ranked, _NAMES[name], error, at)
        if state is not None:
            states.append(state)
            fresh = await messages.get(tx, message.message_id)
            assert fresh is not None
            ranked = fresh
    return states


async def apply_status(
    tx: Tx, message: OutboxMessage, status: DeliveryStatus, error: str | None, at: datetime
) -> str | None:
    """Advance *message* to *status*; return its state then, or ``None`` when it was as far already."""
    rank = _rank(status, error)
    if rank <= message.status_rank:
        return None
    if status is DeliveryStatus.FAILED:
        await note_opt_out(tx, message, error, at)
        await report_undelivered(tx, message)
    state = message.state
    if status in (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED):
        state = status.name.lower()
        await write_line(
            tx,
            at,
            message,
            delivered_line(message) if status is DeliveryStatus.DELIVERED else failed_line(message, error),
        )
    await messages.set_status(tx, message.message_id, state, rank, at, error)
    return state


async def note_opt_out(tx: Tx, message: OutboxMessage, error: str | None, at: datetime) -> None:
    """Write that the message's phone takes no SMS, where the provider's *error* says so: the next step calls it."""
    if error == sms_stops.OPTED_OUT and not _is_call(message):
        await sms_stops.record_stop(tx, message.org, message.phone, at, by_provider=True)


async def report_undelivered(tx: Tx, message: OutboxMessage) -> None:
    """Tell the case that a question did not reach its carer, so that it goes on at once; or that the address did not.

    Where an operator's phone was to be connected, their call in the case is over.
    """
    await connected_calls.end_failed(tx, message)
    address = message.wording == Wording.GRANTED
    if message.alarm_id is None or message.notice_id is None or not (message.asks or address):
        return
    try:
        async with tx.transaction():
            lost = alarm_events.AddressLost if address else alarm_events.Undelivered
            event = lost(message.notice_id)
            await cases.lock_and_step_alarm(tx, message.alarm_id, event, "outbox")
    except IllegalMove as illegal:
        log.warning("nondelivery_ignored", alarm_id=str(message.alarm_id), why=str(illegal))


async def expire_undelivered(memory: Memory) -> int:
    """Report every question that has not arrived in time as undelivered, once each; return how many."""
    late = await memory.run_statement(lambda tx: messages.undelivered_questions(tx, ARRIVES_WITHIN))
    told = 0
    for message in late:

        async def work(tx: Tx, message: OutboxMessage = message) -> bool:
            if not await messages.lock_if_waiting(tx, message):
                return False
            await report_undelivered(tx, message)
            return True

        try:
            told += await memory.attempt(work, patient=False)
        except asyncpg.LockNotAvailableError:
            # Its case is locked just now: the next cycle asks again, and the other cases' dispatches go on.
            log.warning("nondelivery_delayed", alarm_id=str(message.alarm_id))
    if told:
        memory.hint()
    return told


async def drop_parked(memory: Memory) -> None:
    """Delete statuses that no message ever came for."""
    async with memory.transaction() as tx:
        await messages.forget_parked(tx, _PARKED_FOR)


# ---- lines of the timeline ----


async def write_line(tx: Tx, at: datetime, message: OutboxMessage, payload: timeline.Payload) -> None:
    """Write a line about *message*."""
    event = events.NewEvent(
        message.org, payload, area_id=message.area_id, alarm_id=message.alarm_id, resident_id=message.resident_id,
        actor="outbox",
    )  # fmt: skip
    await events.write(tx, at, event)


def sent_line(message: OutboxMessage, seconds: float, twice: bool) -> timeline.Payload:
    """Return the line of a message that the provider took, *seconds* after it was queued."""
    kind = timeline.CallSent if _is_call(message) else timeline.SmsSent
    return kind(message.message_id, message.wording, message.rank, round(seconds, 3), twice, message.notice_id)


def delivered_line(message: OutboxMessage) -> timeline.Payload:
    """Return the line of a message that has arrived."""
    kind = timeline.CallDelivered if _is_call(message) else timeline.SmsDelivered
    return kind(message.message_id, message.wording, message.rank, message.notice_id)


def failed_line(message: OutboxMessage, error: str | None) -> timeline.Payload:
    """Return the line of a message that will not arrive."""
    kind = timeline.CallFailed if _is_call(message) else timeline.SmsFailed
    return kind(message.message_id, message.wording, message.rank, error, message.notice_id)


def unknown_line(message: OutboxMessage, error: str) -> timeline.Payload:
    """Return the line of a message of which nobody can say whether it was sent."""
    kind = timeline.CallUnknown if _is_call(message) else timeline.SmsUnknown
    return kind(message.message_id, message.wording, message.rank, error, message.notice_id)


def not_needed_line(message: OutboxMessage) -> timeline.Payload:
    """Return the line of a message that was not sent, since its question was answered before."""
    kind = timeline.CallNotNeeded if _is_call(message) else timeline.SmsNotNeeded
    return kind(message.message_id, message.wording, message.rank, message.notice_id)


def end_line(message: OutboxMessage, state: str, error: str) -> timeline.Payload:
    """Return the line of a message that ended in *state* because of *error*, before the provider took it or in doubt."""
    if error == "not_needed":
        return not_needed_line(message)
    return unknown_line(message, error) if state == "unknown" else failed_line(message, error)


def _is_call(message: OutboxMessage) -> bool:
    return message.channel is Channel.CALL
