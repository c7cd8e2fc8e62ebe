"""Keeps this replica's claims of messages: by one session, whose end frees them, and by one renewal a second.

Two ways to be lost, two answers. A killed process takes its session along, so its claims are free at once. A link that is
half open leaves the session behind, so its claims are free when their lease lapses: nobody could renew them.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from alarm_center.store import claims
from alarm_center.store.claims import KeeperSession
from alarm_center.store.memory import AWAY

log = structlog.get_logger()

APPLICATION: Final = "fjarrtillsyn claims"
_RENEWALS: Final = 3
"""How many renewals a lease has time for: one that comes late costs no claim."""
_SURE: Final = 0.5
"""The part of a lease, by this process's own clock, in which a POST may begin. It ends within 7 s (providers/twilio.py), so
before another worker, which waits for the lease and asks twice 10 s apart, asks for the second time."""


@dataclass(slots=True)
class Keeper:
    """Renews every claim that was taken, until it is dropped. ``session`` is ``None`` while there is no connection."""

    dsn: str
    lease_seconds: float
    monotonic: Callable[[], float]
    session: KeeperSession | None = None
    _sure_since: dict[UUID, float] = field(default_factory=dict)
    """By claim, when the last statement began that showed that it is ours."""

    def take(self, token: UUID, began: float) -> None:
        """Keep a claim that was shown to be ours by a statement which began at *began*, monotonic seconds."""
        self._sure_since[token] = began

    def drop(self, token: UUID) -> None:
        """Keep it no longer: what became of its message is written."""
        self._sure_since.pop(token, None)

    def holds(self, token: UUID) -> bool:
        """Whether the claim was shown to be ours so lately that no other worker can have it."""
        since = self._sure_since.get(token)
        return since is not None and self.monotonic() - since < self.lease_seconds * _SURE

    async def run(self) -> None:
        """Renew until cancelled, on a connection of its own: the pool may be frozen or busy."""
        every = self.lease_seconds / _RENEWALS
        while True:
            try:
                async with asyncio.timeout(self.lease_seconds):
                    connection = await asyncpg.connect(self.dsn, server_settings={"application_name": APPLICATION})
                try:
                    await self._keep_on(connection, every)
                finally:
                    self.session = None
                    # With their session gone they are free for others at once, whatever was shown before.
                    self._sure_since = dict.fromkeys(self._sure_since, -math.inf)
                    connection.terminate()
            except AWAY as error:
                log.warning("claims_not_kept", claims=len(self._sure_since), error=type(error).__name__)
            await asyncio.sleep(every)

    async def _keep_on(self, connection: "asyncpg.Connection[Any]", every: float) -> None:
        lease = timedelta(seconds=self.lease_seconds)
        session = await claims.session(connection)
        while True:
            began, tokens = self.monotonic(), list(self._sure_since)
            async with asyncio.timeout(self.lease_seconds):
                ours = await claims.keep(connection, tokens, lease, session)
            self.session = session
            for token in ours & self._sure_since.keys():
                self._sure_since[token] = began
            await asyncio.sleep(every)
