"""A link to PostgreSQL that can become half open: connections stay, and nothing more comes through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.support.raw_server import raw_server

_CHUNK = 65_536
_PORT = 5432


@dataclass(slots=True)
class HalfOpenLink:
    """Forwards from a free port to the server's socket until :meth:`freeze`. An end that closes closes the other end."""

    socket: str
    dsn: str = ""
    """The database's address through this link."""
    port: int = 0
    _asking: asyncio.Event = field(default_factory=asyncio.Event)
    _answering: asyncio.Event = field(default_factory=asyncio.Event)

    def through(self, dsn: str) -> str:
        """Return *dsn*, an address through the socket's folder, as one through this link: for another role."""
        parts = urlsplit(dsn)
        return f"{parts.scheme}://{parts.netloc.removesuffix('@')}@127.0.0.1:{self.port}{parts.path}"

    def freeze(self) -> None:
        """Forward nothing more; both ends go on thinking that the other is there. New connections are frozen as well."""
        self._asking.clear()
        self._answering.clear()

    def freeze_answers(self) -> None:
        """Forward what is asked, and none of the answers."""
        self._answering.clear()

    def thaw(self) -> None:
        """Forward again, and first what was held back."""
        self._asking.set()
        self._answering.set()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # asyncio's streams take a cancelled handler for a fault
            await self._asking.wait()
            there, back = await asyncio.open_unix_connection(self.socket)
            pumps = [
                asyncio.ensure_future(self._pump(reader, back, self._asking)),
                asyncio.ensure_future(self._pump(there, writer, self._answering)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                back.transport.abort()
                await asyncio.gather(*pumps, return_exceptions=True)
        writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, forwards: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await forwards.wait()
                writer.write(data)
                await writer.drain()
            await forwards.wait()


@asynccontextmanager
async def half_open_link(dsn: str) -> AsyncIterator[HalfOpenLink]:
    """Yield a link to the database at *dsn*, an address through a socket's folder, which forwards until it is frozen."""
    parts = urlsplit(dsn)
    link = HalfOpenLink(f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.{_PORT}")
    link.thaw()
    async with raw_server(link._forward, "127.0.0.1", 0) as server:
        link.port = server.sockets[0].getsockname()[1]
        link.dsn = link.through(dsn)
        yield link
