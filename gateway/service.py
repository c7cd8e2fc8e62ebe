"""Loops of one gateway around :class:`gateway.core.GatewayState`: its link, its wakings, what it sends and receives."""

import asyncio
import random
import threading
import time
import traceback
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from gateway import radio
from gateway.core import GatewayState, Ignored
from gateway.eye import Eye, Lamp, lamp
from gateway.judging import Judge
from gateway.session import pack_session, software
from gateway.settings import GatewaySettings
from gateway.sources import Source, joined_faults, open_sources
from gateway.taken import CannotCapture
from gateway.uplink import Uplink
from gateway.waking import Key, Waking
from runtime.mqtt import Backoff, LastWill, MqttClient, NotConnected
from runtime.settings import BadSettings
from schemas import topics
from schemas.messages import Command, Config, Frame, LiveFrame, Pulse, Receipt, Session
from schemas.vocabulary import DeviceKind, JudgePlace, Refusal
from schemas.wire import Refused, decode, encode

ACK_S: Final = 60.0
"""Without the broker's acknowledgement for so long after the line took its last byte, the link is taken for dead."""
RETRY_S: Final = (1.0, 60.0)
"""The first and the longest wait before connecting again."""
TICK_S: Final = 0.5
GOODBYE_S: Final = 2.0


