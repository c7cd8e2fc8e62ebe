"""Overlong transactions: another replica ends them on a server before PostgreSQL 17, and commands may lift their limit.

A replica behind a half-open link leaves its session *active*, waiting for a client that does not answer, with all its locks.
Any other replica ends it, which a role may do to its own sessions without being superuser.
"""

from datetime import timedelta
from typing import Final

from alarm_center.store.memory import Memory, Tx

IMPORT: Final = "fjarrtillsyn import"
VERIFY: Final = "fjarrtillsyn verify"
"""The application names of the two works that may take longer: a whole town, and a whole timeline, in one transaction."""
AFTER: Final = timedelta(seconds=10)
"""Longer than the 8 s after which a server that can (store/migrate.py) ends a transaction itself."""


async def end_overlong(memory: Memory, after: timedelta = AFTER) -> int:
    """End the sessions of this role whose transaction began longer ago than *after*; return how many.

    Sessions without an open transaction, as those that listen for hints, stay. A server that ends them itself is left to.
    """
    ended: int = await memory.run_statement(
        lambda tx: tx.fetchval(
            """
            select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
            where coalesce(current_setting('transaction_timeout', true), '0') = '0'
                and usename = session_user and datname = current_database() and pid <> pg_backend_pid()
                and xact_start < clock_timestamp() - $1::interval and application_name <> all ($2::text[])
            """,
            after,
            [IMPORT, VERIFY],
        )
    )
    return ended


async def lift_limit(tx: Tx) -> None:
    """Let this transaction take as long as it needs: a person at a terminal waits for it, and no replica is behind it."""
    # Asked of the settings that there are: a server before 17 has none of that name.
    await tx.execute("select set_config(name, '0', true) from pg_settings where name = 'transaction_timeout'")
