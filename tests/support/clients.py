"""MQTT clients for tests, signed in as one of the broker's users."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from runtime.mqtt import BrokerAddress, LastWill, MqttConnection, MqttMessage, connect
from tests.support.waiting import DEADLINE_S

_number = itertools.count(1)


class AnyBroker(Protocol):
    """A broker's address and passwords: Mosquitto's or the embedded one's."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def passwords(self) -> dict[str, str]: ...


class BrokerUser:
    """A user's connection; a message counts as acknowledged when it is read."""

    def __init__(self, connection: MqttConnection) -> None:
        self.connection = connection
        self.publish = connection.publish

    async def subscribe(self, *filters: str, qos: int = 1) -> None:
        """Hear *filters* from now on."""
        await self.connection.subscribe(dict.fromkeys(filters, qos))

    async def messages(self) -> AsyncIterator[MqttMessage]:
        """Yield messages until the connection is lost, which raises."""
        async for message in self.connection.messages():
            self.connection.acknowledge(message)
            yield message


@asynccontextmanager
async def client(
    broker: AnyBroker, user: str, *, password: str | None = "", identifier: str = "", will: LastWill | None = None
) -> AsyncIterator[BrokerUser]:
    """Yield a connected client of *user*, with the broker's own *password* for it unless another is given."""
    shown = broker.passwords.get(user) if password == "" else password
    name = identifier or f"{user.replace('/', '-')}-test-{next(_number)}"
    async with connect(BrokerAddress(broker.host, broker.port, user, shown), name, will) as connection:
        yield BrokerUser(connection)


async def next_message(user: BrokerUser, deadline_s: float = DEADLINE_S) -> MqttMessage:
    """Return the next message that comes.

    Raises:
        TimeoutError: none came within *deadline_s* seconds.
    """
    async with asyncio.timeout(deadline_s):
        return await anext(user.messages())
