"""Sessions, findings and frames on their way to the broker: as large as the line carries in time, and given up where it is slower."""

import asyncio
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import structlog

from gateway.core import GatewayState
from gateway.judging import Judge, home_finding, home_picture
from gateway.kept_frames import KeptFrames
from gateway.line import SETTLE_S
from gateway.pending import PendingSession
from gateway.session import shrink_session
from runtime.mqtt import MqttClient, NotConnected
from schemas import topics
from schemas.messages import HomeFinding
from schemas.vocabulary import Answer
from schemas.wire import encode

WATCH_S: Final = 0.5
"""Seconds between two looks at a line that carries a session, at most."""


@dataclass(slots=True)
class _Way:
    """One load on its way: when it began, what the line had taken by then, and the same once its first seconds were over."""

    load: PendingSession | KeptFrames
    began: float
    before: int
    settled: tuple[float, int] | None = None


@dataclass(slots=True)
class Uplink:
    """The way of one device's sessions. *monotonic* is the gateway's clock, in seconds, *tick_s* the real time between two looks at it.

    With a *judge*, and a config that says that it is believed, the finding travels, and frames where a person has to look.
    """

    state: GatewayState
    broker: MqttClient
    org: str
    device: str
    counts: Counter[str]
    monotonic: Callable[[], float]
    chance: Callable[[], float]
    tick_s: float
    on_sent: Callable[[], None]
    judge: Judge | None
    _log: Any = field(init=False)

    def __post_init__(self) -> None:
        self._log = structlog.get_logger().bind(org=self.org, device=self.device)

    async def send(self, kept: PendingSession) -> None:
        """Bring one session, or what was found in it, to the broker; or lose the link over it.

        Whatever breaks on the way, the line is free for the others, and this one is tried again as if it had got no receipt.
        """
        try:
            there = await self._send(kept)
        except Exception as error:  # one session must not hold the line of a whole night
            self._tell_broken(error)
            self.state.mark_acknowledged(kept.session_id, self.monotonic(), self.chance())
        else:
            if there:
                self.state.mark_acknowledged(kept.session_id, self.monotonic(), self.chance())
                self.counts["sent"] += 1
                self._log.info("session_sent", session_id=kept.session_id, size=there)
        self.on_sent()

    async def _send(self, kept: PendingSession) -> int:
        """Return how many bytes the broker has got; none when the link was lost."""
        if not self.state.judged_at_home:
            return await self._bring(await self._fit_session(kept), "session")
        judged = await self._judged(kept)
        if judged is None:
            return await self._bring(await self._fit_session(kept), "home_session")
        return await self._send_finding(judged)

    async def send_frames(self, kept: KeptFrames) -> bool:
        """Bring the frames of a session that was judged at home to the broker; return False when the link was lost over them."""
        self.state.frames.mark_sent(kept.session_id)
        try:
            there = await self._send_frames(kept)
        except Exception as error:  # as above; the centre may ask again
            self._tell_broken(error)
            there = 1
        if there:
            self.state.frames.mark_acknowledged(kept.session_id)
        self.on_sent()
        return bool(there)

    async def _send_frames(self, kept: KeptFrames) -> int:
        room = self.state.room(kept, self.monotonic())
        if room is not None and len(kept.payload) > room:
            payload, fits = await asyncio.to_thread(shrink_session, kept.payload, room)
            self.counts["shrunk"] += 1
            self.state.frames.shrink(kept.session_id, payload, smallest=not fits)
            kept = replace(kept, payload=payload, smallest=not fits)
        picture = await asyncio.to_thread(home_picture, kept.payload)
        there = await self._bring(replace(kept, payload=picture), "home_picture")
        if there:
            self.counts["frames_sent"] += 1
            self._log.info("frames_sent", session_id=kept.session_id, size=there)
        return there

    def _tell_broken(self, error: Exception) -> None:
        self.counts["broken"] += 1
        where = traceback.format_tb(error.__traceback__)[-1].strip()  # no values: they may be pictures
        self._log.error("sending_failed", error=type(error).__name__, where=where)

    async def _send_finding(self, judged: PendingSession) -> int:
        """Return how many bytes of the finding the broker has got; frames that people wait to see go before it."""
        frames = self.state.frames.wanted_of(judged.session_id) if judged.frames_first else None
        if frames is not None and not await self.send_frames(frames):
            return 0
        return await self._publish(topics.of(self.org, self.device, "home_finding"), judged.finding)

    async def _judged(self, kept: PendingSession) -> PendingSession | None:
        """Return the session with what the judge at home finds in it, once for all its copies; None when there is no judge."""
        if kept.finding:
            return kept
        made: HomeFinding | None = None
        try:
            if self.judge is not None and (answer := await self.judge.judge(kept.payload)) is not None:
                made = await asyncio.to_thread(home_finding, kept.payload, answer)
        except Exception as error:  # a judge that breaks is none
            self._tell_broken(error)
        if made is None:
            self.counts["unjudged"] += 1
            self._log.error("judge_failed", session_id=kept.session_id)
            return None
        self._log.info("session_judged", session_id=kept.session_id, answer=made.answer, pictures=made.pictures)
        urgent = made.answer is Answer.SOMETHING_WRONG
        judged = self.state.record_finding(kept.session_id, encode(made), wanted=bool(made.pictures), urgent=urgent)
        return judged or replace(kept, finding=encode(made))

    async def _bring(self, load: PendingSession | KeptFrames, kind: str) -> int:
        """Return how many bytes the broker has got; none when the link was lost, or given up for a smaller try."""
        way = _Way(load, self.monotonic(), self.broker.taken_bytes or 0)
        topic = topics.of(self.org, self.device, kind, load.session_id)
        publishing = asyncio.create_task(self._publish(topic, load.payload))
        try:
            while not (await asyncio.wait({publishing}, timeout=min(self.tick_s, WATCH_S)))[0]:
                self._watch_line(way)
        finally:
            publishing.cancel()
        if sent := publishing.result():
            self.state.measure_line(sent, self.monotonic() - way.began, whole=True)
        return sent

    async def _publish(self, topic: str, payload: bytes) -> int:
        try:
            await self.broker.publish(topic, payload, qos=1)
        except NotConnected as lost:
            self._log.warning("publish_failed", topic=topic, error=str(lost))
            return 0
        return len(payload)

    async def _fit_session(self, kept: PendingSession) -> PendingSession:
        """Return the session as it may go on this line: smaller, if as it is it would not come through in time."""
        room = self.state.room(kept, self.monotonic())
        if room is None or len(kept.payload) <= room:
            return kept
        payload, fits = await asyncio.to_thread(shrink_session, kept.payload, room)
        self.counts["shrunk"] += 1
        size = len(kept.payload)
        self._log.warning("session_reduced", session_id=kept.session_id, size=size, to=len(payload), room=room)
        self.state.shrink(kept.session_id, payload, smallest=not fits)
        return replace(kept, payload=payload, smallest=not fits)

    def _watch_line(self, way: _Way) -> None:
        """Measure the line while a load is on its way, and give the link up for a smaller try where it is too slow.

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
        if self.state.is_too_slow(way.load, moved, seconds, t):
            self.counts["too_slow"] += 1
            self.broker.cut(f"{moved} bytes of a session in {seconds:.0f} s: it goes again, smaller")
