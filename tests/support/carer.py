"""Carers with phones, so that a test reads as a dialogue; an SMS or call that no test expected is a failure."""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fjarrtillsyn.embedded.twilio_api import Item, TwilioApi
from tests.support.elks_api import ElksApi
from tests.support.waiting import DEADLINE_S, eventually


@dataclass(slots=True)
class Carer:
    """One phone. ``await carer.receives("Larm … PRIO 1").and_replies("1")``; … stands for anything."""

    api: TwilioApi | ElksApi
    """The provider that the phone's own messages go to."""
    phone: str
    number: str
    """The town's own number, that the phone writes back to."""
    others: Sequence[TwilioApi | ElksApi] = ()
    """More providers that may reach the phone."""
    _read: list[str] = field(default_factory=list)

    def receives(self, text: str, deadline_s: float = DEADLINE_S) -> "AwaitedMessage":
        """Wait for an SMS that says *text*; those that came before it must have been expected too."""
        return AwaitedMessage(self, self._messages, text, deadline_s)

    def is_called(self, deadline_s: float = DEADLINE_S) -> "AwaitedMessage":
        """Wait for a call."""
        return AwaitedMessage(self, self._calls, None, deadline_s)

    async def writes(self, text: str, *, sid: str | None = None) -> str:
        """Write to the town's number; return the provider's id of it."""
        return await self.api.reply(self.phone, self.number, text, sid=sid)

    def unread(self) -> list[Item]:
        """Return what came and was not expected."""
        return [item for item in (*self._messages(), *self._calls()) if item.sid not in self._read]

    def _messages(self) -> list[Item]:
        return self._to_phone([item for api in (self.api, *self.others) for item in api.messages])

    def _calls(self) -> list[Item]:
        return self._to_phone([item for api in (self.api, *self.others) for item in api.calls])

    def _to_phone(self, items: list[Item]) -> list[Item]:
        return sorted((item for item in items if item.to == self.phone), key=lambda item: item.made_at)

    async def next(self, came: Callable[[], list[Item]], text: str | None, deadline_s: float) -> Item:
        """Return the next SMS or call that was not read yet.

        Raises:
            AssertionError: none came, or it says something else.
        """

        def first() -> Item | None:
            return next((item for item in came() if item.sid not in self._read), None)

        item = await eventually(first, deadline_s)
        assert item is not None
        self._read.append(item.sid)
        wanted = ".*".join(re.escape(part) for part in (text or "").split("…"))
        assert text is None or re.search(wanted, item.body or ""), f"{self.phone} got {item.body!r}, not {text!r}"
        return item


@dataclass(slots=True)
class AwaitedMessage:
    """An SMS or call that a carer waits for; await it for the message, or go on with the carer's answer."""

    carer: Carer
    came: Callable[[], list[Item]]
    text: str | None
    deadline_s: float

    def __await__(self) -> Generator[Any, None, Item]:
        return self.carer.next(self.came, self.text, self.deadline_s).__await__()

    async def and_replies(self, text: str) -> Item:
        """Answer it; return what was answered."""
        item = await self
        await self.carer.writes(text)
        return item

    async def and_presses(self, digit: str) -> str:
        """Pick up and press a key; return the TwiML, or the action, that follows."""
        call = await self
        api = next(api for api in (self.carer.api, *self.carer.others) if call in api.calls)
        return await api.press(call, await api.pick_up(call), digit)
