"""A commit that takes 5 ms, as on a slow disk: after the work, while the locks are held."""

import asyncpg

from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.postgres import Postgres


async def slow_commits(server: Postgres, memory: Memory, deed: str) -> None:
    """Have each transaction that does *deed*, as ``insert on fjt.receipts``, take 5 ms more at its commit."""
    name = await memory.run_statement(lambda tx: tx.fetchval("select current_database()"))
    superuser = await asyncpg.connect(server.superuser_dsn(name))
    try:
        await superuser.execute(
            "create function fjt.slow_commit() returns trigger language plpgsql as $$ begin"
            # Once a transaction, however many rows it has written.
            " if current_setting('fjt.slow', true) is distinct from pg_current_xact_id()::text then"
            " perform pg_sleep(0.005), set_config('fjt.slow', pg_current_xact_id()::text, true); end if;"
            " return null; end $$"
        )
        await superuser.execute(
            f"create constraint trigger slow_commit after {deed} deferrable initially deferred for each row execute function fjt.slow_commit()"
        )
    finally:
        await superuser.close()
