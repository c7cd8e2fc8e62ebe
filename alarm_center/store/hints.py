"""NOTIFY as a hint between replicas: listened to on a connection of its own, never the truth."""

import asyncio
from collections.abc import Callable
from typing import Final

import asyncpg
import structlog

from alarm_center.store.events import CHANNEL

log = structlog.get_logger()

_AGAIN_SECONDS: Final = 1.0


async def listen(dsn: str, wake: Callable[[], None]) -> None:
    """Call *wake* at each hint, until cancelled; while the database is away there is still everybody's own poll."""
    while True:
        try:
            connection = await asyncpg.connect(dsn)
            try:
                await _until_lost(connection, wake)
            finally:
                await connection.close()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("hints_lost", error=type(error).__name__)
        await asyncio.sleep(_AGAIN_SECONDS)


async def _until_lost(connection: "asyncpg.Connection[asyncpg.Record]", wake: Callable[[], None]) -> None:
    lost = asyncio.Event()
    connection.add_termination_listener(lambda *_: lost.set())
    await connection.add_listener(CHANNEL, lambda *_: wake())
    wake()
    await lost.wait()
