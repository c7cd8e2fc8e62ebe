"""While no detector is alive, the centre takes the sessions themselves, so that people can look at every one.

It hears beside the detectors, not in their shared subscription: a detector that has just come back gets every session,
and none is given to a centre that leaves it to the detector. Every replica hears all of them, for its own operators;
the first to commit counts.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import aiomqtt
import structlog

from alarm_center import metrics
from alarm_center.devices.mqtt import Broker
from alarm_center.inbox import Inbox
from alarm_center.pictures import Pictures
from alarm_center.store import detectors
from alarm_center.store.memory import AWAY, Memory
from schemas import topics

log = structlog.get_logger()

_EVERY_SECONDS: Final = 5.0
_SESSIONS: Final = topics.every("session")


@dataclass(slots=True)
class StandIn:
    """Hears sessions only while nobody else does."""

    memory: Memory
    broker: Broker
    inbox: Inbox
    pictures: Pictures
    standing_in: bool = False

    async def run(self) -> None:
        """Look each five seconds whether a detector is alive, until cancelled."""
        while True:
            try:
                await self.look()
            except (aiomqtt.MqttError, *AWAY) as error:
                log.warning("stand_in_waits", error=type(error).__name__)
            await asyncio.sleep(_EVERY_SECONDS)

    async def look(self) -> None:
        """Begin or stop to stand in, as the detectors' signs of life have it."""
        async with self.memory.transaction() as tx:
            alive = await detectors.alive(tx)
        metrics.DETECTORS.set(alive)
        if not alive and not self.standing_in:
            log.error("no_detector_alive", what="every session goes to a person")
            await self.broker.subscribe(_SESSIONS, 1, self._take)
            self.standing_in = True
        elif alive and self.standing_in:
            log.info("detector_alive", detectors=alive)
            await self.broker.unsubscribe(_SESSIONS)
            self.standing_in = False

    async def _take(self, topic: str, payload: bytes) -> None:
        await self.pictures.on_session(topic, payload)
        await self.inbox.on_session(topic, payload)
