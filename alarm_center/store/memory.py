"""One pool to PostgreSQL and the transactions on it: whose rows are seen, and what is tried again."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import asyncpg

T = TypeVar("T")
Tx = asyncpg.pool.PoolConnectionProxy
"""A connection inside a transaction of :class:`Memory`."""

_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose eyes a transaction sees with: towns, and areas within them (``None`` = all)."""

    orgs: tuple[str, ...]
    areas: tuple[UUID, ...] | None = None

    def sees(self, area_id: UUID) -> bool:
        """Whether an area of those towns is theirs to see."""
        return self.areas is None or area_id in self.areas


class Memory:
    """PostgreSQL as one role sees it. Open it once a process; a replica is as many of these as it has roles."""

    def __init__(self, pool: "asyncpg.Pool[Any]", dsn: str) -> None:
        self._pool = pool
        self.dsn = dsn
        self.changed = asyncio.Event()
        """Set after each commit that others may want to hear of; whoever passes the hint on clears it."""

    @classmethod
    async def open(cls, dsn: str, *, size: int = 10, application: str = "fjarrtillsyn") -> Self:
        """Connect a pool of at most *size*.

        Raises:
            OSError, asyncpg.PostgresError: the server is not there, or does not know the role.
        """
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            command_timeout=30,
            init=_teach,
            server_settings={"application_name": application},
        )
        return cls(pool, dsn)

    def hint(self) -> None:
        """Say that something was committed. Only a hint: every reader polls each second as well."""
        self.changed.set()

    async def close(self) -> None:
        """Close every connection, waiting for those at work."""
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self, viewer: Viewer | None = None) -> AsyncIterator["Tx[Any]"]:
        """A read-committed transaction, seeing *viewer*'s rows; without one, a web connection sees none."""
        async with self._pool.acquire() as connection, connection.transaction():
            if viewer is not None:
                await connection.execute(
                    "select set_config('fjt.orgs', $1, true), set_config('fjt.areas', $2, true)",
                    ",".join(viewer.orgs),
                    ",".join(map(str, viewer.areas or ())),
                )
            yield connection

    async def attempt(self, work: "Callable[[Tx[Any]], Awaitable[T]]", viewer: Viewer | None = None) -> T:
        """Run *work* in a transaction; a serialisation failure or deadlock (class 40) is tried again, whole, three times."""
        for left in range(_TRIES - 1, -1, -1):
            try:
                async with self.transaction(viewer) as tx:
                    return await work(tx)
            except asyncpg.PostgresError as error:
                if not left or not (error.sqlstate or "").startswith("40"):
                    raise
        raise AssertionError("the last try returns or raises")

    async def now(self) -> datetime:
        """Return the service's clock, in UTC. For showing; a decision reads it in its own transaction, after its locks."""
        async with self._pool.acquire() as connection:
            return await now(connection)


async def now(tx: "Tx[Any]") -> datetime:
    """Return ``clock.now()``. Call it after the locks are held: waiting for them takes time."""
    instant: datetime = await tx.fetchval("select clock.now()")
    return instant


async def _teach(connection: "asyncpg.Connection[Any]") -> None:
    """Let jsonb be Python values; ids and instants in them become text."""
    await connection.set_type_codec("jsonb", encoder=_to_json, decoder=json.loads, schema="pg_catalog", format="text")


def _to_json(value: Any) -> str:
    return json.dumps(value, default=_as_text, separators=(",", ":"))


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Sequence | frozenset | set):
        return list(value)
    return str(value)
