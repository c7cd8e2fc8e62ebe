"""The detector's connection to the broker: clean, acknowledged by hand, and with at most four messages at work."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiomqtt

from detector.settings import Settings
from schemas import limits

_KEEPALIVE_S = 20
_PUBACK_S = 15.0


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came. Until :meth:`Link.serve`'s work on it returns, the broker keeps it."""

    topic: str
    payload: bytes


class Link:
    """One connection; lost, it is over, and the next one begins with a clean session."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def publish(self, topic: str, payload: bytes, *, qos: int) -> None:
        """Publish; with QoS 1 return when the broker has taken it.

        Raises:
            aiomqtt.MqttError: the connection is lost or the broker did not answer.
        """
        await self._client.publish(topic, payload, qos=qos, timeout=_PUBACK_S)
        stop_if_told()

    async def subscribe(self, topic_filter: str) -> None:
        """Hear *topic_filter* from now on, with QoS 1.

        Raises:
            aiomqtt.MqttError: the connection is lost or the broker refuses.
        """
        await self._client.subscribe(topic_filter, qos=1)
        stop_if_told()

    async def serve(self, work: Callable[[Received], Awaitable[None]]) -> None:
        """Do *work* on each message, at most four at once; acknowledge each after its work.

        Runs until the connection is lost or the task is cancelled. *work* that raises leaves its message
        unacknowledged, and ends the connection, so that the broker gives the message to another or again.

        Raises:
            aiomqtt.MqttError: the connection is lost.
        """
        places = asyncio.Semaphore(limits.UNACKNOWLEDGED)
        async with asyncio.TaskGroup() as group:
            async for message in self._client.messages:
                await places.acquire()
                group.create_task(self._one(message, work, places))

    async def _one(
        self, message: aiomqtt.Message, work: Callable[[Received], Awaitable[None]], places: asyncio.Semaphore
    ) -> None:
        payload = message.payload if isinstance(message.payload, bytes) else b""
        await work(Received(str(message.topic), payload))
        # aiomqtt has no acknowledgement by hand; paho, which it wraps, has it in public.
        self._client._client.ack(message.mid, message.qos)
        places.release()


@asynccontextmanager
async def connected(settings: Settings, identifier: str, will: aiomqtt.Will) -> AsyncIterator[Link]:
    """Yield a link to the broker in *settings*.

    Raises:
        aiomqtt.MqttError: it cannot be reached, or refuses us.
    """
    tls = ssl.create_default_context(cafile=settings.mqtt_ca) if settings.mqtt_tls else None
    client = aiomqtt.Client(
        settings.mqtt_host,
        settings.mqtt_port,
        username=settings.mqtt_user,
        password=settings.password,
        identifier=identifier,
        clean_session=True,
        keepalive=_KEEPALIVE_S,
        tls_context=tls,
        will=will,
    )
    client._client.manual_ack_set(True)
    async with client:
        yield Link(client)


def stop_if_told() -> None:
    """Go on with a cancellation that a library has swallowed.

    Python 3.11's ``wait_for``, which aiomqtt waits with, returns as if nothing were wrong when the acknowledgement comes
    in the same moment; and a goodbye that fails puts its own error in the cancellation's place.

    Raises:
        asyncio.CancelledError: this task was told to stop.
    """
    if (me := asyncio.current_task()) is not None and me.cancelling():
        raise asyncio.CancelledError
