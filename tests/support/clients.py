"""MQTT clients for tests, signed in as one of the broker's users."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiomqtt

from tests.support.waiting import DEADLINE_S

_number = itertools.count(1)


class Broker(Protocol):
    """What a client has to know of a broker: Mosquitto's and the embedded one's."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def passwords(self) -> dict[str, str]: ...


@asynccontextmanager
async def client(broker: Broker, user: str, **options: Any) -> AsyncIterator[aiomqtt.Client]:
    """Yield a connected client of *user*; *options* are aiomqtt's (``will``, ``identifier``…)."""
    options.setdefault("password", broker.passwords.get(user))
    options.setdefault("identifier", f"{user.replace('/', '-')}-test-{next(_number)}")
    async with aiomqtt.Client(broker.host, broker.port, username=user, **options) as connected:
        yield connected


async def next_message(connected: aiomqtt.Client, deadline_s: float = DEADLINE_S) -> aiomqtt.Message:
    """Return the next message that comes.

    Raises:
        TimeoutError: none came within *deadline_s* seconds.
    """
    async with asyncio.timeout(deadline_s):
        return await anext(aiter(connected.messages))
