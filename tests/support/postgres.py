"""A migrated database for each test, copied from one that is migrated once a session."""

import asyncio
import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, TypeVar

import asyncpg

from alarm_center.store.migrate import ROLES, bootstrap, let_roles_in, migrate
from fjarrtillsyn.embedded.postgres import Postgres, running_postgres

T = TypeVar("T")

TEMPLATE: Final = "fjt_template"
PASSWORDS: Final = {role: f"{role}-password" for role in ROLES}

_FIRST_OF_OURS: Final = 16384
"""PostgreSQL's own types have lower numbers, and the same in every database."""


def _ask_for_types_once() -> None:
    """Let each connection know PostgreSQL's own array types without asking for them: a seventh of the server's time in a web test."""
    ask = asyncpg.Connection._introspect_types  # type: ignore[attr-defined]
    known: dict[frozenset[int], Any] = {}

    async def introspect(connection: Any, numbers: Any, within_s: float) -> tuple[Any, Any]:
        wanted = frozenset(numbers)
        if wanted in known:
            return known[wanted], SimpleNamespace(name="known")
        rows, statement = await ask(connection, numbers, within_s)
        if max(wanted) < _FIRST_OF_OURS:
            known[wanted] = rows
        return rows, statement

    asyncpg.Connection._introspect_types = introspect  # type: ignore[attr-defined]


_ask_for_types_once()

_number = itertools.count(1)
_patterns: dict[tuple[object, ...], str] = {}
"""By what they hold: databases that others are copied from, one set a process."""
_contents: dict[object, tuple[object, ...]] = {}
"""By the fixture that makes a test's town: the content that it asked for last, and will ask for again."""

_SHARED_MEMORY: Final = Path("/dev/shm")
_ROOM: Final = 2 << 30
"""Bytes that servers of a few workers have room in: each keeps under 500 MB."""


@dataclass(frozen=True, slots=True)
class Database:
    """The addresses of one database, by role; nothing that runs takes the owner's."""

    owner: str
    worker: str
    web: str
    sign_in: str
    planner: str
    name: str
    server: Postgres
    maker: object = field(default=None, compare=False)
    """The fixture that will make the town, where there is one."""
    begun_as: list[tuple[object, ...]] = field(default_factory=list, compare=False)
    """The content that the database began with, until somebody asks for it."""

    async def hold(self, content: tuple[object, ...], bring_in: Callable[[], Awaitable[None]]) -> None:
        """Let the database hold *content*, by *bring_in* or as a copy of a database that held it before.

        Where it holds another town, or somebody is connected, *content* is brought in beside.
        """
        begun_as = self.begun_as.pop() if self.begun_as else None
        if begun_as == content:
            return
        if begun_as is None and not await self._is_untouched():
            await bring_in()
            return
        if begun_as is not None or content in _patterns:
            await _superuser(self.server).call(lambda to: _copy(to, _patterns.get(content, TEMPLATE), self.name))
        if content not in _patterns:
            await bring_in()
            pattern = f"fjt_pattern_{len(_patterns) + 1}"
            await _superuser(self.server).call(lambda to: _copy(to, self.name, pattern))
            _patterns[content] = pattern
        if self.maker is not None:
            _contents[self.maker] = content

    async def _is_untouched(self) -> bool:
        """Tell whether the database holds no town, and nobody is connected to it."""
        connection = await asyncpg.connect(self.server.superuser_dsn(self.name))
        try:
            others = "select count(*) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"
            return not await connection.fetchval(others, self.name) and not await connection.fetchval(
                "select count(*) from fjt.organisations"
            )
        finally:
            await connection.close()


class _Superuser:
    """A connection that makes and drops databases, on a thread of its own: for tests on any loop, and made once."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection[Any] | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def call(self, work: "Callable[[asyncpg.Connection[Any]], Awaitable[None]]") -> None:
        """Let *work* use the connection, from a loop."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._use(work), self._loop))

    def wait_for(self, work: "Callable[[asyncpg.Connection[Any]], Awaitable[None]]") -> None:
        """Let *work* use the connection, from a fixture that is not async."""
        asyncio.run_coroutine_threadsafe(self._use(work), self._loop).result()

    async def _use(self, work: "Callable[[asyncpg.Connection[Any]], Awaitable[None]]") -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._dsn)
        await work(self._connection)

    def close(self) -> None:
        """Close the connection, and end the thread."""
        self.wait_for(lambda connection: connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


_superusers: dict[Postgres, _Superuser] = {}


def _superuser(server: Postgres) -> _Superuser:
    if server not in _superusers:
        _superusers[server] = _Superuser(server.superuser_dsn())
    return _superusers[server]


@contextmanager
def throwaway_server() -> Iterator[Postgres]:
    """Yield a server whose files are gone afterwards: in memory where there is room, since a disk takes ten times as long.

    Each database is some 370 files, which a disk has to note in its journal.
    """
    in_memory = os.access(_SHARED_MEMORY, os.W_OK) and shutil.disk_usage(_SHARED_MEMORY).free >= _ROOM
    with (
        tempfile.TemporaryDirectory(prefix="fjt-pg-", dir=_SHARED_MEMORY if in_memory else None) as folder,
        running_postgres(Path(folder) / "data", throwaway=True) as server,
    ):
        try:
            yield server
        finally:
            if server in _superusers:
                _superusers.pop(server).close()


def make_template(server: Postgres) -> None:
    """Make the roles and the migrated database, with the shiftable clock, that each test's is copied from."""
    run(bootstrap(server.superuser_dsn(), TEMPLATE, PASSWORDS))
    run(migrate(_dsn(server, TEMPLATE, "fjt_owner"), test_clock=True))


@contextmanager
def fresh_database(server: Postgres, maker: object = None) -> Iterator[Database]:
    """Yield a migrated database that nobody has used, and drop it afterwards, whoever is still connected.

    Where *maker*, the fixture that will make a town in it, made one before, it holds that one's.
    """
    name = f"fjt_test_{next(_number)}"
    content = _contents.get(maker) if maker is not None else None
    try:
        _superuser(server).wait_for(lambda to: _copy(to, _patterns[content] if content else TEMPLATE, name))
        owner, worker, web, sign_in, planner = (_dsn(server, name, role) for role in ROLES)
        yield Database(owner, worker, web, sign_in, planner, name, server, maker, [content] if content else [])
    finally:
        _superuser(server).wait_for(lambda to: _drop(to, name))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what *work* returns, from a fixture that is not async, on a loop that nobody else sees."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)


def _dsn(server: Postgres, database: str, role: str) -> str:
    return server.dsn(database, role, PASSWORDS[role])


async def _copy(superuser: "asyncpg.Connection[Any]", pattern: str, name: str) -> None:
    """Put a copy of *pattern* in the place of *name*, if there is one."""
    await _drop(superuser, name)
    # Files are copied: with no power cut to survive, each page need not be written to the log as well.
    await superuser.execute(f'CREATE DATABASE "{name}" TEMPLATE "{pattern}" OWNER fjt_owner STRATEGY FILE_COPY')
    await let_roles_in(superuser, name)


async def _drop(superuser: "asyncpg.Connection[Any]", name: str) -> None:
    await superuser.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
