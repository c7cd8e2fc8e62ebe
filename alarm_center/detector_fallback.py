"""Fallback while no detector is alive: the service subscribes to sessions itself, so that an operator looks at each one.

`alarm_center.inbox` records each session as unjudged.

The subscription is not the shared one of the detectors: a detector that has just come back gets every session, and none
goes to a replica that leaves it to the detector. Every replica receives every session, for its own operators; the first
to commit counts.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Final

import structlog

from alarm_center import metrics
from alarm_center.inbox import Inbox
from alarm_center.pictures import Pictures
from alarm_center.store import detectors
from alarm_center.store.memory import AWAY, Memory
from runtime.mqtt import MqttClient, NotConnected
from schemas import topics

log = structlog.get_logger()

_EVERY_SECONDS: Final = 5.0
_SESSIONS: Final = topics.every("session")


@dataclass(slots=True)
class DetectorFallback:
    """The service's own subscription to sessions, which lasts while no detector is alive."""

    memory: Memory
    broker: MqttClient
    inbox: Inbox
    pictures: Pictures
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_subscribed(self) -> bool:
        """True if this replica receives sessions, on this connection or, if that is broken, on the next one."""
        return _SESSIONS in self.broker.subscriptions

    async def run(self) -> None:
        """Update at each sign of life, and each five seconds: another replica may have recorded it. Until cancelled."""
        while True:
            try:
                await self.update()
            except (NotConnected, *AWAY) as error:
                log.warning("fallback_delayed", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    async def receive_sign_of_life(self, topic: str, payload: bytes) -> None:
        """Record a detector's sign of life, and update at once: between the two a session would go to both or to none."""
        await self.inbox.on_detector(topic, payload)
        self._wake.set()

    async def update(self) -> None:
        """Subscribe to sessions when no detector is alive, and unsubscribe when one is."""
        async with self.memory.transaction() as tx:
            alive = await detectors.count_alive(tx)
        metrics.DETECTORS.set(alive)
        if not alive and not self.is_subscribed:
            log.error("detectors_lost", what="every session goes to a person")
            await self.broker.subscribe(_SESSIONS, 1, self._receive_session)
        elif alive and self.is_subscribed:
            log.info("detectors_returned", detectors=alive)
            await self.broker.unsubscribe(_SESSIONS)

    async def receive_home_session(self, topic: str, payload: bytes) -> None:
        """Give a session that its home could not judge to a person: whatever detectors are alive, it is not theirs."""
        await self.pictures.on_home_session(topic, payload)
        await self.inbox.on_home_session(topic, payload)

    async def _receive_session(self, topic: str, payload: bytes) -> None:
        await self.pictures.on_session(topic, payload)
        await self.inbox.on_session(topic, payload)
