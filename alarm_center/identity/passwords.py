"""Passwords by argon2id: the hash that a user's row keeps, and the comparison with it, a few at once."""

import asyncio
import os
import random
import secrets
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from alarm_center.identity.turns import Turns

_HASHER: Final = PasswordHasher()
_AT_ONCE: Final = 2
"""Each takes 64 MiB and a core for a while."""
_MOST_WAITING: Final = 16
"""A second's work or less. Whoever would come behind them is refused quickly, and known browsers wait apart."""
_NICENESS: Final = 10
"""Of the threads that hash, and of those that they start: a board's page goes ahead of a comparison."""
_KEPT_TIMES: Final = 20
_LONGEST_WAIT_S: Final = 2.0


def hash_password(password: str) -> str:
    """Return the argon2id hash that a user's row keeps."""
    return _HASHER.hash(password)


class PasswordCheck:
    """Comparisons of passwords with their hashes, a few at once, in a queue that is short.

    A login that nobody has costs no hash: its answer waits as long as answers took lately, since a difference would say
    which logins there are.
    """

    def __init__(self, at_once: int = _AT_ONCE, most_waiting: int = _MOST_WAITING) -> None:
        self._turns = Turns(at_once, most_waiting)
        self._threads = ThreadPoolExecutor(at_once, "password", initializer=_go_behind)
        self._took: deque[float] = deque(maxlen=_KEPT_TIMES)

    @property
    def is_full(self) -> bool:
        """True if the next comparison would be refused, unless it is a known browser's."""
        return self._turns.is_full

    async def is_right(self, password: str, kept: str, began: float | None = None, *, ahead: bool = False) -> bool:
        """Tell whether *password* is the one that was hashed to *kept*; *began* is the loop's time when it was brought, if not now.

        Raises:
            TooBusy: too many wait already.
        """
        loop = asyncio.get_running_loop()
        began = loop.time() if began is None else began
        if not kept.startswith("$argon2"):
            await self.wait_as_long(began)
            return False
        async with self._turns.turn(ahead=ahead):
            right = await loop.run_in_executor(self._threads, _matches, kept, password)
        self._took.append(loop.time() - began)
        return right

    async def wait_as_long(self, began: float) -> None:
        """Return when a comparison that was asked for at *began* would have ended."""
        loop = asyncio.get_running_loop()
        if not self._took:
            before = loop.time()
            await loop.run_in_executor(self._threads, hash_password, secrets.token_hex())
            self._took.append(loop.time() - before)
            return
        took = random.choice(self._took)  # noqa: S311 -- a wait, and no secret
        await asyncio.sleep(min(began + took - loop.time(), _LONGEST_WAIT_S))


def _go_behind() -> None:
    """Have the system run this thread after those of the pages. Linux alone lets one thread have a niceness of its own."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _matches(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
