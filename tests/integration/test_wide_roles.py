"""Addresses of the wrong role: each is refused, and a service with one does not start."""

import subprocess
from collections.abc import Callable, Iterator

import asyncpg
import pytest

from alarm_center.start_checks import ROLE_OF, refuse_wide_roles, role_shortcomings
from alarm_center.store.memory import Memory
from alarm_center.store.role_rights import BYPASSES, MAKES_ROLES, OWNS, SUPERUSER, read_rights
from fjarrtillsyn.embedded.postgres import Postgres
from runtime.process import BAD_SETTINGS
from runtime.settings import BadSettings
from tests.support.postgres import Database, run
from tests.support.service import COMMAND, settings

STARTS_WITHIN_S = 60


def refusal(environment: dict[str, str]) -> str:
    """Return what a replica says that does not start with *environment*."""
    done = subprocess.run(
        COMMAND,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=STARTS_WITHIN_S,
    )
    assert done.returncode == BAD_SETTINGS, done.stderr
    return done.stderr


def superuser(server: Postgres, database: Database) -> str:
    return server.superuser_dsn(database.worker.rpartition("/")[2].partition("?")[0])


def test_the_service_does_not_start_with_a_wide_role(migrated_server: Postgres, database: Database) -> None:
    said = refusal({**settings(database), "FJT_DATABASE_URL_WEB": superuser(migrated_server, database)})
    (line,) = said.splitlines()
    assert line.startswith("FJT_DATABASE_URL_WEB: connects as ") and "is a superuser" in line


@pytest.mark.parametrize(
    ("setting", "address", "words"),
    [
        ("web", superuser, "is a superuser"),
        ("", superuser, "is a superuser"),
        ("web", lambda _, database: database.owner, "owns tables"),
        ("web", lambda _, database: database.worker, "sees every town's rows"),
        ("sign_in", superuser, "is a superuser"),
        ("sign_in", lambda _, database: database.worker, "sees every town's rows"),
        ("sign_in", lambda _, database: database.web, "has rights on tables"),
        ("web", lambda _, database: database.sign_in, "has no right on any table"),
    ],
)
async def test_each_address_of_a_wide_role_is_refused(
    migrated_server: Postgres,
    database: Database,
    setting: str,
    address: Callable[[Postgres, Database], str],
    words: str,
) -> None:
    name = f"database_url_{setting}".rstrip("_")
    memory = await Memory.open(address(migrated_server, database), size=1)
    try:
        with pytest.raises(BadSettings) as refused:
            await refuse_wide_roles({name: memory})
    finally:
        await memory.close()
    (line,) = str(refused.value).splitlines()
    assert f"FJT_{name.upper()}: connects as " in line
    assert words in line
    assert f"postgresql://{ROLE_OF[name]}:PASSWORD@HOST/DATABASE" in line


@pytest.fixture
def stranger(migrated_server: Postgres) -> Iterator[str]:
    """A role of somebody's own making, which the test gives its rights."""
    name = "fjt_test_stranger"

    async def execute(*statements: str) -> None:
        connection = await asyncpg.connect(migrated_server.superuser_dsn())
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    run(execute(f"create role {name} login password 'x'"))
    yield name
    run(execute(f"drop owned by {name}", f"drop role {name}"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("alter role {} bypassrls", BYPASSES),
        ("alter role {} createrole", MAKES_ROLES),
        ("grant fjt_owner to {}", OWNS),
        ("grant pg_execute_server_program to {}", SUPERUSER),
    ],
)
async def test_what_a_role_may_become_counts_as_its_own(
    migrated_server: Postgres, database: Database, stranger: str, given: str, words: str
) -> None:
    name = database.web.rpartition("/")[2].partition("?")[0]
    connection = await asyncpg.connect(superuser(migrated_server, database))
    await connection.execute(given.format(stranger))
    await connection.execute(f'grant connect on database "{name}" to {stranger}')
    memory = await Memory.open(migrated_server.dsn(name, stranger, "x"), size=1)
    try:
        rights = await read_rights(memory)
    finally:
        await memory.close()
        await connection.execute(f'revoke connect on database "{name}" from {stranger}')
        await connection.close()
    assert words in rights.too_wide
    for setting in ROLE_OF:
        (line,) = map(str, role_shortcomings(setting, rights))
        assert f"connects as {stranger}, which" in line


async def test_the_services_own_roles_are_taken(database: Database) -> None:
    for setting, address in zip(
        ROLE_OF, (database.worker, database.web, database.sign_in, database.planner), strict=True
    ):
        memory = await Memory.open(address, size=1)
        try:
            assert role_shortcomings(setting, await read_rights(memory)) == []
        finally:
            await memory.close()
