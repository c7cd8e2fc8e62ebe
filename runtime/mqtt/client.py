"""The client that comes back: connects again after a loss, renews its subscriptions, hands each message to its handler.

A message is acknowledged after its handler's work, at most four are at work, and one that cannot be handled is tried
three times and then acknowledged all the same (ADR 0017).
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog
from paho.mqtt.client import topic_matches_sub

from runtime.mqtt.connection import (
    MqttConnection,
    NotConnected,
    SubscriptionRefused,
    connect,
)
from runtime.mqtt.message import BrokerAddress, LastWill, MqttMessage
from schemas.limits import UNACKNOWLEDGED

log = structlog.get_logger()

Handler = Callable[[str, bytes], Awaitable[None]]
"""Called with topic and payload. It may be called again for the same message, and has to be idempotent."""

TRIES_AFTER_S: Final = (0.0, 1.0, 4.0)
"""The wait before each try of a handler: a database that is away for a moment costs no session its first way."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """The waits between connections, in seconds: doubled from *first_s* to *longest_s*, each cut by up to a half by chance.

    A connection that held for longer than *longest_s* was a good one, and the waits begin anew. Two clients of one name
    that throw each other out thus do so more and more slowly.
    """

    first_s: float = 0.2
    longest_s: float = 10.0


def sender_of(topic: str) -> str:
    """Return the part of *topic* that names its device or detector."""
    return "/".join(topic.split("/")[:4])


@dataclass(slots=True)
class MqttClient:
    """A connection that comes back by itself. ``subscriptions`` maps a topic filter to its QoS and handler.

    ``name`` is the client id: the broker ends an older connection of the same name.
    """

    address: BrokerAddress
    name: str
    subscriptions: dict[str, tuple[int, Handler]] = field(default_factory=dict)
    will: Callable[[], LastWill | None] = lambda: None
    """Asked before each connection."""
    on_connected: Callable[[], None] = lambda: None
    """Called when the subscriptions hold, before the first message is handled."""
    on_disconnected: Callable[[], None] = lambda: None
    """Called when a connection that was announced by ``on_connected`` is over."""
    on_lost: Callable[[], None] = lambda: None
    """Called for each connection that was lost or could not be made."""
    on_retained: Callable[[str], None] | None = None
    """Called with the topic of a message that the broker had retained, instead of its handler."""
    on_given_up: Callable[[str], None] = lambda topic: None
    """Called with the topic of a message that was acknowledged although its handler failed each time."""
    line_of: Callable[[str], str] = sender_of
    """Messages with QoS 1 whose topics are of one line are handled one after the other."""
    ack_s: float = 10.0
    """A broker that acknowledges nothing for so long is taken for dead."""
    handler_s: float = 60.0
    """A handler at work for so long has failed: it would hold one of four places for ever."""
    grace_s: float = 10.0
    """The time for which handlers may go on after the connection is over or ``run`` is told to stop; then they are cancelled."""
    tries_after_s: tuple[float, ...] = TRIES_AFTER_S
    backoff: Backoff = Backoff()
    chance: Callable[[], float] = random.random
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    """The number of connections so far: a new number means that a broker may have forgotten everything."""
    _connection: MqttConnection | None = None
    _held_s: float = 0.0
    """The time for which the last connection held; a broker that was slow to refuse us had none."""

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Publish, and with QoS 1 wait for the broker's acknowledgement.

        Raises:
            NotConnected: there is no connection, or it broke before the acknowledgement.
        """
        if self._connection is None:
            raise NotConnected(f"no broker at {self.address.host}:{self.address.port}")
        await self._connection.publish(topic, payload, qos=qos, retain=retain)

    async def subscribe(self, topic_filter: str, qos: int, handler: Handler) -> None:
        """Hear *topic_filter* from now on, over reconnects too.

        Raises:
            SubscriptionRefused: the broker does not allow it; no later connection asks for it.
            NotConnected: the connection broke; the next one hears it.
        """
        self.subscriptions[topic_filter] = (qos, handler)
        if self._connection is not None:
            try:
                await self._connection.subscribe({topic_filter: qos})
            except SubscriptionRefused:
                self.subscriptions.pop(topic_filter, None)  # or the next connection would be ended by it
                raise

    async def unsubscribe(self, topic_filter: str) -> None:
        """Stop hearing *topic_filter*.

        Raises:
            NotConnected: the connection broke; the next one does not hear it.
        """
        self.subscriptions.pop(topic_filter, None)
        if self._connection is not None:
            await self._connection.unsubscribe(topic_filter)

    @property
    def taken_bytes(self) -> int | None:
        """Bytes that the broker's side of the line has taken on this connection; None where nobody counts them, or there is none."""
        return self._connection.taken_bytes if self._connection is not None else None

    def cut(self, why: str) -> None:
        """End this connection without a goodbye, if there is one; the next is made as after a loss."""
        if self._connection is not None:
            self._connection.cut(why)

    async def run(self) -> None:
        """Connect, handle messages and come back, until cancelled."""
        wait = self.backoff.first_s
        bound = log.bind(client=self.name)
        while True:
            self._held_s = 0.0
            try:
                await self._one_connection()
            except NotConnected as lost:
                error = str(lost)
            if self._held_s > self.backoff.longest_s:
                wait = self.backoff.first_s
            pause = wait * (0.5 + self.chance() / 2)
            wait = min(wait * 2, self.backoff.longest_s)
            self.on_lost()
            bound.warning("broker_lost", error=error, again_in_s=round(pause, 1))
            await asyncio.sleep(pause)

    async def _one_connection(self) -> None:
        """Work on one connection until it is lost, which raises NotConnected."""
        async with connect(self.address, self.name, self.will(), ack_s=self.ack_s) as connection:
            self._connection = connection  # from here on a new filter subscribes itself; twice does no harm
            try:
                if self.subscriptions:
                    await connection.subscribe({name: qos for name, (qos, _) in self.subscriptions.items()})
                self.connections += 1
                self.connected.set()
                log.info("broker_connected", client=self.name, host=self.address.host, port=self.address.port)
                self.on_connected()
                await self._serve(connection)
            finally:
                self._connection = None

    async def _serve(self, connection: MqttConnection) -> None:
        """Hand out the messages of *connection* until it is over, which raises NotConnected.

        Its end is waited for beside the handlers: those that hang may hold every place.
        """
        since = time.monotonic()
        at_work: set[asyncio.Task[None]] = set()
        handing_out = asyncio.create_task(self._hand_out(connection, at_work))
        ending = asyncio.create_task(connection.ended.wait())
        try:
            await asyncio.wait({handing_out, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._held_s = time.monotonic() - since
            self._connection = None
            self.connected.clear()
            self.on_disconnected()
            ending.cancel()
            if not connection.ended.is_set():
                handing_out.cancel()  # told to stop: nothing more is begun
            await self._end_work(handing_out, at_work)
        if not handing_out.cancelled():
            handing_out.result()
        raise NotConnected(connection.why)

    async def _hand_out(self, connection: MqttConnection, at_work: set[asyncio.Task[None]]) -> None:
        """Start a task for each message, at most :data:`~schemas.limits.UNACKNOWLEDGED` at once.

        Messages of one line go one after the other, as they came: a device's next status may take back the last one. Its
        pictures, with QoS 0, don't wait in that line, where they would take every place from all other devices.
        """
        places = asyncio.Semaphore(UNACKNOWLEDGED)
        newest: dict[str, asyncio.Task[None]] = {}
        async for message in connection.messages():
            await places.acquire()
            line = self.line_of(message.topic)
            before = newest.get(line) if message.qos else None
            task = asyncio.create_task(self._in_turn(connection, message, before))
            if message.qos:
                newest[line] = task
            at_work.add(task)
            task.add_done_callback(at_work.discard)
            task.add_done_callback(lambda _: places.release())
            newest = {name: last for name, last in newest.items() if not last.done()}

    async def _in_turn(
        self, connection: MqttConnection, message: MqttMessage, before: asyncio.Task[None] | None
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        if message.retain and self.on_retained is not None:
            self.on_retained(message.topic)
        elif not await self._handled(connection, message):
            return
        connection.acknowledge(message)

    async def _handled(self, connection: MqttConnection, message: MqttMessage) -> bool:
        """Return whether *message* is to be acknowledged: it was handled, or failed each time.

        A message that stays unacknowledged takes one of the four places for as long as the connection lasts, and after
        four the broker gives us nothing more. Its sender has no receipt, and sends it again.
        """
        for wait in self.tries_after_s:
            if wait and await _ends_within(connection, wait):
                return False  # nobody is left to be told
            if await self._tried(message):
                return True
        log.error("message_given_up", client=self.name, topic=message.topic, bytes=len(message.payload))
        self.on_given_up(message.topic)
        return True

    async def _tried(self, message: MqttMessage) -> bool:
        """Return whether the handler did its work."""
        try:
            for topic_filter, (_, handler) in list(self.subscriptions.items()):
                if topic_matches_sub(_unshared(topic_filter), message.topic):
                    async with asyncio.timeout(self.handler_s):
                        await handler(message.topic, message.payload)
                    break
        except NotConnected as lost:
            log.warning("message_unanswered", client=self.name, topic=message.topic, error=str(lost))
            return False
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Something that the handler waited for was cancelled, and nobody told this task to stop.
            log.exception("message_failed", client=self.name, topic=message.topic, bytes=len(message.payload))
            return False
        except Exception:
            # One bad message takes no process with it.
            log.exception("message_failed", client=self.name, topic=message.topic, bytes=len(message.payload))
            return False
        return True

    async def _end_work(self, handing_out: asyncio.Task[None], at_work: set[asyncio.Task[None]]) -> None:
        """Let messages that came be handled, for at most ``grace_s``. Without acknowledgement or receipt one comes again."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.grace_s):
                    await asyncio.wait({handing_out})
                    if at_work:
                        await asyncio.wait(at_work)
        finally:
            for task in (handing_out, *at_work):
                task.cancel()
            await asyncio.gather(handing_out, *at_work, return_exceptions=True)


async def _ends_within(connection: MqttConnection, seconds: float) -> bool:
    """Wait *seconds*, or until *connection* is over; return whether it is."""
    try:
        async with asyncio.timeout(seconds):
            await connection.ended.wait()
    except TimeoutError:
        return False
    return True


def _unshared(topic_filter: str) -> str:
    """Return *topic_filter* without its ``$share/GROUP/``."""
    return topic_filter.split("/", 2)[2] if topic_filter.startswith("$share/") else topic_filter
