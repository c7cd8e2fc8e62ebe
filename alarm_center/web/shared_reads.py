"""Reads that the pages of one scope share: fifty boards that ask at once cost the database two answers, not fifty.

Whoever asks while a read runs waits for the next one, which begins after they asked: nobody gets rows older than their
question. Rights stay in the database: a read runs in the scope of one of those who asked, and only people with exactly the same
memberships share it (docs/adr/0064-boards-share-what-they-read.md).
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, Final, TypeVar

from aiohttp import web

from alarm_center.store import web_sessions
from alarm_center.store.memory import Tx
from alarm_center.store.web_sessions import SignedIn
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

_ASKING: Final = web.AppKey("tokens_of_shared_reads", dict[Hashable, set[str]])


def set_up(app: web.Application) -> None:
    """Give *app* its shared reads."""
    app[READS], app[_ASKING] = SharedReads(), {}


async def read_shared(
    request: web.Request, name: str, work: Callable[[Tx], Awaitable[T]], *about: Hashable, each: bool = True
) -> T:
    """Return what *work* reads in the board scope of the request's person, together with others of the same memberships.

    *name* and *about* say which read it is. *work* runs in a transaction of its own and reads nothing that depends on who the
    person is beyond their memberships. Behind it the sessions of all who share it are looked up once more: who has other memberships by
    then, or no session, reads for themselves. Without *each* only that of the person in whose scope it ran is.
    """
    person, memory, asking = request[PERSON], request.app[MEMORY], request.app[_ASKING]
    viewer, key = person.board_viewer, (name, person.memberships_key, *about)

    async def read() -> tuple[T, Mapping[str, SignedIn]]:
        # Between the end of the asking and here nothing else runs: whoever shares this read has put their token down.
        tokens = asking.pop(key, set()) | {person.token}
        async with memory.transaction(viewer) as tx:
            found = await work(tx)
            # Asked last: what was read before it was read in this scope.
            still = await web_sessions.people_of_tokens(tx, tokens)
        if not _has_scope(still, person):
            raise ScopeChanged
        return found, still

    if each:
        asking.setdefault(key, set()).add(person.token)
    try:
        found, still = await request.app[READS].get(key, read)
        if not each or _has_scope(still, person):
            return found
    except ScopeChanged:
        pass
    # Another one's scope, perhaps, or ours has changed since we asked: our own says what we see.
    async with memory.transaction(viewer) as tx:
        return await work(tx)


def _has_scope(still: Mapping[str, SignedIn], person: SignedIn) -> bool:
    """Return whether the person's session goes on with the memberships that they asked with."""
    now = still.get(person.token)
    return now is not None and now.memberships_key == person.memberships_key
