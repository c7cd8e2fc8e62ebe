"""Connections to PostgreSQL: transactions in a viewer's scope, time limits, retries after conflicts, and the clock."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, Self, TypeVar
from uuid import UUID

import asyncpg

T = TypeVar("T")

Row = asyncpg.Record
"""A row as the driver gives it, columns by name. Only the modules of this folder see one; what they return has a type."""


class Tx(Protocol):
    """A transaction of :class:`Memory`, as the statements in this folder use it. Rows come with columns by name."""

    def execute(self, query: str, *args: object) -> Awaitable[str]:
        """Run a statement that answers nothing."""

    def executemany(self, command: str, args: Iterable[Sequence[object]]) -> Awaitable[None]:
        """Run a statement once for each of *args*."""

    def fetch(self, query: str, *args: object) -> Awaitable[list[Row]]:
        """Return every row."""

    def fetchrow(self, query: str, *args: object) -> Awaitable[Row | None]:
        """Return the first row; ``None`` if there is none."""

    def fetchval(self, query: str, *args: object) -> Awaitable[Any]:
        """Return the first column of the first row; ``None`` if there is none."""

    def cursor(self, query: str, *args: object) -> Awaitable[Any]:
        """Return a cursor of the server's, whose ``fetch(n)`` returns the next *n* rows."""

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """Return a savepoint: what is done in it is undone alone when it raises."""

    def get_settings(self) -> Any:
        """Return what the server reports of the session by itself, its role among it; nothing is asked."""


AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Errors of a database that is away, refuses, or has changed its schema under us. A loop logs them and goes on."""

_TRIES: Final = 3
_CONNECT_SECONDS: Final = 5.0
_LIMIT_SECONDS: Final = 10.0
"""Real seconds that one use of a connection may last. The server ends a transaction after 8 s (store/migrate.py); a
link that has not said so by now is frozen, and is dropped instead of asked to roll back."""
_AT_ONCE_SECONDS: Final = 3.0
"""Limit of one statement that nothing waits for, in seconds of real time."""


def is_retryable(error: BaseException) -> bool:
    """Tell whether the same work in a new transaction can get past *error*.

    A serialisation failure or deadlock (class 40) had another writer in its way. A statement or type that was prepared
    before a schema revision is forgotten by asyncpg when it fails, so the next try prepares it anew.
    """
    if isinstance(error, asyncpg.InvalidCachedStatementError | asyncpg.OutdatedSchemaCacheError):
        return True
    return isinstance(error, asyncpg.PostgresError) and (error.sqlstate or "").startswith("40")


LINK: Final = "link"
"""The scope of a link in an SMS; those of a session are the rights in core/roles.py."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The viewer scope of a page's transaction: the token that it carries, and the right that the page is for.

    The database looks the towns, areas and performers up from these two (revision 0002_access): the pages' role cannot choose its
    towns. ``orgs``, ``areas`` (``None``: all) and ``has_performers`` (limited to some) say the same for questions in Python, and open
    nothing.
    """

    token: str = field(repr=False)
    scope: str
    orgs: tuple[str, ...] = ()
    areas: tuple[UUID, ...] | None = None
    has_performers: bool = False

    @property
    def sees_all(self) -> bool:
        """Tell whether all of those towns is theirs to see."""
        return self.areas is None and not self.has_performers

    def sees(self, area_id: UUID) -> bool:
        """Tell whether an area of those towns is theirs to see."""
        return self.areas is None or area_id in self.areas


class Memory:
    """A pool of connections as one role. A process opens one for each of its roles."""

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
            init=_set_codecs,
            reset=_keep_as_it_is,
            server_settings={"application_name": application},
        )
        return cls(pool, dsn, limit_seconds)

    @property
    def size(self) -> int:
        """The connections that there may be at once."""
        return self._pool.get_max_size()

    def hint(self) -> None:
        """Say that something was committed. Only a hint: every reader polls each second as well."""
        self.changed.set()

    async def close(self) -> None:
        """Close every connection, waiting for those at work."""
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self, viewer: Viewer | None = None) -> AsyncIterator[Tx]:
        """Begin a read-committed transaction in *viewer*'s scope; without one, a page's connection sees no row.

        Raises:
            TimeoutError: the database did not answer within the limit; the connection is dropped.
        """
        async with self._connection(self._limit_seconds) as (connection, limit):
            transaction = connection.transaction()
            await transaction.start()
            try:
                if viewer is not None:
                    await connection.execute("select fjt.enter($1, $2)", viewer.token, viewer.scope)
                yield connection
            except BaseException:
                # A frozen link would keep the rollback waiting as well; the server rolls back when the link is gone.
                if not limit.expired():
                    await transaction.rollback()
                raise
            await transaction.commit()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Tx]:
        """Begin a read-only transaction that sees one moment. It locks no row and has no id, so that nobody waits for it.

        Raises:
            TimeoutError: the database did not answer within the limit; the connection is dropped.
        """
        async with (
            self._connection(self._limit_seconds) as (connection, _),
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def attempt(
        self, work: Callable[[Tx], Awaitable[T]], viewer: Viewer | None = None, *, patient: bool = True
    ) -> T:
        """Run *work* in a transaction, up to three times, whole, while :func:`is_retryable` says so.

        *work* may run more than once, so nothing that it does may outlive a rolled back transaction. A *patient* one also
        waits again for a row that was locked for 2 s: a carer's word has no next row to go on to. A loop that has is not.
        """

        async def whole() -> T:
            async with self.transaction(viewer) as tx:
                return await work(tx)

        return await _retry(whole, patient=patient)

    async def run_statement(self, statement: Callable[[Tx], Awaitable[T]]) -> T:
        """Run one *statement* without BEGIN and COMMIT around it; tried again as :meth:`attempt` is.

        Its locks last while the server works on it, and never until an answer of ours: a frozen link holds nothing.
        """

        async def whole() -> T:
            async with self._connection(_AT_ONCE_SECONDS) as (connection, _):
                return await statement(connection)

        return await _retry(whole)

    async def now(self) -> datetime:
        """Return the service's clock, in UTC. For showing; a decision reads it in its own transaction, after its locks."""
        return await self.run_statement(now)

    @asynccontextmanager
    async def _connection(
        self, seconds: float | None
    ) -> AsyncIterator[tuple["asyncpg.pool.PoolConnectionProxy[Any]", asyncio.Timeout]]:
        """Lend a connection for at most *seconds*. One that takes longer is dropped, and its pool's others are made anew."""
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