class Gateway:
    """One device. ``sources`` may be changed while it runs; ``counts`` says what was refused, sent and dropped.

    It looks through *sources*, a camera, sensors or one of each, or through those of its settings when there are none.
    *monotonic* is the clock that pulses are stretched by, *wall* the device's own, which is only reported.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *sources: Source,
        judge: Judge | None = None,
        show: Lamp | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
        tick_s: float = TICK_S,
    ) -> None:
        self.state = GatewayState(uuid.uuid4().hex)
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._org, self._device = settings.gateway_org, settings.gateway_device
        self._eye = Eye(
            sources or open_sources(settings.gateway_source, settings.gateway_seed),
            show or lamp(settings.gateway_lamp),
        )
        self._monotonic, self._wall, self._chance, self._tick_s = monotonic, wall, chance, tick_s
        self._software = software()
        self._judge = judge
        self._camera: tuple[bool | None, str | None] = (None, None)
        self._broker = self._new_broker()
        self._on_link: set[asyncio.Task[object]] = set()
        self._seeing: asyncio.Task[None] | None = None
        self._stop_look = threading.Event()
        self._nudged = asyncio.Event()
        self._cut = asyncio.Event()
        self._plugged = asyncio.Event()
        self._plugged.set()
        self._log = structlog.get_logger().bind(org=self._org, device=self._device)
        self._uplink = Uplink(
            self.state, self._broker, self._org, self._device, self.counts, monotonic, chance, tick_s, self.nudge, judge
        )

    @property
    def sources(self) -> tuple[Source, ...]:
        return self._eye.sources

    @sources.setter
    def sources(self, sources: tuple[Source, ...]) -> None:
        self._eye.sources = sources

    @property
    def linked(self) -> bool:
        """The broker has us now."""
        return self._broker.connected.is_set()

    def unplug(self) -> None:
        """Fall silent until ``plug``: no goodbye and no last will, as when the network in the home goes."""
        self._plugged.clear()
        self._cut.set()

    def plug(self) -> None:
        """Give the network back."""
        self._plugged.set()

    def nudge(self) -> None:
        """Ask at once what is to be done, instead of at the next tick: a test has moved the clock."""
        self._nudged.set()

    async def run(self) -> None:
        """Run until cancelled; then say goodbye."""
        link, watch = asyncio.create_task(self._keep_linked()), asyncio.create_task(self._keep_watch())
        try:
            ended, _ = await asyncio.wait({link, watch}, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            self._stop_look.set()
            await _cancelled(watch, self._seeing)  # first, or a status would follow the goodbye
            await self._say_goodbye()
            await _cancelled(link)

    # The link

    def _new_broker(self) -> MqttClient:
        return MqttClient(
            self._settings.broker,
            f"gateway-{self._org}-{self._device}",
            {
                topics.PULSE: (0, self._take),
                **{self._topic(kind): (1, self._take) for kind in ("config", "command", "receipt")},
            },
            will=lambda: LastWill(self._topic("status"), encode(self.state.dial(self._software))),
            on_connected=self._on_linked,
            on_disconnected=self._on_unlinked,
            on_lost=lambda: self.counts.update(["link_lost"]),
            on_given_up=lambda topic: self.counts.update(["given_up"]),
            ack_s=ACK_S,
            backoff=Backoff(*RETRY_S),
            chance=self._chance,
        )

    async def _keep_linked(self) -> None:
        """Keep the link to the broker, but for the time that the network is unplugged."""
        while True:
            await self._plugged.wait()
            self._cut.clear()
            linking = asyncio.create_task(self._broker.run())
            cut = asyncio.create_task(self._cut.wait())
            try:
                await asyncio.wait({linking, cut}, return_when=asyncio.FIRST_COMPLETED)
                if linking.done():
                    linking.result()
            finally:
                await _cancelled(linking, cut)

    def _on_linked(self) -> None:
        self.state.mark_connected()
        self.nudge()

    def _on_unlinked(self) -> None:
        self._stop_live()
        for sending in self._on_link:
            sending.cancel()
        self.state.mark_disconnected()

    async def _say_goodbye(self) -> None:
        """Tell the centre that the device leaves, if the broker still takes it."""
        with suppress(NotConnected, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                status = encode(self.state.goodbye(self._software))
                await self._broker.publish(self._topic("status"), status, qos=1)

    async def _take(self, topic: str, payload: bytes) -> None:
        self.take_message(topic, payload)

    def take_message(self, topic: str, payload: bytes) -> None:
        """Take one message. What is wrong with it is counted and logged, and never does more than that."""
        t = self._monotonic()
        kind = "pulse" if topic == topics.PULSE else topic.rpartition("/")[2]
        try:
            if kind == "pulse":
                self.state.take_pulse(decode(Pulse, payload).now, t)
            elif topic != self._topic(kind):
                raise Refused(Refusal.TOPIC_MISMATCH, "not a topic of this device")
            elif kind == "config":
                self.state.take_config(self._config(payload))
            elif kind == "command":
                self.state.take_command(decode(Command, payload), t)
                if self.state.waking is not None and self.state.waking.kind == "lamp":
                    self._stop_look.set()  # whoever was shown the lamp has seen it: what is asked for next does not wait
            elif kind == "receipt":
                receipt = decode(Receipt, payload)
                self.state.take_receipt(receipt, t)
                self.counts[f"receipt_{receipt.state}"] += 1
                self._log.info(
                    "receipt_received", session_id=receipt.session_id, state=receipt.state, reason=receipt.reason
                )
        except (Refused, topics.BadTopic) as refused:
            word = refused.refusal if isinstance(refused, Refused) else Refusal.TOPIC_MISMATCH
            self.counts[f"refused_{word}"] += 1
            self._log.warning("message_refused", kind=kind[:20], refusal=word, detail=str(refused)[:200])
        except Ignored as ignored:
            self.counts["ignored"] += 1
            self._log.info("message_ignored", kind=kind, reason=ignored.reason)
        if self.state.withdrawn:
            self._stop_look.set()
        self.nudge()

    def _config(self, payload: bytes) -> Config | None:
        return decode(Config, payload) if payload else None

    # What is to be done

    async def _keep_watch(self) -> None:
        while True:
            self._nudged.clear()
            self._step(self._monotonic())
            with suppress(TimeoutError):
                async with asyncio.timeout(self._tick_s):
                    await self._nudged.wait()

    def _step(self, t: float) -> None:
        """Do what is due at *t*."""
        for session_id in self.state.drop_expired(t):
            self.counts["dropped"] += 1
            self._log.warning("session_dropped", session_id=session_id, why="no receipt in time")
        if self._seeing is None or self._seeing.done():
            if look := self.state.next_waking(t):
                self.state.begin_waking(look, t)
                self._stop_look = threading.Event()
                works = {"live": self._live, "lamp": self._show_lamp}
                self._seeing = asyncio.create_task(self._see(works.get(look.kind, self._look)(look)))
            elif keys := self.state.preflights_due(t):
                self._seeing = asyncio.create_task(self._see(self._preflight(keys)))
        if not self.linked:
            return
        # A status goes before a session: what comes after one waits until the line has carried it.
        ok, fault = self._camera
        status = self.state.make_status(
            t,
            camera_ok=ok,
            fault=fault,
            software=self._software,
            wall=self._wall(),
            judge_ok=None if self._judge is None else self._judge.alive,
            signal_dbm=radio.signal_dbm(),
        )
        if status is not None:
            self._start(self._publish(self._topic("status"), encode(status)))
        if kept := self.state.claim_copy(t):
            self.state.mark_sent(kept.session_id)
            self._start(self._uplink.send(kept))
        elif frames := self.state.claim_frames():
            self.state.frames.mark_sent(frames.session_id)
            self._start(self._uplink.send_frames(frames))

    def _start(self, work: Coroutine[None, None, object]) -> None:
        """Run *work* for as long as this link lasts."""
        task = asyncio.create_task(work)
        self._on_link.add(task)
        task.add_done_callback(self._on_link.discard)

    async def _publish(self, topic: str, payload: bytes, qos: int = 1) -> bool:
        """Return whether the broker has it; if not, the link is lost."""
        try:
            await self._broker.publish(topic, payload, qos=qos)
        except NotConnected as error:
            self._log.warning("publish_failed", topic=topic, error=str(error))
            return False
        return True

    # Looking

    async def _see(self, work: Coroutine[None, None, None]) -> None:
        """Do *work*, which uses the eye. Whatever breaks in it, the device can look again afterwards."""
        try:
            await work
        except Exception as error:  # one broken look must not blind the device for the rest of the night
            self.counts["broken"] += 1
            where = traceback.format_tb(error.__traceback__)[-1].strip()  # no values: they may be pictures
            self._log.error("look_failed", error=type(error).__name__, where=where)
        finally:
            if self.state.waking is not None:
                self.state.end_waking()

    async def _preflight(self, keys: frozenset[Key]) -> None:
        faults = await self._eye.faults()
        fault = joined_faults(faults.values())
        self._camera = (DeviceKind.CAMERA not in faults if self._eye.camera else None, fault)
        self.state.record_preflight(keys, fault, self._monotonic())
        self._log.info("preflight_made", attempts=len(keys), fault=fault)
        self.nudge()

    async def _look(self, look: Waking) -> None:
        """Take the ten seconds, or say why there are none, and keep the session until its receipt."""
        state = self.state
        started_at, profile, capture = state.clock(self._monotonic()), state.profile, state.capture
        assert started_at is not None, "a look begins only with a clock"
        session_id = uuid.uuid4().hex
        header = Session(
            session_id=session_id,
            org=self._org,
            device=self._device,
            kind=DeviceKind.CAMERA if self._eye.camera else DeviceKind.SENSORS,
            started_at=started_at,
            seconds=look.seconds,
            software=self._software,
            profile=profile,
        )
        log = self._log.bind(session_id=session_id, check_id=str(look.check_id), attempt=look.attempt)
        log.info("look_began", seconds=look.seconds, command_id=str(look.command_id))
        taken = await self._eye.take(look.seconds, capture, self._stop_look)
        payload, fault = await asyncio.to_thread(pack_session, header, look, taken)
        if not state.withdrawn:
            self._camera = (bool(taken.frames) if header.kind is DeviceKind.CAMERA else None, fault)
        if state.end_waking(session_id, payload):
            self.counts["broken_pictures"] += taken.broken
            log.info(
                "look_ended", frames=len(taken.frames), channels=len(taken.channels), size=len(payload), fault=fault,
                broken=taken.broken,
            )  # fmt: skip
        else:
            self.counts["withdrawn"] += 1
            log.info("look_withdrawn")
        self.nudge()

    async def _show_lamp(self, look: Waking) -> None:
        """Light the lamp as during a look; no camera is opened."""
        self._log.info("lamp_shown", seconds=look.seconds, command_id=str(look.command_id))
        await self._eye.show_lamp(look.seconds, self._stop_look)
        self.state.end_waking()
        self.nudge()

    def _is_on(self, link: int) -> bool:
        """Return whether connection number *link* is still the one that we have."""
        return self.linked and self._broker.connections == link

    def _stop_live(self) -> None:
        """End a live look: nobody sees it any more. A session goes on and is sent when the link is back."""
        if self.state.waking is not None and self.state.waking.kind == "live":
            self._stop_look.set()

    async def _live(self, look: Waking) -> None:
        """Send frames of a live look, newest only, and a last word that closes it."""
        log = self._log.bind(command_id=str(look.command_id))
        log.info("live_look_began", seconds=look.seconds)
        sequence, fault, link, command_id = 0, None, self._broker.connections, look.command_id
        assert command_id is not None, "only a command asks for a live look"

        def word(sequence: int, frame: Frame | None) -> bytes:
            last = frame is None
            return encode(
                LiveFrame(
                    command_id=command_id, org=self._org, device=self._device, sequence=sequence, frame=frame, last=last
                )
            )

        try:
            async with aclosing(self._eye.live(look.seconds, self.state.capture, self._stop_look)) as frames:
                async for frame in frames:
                    if not self._is_on(link) or self._stop_look.is_set():
                        break
                    if not await self._publish(self._topic("live"), word(sequence, frame), qos=0):
                        break
                    sequence += 1
        except CannotCapture as cannot:
            fault = str(cannot)[:200]
        if not self.state.withdrawn:
            self._camera = (fault is None if self._eye.camera else None, fault)
        self.state.end_waking()
        log.info("live_look_ended", frames=sequence, fault=fault)
        if self._is_on(link):
            await self._publish(self._topic("live"), word(sequence, None), qos=0)
        self.nudge()

    def _topic(self, kind: str, session_id: str | None = None) -> str:
        return topics.of(self._org, self._device, kind, session_id)


async def _cancelled(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancel *tasks* and return when they have ended."""
    there = [task for task in tasks if task is not None]
    for task in there:
        task.cancel()
    await asyncio.gather(*there, return_exceptions=True)


async def run(settings: GatewaySettings) -> None:
    """Run one gateway until cancelled.

    Raises:
        BadSettings: it is to judge at home, and nobody has given it a judge.
    """
    if settings.judge is JudgePlace.HOME:
        raise BadSettings("FJT_JUDGE: a gateway alone has no judge; run `fjarrtillsyn gateway`")
    await Gateway(settings).run()
