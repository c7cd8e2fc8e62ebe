"""An MQTT broker in this process, for the demo only: it keeps no promise that a real one keeps.

amqtt forgets what was not acknowledged when a client goes away, knows no shared subscriptions and does not
hold a last will against its sender's rights. The receipt makes the system safe all the same; a town runs
Mosquitto or EMQX.
"""

import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from amqtt.broker import Broker as Server
from amqtt.contexts import Action
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from fjarrtillsyn.embedded.ports import HOST, free_port
from fjarrtillsyn.embedded.rights import READ, WRITE, may


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker, and who may sign in to it: ``passwords[user]``, changed while it runs."""

    port: int
    passwords: dict[str, str]
    host: str = HOST


@dataclass
class _Config:
    # Any: a typed field would be copied, and users who are let in later would be unknown.
    passwords: Any = field(default_factory=dict)


class Doorman(BaseAuthPlugin):  # type: ignore[misc]  # amqtt ships no types
    """Lets in who shows the password; nobody is anonymous."""

    Config = _Config

    async def authenticate(self, *, session: Session) -> bool:
        password = self.config.passwords.get(session.username)
        shown = session.password
        if password is None or shown is None:
            return False
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
async def broker(passwords: Mapping[str, str], port: int | None = None) -> AsyncIterator[Broker]:
    """Yield a broker on the local host for the users of *passwords*; without *port*, on a free one."""
    running = Broker(port or free_port(), dict(passwords))
    server = Server(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{running.host}:{running.port}"}},
            "plugins": {
                f"{__name__}.{Doorman.__name__}": {"passwords": running.passwords},
                f"{__name__}.{Rights.__name__}": {},
            },
        }
    )
    await server.start()
    try:
        yield running
    finally:
        await server.shutdown()
