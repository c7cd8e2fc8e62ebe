"""Commands on the memory: migrate it, import a town's file, add a user, say why a case is as it is, walk the seals."""

import asyncio
import secrets
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import typer

from alarm_center.store import overlong
from alarm_center.store.memory import AWAY, Memory, Tx, now
from alarm_center.town import apply, reader
from alarm_center.town.changes import Change
from alarm_center.town.reader import TownErrors
from fjarrtillsyn.commands.settings import BAD_SETTINGS, MigrateSettings, WorkerSettings, settings
from schemas.vocabulary import Role

LEAST_PASSWORD = 10
"""Characters of a password that somebody chooses."""


def migrate(*, test_clock: bool) -> None:
    """Make the database where the superuser's address is given, and bring it to the newest revision."""
    from alarm_center.store import migrate as store

    wanted = settings(MigrateSettings)

    async def work() -> None:
        if wanted.database_url_superuser is not None:
            await store.bootstrap(wanted.database_url_superuser.get_secret_value(), wanted.database, wanted.passwords)
            typer.echo(f"roles and database {wanted.database} are there")
        await store.migrate(wanted.database_url_owner.get_secret_value(), test_clock=test_clock)
        typer.echo("the database is at the newest revision")

    _run(work)


def import_town(path: Path, *, dry_run: bool) -> None:
    """Bring a town's file into the memory, and plan the checks that it owes."""
    from alarm_center.preparation import planning

    try:
        town = reader.read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"{path}: {error}", err=True)
        raise typer.Exit(BAD_SETTINGS) from None
    except TownErrors as errors:
        raise _say_problems(path, errors) from None
    wanted = settings(WorkerSettings)

    async def bring_in(tx: "Tx[Any]") -> list[Change]:
        await overlong.lift_limit(tx)
        return await apply.apply(tx, town, await now(tx), dry_run)

    async def work() -> None:
        memory = await Memory.open(
            wanted.database_url.get_secret_value(), size=2, application=overlong.IMPORT, limit_seconds=None
        )
        try:
            try:
                changes = await memory.attempt(bring_in)
            except TownErrors as errors:
                raise _say_problems(path, errors) from None
            for change in changes:
                typer.echo(str(change))
            if dry_run:
                typer.echo(f"{len(changes)} changes would be made; nothing has been changed")
                return
            made = await planning.plan_town(memory, town.organisation.id)
            typer.echo(f"{len(changes)} changes made, {made} checks planned")
        finally:
            await memory.close()

    _run(work)


def add_user(login: str, name: str, org: str, roles: list[Role], *, from_stdin: bool) -> None:
    """Keep a user with a new password: typed, read from stdin, or made and shown once."""
    from alarm_center.web.auth import hash_password

    wanted = settings(WorkerSettings)
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else _typed()
    made = not password and not from_stdin
    password = password or (secrets.token_urlsafe(12) if made else "")
    if len(password) < LEAST_PASSWORD:
        typer.echo(f"the password has to have at least {LEAST_PASSWORD} characters", err=True)
        raise typer.Exit(BAD_SETTINGS)

    async def work() -> None:
        memory = await Memory.open(wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn user")
        try:
            await keep_user(memory, login, name, hash_password(password), org, roles)
        except asyncpg.ForeignKeyViolationError:
            typer.echo(f"there is no town {org}; import its file first", err=True)
            raise typer.Exit(BAD_SETTINGS) from None
        finally:
            await memory.close()

    _run(work)
    typer.echo(f"{login}: {', '.join(roles)} in {org}")
    if made:
        typer.echo(f"password: {password}")


def why(case: str) -> None:
    """Print a case's rows, timeline, messages and leases in order."""
    from alarm_center.casework import why as dossier

    wanted = settings(WorkerSettings)

    async def work() -> None:
        memory = await Memory.open(wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn why")
        try:
            typer.echo(await dossier.why(memory, case), nl=False)
        except dossier.UnknownCase as unknown:
            typer.echo(str(unknown), err=True)
            raise typer.Exit(1) from None
        finally:
            await memory.close()

    _run(work)


def verify(org: str, heads: list[str]) -> None:
    """Walk a town's seals from the first line, and print the head to be asked for another time."""
    from alarm_center.store import seals

    wanted = settings(WorkerSettings)

    async def work() -> None:
        memory = await Memory.open(
            wanted.database_url.get_secret_value(), size=1, application=overlong.VERIFY, limit_seconds=None
        )
        try:
            broken = await seals.verify(memory, org, [head.strip().lower() for head in heads])
            async with memory.transaction() as tx:
                head = await seals.head(tx, org)
        finally:
            await memory.close()
        if broken is not None:
            typer.echo(f"{org}: {broken}", err=True)
            raise typer.Exit(1)
        if head is None:
            typer.echo(f"{org}: nothing is sealed; is the town's name right?", err=True)
            raise typer.Exit(1)
        typer.echo(f"{org}: whole; head {head.digest} at {head.cursor}, sealed {head.sealed_at:%Y-%m-%d %H:%M:%SZ}")

    _run(work)


async def keep_user(memory: Memory, login: str, name: str, password_hash: str, org: str, roles: list[Role]) -> UUID:
    """Add a user, or give a known one this name, password and these roles in *org*; return the user's id."""
    async with memory.transaction() as tx:
        user: UUID = await tx.fetchval(
            "select keep_user($1, $2, $3, $4, $5)",
            login,
            name,
            password_hash,
            org,
            sorted(role.value for role in roles),
        )
        return user


def _typed() -> str:
    """Return what is typed twice; nothing asks for a password to be made."""
    if not sys.stdin.isatty():
        return ""
    typed: str = typer.prompt("Password (empty: one is made)", default="", hide_input=True, show_default=False)
    if typed and typer.prompt("Once more", hide_input=True) != typed:
        typer.echo("they are not the same", err=True)
        raise typer.Exit(BAD_SETTINGS)
    return typed


def _say_problems(path: Path, errors: TownErrors) -> typer.Exit:
    for problem in errors.problems:
        typer.echo(f"{path}: {problem}", err=True)
    return typer.Exit(BAD_SETTINGS)


def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run *work*; a database that is not there, or says no, is one line and status 1."""
    try:
        asyncio.run(work())
    except AWAY as error:
        typer.echo(f"the database: {error or type(error).__name__}", err=True)
        raise typer.Exit(1) from None
