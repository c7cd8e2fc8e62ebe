"""Replicas that are killed between two of their statements, and a provider in memory that does what is drawn."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from alarm_center.clockwork import Clockwork
from alarm_center.outbox import Outbox
from alarm_center.providers import (
    ProviderAccepted,
    ProviderMessage,
    ProviderRefused,
    ProviderReply,
    ProviderUnavailable,
    ProviderUnknown,
)
from alarm_center.store.memory import Memory


class ReplicaKilled(BaseException):
    """Death of a replica: no handler of the service's catches it."""


@dataclass(slots=True)
class _MortalConnection:
    """A connection that counts the statements left to its replica."""

    connection: Any
    memory: "MortalMemory"

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.connection, name)
        if name not in ("execute", "executemany", "fetch", "fetchrow", "fetchval"):
            return found

        def counted(*args: Any, **named: Any) -> Any:
            self.memory.count_statement()
            return found(*args, **named)

        return counted


class MortalMemory(Memory):
    """A replica's memory, which sends only as many statements as it has left to live; ``None``: it lives."""

    statements_left: int | None = None

    def count_statement(self) -> None:
        """Note that a statement is about to be sent.

        Raises:
            ReplicaKilled: the replica has died before it.
        """
        if self.statements_left is not None:
            if self.statements_left <= 0:
                raise ReplicaKilled
            self.statements_left -= 1

    @asynccontextmanager
    async def _connection(self, seconds: float | None) -> AsyncIterator[tuple[Any, asyncio.Timeout]]:
        async with super()._connection(seconds) as (connection, limit):
            yield _MortalConnection(connection, self), limit


@dataclass(frozen=True, slots=True)
class TakenMessage:
    """A message that the provider has taken."""

    provider_id: str
    message_id: UUID
    phone: str
    sender: str
    body: str | None


@dataclass(slots=True)
class DrawnProvider:
    """A provider that does with each message what the machine has drawn; it takes whatever comes after that."""

    name: str = "twilio"
    per_second: float | None = None
    fates: list[str] = field(default_factory=list)
    taken: list[TakenMessage] = field(default_factory=list)
    killed: bool = False
    """It has taken a message, and nobody of ours lives to hear of it."""

    def _hand_over(self, phone: str, sender: str, body: str | None, message_id: UUID) -> ProviderAccepted:
        fate = self.fates.pop(0) if self.fates else "takes"
        if fate == "refuses":
            raise ProviderRefused("21211")
        if fate == "is_away":
            raise ProviderUnavailable("503")
        if fate == "loses":
            raise ProviderUnknown("no answer")
        item = TakenMessage(f"SM{len(self.taken) + 1}", message_id, phone, sender, body)
        self.taken.append(item)
        if fate == "takes_in_silence":
            raise ProviderUnknown("no answer")
        if fate == "outlives_the_replica":
            self.killed = True
            raise ReplicaKilled
        return ProviderAccepted(item.provider_id)

    async def send_sms(self, to: str, sender: str, body: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        return self._hand_over(to, sender, body, message_id)

    async def call(self, to: str, sender: str, words: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        return self._hand_over(to, sender, None, message_id)

    async def recent_sms(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        return self._listed(to, calls=False)

    async def recent_calls(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        return self._listed(to, calls=True)

    def _listed(self, to: str, *, calls: bool) -> list[ProviderMessage]:
        return [
            ProviderMessage(item.provider_id, item.sender, item.body, None)
            for item in reversed(self.taken)
            if item.phone == to and (item.body is None) == calls
        ]

    async def recent_replies(self, number: str, since: datetime) -> Sequence[ProviderReply]:
        return ()

    async def probe(self) -> None:
        """It works."""

    async def close(self) -> None:
        """It has no connections."""


FATES: Final = ("takes", "refuses", "is_away", "loses", "takes_in_silence", "outlives_the_replica")


@dataclass(slots=True)
class MortalReplica:
    """One process of the centre, as far as it decides and sends."""

    memory: MortalMemory
    provider: DrawnProvider
    clockwork: Clockwork = field(init=False)
    outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin anew, knowing nothing."""
        self.memory.statements_left = None
        self.clockwork = Clockwork(self.memory)
        # The clock is held: the provider's list needs no time of it.
        self.outbox = Outbox(self.memory, self.provider, settle=timedelta(0))

    async def works(self) -> None:
        """Step all that is due and send all that may go."""
        while await self.clockwork.cycle():
            pass
        await self.sends()

    async def sends(self) -> None:
        """Send until nothing more may go now."""
        while True:
            await self.outbox.cycle()
            work = list(self.outbox._at_work)
            await asyncio.gather(*work, return_exceptions=True)
            if self.provider.killed:
                self.provider.killed = False
                raise ReplicaKilled
            if not work:
                return
