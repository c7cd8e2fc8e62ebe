"""Turns at work of which only a little is done at once: a bounded queue with a second, quicker one beside it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class TooBusy(Exception):
    """The queue is as long as it may be: come again in a moment."""


class Turns:
    """Turns for *at_once* users, and a queue of at most *most_waiting*; those *ahead* have as long a one before it.

    The newest and the oldest of a queue come in turn: whoever comes after a flood need not wait for its end, and nobody waits
    for ever.
    """

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self._free = at_once
        self._newest_next = False
        self._most_waiting = most_waiting
        self._ahead: deque[asyncio.Future[None]] = deque()
        self._behind: deque[asyncio.Future[None]] = deque()

    @property
    def is_full(self) -> bool:
        """True if nobody more may wait, but those ahead."""
        return not self._free and len(self._behind) >= self._most_waiting

    @asynccontextmanager
    async def turn(self, *, ahead: bool = False) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block ends.

        Raises:
            TooBusy: at once, instead of waiting behind too many.
        """
        await self._wait(self._ahead if ahead else self._behind)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, queue: "deque[asyncio.Future[None]]") -> None:
        # A turn is free only while nobody waits: one that ends is passed on.
        if self._free:
            self._free -= 1
            return
        if len(queue) >= self._most_waiting:
            raise TooBusy
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()
            with suppress(ValueError):
                queue.remove(mine)
            raise

    def _pass_on(self) -> None:
        while queue := self._ahead or self._behind:
            self._newest_next = not self._newest_next
            following = queue.pop() if self._newest_next else queue.popleft()
            if not following.cancelled():
                following.set_result(None)
                return
        self._free += 1
