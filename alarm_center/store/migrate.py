"""Makes a database and brings it to the newest revision; the only place that connects as owner or superuser."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

ROLES: Final = ("fjt_owner", "fjt_worker", "fjt_web")

_LOCK: Final = "2s"
"""A case that somebody else holds for longer is put off, and everything behind it goes on."""

_TRANSACTION: Final = "8s"
"""PostgreSQL 17 and later end a transaction after so long, also one whose client is behind a half-open link: that session
is *active*, waiting for its client, and no other limit frees its locks. Before 17: store/overlong.py."""
_HAS_TRANSACTION_TIMEOUT: Final = 170_000
"""The first ``server_version_num`` that knows it."""

_IDLE_IN_TRANSACTION: Final = "5s"
"""A connection that forgets its transaction would hold back the horizon that every reader waits for (design §7)."""


async def bootstrap(superuser_dsn: str, database: str, passwords: Mapping[str, str]) -> None:
    """Create the three roles and *database*, owned by ``fjt_owner``; what exists stays, passwords are set anew.

    Raises:
        KeyError: *passwords* lacks one of :data:`ROLES`.
    """
    connection = await asyncpg.connect(superuser_dsn)
    try:
        version = int(await connection.fetchval("show server_version_num"))
        for role in ROLES:
            known = await connection.fetchval("select true from pg_roles where rolname = $1", role)
            verb = "alter" if known else "create"
            # Roles are no parameters of a statement; the password is quoted by the server itself.
            quoted = await connection.fetchval("select quote_literal($1::text)", passwords[role])
            await connection.execute(f"{verb} role {role} login nosuperuser nobypassrls password {quoted}")
            await connection.execute(
                f"alter role {role} set idle_in_transaction_session_timeout = '{_IDLE_IN_TRANSACTION}'"
            )
            if role != "fjt_owner":
                for name, value in _limits(version).items():
                    await connection.execute(f"alter role {role} set {name} = '{value}'")
        await connection.execute("alter role fjt_owner set idle_in_transaction_session_timeout = 0")
        name = await connection.fetchval("select quote_ident($1)", database)
        if not await connection.fetchval("select true from pg_database where datname = $1", database):
            await connection.execute(f"create database {name} owner fjt_owner")
        await connection.execute(f"revoke all on database {name} from public")
        await connection.execute(f"grant connect on database {name} to fjt_worker, fjt_web")
        await connection.execute(f"alter database {name} set search_path = fjt")
        await connection.execute(f"alter database {name} set timezone = 'UTC'")
    finally:
        await connection.close()


def _limits(version: int) -> dict[str, str]:
    """Return the settings by which the server itself ends what a lost replica or page has left behind."""
    # A host that is gone without a word has let go after about 15 s.
    dead_host = {
        "tcp_keepalives_idle": "5s",
        "tcp_keepalives_interval": "2s",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "10s",
        "client_connection_check_interval": "2s",
    }
    ends = {"transaction_timeout": _TRANSACTION} if version >= _HAS_TRANSACTION_TIMEOUT else {}
    return {"lock_timeout": _LOCK, **ends, **dead_host}


async def migrate(owner_dsn: str, *, test_clock: bool = False) -> None:
    """Bring the database to the newest revision.

    *test_clock* counts when the database is made: its ``clock.now()`` then reads a shift that tests and the demo may set.
    """

    async def connect() -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(owner_dsn)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade, test_clock)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, test_clock: bool) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    config.attributes["test_clock"] = test_clock
    command.upgrade(config, "head")
