"""The gateway at work: one device's link to the broker around :class:`gateway.core.Home`."""

import asyncio
import random
import ssl
import threading
import time
import traceback
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Final

import aiomqtt
import structlog

from gateway.core import Home, Ignored, Kept, Key, Look
from gateway.eye import Eye, Lamp, lamp
from gateway.session import packed, software
from gateway.settings import Settings
from gateway.sources import CannotCapture, Source, in_words, open_sources
from schemas import topics
from schemas.messages import Command, Config, Frame, LiveFrame, Pulse, Receipt, Session
from schemas.vocabulary import DeviceKind, Refusal
from schemas.wire import Refused, decode, encode

KEEPALIVE_S: Final = 20
ACK_S: Final = 120.0
"""Without the broker's acknowledgement for so long, the link is taken for dead."""
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
        settings: Settings,
        *sources: Source,
        show: Lamp | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
        tick_s: float = TICK_S,
    ) -> None:
        self.home = Home(uuid.uuid4().hex)
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._org, self._device = settings.gateway_org, settings.gateway_device
        self._eye = Eye(
            sources or open_sources(settings.gateway_source, settings.gateway_seed),
            show or lamp(settings.gateway_lamp),
        )
        self._monotonic, self._wall, self._chance, self._tick_s = monotonic, wall, chance, tick_s
        self._software = software()
        self._camera: tuple[bool | None, str | None] = (None, None)
        self._client: aiomqtt.Client | None = None
        self._on_link: set[asyncio.Task[object]] = set()
        self._seeing: asyncio.Task[None] | None = None
        self._stop_look = threading.Event()
        self._nudged = asyncio.Event()
        self._cut = asyncio.Event()
        self._plugged = asyncio.Event()
        self._plugged.set()
        self._log = structlog.get_logger().bind(org=self._org, device=self._device)

    @property
    def sources(self) -> tuple[Source, ...]:
        return self._eye.sources

    @sources.setter
    def sources(self, sources: tuple[Source, ...]) -> None:
        self._eye.sources = sources

    @property
    def linked(self) -> bool:
        """Whether the broker has us now."""
        return self._client is not None

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
        work = {asyncio.create_task(self._keep_linked()), asyncio.create_task(self._keep_watch())}
        try:
            ended, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            self._stop_look.set()
            if self._seeing is not None:
                work.add(self._seeing)
            await _ended(work)

    # The link

    async def _keep_linked(self) -> None:
        wait = RETRY_S[0]
        while True:
            await self._plugged.wait()
            self._cut.clear()
            since = time.monotonic()
            try:
                async with self._new_client() as client:
                    await self._while_linked(client)
            except aiomqtt.MqttError as error:
                self.counts["link_lost"] += 1
                self._log.warning("no link", error=str(error), again_in_s=round(wait, 1))
            if time.monotonic() - since > RETRY_S[1]:
                wait = RETRY_S[0]
            if self._plugged.is_set():
                await asyncio.sleep(wait * (0.5 + self._chance() / 2))
                wait = min(wait * 2, RETRY_S[1])

    def _new_client(self) -> aiomqtt.Client:
        settings = self._settings
        will = encode(self.home.dial(self._software))
        return aiomqtt.Client(
            settings.mqtt_host,
            settings.mqtt_port,
            username=settings.user,
            password=settings.password,
            identifier=f"gateway-{self._org}-{self._device}",
            clean_session=True,
            keepalive=KEEPALIVE_S,
            will=aiomqtt.Will(self._topic("status"), will, qos=1),
            tls_context=ssl.create_default_context(cafile=settings.mqtt_ca) if settings.mqtt_tls else None,
            max_queued_incoming_messages=200,
        )

    async def _while_linked(self, client: aiomqtt.Client) -> None:
        self.home.connect()
        try:
            await client.subscribe(
                [(topics.PULSE, 0), *((self._topic(k), 1) for k in ("config", "command", "receipt"))]
            )
            self._client = client
            self._log.info("linked")
            self.nudge()
            listening = asyncio.create_task(self._listen(client))
            cut = asyncio.create_task(self._cut.wait())
            try:
                await asyncio.wait({listening, cut}, return_when=asyncio.FIRST_COMPLETED)
                if listening.done():
                    listening.result()
            except asyncio.CancelledError:
                with suppress(aiomqtt.MqttError):
                    goodbye = encode(self.home.goodbye(self._software))
                    await client.publish(self._topic("status"), goodbye, qos=1, timeout=GOODBYE_S)
                raise
            finally:
                for task in (listening, cut):
                    task.cancel()
                await asyncio.gather(listening, cut, return_exceptions=True)
        finally:
            self._client = None
            self._stop_live()
            for sending in self._on_link:
                sending.cancel()
            await asyncio.gather(*self._on_link, return_exceptions=True)
            self.home.disconnect()

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            self.hear(str(message.topic), payload)

    def hear(self, topic: str, payload: bytes) -> None:
        """Take one message. What is wrong with it is counted and logged, and never does more than that."""
        t = self._monotonic()
        kind = "pulse" if topic == topics.PULSE else topic.rpartition("/")[2]
        try:
            if kind == "pulse":
                self.home.hear_pulse(decode(Pulse, payload).now, t)
            elif topic != self._topic(kind):
                raise Refused(Refusal.TOPIC_MISMATCH, "not a topic of this device")
            elif kind == "config":
                self.home.take_config(self._config(payload))
            elif kind == "command":
                self.home.take_command(decode(Command, payload), t)
            elif kind == "receipt":
                receipt = decode(Receipt, payload)
                self.home.take_receipt(receipt.session_id)
                self.counts[f"receipt_{receipt.state}"] += 1
                self._log.info("receipt", session_id=receipt.session_id, state=receipt.state, reason=receipt.reason)
        except (Refused, topics.BadTopic) as refused:
            word = refused.refusal if isinstance(refused, Refused) else Refusal.TOPIC_MISMATCH
            self.counts[f"refused_{word}"] += 1
            self._log.warning("refused", kind=kind[:20], refusal=word, detail=str(refused)[:200])
        except Ignored as ignored:
            self.counts["ignored"] += 1
            self._log.info("ignored", kind=kind, reason=ignored.reason)
        if self.home.withdrawn:
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
        for session_id in self.home.drop_expired(t):
            self.counts["dropped"] += 1
            self._log.warning("session dropped: no receipt in time", session_id=session_id)
        if self._seeing is None or self._seeing.done():
            if look := self.home.next_look(t):
                self.home.begin(look, t)
                self._stop_look = threading.Event()
                work = self._live(look) if look.kind == "live" else self._look(look)
                self._seeing = asyncio.create_task(self._see(work))
            elif keys := self.home.preflights_due(t):
                self._seeing = asyncio.create_task(self._see(self._preflight(keys)))
        client = self._client
        if client is None:
            return
        while kept := self.home.next_copy(t):
            self.home.sent(kept.session_id)
            self._start(self._send(client, kept))
        ok, fault = self._camera
        status = self.home.report(t, camera_ok=ok, fault=fault, software=self._software, wall=self._wall())
        if status is not None:
            self._start(self._publish(client, self._topic("status"), encode(status)))

    def _start(self, work: Coroutine[None, None, object]) -> None:
        """Run *work* for as long as this link lasts."""
        task = asyncio.create_task(work)
        self._on_link.add(task)
        task.add_done_callback(self._on_link.discard)

    async def _send(self, client: aiomqtt.Client, kept: Kept) -> None:
        topic = self._topic("session", kept.session_id)
        if await self._publish(client, topic, kept.payload):
            self.home.acknowledged(kept.session_id, self._monotonic(), self._chance())
            self.counts["sent"] += 1
            self._log.info("session sent", session_id=kept.session_id, size=len(kept.payload))

    async def _publish(self, client: aiomqtt.Client, topic: str, payload: bytes, qos: int = 1) -> bool:
        """Return whether the broker has it; if not, the link is as good as lost and is cut."""
        try:
            await client.publish(topic, payload, qos=qos, timeout=ACK_S)
        except aiomqtt.MqttError as error:
            self._log.warning("not published", topic=topic, error=str(error))
            self._cut.set()
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
            self._log.error("look broke", error=type(error).__name__, where=where)
        finally:
            if self.home.looking is not None:
                self.home.end()

    async def _preflight(self, keys: frozenset[Key]) -> None:
        faults = await self._eye.faults()
        fault = in_words(faults.values())
        self._camera = (DeviceKind.CAMERA not in faults if self._eye.camera else None, fault)
        self.home.preflown(keys, fault, self._monotonic())
        self._log.info("preflight", attempts=len(keys), fault=fault)
        self.nudge()

    async def _look(self, look: Look) -> None:
        """Take the ten seconds, or say why there are none, and keep the session until its receipt."""
        home = self.home
        started_at, profile, capture = home.clock(self._monotonic()), home.profile, home.capture
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
        log.info("look begins", seconds=look.seconds, command_id=str(look.command_id))
        taken = await self._eye.take(look.seconds, capture, self._stop_look)
        payload, fault = await asyncio.to_thread(packed, header, look, taken)
        if not home.withdrawn:
            self._camera = (bool(taken.frames) if header.kind is DeviceKind.CAMERA else None, fault)
        if home.end(session_id, payload):
            log.info(
                "look ends", frames=len(taken.frames), channels=len(taken.channels), size=len(payload), fault=fault
            )
        else:
            self.counts["withdrawn"] += 1
            log.info("look ends: the right to it was taken back, nothing is sent")
        self.nudge()

    def _stop_live(self) -> None:
        """End a live look: nobody sees it any more. A session goes on and is sent when the link is back."""
        if self.home.looking is not None and self.home.looking.kind == "live":
            self._stop_look.set()

    async def _live(self, look: Look) -> None:
        """Send frames of a live look, newest only, and a last word that closes it."""
        log = self._log.bind(command_id=str(look.command_id))
        log.info("live look begins", seconds=look.seconds)
        sequence, fault, client, command_id = 0, None, self._client, look.command_id
        assert command_id is not None, "only a command asks for a live look"

        def word(sequence: int, frame: Frame | None) -> bytes:
            last = frame is None
            return encode(
                LiveFrame(
                    command_id=command_id, org=self._org, device=self._device, sequence=sequence, frame=frame, last=last
                )
            )

        try:
            async with aclosing(self._eye.live(look.seconds, self.home.capture, self._stop_look)) as frames:
                async for frame in frames:
                    if client is None or self._stop_look.is_set():
                        break
                    if not await self._publish(client, self._topic("live"), word(sequence, frame), qos=0):
                        break
                    sequence += 1
        except CannotCapture as cannot:
            fault = str(cannot)[:200]
        if not self.home.withdrawn:
            self._camera = (fault is None if self._eye.camera else None, fault)
        self.home.end()
        log.info("live look ends", frames=sequence, fault=fault)
        if client is not None and client is self._client:
            await self._publish(client, self._topic("live"), word(sequence, None), qos=0)
        self.nudge()

    def _topic(self, kind: str, session_id: str | None = None) -> str:
        return topics.of(self._org, self._device, kind, session_id)


async def _ended(work: set[asyncio.Task[None]]) -> None:
    """Cancel *work* and return when it has ended; again and again, for a library may swallow one."""
    pending = {task for task in work if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=GOODBYE_S + 1)


async def run(settings: Settings) -> None:
    """Run one gateway until cancelled."""
    await Gateway(settings).run()
