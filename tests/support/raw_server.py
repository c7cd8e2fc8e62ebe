"""A TCP server of a test's own, which leaves no connection open when its test is over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.support.waiting import eventually

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(serve: Serve, *where: Any, **options: Any) -> AsyncIterator[asyncio.Server]:
    """Yield a server that serves each client with *serve*; *where* and *options* are those of ``asyncio.start_server``.

    At the end every connection is aborted, and its task awaited: one that is merely dropped is collected, with a
    warning, in somebody else's test.
    """
    writers: list[asyncio.StreamWriter] = []
    at_work: set[asyncio.Task[None]] = set()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        task = asyncio.current_task()
        assert task is not None
        at_work.add(task)
        await serve(reader, writer)

    server = await asyncio.start_server(serve_one, *where, **options)
    try:
        yield server
    finally:
        await _stop_accepting(server)
        server.close()

        def all_ended() -> bool:
            """Abort what has come; a handshake of TLS may end, and begin a task, only now."""
            for writer in writers:
                writer.transport.abort()
            return not _connections(server)

        await eventually(all_ended)
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)


async def _stop_accepting(server: asyncio.Server) -> None:
    """Accept nobody more. A connection that was just accepted gets its transport, which a closed server would refuse."""
    for listening in server.sockets:
        server.get_loop().remove_reader(listening.fileno())
    await asyncio.sleep(0)


def _connections(server: asyncio.Server) -> int:
    """Return how many connections the server has; asyncio has no public name for it."""
    clients = getattr(server, "_clients", None)  # from Python 3.13
    count: int = len(clients) if clients is not None else server._active_count  # type: ignore[attr-defined]  # before
    return count
