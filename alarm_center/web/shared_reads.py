"""Reads that the pages of one scope share: fifty boards that ask at once cost the database two answers, not fifty.

Whoever asks while a read runs waits for the next one, which begins after they asked: nobody gets rows older than their
question. Rights stay in the database: a read runs in the scope of one of those who asked, and only people with exactly the same
memberships share it (docs/adr/0064-boards-share-what-they-read.md).
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar

from aiohttp import web

from alarm_center.store import web_sessions
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.page import PERSON

T = TypeVar("T")


class ScopeChanged(Exception):
    """The person in whose scope a shared read ran has no session any more, or other memberships than when they asked."""


class SharedReads:
    """Reads by key: at most one of a key runs at a time, and at most one waits for it."""

    def __init__(self) -> None:
        self._coming: dict[Hashable, asyncio.Task[Any]] = {}
        self._running: dict[Hashable, asyncio.Lock] = {}

    async def get(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """Return what a read of *key* returns that begins after this call; *read* is called if none waits to begin.

        Who gives up leaves the read to the others.
        """
        coming = self._coming.get(key)
        if coming is None:
            coming = asyncio.create_task(self._read(key, read), name=f"shared read {key!r:.40}")
            # Whoever waited has gone: an error is nobody's then.
            coming.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._coming[key] = coming
        found: T = await asyncio.shield(coming)
        return found

    async def _read(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        lock = self._running.setdefault(key, asyncio.Lock())
        async with lock:
            # It begins: from here on, who asks waits for the one after it.
            del self._coming[key]
            try:
                return await read()
            finally:
                if key not in self._coming:
                    del self._running[key]


READS: Final = web.AppKey("shared_reads", SharedReads)


async def read_shared(request: web.Request, name: str, work: Callable[[Tx], Awaitable[T]], *about: Hashable) -> T:
    """Return what *work* reads in the board scope of the request's person, together with others of the same memberships.

    *name* and *about* say which read it is. *work* runs in a transaction of its own and reads nothing that depends on who the
    person is beyond their memberships.
    """
    person, memory = request[PERSON], request.app[MEMORY]
    viewer = person.board_viewer

    async def read() -> T:
        async with memory.transaction(viewer) as tx:
            found = await work(tx)
            # Asked last: what was read before it was read in this scope.
            still = await web_sessions.person_of(tx, person.token)
        if still is None or still.memberships_key != person.memberships_key:
            raise ScopeChanged
        return found

    try:
        return await request.app[READS].get((name, person.memberships_key, *about), read)
    except ScopeChanged:
        # Another one's, perhaps: our own scope says what we see.
        async with memory.transaction(viewer) as tx:
            return await work(tx)
