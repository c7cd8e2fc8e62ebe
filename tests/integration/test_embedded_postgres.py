"""The embedded PostgreSQL: asks for passwords, keeps its data, and goes away."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from fjarrtillsyn.embedded.postgres import Postgres, postgres


async def ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_a_role_comes_in_with_its_password_only(postgres_server: Postgres) -> None:
    connection = await asyncpg.connect(postgres_server.superuser_dsn())
    try:
        await connection.execute("CREATE ROLE carer LOGIN PASSWORD 'a/b @ö'")
        assert await ask(postgres_server.dsn("postgres", "carer", "a/b @ö"), "SELECT current_user::text") == "carer"
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(postgres_server.dsn("postgres", "carer", "guessed"), "SELECT 1")
    finally:
        await connection.execute("DROP ROLE carer")
        await connection.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for data, not in pytest's own, which another run of pytest closes to the server's account."""
    with TemporaryDirectory() as made:
        yield Path(made) / "data"


async def test_data_outlives_the_server_and_is_flushed(folder: Path) -> None:
    async with postgres(folder) as server:
        assert await ask(server.superuser_dsn(), "SHOW fsync") == "on"
        await ask(server.superuser_dsn(), "CREATE TABLE kept AS SELECT 1 AS number")
        stopped = server.superuser_dsn()
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await ask(stopped, "SELECT 1")
    async with postgres(folder) as server:
        assert await ask(server.superuser_dsn(), "SELECT number FROM kept") == 1
