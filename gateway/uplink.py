"""Sessions on their way to the broker: each as large as the line carries in time, and given up for a smaller try where it is slower."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import structlog

from gateway.core import GatewayState
from gateway.line import SETTLE_S
from gateway.pending import PendingSession
from gateway.session import shrink_session
from runtime.mqtt import MqttClient, NotConnected
from schemas import topics

WATCH_S: Final = 0.5
"""Seconds between two looks at a line that carries a session, at most."""


@dataclass(slots=True)
class _Way:
    """One copy on its way: when it began, what the line had taken by then, and the same once its first seconds were over."""

    session_id: str
    began: float
    before: int
    settled: tuple[float, int] | None = None


@dataclass(slots=True)
class Uplink:
    """The way of one device's sessions. *monotonic* is the gateway's clock, in seconds, *tick_s* the real time between two looks at it."""

    state: GatewayState
    broker: MqttClient
    org: str
    device: str
    counts: Counter[str]
    monotonic: Callable[[], float]
    chance: Callable[[], float]
    tick_s: float
    on_sent: Callable[[], None]
    _log: Any = field(init=False)

    def __post_init__(self) -> None:
        self._log = structlog.get_logger().bind(org=self.org, device=self.device)

    async def send(self, kept: PendingSession) -> None:
        """Bring one session to the broker, or lose the link over it."""
        kept = await self._fit_to_line(kept)
        way = _Way(kept.session_id, self.monotonic(), self.broker.taken_bytes or 0)
        topic = topics.of(self.org, self.device, "session", kept.session_id)
        publishing = asyncio.create_task(self.broker.publish(topic, kept.payload, qos=1))
        try:
            while not (await asyncio.wait({publishing}, timeout=min(self.tick_s, WATCH_S)))[0]:
                self._watch_line(way)
            publishing.result()
        except NotConnected as lost:
            self._log.warning("publish_failed", topic=topic, error=str(lost))
        else:
            t = self.monotonic()
            self.state.measure_line(len(kept.payload), t - way.began, whole=True)
            self.state.mark_acknowledged(kept.session_id, t, self.chance())
            self.counts["sent"] += 1
            self._log.info("session_sent", session_id=kept.session_id, size=len(kept.payload))
        finally:
            publishing.cancel()
        self.on_sent()

    async def _fit_to_line(self, kept: PendingSession) -> PendingSession:
        """Return the session as it may go on this line: smaller, if as it is it would not come through in time."""
        room = self.state.room(kept.session_id, self.monotonic())
        if room is None or len(kept.payload) <= room:
            return kept
        payload, fits = await asyncio.to_thread(shrink_session, kept.payload, room)
        self.counts["shrunk"] += 1
        size = len(kept.payload)
        self._log.warning("session_reduced", session_id=kept.session_id, size=size, to=len(payload), room=room)
        self.state.shrink(kept.session_id, payload, smallest=not fits)
        return replace(kept, payload=payload)

    def _watch_line(self, way: _Way) -> None:
        """Measure the line while a session is on its way, and give the link up for a smaller try where it is too slow.

        A message that has begun cannot be taken back, so the link ends with it. A line that only needs longer is let be.
        """
        t, taken = self.monotonic(), self.broker.taken_bytes
        if taken is None:
            return
        seconds, moved = t - way.began, taken - way.before
        if way.settled is None:
            way.settled = (t, taken) if seconds >= SETTLE_S else None
            return
        self.state.measure_line(taken - way.settled[1], t - way.settled[0])
        if self.state.is_too_slow(way.session_id, moved, seconds, t):
            self.counts["too_slow"] += 1
            self.broker.cut(f"{moved} bytes of a session in {seconds:.0f} s: it goes again, smaller")
