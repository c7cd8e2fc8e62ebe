"""The demo's phones: SMS and calls arrive in memory at once, and what is answered goes the way of a real reply."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from alarm_center.providers import Heard, Seen, Sent, Status
from alarm_center.sms import delivery, replies_in
from alarm_center.store.memory import Memory

log = structlog.get_logger()

_RINGS: Final = timedelta(seconds=30)
_KEPT: Final = 200
"""Messages on one phone; the oldest go first."""


@dataclass(slots=True)
class PhoneMessage:
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


class Phones:
    """A :class:`~alarm_center.providers.Provider` whose phones anybody can hold. One process only: it is for the demo."""

    name = "phone"
    per_second: float | None = None

    def __init__(self, memory: Memory) -> None:
        self.changed = asyncio.Condition()
        """Notified after each change of any phone."""
        self._memory = memory
        self._phones: dict[str, list[PhoneMessage]] = {}
        self._numbers = itertools.count(1)
        self._at_work: set[asyncio.Task[None]] = set()
        self._prefix = f"PH{int(datetime.now(UTC).timestamp() * 1000):x}"

    # ---- what the page shows and does ----

    def phones(self) -> Sequence[str]:
        """Return every number that has had a message, oldest first."""
        return list(self._phones)

    def messages(self, phone: str) -> Sequence[PhoneMessage]:
        """Return what is on one phone, oldest first."""
        return list(self._phones.get(phone, ()))

    async def reply(self, phone: str, sender: str, text: str) -> None:
        """Answer from *phone* to *sender*. While the phone rings, one digit is the key that is pressed."""
        call = next((m for m in reversed(self._phones.get(phone, [])) if m.ringing and m.sender == sender), None)
        if call is not None and len(text.strip()) == 1:
            await self.press(phone, call.message_id, text.strip())
            return
        written = await self._put(phone, sender, text, "sms", outgoing=True)
        await replies_in.receive(self._memory, self.name, written.message_id, phone, sender, text)

    async def press(self, phone: str, message_id: str, digit: str) -> None:
        """Answer a call on *phone* with a key; one that is over, or no call at all, is let be."""
        call = next((m for m in self._phones.get(phone, ()) if m.message_id == message_id), None)
        if call is None or call.about is None or call.channel != "call" or call.missed:
            return
        if call.ringing:
            call.ringing = False
            await self._notify()
            await delivery.on_status(self._memory, self.name, call.message_id, Status.DELIVERED)
        await replies_in.press(self._memory, self.name, call.message_id, call.about, digit)

    # ---- the provider's side ----

    async def send_sms(self, to: str, sender: str, body: str, valid_seconds: int, message_id: UUID) -> Sent:
        """Put an SMS on a phone."""
        message = await self._put(to, sender, body, "sms", about=message_id)
        self._start(self._status(message, Status.DELIVERED))
        return Sent(message.message_id)

    async def call(self, to: str, sender: str, words: str, valid_seconds: int, message_id: UUID) -> Sent:
        """Let a phone ring for half a minute."""
        message = await self._put(to, sender, words, "call", ringing=True, about=message_id)
        self._start(self._ring(message))
        return Sent(message.message_id)

    async def recent_sms(self, to: str, since: datetime) -> Sequence[Seen]:
        """Return the SMS that came to a phone since *since*, of real time."""
        return [
            Seen(m.message_id, m.sender, m.body, m.made_at)
            for m in reversed(self._phones.get(to, []))
            if m.channel == "sms" and not m.outgoing and m.made_at >= since
        ]

    async def recent_calls(self, to: str, since: datetime) -> Sequence[Seen]:
        """The same of calls."""
        return [
            Seen(m.message_id, m.sender, None, m.made_at)
            for m in reversed(self._phones.get(to, []))
            if m.channel == "call" and m.made_at >= since
        ]

    async def replies(self, number: str, since: datetime) -> Sequence[Heard]:
        """Return nothing: a reply here is taken as it is written."""
        return []

    async def close(self) -> None:
        """Let nothing ring on."""
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)

    # ---- inside ----

    async def _put(
        self,
        phone: str,
        sender: str,
        body: str,
        channel: str,
        *,
        outgoing: bool = False,
        ringing: bool = False,
        about: UUID | None = None,
    ) -> PhoneMessage:
        at = await self._memory.now()
        number = f"{self._prefix}-{next(self._numbers)}"
        message = PhoneMessage(number, phone, sender, body, at, channel, outgoing, ringing, about=about)
        inbox = self._phones.setdefault(phone, [])
        inbox.append(message)
        del inbox[:-_KEPT]
        await self._notify()
        return message

    async def _status(self, message: PhoneMessage, status: Status) -> None:
        await delivery.on_status(self._memory, self.name, message.message_id, status)

    async def _ring(self, message: PhoneMessage) -> None:
        until = message.at + _RINGS
        while message.ringing and await self._memory.now() < until:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.25), self.changed:
                    await self.changed.wait_for(lambda: not message.ringing)
        if message.ringing:
            message.ringing, message.missed = False, True
            await self._notify()
            await self._status(message, Status.FAILED)

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_logged(work))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)


async def _logged(work: Awaitable[None]) -> None:
    try:
        await work
    except Exception:
        log.exception("phone_failed")
