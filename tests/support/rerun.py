"""A forced second run of every transaction's body: the first is rolled back, as after a serialisation failure."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from alarm_center.store.memory import Memory, Tx, Viewer

T = TypeVar("T")


class _RolledBack(Exception):
    """Rolls the first run back."""


class Rerun(Memory):
    """A memory in which no body is lucky the first time."""

    async def attempt(
        self, work: Callable[[Tx], Awaitable[T]], viewer: Viewer | None = None, *, patient: bool = True
    ) -> T:
        """Run *work*, roll it back, and run it as :class:`Memory` does."""
        # Whatever the first run raises, the second has to say itself.
        with suppress(Exception):
            async with self.transaction(viewer) as tx:
                await work(tx)
                raise _RolledBack
        return await super().attempt(work, viewer, patient=patient)
