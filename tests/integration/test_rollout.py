"""A rollout beside the release before: revisions that would break its replicas wait until it is finished (ADR 0033)."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from alembic import command
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from alarm_center.store.migrate import ROLES, RolesMissing, bootstrap, migrate, revisions_of
from fjarrtillsyn.embedded.postgres import Postgres
from tests.support.postgres import PASSWORDS, run

NAME = "fjt_rollout"
OLD_WAY = (
    "select coalesce(has_function_privilege('fjt_web', to_regprocedure('fjt.login(text)')::oid, 'execute'), false)"
)


@pytest.fixture
def server(postgres_server: Postgres) -> Iterator[Postgres]:
    """A server with our roles and a database of the release before, as its migrate left it."""
    run(bootstrap(postgres_server.superuser_dsn(), NAME, PASSWORDS))
    run(_to_first_revision(_dsn(postgres_server)))
    yield postgres_server
    run(_execute(postgres_server.superuser_dsn(), f"drop database {NAME} with (force)"))


def _dsn(server: Postgres, role: str = "fjt_owner") -> str:
    return server.dsn(NAME, role, PASSWORDS[role])


async def _to_first_revision(dsn: str) -> None:
    async def connect() -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(dsn)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(lambda each: command.upgrade(revisions_of(each), "0001"))
        await connection.commit()
    await engine.dispose()


async def _execute(dsn: str, statement: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def test_the_last_step_waits_until_the_rollout_is_finished(server: Postgres) -> None:
    dsn = _dsn(server)
    for _ in range(2):
        assert run(migrate(dsn)) == ["0009"]
        assert run(_execute(dsn, OLD_WAY)) is True, "a replica of the release before signs people in by it"
    assert run(migrate(dsn, finish=True)) == []
    assert run(_execute(dsn, OLD_WAY)) in (False, None)
    assert run(migrate(dsn)) == [], "finished is finished"


def test_a_role_that_is_missing_is_named(server: Postgres) -> None:
    superuser = server.superuser_dsn()
    run(_execute(superuser, "alter role fjt_sign_in rename to fjt_away"))
    try:
        with pytest.raises(RolesMissing, match="fjt_sign_in"):
            run(migrate(_dsn(server)))
    finally:
        run(_execute(superuser, "alter role fjt_away rename to fjt_sign_in"))
    assert "fjt_sign_in" in ROLES


def test_an_old_replica_is_told_nothing_of_a_performers_people(server: Postgres) -> None:
    """It would show them every resident of the town: it knows of areas alone."""
    assert run(migrate(_dsn(server))) == ["0009"]
    worker, web = _dsn(server, "fjt_worker"), _dsn(server, "fjt_web")
    for statement in (
        "insert into fjt.organisations (org, name, sending_number, link_host) values ('ost', 'Ost', '+46701740605', 'x.se')",
        "insert into fjt.users (login, name, password_hash) values ('u', 'U', '!')",
        "insert into fjt.memberships (user_id, org, roles) select user_id, 'ost', '{operator}' from fjt.users",
    ):
        run(_execute(worker, statement))
    for performers, told in (("null", 1), ("'{alfa}'", 0)):
        run(_execute(worker, f"update fjt.memberships set performers = {performers}"))
        run(
            _execute(
                worker,
                """
                insert into fjt.web_sessions (token_hash, user_id, created_at, seen_at, expires_at, csrf)
                select 'x', user_id, now(), now(), now() + interval '1 hour', 'c' from fjt.users
                """,
            )
        )
        assert run(_execute(web, "select count(org) from fjt.session_of('x', now())")) == told
        run(_execute(worker, "delete from fjt.web_sessions"))
