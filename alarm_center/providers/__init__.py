"""What the outbox needs of whoever carries our SMS and calls; a second provider is one module that fits this."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol
from uuid import UUID


class Status(IntEnum):
    """How far a message or call has come, in the only order that it can; a later callback never takes it back."""

    QUEUED = 0
    SENDING = 1
    SENT = 2
    DELIVERED = 3
    """On the phone; of a call, that it was answered."""
    FAILED = 4

    @property
    def rank(self) -> int:
        """The two ends are of one rank: the first to come stays."""
        return min(self.value, 3)


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has it, under this id."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One message or call in the provider's own list. ``at`` is when the provider made it, by the provider's clock."""

    provider_id: str
    sender: str
    body: str | None
    """``None`` for a call: providers keep no words of it."""
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Heard:
    """One reply, as the provider keeps it."""

    provider_id: str
    phone: str
    body: str


class Refused(Exception):
    """The provider will never send this; *code* is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unavailable(ConnectionError):
    """The provider has not got it; try again later."""


class Unknown(ConnectionError):
    """Nobody can say whether the provider has it: the connection broke, or no answer came in time."""


class Provider(Protocol):
    """Carries SMS and calls. Tries each once: what is tried again, and when, is the outbox's."""

    @property
    def name(self) -> str:
        """The word that its ids are kept under."""

    @property
    def per_second(self) -> float | None:
        """How many SMS one sending number may send a second; ``None`` where there is no limit."""

    async def send_sms(self, to: str, sender: str, body: str, valid_seconds: int, message_id: UUID) -> Sent:
        """Hand over one SMS, not worth delivering after *valid_seconds*. Its callbacks name *message_id*.

        Raises:
            Refused, Unavailable, Unknown: as each says.
        """

    async def call(self, to: str, sender: str, words: str, valid_seconds: int, message_id: UUID) -> Sent:
        """Start a call that reads *words* and takes one key.

        Raises:
            Refused, Unavailable, Unknown: as each says.
        """

    async def recent_sms(self, to: str, since: datetime) -> Sequence[Seen]:
        """Return what the provider has to *to* since *since* (the provider's clock), newest first.

        Raises:
            Unavailable, Unknown: it cannot say now.
        """

    async def recent_calls(self, to: str, since: datetime) -> Sequence[Seen]:
        """The same of calls.

        Raises:
            Unavailable, Unknown: it cannot say now.
        """

    async def replies(self, number: str, since: datetime) -> Sequence[Heard]:
        """Return what carers have written to our *number* since *since* (the provider's clock), oldest first.

        Raises:
            Unavailable, Unknown: it cannot say now.
        """

    async def close(self) -> None:
        """Let go of its connections."""
