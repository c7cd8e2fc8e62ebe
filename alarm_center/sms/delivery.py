"""What became of an SMS or call after the provider took it: statuses in any order, and arrivals that did not come."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import asyncpg
import structlog

from alarm_center import metrics
from alarm_center.casework import cases
from alarm_center.core import alarm_events
from alarm_center.core.case import IllegalMove
from alarm_center.providers import Status
from alarm_center.store import events, messages
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.messages import Message
from schemas import timeline
from schemas.vocabulary import Channel

log = structlog.get_logger()

ARRIVES_WITHIN: Final[Mapping[int, timedelta]] = MappingProxyType(
    {1: timedelta(seconds=60), 2: timedelta(minutes=3), 3: timedelta(minutes=10)}
)
"""By priority: a question that has not arrived by then counts as undelivered, and the next step comes now."""

_PARKED_FOR: Final = timedelta(days=1)
_ENDS: Final = ("delivered", "failed")
_NAMES: Final = {status.name.lower(): status for status in Status}


async def on_status(memory: Memory, provider: str, provider_id: str, status: Status, error: str | None = None) -> bool:
    """Take a status callback, whenever it comes; return whether it changed anything.

    One that came before its message was committed as sent is parked, and taken with that commit.
    """

    async def work(tx: "Tx[Any]") -> str | None:
        message = await messages.by_provider_id(tx, provider, provider_id)
        at = await now(tx)
        if message is None:
            await messages.park(tx, provider, provider_id, status.name.lower(), status.rank, error, at)
            return None
        return await become(tx, message, status, error, at)

    became = await memory.attempt(work)
    if became is None:
        return False
    count([became])
    memory.hint()
    return True


def count(states: Iterable[str]) -> None:
    """Count what became of messages, once the transaction that wrote it is committed."""
    for state in states:
        if state in _ENDS:
            metrics.SMS.labels(state).inc()


async def take_parked(tx: "Tx[Any]", message: Message, provider: str, provider_id: str, at: datetime) -> list[str]:
    """Take the statuses that waited for *message* to be committed as sent; return the states that it went through.

    The caller holds the id's lock, and counts the states after its commit.
    """
    ranked, states = message, []
    for name, error in await messages.unpark(tx, provider, provider_id):
        state = await become(tx, ranked, _NAMES[name], error, at)
        if state is not None:
            states.append(state)
            fresh = await messages.get(tx, message.message_id)
            assert fresh is not None
            ranked = fresh
    return states


async def become(tx: "Tx[Any]", message: Message, status: Status, error: str | None, at: datetime) -> str | None:
    """Let *message* be as far as *status* says; return its state then, or ``None``: it was as far already."""
    if status.rank <= message.status_rank:
        return None
    if status is Status.FAILED:
        await tell_undelivered(tx, message)
    state = message.state
    if status in (Status.DELIVERED, Status.FAILED):
        state = status.name.lower()
        await write(tx, at, message, delivered(message) if status is Status.DELIVERED else failed(message, error))
    await messages.has_become(tx, message.message_id, state, status.rank, at, error)
    return state


async def tell_undelivered(tx: "Tx[Any]", message: Message) -> None:
    """A question did not reach its carer: the dispatch goes on at once."""
    if not message.asks or message.alarm_id is None or message.notice_id is None:
        return
    try:
        async with tx.transaction():
            event = alarm_events.Undelivered(message.notice_id)
            await cases.step_alarm_of(tx, message.alarm_id, event, "outbox")
    except IllegalMove as illegal:
        log.warning("undelivered_ignored", alarm_id=str(message.alarm_id), why=str(illegal))


async def undelivered_due(memory: Memory) -> int:
    """Take every question that has not arrived in time as undelivered; return how many. Each once: its notice expires."""
    async with memory.transaction() as tx:
        late = await messages.undelivered(tx, ARRIVES_WITHIN)
    told = 0
    for message in late:

        async def work(tx: "Tx[Any]", message: Message = message) -> bool:
            if not await messages.still_asked(tx, message):
                return False
            await tell_undelivered(tx, message)
            return True

        try:
            told += await memory.attempt(work, patient=False)
        except asyncpg.LockNotAvailableError:
            # Its case is held just now: the next cycle asks again, and the other cases' dispatches go on.
            log.warning("undelivered_waits", alarm_id=str(message.alarm_id))
    if told:
        memory.hint()
    return told


async def forget_parked(memory: Memory) -> None:
    """Forget statuses that no message ever came for."""
    async with memory.transaction() as tx:
        await messages.forget_parked(tx, _PARKED_FOR)


# ---- lines of the timeline ----


async def write(tx: "Tx[Any]", at: datetime, message: Message, payload: timeline.Payload) -> None:
    """Write a line about *message*."""
    event = events.NewEvent(
        message.org, payload, area_id=message.area_id, alarm_id=message.alarm_id, resident_id=message.resident_id,
        actor="outbox",
    )  # fmt: skip
    await events.write(tx, at, event)


def sent(message: Message, seconds: float, twice: bool) -> timeline.Payload:
    """Return the line of a message that the provider took, *seconds* after it was queued."""
    kind = timeline.CallSent if _is_call(message) else timeline.SmsSent
    return kind(message.message_id, message.wording, message.rank, round(seconds, 3), twice, message.notice_id)


def delivered(message: Message) -> timeline.Payload:
    """Return the line of a message that has arrived."""
    kind = timeline.CallDelivered if _is_call(message) else timeline.SmsDelivered
    return kind(message.message_id, message.wording, message.rank, message.notice_id)


def failed(message: Message, error: str | None) -> timeline.Payload:
    """Return the line of a message that will not arrive."""
    kind = timeline.CallFailed if _is_call(message) else timeline.SmsFailed
    return kind(message.message_id, message.wording, message.rank, error, message.notice_id)


def unknown(message: Message, error: str) -> timeline.Payload:
    """Return the line of a message of which nobody can say whether it was sent."""
    kind = timeline.CallUnknown if _is_call(message) else timeline.SmsUnknown
    return kind(message.message_id, message.wording, message.rank, error, message.notice_id)


def not_needed(message: Message) -> timeline.Payload:
    """Return the line of a message that was not sent, since its question was answered before."""
    kind = timeline.CallNotNeeded if _is_call(message) else timeline.SmsNotNeeded
    return kind(message.message_id, message.wording, message.rank, message.notice_id)


def _is_call(message: Message) -> bool:
    return message.channel is Channel.CALL
