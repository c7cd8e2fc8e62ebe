"""A migrated database for each test, copied from one that is migrated once a session."""

import asyncio
import itertools
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import asyncpg

from alarm_center.store.migrate import bootstrap, migrate
from fjarrtillsyn.embedded.postgres import Postgres

T = TypeVar("T")

TEMPLATE: Final = "fjt_template"
PASSWORDS: Final = {role: f"{role}-password" for role in ("fjt_owner", "fjt_worker", "fjt_web")}

_number = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """The addresses of one database, by role; nothing that runs takes the owner's."""

    owner: str
    worker: str
    web: str


def make_template(server: Postgres) -> None:
    """Make the roles and the migrated database, with the shiftable clock, that each test's is copied from."""
    run(bootstrap(server.superuser_dsn(), TEMPLATE, PASSWORDS))
    run(migrate(_dsn(server, TEMPLATE, "fjt_owner"), test_clock=True))


@contextmanager
def fresh_database(server: Postgres) -> Iterator[Database]:
    """Yield a migrated database that nobody has used, and drop it afterwards, whoever is still connected."""
    name = f"fjt_test_{next(_number)}"
    run(_execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}" OWNER fjt_owner'))
    try:
        # A copy has the tables and rows; the rights and settings of a database itself are made anew.
        run(bootstrap(server.superuser_dsn(), name, PASSWORDS))
        owner, worker, web = (_dsn(server, name, role) for role in PASSWORDS)
        yield Database(owner=owner, worker=worker, web=web)
    finally:
        run(_execute(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what *work* returns, from a fixture that is not async, on a loop that nobody else sees."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)


def _dsn(server: Postgres, database: str, role: str) -> str:
    return server.dsn(database, role, PASSWORDS[role])


async def _execute(server: Postgres, statement: str) -> None:
    connection = await asyncpg.connect(server.superuser_dsn())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
