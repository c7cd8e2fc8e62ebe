"""One connection to the broker: a clean session on paho's public hooks, read and written by this event loop.

paho builds and parses the packets; this module tells it when its socket can be read and written and when a second has
passed. Acknowledgements are given by hand. Lost or cut, a connection is over: the next one is a new object.
"""

import asyncio
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import Any, Final

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, error_string
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from runtime.mqtt.message import BrokerAddress, LastWill, MqttMessage
from runtime.mqtt.progress import Progress

log = structlog.get_logger()

KEEPALIVE_S: Final = 20
"""A broker that is silent for so long is asked, and lost after as long again."""
CONNACK_S: Final = 10.0
GOODBYE_S: Final = 1.0
"""The time that a DISCONNECT may take to leave; after that the socket is closed without it."""
MISC_S: Final = 1.0
SEND_BUFFER_BYTES: Final = 64 * 1024
"""Most bytes of ours that the kernel holds: a home's line of 50 kbit/s has taken them before a ping is given up."""
MOST_WAITING: Final = 1000
MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Messages with QoS 0 are dropped while so many wait for their handlers. With QoS 1 the broker itself waits."""


class NotConnected(ConnectionError):
    """There is no broker now; a message that was to be published stays wanted, and is published later."""


class SubscriptionRefused(NotConnected):
    """The broker does not let this user hear a topic filter."""


@asynccontextmanager
async def connect(
    address: BrokerAddress, client_id: str, will: LastWill | None = None, *, ack_s: float = CONNACK_S
) -> AsyncIterator["MqttConnection"]:
    """Yield a connection to *address*; say goodbye to the broker afterwards, so that it keeps the will to itself.

    *ack_s* is how long an acknowledgement may take before the connection is taken for dead, unless a slow line is still
    taking bytes.

    Raises:
        NotConnected: the broker cannot be reached, or refuses us.
    """
    connection = MqttConnection(address, client_id, will, ack_s)
    try:
        await connection._dial()
        yield connection
    finally:
        await connection._say_goodbye()


class MqttConnection:
    """A connection made by :func:`connect`. All its methods belong to the event loop that it was made in."""

    def __init__(self, address: BrokerAddress, client_id: str, will: LastWill | None, ack_s: float) -> None:
        self._address, self._ack_s = address, ack_s
        self._loop = asyncio.get_running_loop()
        self._welcome: asyncio.Future[None] = self._loop.create_future()
        self._answers: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._inbox: asyncio.Queue[MqttMessage | None] = asyncio.Queue()
        self._waiting_bytes = 0
        self._watched: socket.socket | None = None
        self._misc: asyncio.TimerHandle | None = None
        self._progress = Progress(monotonic())
        self.ended = asyncio.Event()
        """Set when the connection is over."""
        self.why = ""
        """The reason for which it is over."""
        paho = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        paho.username_pw_set(address.user, address.password)
        if will is not None:
            paho.will_set(will.topic, will.payload, qos=1)
        paho.on_connect = self._on_connect
        paho.on_disconnect = self._on_disconnect
        paho.on_message = self._on_message
        paho.on_publish = lambda client, userdata, mid, code, properties: self._on_answer(mid, [code])
        paho.on_subscribe = lambda client, userdata, mid, codes, properties: self._on_answer(mid, codes)
        paho.on_unsubscribe = lambda client, userdata, mid, codes, properties: self._on_answer(mid, codes)
        paho.on_socket_close = self._on_socket_close
        paho.on_socket_register_write = lambda client, userdata, sock: self._watch_writes()
        paho.on_socket_unregister_write = lambda client, userdata, sock: self._unwatch_writes()
        self._paho = paho

    # What a caller does

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Publish; return when the broker has acknowledged it, with QoS 0 when it has left this machine.

        Raises:
            NotConnected: the connection is lost, or the acknowledgement did not come in time, which cuts it.
        """
        self._require()
        sent = self._paho.publish(topic, payload, qos, retain)
        self._require(sent.rc)
        await self._answer(sent.mid)

    async def subscribe(self, filters: Mapping[str, int]) -> None:
        """Hear the topic filters that are the keys of *filters*, each with at most the QoS beside it.

        Raises:
            SubscriptionRefused: the broker does not allow one of them; the others are heard.
            NotConnected: the connection is lost.
        """
        self._require()
        code, mid = self._paho.subscribe(list(filters.items()))
        self._require(code)
        codes = await self._answer(mid)
        refused = [name for name, answer in zip(filters, codes, strict=False) if answer.is_failure]
        if refused:
            raise SubscriptionRefused(f"the broker refuses to let {self._address.user} hear {', '.join(refused)}")

    async def unsubscribe(self, topic_filter: str) -> None:
        """Stop hearing *topic_filter*.

        Raises:
            NotConnected: the connection is lost.
        """
        self._require()
        code, mid = self._paho.unsubscribe(topic_filter)
        self._require(code)
        await self._answer(mid)

    async def messages(self) -> AsyncIterator[MqttMessage]:
        """Yield messages in the order in which they came, also those that came before the connection was lost.

        Raises:
            NotConnected: the connection is over and no message is left.
        """
        while (message := await self._inbox.get()) is not None:
            self._waiting_bytes -= len(message.payload)
            yield message
        self._require()

    def acknowledge(self, message: MqttMessage) -> None:
        """Let the broker forget *message*; nothing happens on a connection that is over."""
        if not self.ended.is_set():
            self._paho.ack(message.mid, message.qos)

    @property
    def taken_bytes(self) -> int | None:
        """Bytes of ours that the broker's side of the line has taken; None where nobody counts them, or nothing is connected."""
        if self._watched is None:
            return None
        self._progress.sample(self._watched, monotonic())
        return self._progress.acknowledged

    def cut(self, why: str) -> None:
        """End the connection without a goodbye: the broker publishes the last will."""
        self._end(why)
        if (sock := self._unwatch()) is not None:
            sock.close()

    # The beginning and the end

    async def _dial(self) -> None:
        """Connect, and return when the broker has welcomed us."""
        dialling = self._loop.run_in_executor(None, self._dial_blocking)
        try:
            await asyncio.shield(dialling)
        except asyncio.CancelledError:
            # The thread cannot be stopped; its socket is closed once it has one.
            dialling.add_done_callback(self._close_late)
            raise
        self._watch()
        try:
            async with asyncio.timeout(CONNACK_S):
                await self._welcome
        except TimeoutError:
            raise NotConnected(f"no welcome from the broker within {CONNACK_S:g} s") from None

    def _dial_blocking(self) -> None:
        """Look the host up, open the socket, shake hands; in a thread, since all of it may take seconds."""
        address = self._address
        try:
            if address.tls:
                self._paho.tls_set_context(ssl.create_default_context(cafile=address.ca))
            self._paho.connect(address.host, address.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:  # a name that cannot be one is a ValueError
            # paho leaves the socket of a failed handshake to whoever holds the traceback; let it close now.
            traceback.clear_frames(error.__traceback__)
            raise NotConnected(str(error) or type(error).__name__) from None

    async def _say_goodbye(self) -> None:
        """Send a DISCONNECT if there is still somebody to send it to, and close the socket."""
        try:
            if self._watched is not None and not self.ended.is_set():
                self._paho.disconnect()
                with suppress(TimeoutError):
                    async with asyncio.timeout(GOODBYE_S):
                        await self.ended.wait()
        finally:
            self.cut("closed")

    def _close_late(self, dialling: "asyncio.Future[None]") -> None:
        """Close the socket of a connection that nobody waits for any more."""
        if dialling.cancelled() or dialling.exception() is not None:
            return
        if (sock := _plain(self._paho.socket())) is not None:
            sock.close()

    def _end(self, why: str) -> None:
        """Fail all that wait for the broker; idempotent."""
        if self.ended.is_set():
            return
        self.why = why
        self.ended.set()
        self._inbox.put_nowait(None)
        waits: list[asyncio.Future[Any]] = [self._welcome, *self._answers.values()]
        for waiting in waits:
            if not waiting.done():
                waiting.set_exception(NotConnected(why))
        if self._welcome.done() and not self._welcome.cancelled():
            self._welcome.exception()  # nobody may be waiting for it

    def _require(self, code: MQTTErrorCode = MQTTErrorCode.MQTT_ERR_SUCCESS) -> None:
        """Raise NotConnected when the connection is over, or paho answered with an error's *code*."""
        if self.ended.is_set():
            raise NotConnected(self.why)
        if code is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotConnected(error_string(code))

    async def _answer(self, mid: int | None) -> list[ReasonCode]:
        """Return the broker's answer to packet *mid*."""
        assert mid is not None, "paho numbers each packet that it has taken"
        waiting: asyncio.Future[list[ReasonCode]]
        waiting = self._answers[mid] = self._loop.create_future()
        try:
            wait = self._ack_s
            while not (await asyncio.wait({waiting}, timeout=wait))[0]:
                # A line that has just taken the last bytes gives the broker its whole time from then on.
                wait = self._ack_s
                if not self._line_takes_bytes():
                    wait = self._progress.busy_at + self._ack_s - monotonic()
                if wait <= 0:
                    self.cut(f"no acknowledgement from the broker within {self._ack_s:g} s")
                    raise NotConnected(self.why)
            return waiting.result()
        finally:
            del self._answers[mid]
            if waiting.done():
                waiting.exception()  # nobody reads it when this was cancelled

    # paho's socket in this event loop

    def _watch(self) -> None:
        """Begin to read and write paho's socket, and to tell it the time."""
        sock = self._watched = _plain(self._paho.socket())
        if sock is None:
            self._end("the connection was lost at once")
            return
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._loop.add_reader(sock, self._read)
        if self._paho.want_write():  # the CONNECT, queued in the thread
            self._loop.add_writer(sock, self._write)
        self._misc = self._loop.call_later(MISC_S, self._tick)

    def _unwatch(self) -> socket.socket | None:
        """Leave the socket alone from now on; return it, for its last user to close."""
        sock, self._watched = self._watched, None
        if self._misc is not None:
            self._misc.cancel()
        if sock is not None and sock.fileno() >= 0:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)
        return sock

    def _watch_writes(self) -> None:
        # Also called in the thread that dials; nothing is watched yet then.
        if self._watched is not None:
            self._loop.add_writer(self._watched, self._write)

    def _unwatch_writes(self) -> None:
        if self._watched is not None:
            self._loop.remove_writer(self._watched)

    def _read(self) -> None:
        """Let paho read while there is anything to read.

        ``loop_read`` takes one packet. Under TLS the rest of the same record lies decrypted in this process, where no
        selector sees it: without reading on, the second packet of a record waits for the broker's next one.
        """
        with self._unbroken():
            while True:
                self._paho.loop_read()
                sock = self._watched
                if not (isinstance(sock, ssl.SSLSocket) and sock.pending()):
                    return

    def _write(self) -> None:
        self._progress.note_written(monotonic())
        with self._unbroken():
            self._paho.loop_write()

    def _tick(self) -> None:
        """Let paho ping a silent broker, or give it up.

        A ping waits behind the packet that is on its way: a session that needs two minutes would never come through.
        """
        if not self._line_takes_bytes():
            with self._unbroken():
                self._paho.loop_misc()
        if self._watched is not None:
            self._misc = self._loop.call_later(MISC_S, self._tick)

    def _line_takes_bytes(self) -> bool:
        """Return whether a slow line is still taking what we have sent; its broker is not silent."""
        more = self._paho.want_write()
        return self._watched is not None and self._progress.is_moving(
            self._watched, monotonic(), more=more, within_s=KEEPALIVE_S
        )

    @contextmanager
    def _unbroken(self) -> Iterator[None]:
        """Cut the connection when paho cannot go on: most often the broker sent bytes that are no packet."""
        try:
            yield
        except Exception as error:
            log.warning("connection_broken", error=f"{type(error).__name__}: {error}")
            self.cut(f"{type(error).__name__}: {error}")

    # paho's callbacks

    def _on_connect(
        self, client: Client, userdata: Any, flags: ConnectFlags, code: ReasonCode, properties: Any
    ) -> None:
        if code.is_failure:
            self._end(f"the broker refuses {self._address.user}: {code}")
        elif not self._welcome.done():
            self._welcome.set_result(None)

    def _on_disconnect(
        self, client: Client, userdata: Any, flags: DisconnectFlags, code: ReasonCode, properties: Any
    ) -> None:
        self._end(f"the connection is lost: {code}")

    def _on_socket_close(self, client: Client, userdata: Any, sock: Any) -> None:
        self._unwatch()  # paho closes it next

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            log.warning("message_dropped", why="its topic is not UTF-8")
            self._paho.ack(message.mid, message.qos)
            return
        full = self._inbox.qsize() >= MOST_WAITING or self._waiting_bytes >= MOST_WAITING_BYTES
        if message.qos == 0 and full:
            log.warning("message_dropped", why="too many wait", topic=topic)
            return
        self._waiting_bytes += len(message.payload)
        self._inbox.put_nowait(MqttMessage(topic, bytes(message.payload), message.qos, message.retain, message.mid))

    def _on_answer(self, mid: int, codes: list[ReasonCode]) -> None:
        waiting = self._answers.get(mid)
        if waiting is not None and not waiting.done():
            waiting.set_result(codes)


def _plain(sock: Any) -> socket.socket | None:
    """Return paho's socket as the plain or TLS socket that it is; its WebSocket wrapper is never used here."""
    assert sock is None or isinstance(sock, socket.socket)
    return sock
