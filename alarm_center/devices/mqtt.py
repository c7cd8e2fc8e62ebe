"""The centre's one connection to the broker: a clean session, and acknowledgements given by hand after the work.

A message is acknowledged only once what it caused is committed, so a centre that dies in between has acknowledged
nothing; what the broker then forgets, the sender sends again, since it has no receipt (design §5). The broker is told
to have at most four messages on their way to us, so that load waits there.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiomqtt
import structlog

from alarm_center import incoming
from schemas.limits import UNACKNOWLEDGED
from schemas.vocabulary import Refusal

log = structlog.get_logger()

Handler = Callable[[str, bytes], Awaitable[None]]
"""Called with topic and payload; the message is acknowledged when it returns, or has raised three times."""

_AGAIN_SECONDS: Final = (0.0, 1.0, 4.0)
"""How long before each try of a handler: a database that is away for a moment costs no session its first way."""
_BACKOFF_SECONDS: Final = (0.2, 1.0, 2.0, 5.0, 10.0)
_PUBACK_SECONDS: Final = 10.0


class NotConnected(ConnectionError):
    """There is no broker now; what was to be published stays wanted, and is published later."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is, and as whom."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: bool = False


@dataclass(slots=True)
class Broker:
    """A connection that comes back by itself. ``subscriptions`` maps a filter to its QoS and handler."""

    address: Address
    name: str
    subscriptions: dict[str, tuple[int, Handler]] = field(default_factory=dict)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    """How many times it has connected: a new number means that a broker may have forgotten everything."""
    _client: aiomqtt.Client | None = None

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Publish, and with QoS 1 wait for the broker's acknowledgement.

        Raises:
            NotConnected: there is no connection, or it broke before the acknowledgement.
        """
        client = self._client
        if client is None:
            raise NotConnected(f"no broker at {self.address.host}:{self.address.port}")
        try:
            await client.publish(topic, payload, qos=qos, retain=retain, timeout=_PUBACK_SECONDS)
        except aiomqtt.MqttError as error:
            raise NotConnected(str(error)) from error
        _stop_if_told()

    async def subscribe(self, filter_: str, qos: int, handler: Handler) -> None:
        """Hear *filter_* from now on, over reconnects too."""
        self.subscriptions[filter_] = (qos, handler)
        if self._client is not None:
            await self._client.subscribe(filter_, qos=qos)
            _stop_if_told()

    async def unsubscribe(self, filter_: str) -> None:
        """Stop hearing *filter_*."""
        self.subscriptions.pop(filter_, None)
        if self._client is not None:
            await self._client.unsubscribe(filter_)
            _stop_if_told()

    async def run(self) -> None:
        """Connect, hear and come back, until cancelled."""
        failures = 0
        while True:
            try:
                async with self._connection() as client:
                    failures = 0
                    await self._hear(client)
            except (aiomqtt.MqttError, OSError) as error:
                _stop_if_told()
                wait = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
                log.warning("broker_lost", error=str(error), again_in_s=wait)
                failures += 1
                await asyncio.sleep(wait)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiomqtt.Client]:
        client = aiomqtt.Client(
            self.address.host,
            self.address.port,
            username=self.address.user,
            password=self.address.password,
            identifier=self.name,
            clean_session=True,
            keepalive=20,
            tls_context=ssl.create_default_context() if self.address.tls else None,
        )
        # aiomqtt has no word for it; paho, underneath, has it in public.
        client._client.manual_ack_set(True)
        async with client:
            self._client = client  # from here on a new filter subscribes itself; twice does no harm
            for filter_, (qos, _) in list(self.subscriptions.items()):
                await client.subscribe(filter_, qos=qos)
            self.connections += 1
            self.connected.set()
            log.info("broker_connected", host=self.address.host, port=self.address.port)
            try:
                yield client
            finally:
                self._client = None
                self.connected.clear()

    async def _hear(self, client: aiomqtt.Client) -> None:
        """Hand each message to its handler, at most :data:`~schemas.limits.UNACKNOWLEDGED` at once.

        Messages of one device go one after the other, as they came: its next status may take back what this one says. Its
        pictures don't wait in that line, where they would take every place from all other devices.
        """
        places = asyncio.Semaphore(UNACKNOWLEDGED)
        at_work: set[asyncio.Task[None]] = set()
        newest: dict[str, asyncio.Task[None]] = {}
        try:
            async for message in client.messages:
                await places.acquire()
                sender = _sender(str(message.topic))
                in_line = message.qos > 0
                before = newest.get(sender) if in_line else None
                task = asyncio.create_task(self._in_turn(client, message, places, before))
                if in_line:
                    newest[sender] = task
                at_work.add(task)
                task.add_done_callback(at_work.discard)
                newest = {name: last for name, last in newest.items() if not last.done()}
        finally:
            # What is at work commits or not by itself; without its acknowledgement or receipt it comes again.
            if at_work:
                await asyncio.wait(at_work)

    async def _in_turn(
        self,
        client: aiomqtt.Client,
        message: aiomqtt.Message,
        places: asyncio.Semaphore,
        before: asyncio.Task[None] | None,
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        await self._handle(client, message, places)

    async def _handle(self, client: aiomqtt.Client, message: aiomqtt.Message, places: asyncio.Semaphore) -> None:
        topic = str(message.topic)
        payload = message.payload if isinstance(message.payload, bytes) else b""
        try:
            if message.retain:
                # It may be of yesterday: nothing that we hear is ever published so.
                incoming.refuse(incoming.word_of(topic), Refusal.RETAINED, topic)
                client._client.ack(message.mid, message.qos)
                return
            for wait in _AGAIN_SECONDS:
                await asyncio.sleep(wait)
                if await self._handled(message, topic, payload):
                    break
            # Also when it failed each time: what stays unacknowledged takes one of our four places for as long as the
            # connection lasts, and after four the broker gives us nothing more. Its sender has no receipt and comes again.
            client._client.ack(message.mid, message.qos)
        finally:
            places.release()

    async def _handled(self, message: aiomqtt.Message, topic: str, payload: bytes) -> bool:
        try:
            for filter_, (_, handler) in list(self.subscriptions.items()):
                if message.topic.matches(filter_):
                    await handler(topic, payload)
                    break
        except Exception:
            # One bad message takes no process with it.
            log.exception("message_failed", topic=topic, bytes=len(payload))
            return False
        return True


def _sender(topic: str) -> str:
    """Return the part of *topic* that names its device or detector."""
    return "/".join(topic.split("/")[:4])


def _stop_if_told() -> None:
    """Go on with a cancellation that a library has swallowed.

    Python 3.11's ``wait_for``, which aiomqtt waits with, returns as if nothing were wrong when the acknowledgement comes
    in the same moment; and a goodbye that fails puts its own error in the cancellation's place.

    Raises:
        asyncio.CancelledError: this task was told to stop.
    """
    if (me := asyncio.current_task()) is not None and me.cancelling():
        raise asyncio.CancelledError