async def _retry(work: Callable[[], Awaitable[T]], *, patient: bool = False) -> T:
    for left in range(_TRIES - 1, -1, -1):
        try:
            return await work()
        except Exception as error:
            again = is_retryable(error) or (patient and isinstance(error, asyncpg.LockNotAvailableError))
            if not left or not again:
                raise
    raise AssertionError("the last try returns or raises")


_PAGES: Final = frozenset({"fjt_web", "fjt_planner"})
"""The roles of the pages (store/migrate.py)."""


def is_page(tx: Tx) -> bool:
    """Tell whether the transaction is a page's: it may then write no text of an SMS (revision 0003_writes)."""
    return bool(tx.get_settings().session_authorization in _PAGES)


async def now(tx: Tx) -> datetime:
    """Return ``clock.now()``. Call it after the locks are taken: waiting for them takes time."""
    instant: datetime = await tx.fetchval("select clock.now()")
    return instant


async def real_now(tx: Tx) -> datetime:
    """Return the database's real time, for questions to others by time: a replica's own clock may be minutes off."""
    instant: datetime = await tx.fetchval("select clock_timestamp()")
    return instant


async def _keep_as_it_is(connection: "asyncpg.Connection[Any]") -> None:
    """Ask nothing of a connection that is given back: the driver has ended its transaction, and with that all that ours leave.

    Each setting here is local to its transaction, as each advisory lock is (the roles may take no other, store/migrate.py); who
    listens has a connection of their own. `tests/unit/test_kept_connections.py` holds the statements to that.
    """


async def _set_codecs(connection: "asyncpg.Connection[Any]") -> None:
    """Read and write jsonb as Python values; ids and instants in them become text."""
    await connection.set_type_codec("jsonb", encoder=_to_json, decoder=json.loads, schema="pg_catalog", format="text")


def _to_json(value: Any) -> str:
    return json.dumps(value, default=_as_text, separators=(",", ":"))


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Sequence | frozenset | set):
        return list(value)
    return str(value)
