"""A migrated database for each test, copied from one that is migrated once a session."""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg

from alarm_center.store.migrate import ROLES, bootstrap, let_roles_in, migrate
from fjarrtillsyn.embedded.postgres import Postgres, running_postgres

T = TypeVar("T")

TEMPLATE: Final = "fjt_template"
PASSWORDS: Final = {role: f"{role}-password" for role in ROLES}

_number = itertools.count(1)
_patterns: dict[tuple[object, ...], str] = {}
"""By what they hold: databases that others are copied from, one set a process."""

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

    async def is_untouched(self) -> bool:
        """Tell whether the database holds no town, and nobody is connected to it."""
        connection = await asyncpg.connect(self.server.superuser_dsn(self.name))
        try:
            others = "select count(*) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"
            return not await connection.fetchval(others, self.name) and not await connection.fetchval(
                "select count(*) from fjt.organisations"
            )
        finally:
            await connection.close()

    async def become(self, content: tuple[object, ...]) -> bool:
        """Put a copy of the database that was kept as *content* in this one's place; tell whether there is one."""
        pattern = _patterns.get(content)
        if pattern is not None:
            await _execute(self.server, f'DROP DATABASE "{self.name}" WITH (FORCE)')
            await _copy(self.server, pattern, self.name)
        return pattern is not None

    async def keep_as(self, content: tuple[object, ...]) -> None:
        """Keep a copy of the database, to which nobody may be connected, for :meth:`become`."""
        pattern = f"fjt_pattern_{len(_patterns) + 1}"
        await _copy(self.server, self.name, pattern)
        _patterns[content] = pattern


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
        yield server


def make_template(server: Postgres) -> None:
    """Make the roles and the migrated database, with the shiftable clock, that each test's is copied from."""
    run(bootstrap(server.superuser_dsn(), TEMPLATE, PASSWORDS))
    run(migrate(_dsn(server, TEMPLATE, "fjt_owner"), test_clock=True))


@contextmanager
def fresh_database(server: Postgres) -> Iterator[Database]:
    """Yield a migrated database that nobody has used, and drop it afterwards, whoever is still connected."""
    name = f"fjt_test_{next(_number)}"
    try:
        run(_copy(server, TEMPLATE, name))
        owner, worker, web, sign_in, planner = (_dsn(server, name, role) for role in ROLES)
        yield Database(owner, worker, web, sign_in, planner, name, server)
    finally:
        run(_execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what *work* returns, from a fixture that is not async, on a loop that nobody else sees."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)


def _dsn(server: Postgres, database: str, role: str) -> str:
    return server.dsn(database, role, PASSWORDS[role])


async def _copy(server: Postgres, pattern: str, name: str) -> None:
    # Files are copied: with no power cut to survive, each page need not be written to the log as well.
    await _execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{pattern}" OWNER fjt_owner STRATEGY FILE_COPY')
    await let_roles_in(server.superuser_dsn(), name)


async def _execute(server: Postgres, statement: str) -> None:
    connection = await asyncpg.connect(server.superuser_dsn())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
