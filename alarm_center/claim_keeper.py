"""Claims of this replica on messages of the outbox: kept by one database session, renewed each second, free at its end.

A killed process takes its session along, so its claims are free at once. A link that is half open leaves the session
behind, so its claims are free when their lease lapses: nobody could renew them.
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
"""Renewals that a lease has time for: one that comes late costs no claim."""
_SURE: Final = 0.5
"""The part of a lease, by this process's own clock, in which a POST may begin. It ends within 7 s (`providers.TIMEOUT_SECONDS`), so
before another worker, which waits for the lease and asks twice 10 s apart, asks for the second time."""


@dataclass(slots=True)
class ClaimKeeper:
    """The renewal of added claims, until they are dropped. ``session`` is ``None`` while there is no connection."""

    dsn: str
    lease_seconds: float
    monotonic: Callable[[], float]
    session: KeeperSession | None = None
    _sure_since: dict[UUID, float] = field(default_factory=dict)
    """By claim, when the last statement began that showed that it is ours."""

    def add_claim(self, token: UUID, began: float) -> None:
        """Renew a claim from now on. A statement that began at *began*, monotonic seconds, showed that it is ours."""
        self._sure_since[token] = began

    def drop_claim(self, token: UUID) -> None:
        """Stop renewing a claim: the outcome of its message is written."""
        self._sure_since.pop(token, None)

    def is_surely_ours(self, token: UUID) -> bool:
        """Return whether a statement showed so lately that the claim is ours that no other worker can have it."""
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
                    await self._renew_claims(connection, every)
                finally:
                    self.session = None
                    # With their session gone they are free for others at once, whatever was shown before.
                    self._sure_since = dict.fromkeys(self._sure_since, -math.inf)
                    connection.terminate()
            except AWAY as error:
                log.warning("claim_renewal_failed", claims=len(self._sure_since), error=type(error).__name__)
            await asyncio.sleep(every)

    async def _renew_claims(self, connection: "asyncpg.Connection[Any]", every: float) -> None:
        lease = timedelta(seconds=self.lease_seconds)
        session = await claims.session_of(connection)
        while True:
            began, tokens = self.monotonic(), list(self._sure_since)
            async with asyncio.timeout(self.lease_seconds):
                ours = await claims.extend_all(connection, tokens, lease, session)
            self.session = session
            for token in ours & self._sure_since.keys():
                self._sure_since[token] = began
            await asyncio.sleep(every)
