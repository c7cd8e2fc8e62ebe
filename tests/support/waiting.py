"""Waiting for a condition instead of sleeping."""

import inspect
import time
from asyncio import sleep
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

_POLL_S = 0.02

DEADLINE_S = 45.0
"""A test's longest wait for what must come: long, since only a failure waits so long, and shared machines pause."""


@overload
async def eventually(condition: Callable[[], Awaitable[T | None]], deadline_s: float = DEADLINE_S) -> T: ...
@overload
async def eventually(condition: Callable[[], T | None], deadline_s: float = DEADLINE_S) -> T: ...
async def eventually(condition: Callable[[], T | Awaitable[T | None] | None], deadline_s: float = DEADLINE_S) -> T:
    """Return the first true value of *condition*, a plain or an async function.

    An ``AssertionError`` inside it counts as not yet, so that it can be written with asserts.

    Raises:
        AssertionError: it was not true within *deadline_s* seconds; says what it was last.
    """
    end = time.monotonic() + deadline_s
    while True:
        failure: AssertionError | None = None
        value: T | None = None
        try:
            answer = condition()
            value = await answer if inspect.isawaitable(answer) else answer
        except AssertionError as not_yet:
            failure = not_yet
        if failure is None and value:
            return value
        if time.monotonic() > end:
            name = getattr(condition, "__qualname__", repr(condition))
            raise AssertionError(f"{name} was not true within {deadline_s} s, last {failure or value!r}") from failure
        await sleep(_POLL_S)
