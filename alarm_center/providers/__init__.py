"""The interface of an SMS and voice provider: its methods, what it reports, and the three errors that it raises."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final, Protocol
from uuid import UUID

TIMEOUT_SECONDS: Final = 7.0
"""The time that a POST may take. With what may pass before it begins (claim_keeper.py), it has ended before the provider is asked for it a
second time, 10 s after a claim may have become free (ADR 0010)."""


class DeliveryStatus(IntEnum):
    """The progress of a message or call, in its only possible order; a later callback never takes it back."""

    QUEUED = 0
    SENDING = 1
    SENT = 2
    DELIVERED = 3
    """On the phone; of a call, that it was answered."""
    FAILED = 4

    @property
    def rank(self) -> int:
        """Order of progress. The two ends share a rank: the first to come stays."""
        return min(self.value, 3)


MACHINE: Final = "machine"
"""Error of a call that a machine answered."""
NO_KEY: Final = "no_key"
"""Error of a call that was answered and ended without a key: a voicemail that was taken for a person, or somebody who hung up."""
UNHEARD: Final = frozenset({MACHINE, NO_KEY})
"""Errors that come after a call was answered: nobody can be said to have heard it."""


@dataclass(frozen=True, slots=True)
class ProviderAccepted:
    """The provider's acceptance of a message, with its id there."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class ProviderMessage:
    """One message or call in the provider's own list. ``at`` is when the provider made it, by the provider's clock."""

    provider_id: str
    sender: str
    body: str | None
    """``None`` for a call: providers keep no words of it."""
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ProviderReply:
    """One reply, as the provider keeps it."""

    provider_id: str
    phone: str
    body: str
    at: datetime | None = None
    """The instant at which it was written, by the provider's clock."""


class ProviderRefused(Exception):
    """The provider will never send this message; *code* is its own word for the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ProviderUnavailable(ConnectionError):
    """The provider has not accepted the message; another try may succeed."""


class ProviderBusy(ProviderUnavailable):
    """The provider works and wants us to be slower."""


class ProviderUnknown(ConnectionError):
    """Acceptance is unknown: the connection broke, or no answer came in time."""


class Provider(Protocol):
    """A carrier of SMS and calls. It tries each once; the outbox retries."""

    @property
    def name(self) -> str:
        """Name under which its ids are kept."""

    @property
    def per_second(self) -> float | None:
        """SMS that one sending number may send a second; ``None`` where there is no limit."""

    async def send_sms(self, to: str, sender: str, body: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        """Hand over one SMS, not worth delivering after *valid_seconds*. Its callbacks name *message_id*.

        Raises:
            ProviderRefused, ProviderUnavailable, ProviderUnknown: as each says.
        """

    async def call(self, to: str, sender: str, words: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        """Start a call that reads *words* and takes one key.

        Raises:
            ProviderRefused, ProviderUnavailable, ProviderUnknown: as each says.
        """

    async def recent_sms(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        """Return the provider's SMS to *to* since *since* (the provider's clock), newest first.

        Raises:
            ProviderUnavailable, ProviderUnknown: it cannot say now.
        """

    async def recent_calls(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        """Return the provider's calls to *to* since *since* (the provider's clock), newest first.

        Raises:
            ProviderUnavailable, ProviderUnknown: it cannot say now.
        """

    async def recent_replies(self, number: str, since: datetime) -> Sequence[ProviderReply]:
        """Return all the carers' SMS to our *number* since *since* (the provider's clock), oldest first, page by page.

        Raises:
            ProviderUnavailable, ProviderUnknown: it cannot say now.
        """

    async def probe(self) -> None:
        """Ask something that costs nothing and reaches nobody, to see whether the provider works.

        Raises:
            ProviderUnavailable, ProviderUnknown: it does not.
        """

    async def close(self) -> None:
        """Close its connections."""
