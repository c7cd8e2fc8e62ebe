"""The subscription to sessions while no detector is alive, so that people look at every one; ended when one is back.

Each session is recorded by `alarm_center.inbox`.

It hears beside the detectors, not in their shared subscription: a detector that has just come back gets every session,
and none is given to a centre that leaves it to the detector. Every replica hears all of them, for its own operators;
the first to commit counts.
"""

import asyncio
from dataclasses import dataclass
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
    """The subscription to sessions, which lasts only while no detector is alive."""

    memory: Memory
    broker: MqttClient
    inbox: Inbox
    pictures: Pictures

    @property
    def standing_in(self) -> bool:
        """True if sessions are heard, on this connection or, when it broke meanwhile, on the next one."""
        return _SESSIONS in self.broker.subscriptions

    async def run(self) -> None:
        """Update each five seconds, until cancelled."""
        while True:
            try:
                await self.update()
            except (NotConnected, *AWAY) as error:
                log.warning("fallback_delayed", error=type(error).__name__)
            await asyncio.sleep(_EVERY_SECONDS)

    async def update(self) -> None:
        """Begin to hear sessions when no detector is alive, and stop when one is."""
        async with self.memory.transaction() as tx:
            alive = await detectors.count_alive(tx)
        metrics.DETECTORS.set(alive)
        if not alive and not self.standing_in:
            log.error("detectors_lost", what="every session goes to a person")
            await self.broker.subscribe(_SESSIONS, 1, self._receive_session)
        elif alive and self.standing_in:
            log.info("detectors_returned", detectors=alive)
            await self.broker.unsubscribe(_SESSIONS)

    async def _receive_session(self, topic: str, payload: bytes) -> None:
        await self.pictures.on_session(topic, payload)
        await self.inbox.on_session(topic, payload)
