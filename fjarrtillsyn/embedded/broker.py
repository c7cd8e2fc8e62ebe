"""An MQTT broker in this process, for the demo only: it keeps no promise that a real one keeps.

amqtt forgets what was not acknowledged when a client goes away, knows no shared subscriptions and does not
hold a last will against its sender's rights. Three faults of its own are mended here: it sent every retained message to
whoever connected, lost a message that came while somebody subscribed, and kept the connection of a client that left before it
said who it is. The receipt makes the system safe all the same; a town runs
Mosquitto or EMQX.
"""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from amqtt.broker import Broker as Server
from amqtt.contexts import Action
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from alarm_center.identity.broker_passwords import is_password
from fjarrtillsyn.embedded.ports import HOST, free_port
from fjarrtillsyn.embedded.rights import READ, WRITE, may


@dataclass(frozen=True, slots=True)
class EmbeddedBroker:
    """A running broker, and who may sign in to it: ``passwords[user]``, changed while it runs.

    Devices that came by a code are known elsewhere (:func:`broker`).
    """

    port: int
    passwords: dict[str, str]
    host: str = HOST


FindHash = Callable[[str], Awaitable[str | None]]


@dataclass
class _Config:
    # Any: a typed field would be copied, and users who are let in later would be unknown.
    passwords: Any = field(default_factory=dict)
    hash_of: Any = None


class _Steady(dict[str, list[tuple[Session, int]]]):
    """Subscriptions that are walked through as they were at the start, whoever comes or goes meanwhile."""

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().keys()))

    def items(self) -> Any:
        return list(super().items())


class _Server(Server):  # type: ignore[misc]  # amqtt ships no types
    """amqtt's broker: retained messages go to those alone who have asked for them, and every connection is closed."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._subscriptions = _Steady()

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        # When somebody connects, amqtt calls this with everybody's filters.
        asked = self._subscriptions.get(subscription[0], [])
        if any(own.client_id == session.client_id for own, _ in asked):
            await super()._publish_retained_messages_for_subscription(subscription, session)

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            writer.close()


class Doorman(BaseAuthPlugin):  # type: ignore[misc]  # amqtt ships no types
    """Lets in who shows the password; nobody is anonymous."""

    Config = _Config

    async def authenticate(self, *, session: Session) -> bool:
        password = self.config.passwords.get(session.username)
        shown = session.password
        if shown is None:
            return False
        if password is None:
            kept = await self.config.hash_of(session.username) if self.config.hash_of and session.username else None
            return kept is not None and is_password(shown, kept)
        return hmac.compare_digest(password.encode(), shown.encode())


class Rights(BaseTopicPlugin):  # type: ignore[misc]  # amqtt ships no types
    """Holds each user to :mod:`fjarrtillsyn.embedded.rights`."""

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        if session is None or not session.username or not topic:
            return False
        return may(WRITE if action == Action.PUBLISH else READ, session.username, topic)


@asynccontextmanager
async def broker(
    passwords: Mapping[str, str], port: int | None = None, hash_of: FindHash | None = None
) -> AsyncIterator[EmbeddedBroker]:
    """Yield a broker on the local host for the users of *passwords*, and those whom *hash_of* knows; without *port*, on a free one."""
    running = EmbeddedBroker(port or free_port(), dict(passwords))
    server = _Server(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{running.host}:{running.port}"}},
            "plugins": {
                f"{__name__}.{Doorman.__name__}": {"passwords": running.passwords, "hash_of": hash_of},
                f"{__name__}.{Rights.__name__}": {},
            },
        }
    )
    await server.start()
    try:
        yield running
    finally:
        await server.shutdown()
