"""Database setup: roles, the database, and its newest revision; the only module that connects as owner or superuser."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

ROLES: Final = ("fjt_owner", "fjt_worker", "fjt_web", "fjt_sign_in", "fjt_planner")

_LOCK: Final = "2s"
"""A case that somebody else has locked for longer is put off, and everything behind it goes on."""

_TRANSACTION: Final = "8s"
"""PostgreSQL 17 and later end a transaction after so long, also one whose client is behind a half-open link: that session
is *active*, waiting for its client, and no other limit frees its locks. Before 17: store/overlong.py."""
_HAS_TRANSACTION_TIMEOUT: Final = 170_000
"""The first ``server_version_num`` that knows it."""

_NO_ROLE_OF_OURS: Final = (
    # A row of theirs is under no policy, and fills the disk.
    "lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid, bytea)", "lo_open(oid, integer)", "lo_put(oid, bigint, bytea)",
    "lowrite(integer, bytea)", "lo_unlink(oid)",
    # A lock that outlives its transaction; ours end with theirs.
    "pg_advisory_lock(bigint)", "pg_advisory_lock(integer, integer)", "pg_advisory_lock_shared(bigint)",
    "pg_advisory_lock_shared(integer, integer)", "pg_try_advisory_lock(bigint)", "pg_try_advisory_lock(integer, integer)",
    "pg_try_advisory_lock_shared(bigint)", "pg_try_advisory_lock_shared(integer, integer)",
)  # fmt: skip
"""Functions of PostgreSQL that every role may call by default, and that injected SQL could use."""

_IDLE_IN_TRANSACTION: Final = "5s"
"""A connection that forgets its transaction would hold every reader back (docs/database.md#lines-in-order)."""


async def bootstrap(superuser_dsn: str, database: str, passwords: Mapping[str, str]) -> None:
    """Create the roles and *database*, owned by ``fjt_owner``; what exists stays, passwords are set anew.

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
        await let_roles_in(connection, database)
    finally:
        await connection.close()
    await _narrow_catalog(superuser_dsn, database)


async def let_roles_in(superuser: "asyncpg.Connection[Any]", database: str) -> None:
    """Let the roles connect to *database*, and set what holds in it: neither is copied with a database's tables."""
    name = await superuser.fetchval("select quote_ident($1)", database)
    await superuser.execute(
        f"""
        revoke all on database {name} from public;
        grant connect on database {name} to fjt_worker, fjt_web, fjt_sign_in, fjt_planner;
        alter database {name} set search_path = fjt;
        alter database {name} set timezone = 'UTC';
        """
    )


async def _narrow_catalog(superuser_dsn: str, database: str) -> None:
    """Take from the roles of *database* what PostgreSQL gives everybody and no role of ours uses: by name, and `do` blocks."""
    connection = await asyncpg.connect(superuser_dsn, database=database)
    try:
        functions = ", ".join(f"pg_catalog.{each}" for each in _NO_ROLE_OF_OURS)
        await connection.execute(f"revoke execute on function {functions} from public")
        await connection.execute(f"grant execute on function {functions} to fjt_owner")
        await connection.execute("revoke usage on language plpgsql from public")
        await connection.execute("grant usage on language plpgsql to fjt_owner")
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


_SCRIPTS: Final = str(Path(__file__).parent / "migrations")
VERSION_TABLE: Final = {"version_table": "revision", "version_table_schema": "public"}
"""Alembic's own row: the newest revision that the database has."""


class RevisionState(StrEnum):
    """A database's revision, as this release sees it."""

    NEWEST = "newest"
    WAITING = "waiting"
    """All is there but what ends replicas of the release before: ``migrate --finish`` brings it."""
    BEHIND = "behind"
    UNKNOWN = "unknown"
    """None of this release's: a newer one has been here, or nobody."""


def revision_state(at: str | None) -> RevisionState:
    """Return the state of a database that is at revision *at*."""
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    # Newest first.
    revisions = list(ScriptDirectory.from_config(config).walk_revisions())
    waiting = list(takewhile(lambda each: getattr(each.module, "after_rollout", False), revisions))
    if at not in {each.revision for each in revisions}:
        return RevisionState.UNKNOWN
    if at == revisions[0].revision:
        return RevisionState.NEWEST
    return RevisionState.WAITING if waiting and at == waiting[-1].down_revision else RevisionState.BEHIND


class RolesMissing(Exception):
    """The server lacks a role of ours; only a superuser makes it."""


async def migrate(owner_dsn: str, *, test_clock: bool = False, finish: bool = False) -> list[str]:
    """Bring the database to the newest revision; return the revisions that wait for the rollout to be finished.

    A revision that says ``after_rollout`` would break replicas of the release before. On a database that had any, the last
    of them wait until *finish* says that no such replica runs; a later release no longer runs beside them, and brings them in.
    *test_clock* counts when the database is made: its ``clock.now()`` then reads a shift that tests and the demo may set.

    Raises:
        RolesMissing: a role is not there.
    """

    async def connect() -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(owner_dsn)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            missing = await connection.run_sync(_missing_roles)
            if missing:
                raise RolesMissing(f"the server has no role {', '.join(missing)}")
            waiting = await connection.run_sync(_upgrade, test_clock, finish)
            await connection.commit()
            return waiting
    finally:
        await engine.dispose()


def _missing_roles(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql("select rolname from pg_roles").scalars()
    return sorted(set(ROLES) - set(found))


def revisions_of(connection: Connection, *, test_clock: bool = False) -> Config:
    """Return the settings with which alembic's commands run our revisions over *connection*."""
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.attributes["connection"] = connection
    config.attributes["test_clock"] = test_clock
    config.attributes["version_table"] = VERSION_TABLE
    return config


def _upgrade(connection: Connection, test_clock: bool, finish: bool) -> list[str]:
    config = revisions_of(connection, test_clock=test_clock)
    # Newest first.
    revisions = list(ScriptDirectory.from_config(config).walk_revisions())
    waiting = list(takewhile(lambda each: getattr(each.module, "after_rollout", False), revisions))
    at = MigrationContext.configure(connection, opts=VERSION_TABLE).get_current_revision()
    if at is None or finish or at in {each.revision for each in waiting}:
        waiting = []
    command.upgrade(config, str(waiting[-1].down_revision) if waiting else "head")
    return [each.revision for each in reversed(waiting)]
