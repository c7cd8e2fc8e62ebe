"""The embedded PostgreSQL: asks for passwords, keeps its data, and goes away."""

from pathlib import Path

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


async def test_data_outlives_the_server_and_is_flushed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with postgres(folder) as server:
        assert await ask(server.superuser_dsn(), "SHOW fsync") == "on"
        await ask(server.superuser_dsn(), "CREATE TABLE kept AS SELECT 1 AS number")
        stopped = server.superuser_dsn()
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await ask(stopped, "SELECT 1")
    async with postgres(folder) as server:
        assert await ask(server.superuser_dsn(), "SELECT number FROM kept") == 1
