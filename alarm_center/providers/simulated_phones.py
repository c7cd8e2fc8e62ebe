"""The demo's phones: SMS and calls arrive in memory at once, and their answers go the way of real replies."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from alarm_center.providers import DeliveryStatus, ProviderAccepted, ProviderMessage, ProviderReply
from alarm_center.sms import delivery, incoming_replies, pressed_keys
from alarm_center.sms.incoming_replies import ReceivedReply
from alarm_center.store import replies
from alarm_center.store.memory import Memory, now

log = structlog.get_logger()

_RINGS: Final = timedelta(seconds=30)
_KEPT: Final = 200
"""Messages on one phone; the oldest go first."""


@dataclass(slots=True)
class SimulatedMessage:
    """One SMS or call on a phone. ``at`` is the service's time."""

    message_id: str
    phone: str
    sender: str
    body: str
    at: datetime
    channel: str
    """``sms`` or ``call``."""
    outgoing: bool = False
    """Written by the phone's own owner."""
    ringing: bool = False
    """A call that nobody has answered yet."""
    missed: bool = False
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """In real time, as a provider's own list has it."""
    about: UUID | None = None


class SimulatedPhones:
    """A :class:`~alarm_center.providers.Provider` whose phones anybody can hold. One process only: it is for the demo."""

    name = "phone"
    per_second: float | None = None

    def __init__(self, memory: Memory) -> None:
        self.changed = asyncio.Condition()
        """Notified after each change of any phone."""
        self._memory = memory
        self._phones: dict[str, list[SimulatedMessage]] = {}
        self._owners: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._at_work: set[asyncio.Task[None]] = set()
        self._prefix = f"PH{int(datetime.now(UTC).timestamp() * 1000):x}"

    # ---- what the page shows and does ----

    def phones(self) -> Sequence[str]:
        """Return every number that has had a message, oldest first."""
        return list(self._phones)

    def messages(self, phone: str) -> Sequence[SimulatedMessage]:
        """Return what is on one phone, oldest first."""
        return list(self._phones.get(phone, ()))

    def owner(self, phone: str) -> str:
        """Return the name of the phone's owner, as its town's file gives it; empty when no town knows the phone."""
        return self._owners.get(phone, "")

    async def reply(self, phone: str, sender: str, text: str) -> None:
        """Answer from *phone* to *sender*. While the phone rings, one digit is the key that is pressed."""
        call = next((m for m in reversed(self._phones.get(phone, [])) if m.ringing and m.sender == sender), None)
        if call is not None and len(text.strip()) == 1:
            await self.press_key(phone, call.message_id, text.strip())
            return
        written = await self._add(phone, sender, text, "sms")
        written.outgoing = True
        await self._notify()
        reply = ReceivedReply.of_body(self.name, written.message_id, phone, sender, text)
        await incoming_replies.receive_reply(self._memory, reply)

    async def press_key(self, phone: str, message_id: str, digit: str) -> None:
        """Answer a call on *phone* with a key; one that is over, or no call at all, is let be."""
        call = next((m for m in self._phones.get(phone, ()) if m.message_id == message_id), None)
        if call is None or call.about is None or call.channel != "call" or call.missed:
            return
        if call.ringing:
            call.ringing = False
            await self._notify()
            await delivery.record_status(self._memory, self.name, call.message_id, DeliveryStatus.DELIVERED)
        await pressed_keys.apply_key(self._memory, self.name, call.message_id, call.about, digit)

    # ---- the provider's side ----

    async def send_sms(self, to: str, sender: str, body: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        """Put an SMS on a phone."""
        message = await self._add(to, sender, body, "sms")
        message.about = message_id
        await self._notify()
        self._run_beside(self._report(message, DeliveryStatus.DELIVERED))
        return ProviderAccepted(message.message_id)

    async def call(self, to: str, sender: str, words: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        """Let a phone ring for half a minute."""
        message = await self._add(to, sender, words, "call")
        message.about, message.ringing = message_id, True
        await self._notify()
        self._run_beside(self._let_ring(message))
        return ProviderAccepted(message.message_id)

    async def recent_sms(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        """Return the SMS that came to a phone since *since*, of real time."""
        return [
            ProviderMessage(m.message_id, m.sender, m.body, m.made_at)
            for m in reversed(self._phones.get(to, []))
            if m.channel == "sms" and not m.outgoing and m.made_at >= since
        ]

    async def recent_calls(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        """Return the calls to a phone since *since*, of real time."""
        return [
            ProviderMessage(m.message_id, m.sender, None, m.made_at)
            for m in reversed(self._phones.get(to, []))
            if m.channel == "call" and m.made_at >= since
        ]

    async def recent_replies(self, number: str, since: datetime) -> Sequence[ProviderReply]:
        """Return nothing: a reply here is received as it is written."""
        return []

    async def probe(self) -> None:
        """Return: the phones are here."""

    async def close(self) -> None:
        """End every ringing call."""
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)

    # ---- inside ----

    async def _add(self, phone: str, sender: str, body: str, channel: str) -> SimulatedMessage:
        """Put a message on *phone*; the page is notified by :meth:`_notify`."""
        async with self._memory.transaction() as tx:
            at = await now(tx)
            if phone not in self._owners:
                self._owners[phone] = await replies.owner_of(tx, phone)
        number = f"{self._prefix}-{next(self._numbers)}"
        message = SimulatedMessage(number, phone, sender, body, at, channel)
        inbox = self._phones.setdefault(phone, [])
        inbox.append(message)
        del inbox[:-_KEPT]
        return message

    async def _report(self, message: SimulatedMessage, status: DeliveryStatus) -> None:
        await delivery.record_status(self._memory, self.name, message.message_id, status)

    async def _let_ring(self, message: SimulatedMessage) -> None:
        until = message.at + _RINGS
        while message.ringing and await self._memory.now() < until:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.25), self.changed:
                    await self.changed.wait_for(lambda: not message.ringing)
        if message.ringing:
            message.ringing, message.missed = False, True
            await self._notify()
            await self._report(message, DeliveryStatus.FAILED)

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def _run_beside(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_log_failure(work))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)


async def _log_failure(work: Awaitable[None]) -> None:
    try:
        await work
    except Exception:
        log.exception("phone_failed")
