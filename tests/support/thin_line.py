"""A thin line between a home and its broker: what the home sends passes at a pace, and nothing waits on the way but a little."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from tests.support.raw_server import raw_server

BUFFER_BYTES: Final = 16 * 1024
"""Bytes that the line itself holds, about a home router's."""
STEP_S: Final = 0.02


@dataclass(slots=True)
class ThinLine:
    """A line that carries *bytes_per_s* from the home to the broker at *host* and *broker_port*; the other way is free."""

    host: str
    broker_port: int
    bytes_per_s: float
    port: int = 0
    carried: bytearray = field(default_factory=bytearray)
    """All that the home has sent."""

    async def carry(self, home: asyncio.StreamReader, to_home: asyncio.StreamWriter) -> None:
        away, to_broker = await asyncio.open_connection(self.host, self.broker_port)
        ways = {
            asyncio.create_task(self._pace(home, to_broker)),
            asyncio.create_task(self._pass_on(away, to_home)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for writer in (to_home, to_broker):
                writer.transport.abort()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pace(self, home: asyncio.StreamReader, to_broker: asyncio.StreamWriter) -> None:
        """Pass on what the home sends, each piece when the line is free of the one before it."""
        loop = asyncio.get_running_loop()
        free_at, late = loop.time(), 0.0
        with suppress(ConnectionError):
            while data := await home.read(max(1, int(self.bytes_per_s * STEP_S))):
                # A machine that pauses stops no line: what it would have carried meanwhile passes at once.
                free_at = max(free_at, loop.time() - max(STEP_S, late)) + len(data) / self.bytes_per_s
                free = asyncio.Event()
                loop.call_at(free_at, free.set)
                await free.wait()
                late = loop.time() - free_at
                self.carried += data
                to_broker.write(data)
                await to_broker.drain()

    async def _pass_on(self, away: asyncio.StreamReader, to_home: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await away.read(BUFFER_BYTES):
                to_home.write(data)
                await to_home.drain()


@asynccontextmanager
async def thin_line(host: str, broker_port: int, bytes_per_s: float) -> AsyncIterator[ThinLine]:
    """Yield a line to the broker at *host* and *broker_port*; its home connects to ``port``."""
    line = ThinLine(host, broker_port, bytes_per_s)
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    listening.bind((host, 0))
    async with raw_server(line.carry, sock=listening, limit=BUFFER_BYTES) as server:
        line.port = server.sockets[0].getsockname()[1]
        yield line
