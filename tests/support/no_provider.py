"""A provider for replicas of which no SMS is expected: one that is sent fails, and nobody ever answers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from alarm_center.providers import ProviderAccepted, ProviderMessage, ProviderRefused, ProviderReply


class NoProvider:
    """A :class:`~alarm_center.providers.Provider` that takes nothing."""

    name = "none"
    per_second: float | None = None

    async def send_sms(self, to: str, sender: str, body: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        raise ProviderRefused("no_provider")

    async def call(self, to: str, sender: str, words: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        raise ProviderRefused("no_provider")

    async def recent_sms(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        return []

    async def recent_calls(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        return []

    async def recent_replies(self, number: str, since: datetime) -> Sequence[ProviderReply]:
        return []

    async def probe(self) -> None:
        """Return: there is nothing to ask."""

    async def close(self) -> None:
        pass
