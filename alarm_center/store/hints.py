"""Listener for hints of new timeline lines from other replicas, on a connection of its own; `events.notify` sends them.

A hint only wakes: the poll of each reader is the truth.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import asyncpg
import structlog

from alarm_center.store.events import CHANNEL
from alarm_center.store.memory import AWAY

log = structlog.get_logger()

_AGAIN_SECONDS: Final = 1.0
_ASKED_EACH_SECONDS: Final = 5.0
"""Seconds between questions to a silent link whether it is still there: a half-open one never says so itself."""
_ANSWER_SECONDS: Final = 3.0


async def listen(dsn: str, wake: Callable[[], None], listener: str | None = None) -> None:
    """Call *wake* at each hint that *listener* has not sent itself, until cancelled; while the database is away there is still everybody's own poll."""
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=_ANSWER_SECONDS)
            try:
                await _until_lost(connection, wake, listener)
            finally:
                connection.terminate()
        except AWAY as error:
            log.warning("hints_lost", error=type(error).__name__)
        await asyncio.sleep(_AGAIN_SECONDS)


async def _until_lost(
    connection: "asyncpg.Connection[asyncpg.Record]", wake: Callable[[], None], listener: str | None
) -> None:
    def hear(_connection: object, _pid: int, _channel: str, sender: object) -> None:
        if sender != listener:
            wake()

    lost = asyncio.Event()
    connection.add_termination_listener(lambda *_: lost.set())
    await connection.add_listener(CHANNEL, hear)
    wake()
    while not lost.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ASKED_EACH_SECONDS):
                await lost.wait()
                return
        async with asyncio.timeout(_ANSWER_SECONDS):
            await connection.execute("select 1")
