"""A test's database: migrated, its own, and reached with the rights of a role."""

import asyncpg
import pytest

from tests.support.postgres import Database


async def ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


@pytest.mark.parametrize("test", ["first", "second"])
async def test_each_test_has_a_database_of_its_own(database: Database, test: str) -> None:
    assert await ask(database.owner, "SELECT to_regclass('public.mine') IS NULL") is True
    await ask(database.owner, "CREATE TABLE public.mine AS SELECT 1")


async def test_each_role_is_itself_and_cannot_pass_row_level_security(database: Database) -> None:
    for dsn, role in (
        (database.owner, "fjt_owner"),
        (database.worker, "fjt_worker"),
        (database.web, "fjt_web"),
        (database.sign_in, "fjt_sign_in"),
        (database.planner, "fjt_planner"),
    ):
        assert await ask(dsn, "SELECT current_user::text") == role
        assert await ask(dsn, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") is False


async def test_it_has_the_settings_of_a_real_one(database: Database) -> None:
    assert await ask(database.worker, "SHOW timezone") == "UTC"
    assert await ask(database.worker, "SHOW idle_in_transaction_session_timeout") == "5s"
    assert await ask(database.worker, "SELECT has_database_privilege('public', current_database(), 'CONNECT')") is False


async def test_its_clock_can_be_shifted(database: Database) -> None:
    assert await ask(database.worker, "SELECT abs(extract(epoch FROM clock.now() - now())) < 5") is True
