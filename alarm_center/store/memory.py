"""One pool to PostgreSQL and the transactions on it: whose rows are seen, and what is tried again."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import asyncpg

T = TypeVar("T")
Tx = asyncpg.pool.PoolConnectionProxy
"""A connection inside a transaction of :class:`Memory`."""

AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Errors of a database that is away, refuses, or has changed its schema under us. A loop logs them and goes on."""

_TRIES: Final = 3
_CONNECT_SECONDS: Final = 5.0
_LIMIT_SECONDS: Final = 10.0
"""How long one use of a connection may last, of real time. The server ends a transaction after 8 s (store/migrate.py); a
link that has not said so by now is frozen, and is dropped instead of asked to roll back."""
_AT_ONCE_SECONDS: Final = 3.0
"""Limit of one statement that nothing waits for, in seconds of real time."""


def can_be_tried_again(error: BaseException) -> bool:
    """Whether the same work in a new transaction can get past *error*.

    A serialisation failure or deadlock (class 40) had another writer in its way. A statement or type that was prepared
    before a schema revision is forgotten by asyncpg when it fails, so the next try prepares it anew.
    """
    if isinstance(error, asyncpg.InvalidCachedStatementError | asyncpg.OutdatedSchemaCacheError):
        return True
    return isinstance(error, asyncpg.PostgresError) and (error.sqlstate or "").startswith("40")


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

    def __init__(self, pool: "asyncpg.Pool[Any]", dsn: str, limit_seconds: float | None = _LIMIT_SECONDS) -> None:
        self._pool = pool
        self._limit_seconds = limit_seconds
        self.dsn = dsn
        self.changed = asyncio.Event()
        """Set after each commit that others may want to hear of; whoever passes the hint on clears it."""

    @classmethod
    async def open(
        cls,
        dsn: str,
        *,
        size: int = 10,
        application: str = "fjarrtillsyn",
        limit_seconds: float | None = _LIMIT_SECONDS,
    ) -> Self:
        """Connect a pool of at most *size*. A connection is used for at most *limit_seconds* at a time; ``None``: no limit.

        Raises:
            OSError, asyncpg.PostgresError: the server is not there, or does not know the role.
        """
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            timeout=_CONNECT_SECONDS,
            init=_teach,
            server_settings={"application_name": application},
        )
        return cls(pool, dsn, limit_seconds)

    def hint(self) -> None:
        """Say that something was committed. Only a hint: every reader polls each second as well."""
        self.changed.set()

    async def close(self) -> None:
        """Close every connection, waiting for those at work."""
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self, viewer: Viewer | None = None) -> AsyncIterator["Tx[Any]"]:
        """A read-committed transaction, seeing *viewer*'s rows; without one, a web connection sees none.

        Raises:
            TimeoutError: the database did not answer within the limit; the connection is dropped.
        """
        async with self._connection(self._limit_seconds) as (connection, limit):
            transaction = connection.transaction()
            await transaction.start()
            try:
                if viewer is not None:
                    await connection.execute(
                        "select set_config('fjt.orgs', $1, true), set_config('fjt.areas', $2, true)",
                        ",".join(viewer.orgs),
                        ",".join(map(str, viewer.areas or ())),
                    )
                yield connection
            except BaseException:
                # A frozen link would keep the rollback waiting as well; the server rolls back when the link is gone.
                if not limit.expired():
                    await transaction.rollback()
                raise
            await transaction.commit()

    async def attempt(
        self, work: "Callable[[Tx[Any]], Awaitable[T]]", viewer: Viewer | None = None, *, patient: bool = True
    ) -> T:
        """Run *work* in a transaction, up to three times, whole, while :func:`can_be_tried_again` says so.

        *work* may run more than once, so nothing that it does may outlive a rolled back transaction. A *patient* one also
        waits again for a row that was locked for 2 s: a carer's word has no next row to go on to. A loop that has is not.
        """

        async def whole() -> T:
            async with self.transaction(viewer) as tx:
                return await work(tx)

        return await _tried_again(whole, patient=patient)

    async def at_once(self, statement: "Callable[[Tx[Any]], Awaitable[T]]") -> T:
        """Run one *statement* without BEGIN and COMMIT around it; tried again as :meth:`attempt` is.

        Its locks last while the server works on it, and never until an answer of ours: a frozen link holds nothing.
        """

        async def whole() -> T:
            async with self._connection(_AT_ONCE_SECONDS) as (connection, _):
                return await statement(connection)

        return await _tried_again(whole)

    async def now(self) -> datetime:
        """Return the service's clock, in UTC. For showing; a decision reads it in its own transaction, after its locks."""
        return await self.at_once(now)

    @asynccontextmanager
    async def _connection(self, seconds: float | None) -> AsyncIterator[tuple["Tx[Any]", asyncio.Timeout]]:
        """A connection for at most *seconds*. One that takes longer is dropped, and its pool's others are made anew."""
        async with self._pool.acquire(timeout=_CONNECT_SECONDS) as connection:
            limit = asyncio.timeout(seconds)
            try:
                async with limit:
                    yield connection, limit
            finally:
                if limit.expired():
                    connection.terminate()
                    with suppress(asyncpg.InterfaceError):
                        await self._pool.expire_connections()


async def _tried_again(work: Callable[[], Awaitable[T]], *, patient: bool = False) -> T:
    for left in range(_TRIES - 1, -1, -1):
        try:
            return await work()
        except Exception as error:
            again = can_be_tried_again(error) or (patient and isinstance(error, asyncpg.LockNotAvailableError))
            if not left or not again:
                raise
    raise AssertionError("the last try returns or raises")


async def now(tx: "Tx[Any]") -> datetime:
    """Return ``clock.now()``. Call it after the locks are held: waiting for them takes time."""
    instant: datetime = await tx.fetchval("select clock.now()")
    return instant


async def real_now(tx: "Tx[Any]") -> datetime:
    """Return real time by the database, for what is asked of others by time: one replica's own clock may be minutes off."""
    instant: datetime = await tx.fetchval("select clock_timestamp()")
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
