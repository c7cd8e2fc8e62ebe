"""Commands on the database: migrate it, import a town's file, add a user, explain a case."""

import asyncio
import logging
import secrets
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg
import typer

from alarm_center.store import users
from alarm_center.store.memory import AWAY, Memory
from fjarrtillsyn.commands.settings import MigrateSettings, WorkerSettings, settings
from runtime.errors import error_words
from runtime.logs import set_up_logging
from runtime.process import BAD_SETTINGS
from schemas.vocabulary import Role


def migrate(*, test_clock: bool, finish: bool) -> None:
    """Make the database where the superuser's address is given, and bring it to the newest revision."""
    from alarm_center.store import migrate as store

    wanted = settings(MigrateSettings)

    async def work() -> None:
        if wanted.database_url_superuser is not None:
            await store.bootstrap(wanted.database_url_superuser.get_secret_value(), wanted.database, wanted.passwords)
            typer.echo(f"roles and database {wanted.database} are there")
        owner = wanted.database_url_owner.get_secret_value()
        try:
            waiting = await store.migrate(owner, test_clock=test_clock, finish=finish)
        except store.RolesMissing as missing:
            typer.echo(f"{missing}: run migrate once with FJT_DATABASE_URL_SUPERUSER, which makes it", err=True)
            raise typer.Exit(BAD_SETTINGS) from None
        if waiting:
            typer.echo(
                f"the database serves this release and the one before; when no replica of that one runs, say "
                f"`fjarrtillsyn migrate --finish` (revision {', '.join(waiting)} waits for it)"
            )
        else:
            typer.echo("the database is at the newest revision")

    run_work(work)


def add_user(login: str, name: str, org: str, roles: list[Role], *, from_stdin: bool) -> None:
    """Keep a user with a new password: typed, read from stdin, or made and shown once."""
    from alarm_center.identity.password_rules import LEAST_CHARACTERS, PasswordFault, password_fault
    from alarm_center.identity.passwords import hash_password

    wanted = settings(WorkerSettings)
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else _ask_password()
    made = not password and not from_stdin
    password = password or (secrets.token_urlsafe(12) if made else "")
    refusals = {
        PasswordFault.SHORT: f"the password has to have at least {LEAST_CHARACTERS} characters",
        PasswordFault.COMMON: "the password is one that others try first; take some words that do not belong together",
        PasswordFault.PERSONAL: "the password is little but the login, the name or the town; take some other words",
    }
    fault = password_fault(password, (login, name, org))
    if fault is not None:
        typer.echo(refusals[fault], err=True)
        raise typer.Exit(BAD_SETTINGS)

    async def work() -> None:
        memory = await Memory.open(wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn user")
        try:
            user = users.KeptUser(login, name, hash_password(password), org, roles)
            async with memory.transaction() as tx:
                await users.keep_user(tx, user)
        except asyncpg.ForeignKeyViolationError:
            typer.echo(f"there is no town {org}; import its file first", err=True)
            raise typer.Exit(BAD_SETTINGS) from None
        except asyncpg.InsufficientPrivilegeError as error:
            typer.echo(f"{error}: ask them with `fjarrtillsyn user invite`; their password is their own", err=True)
            raise typer.Exit(BAD_SETTINGS) from None
        finally:
            await memory.close()

    run_work(work)
    typer.echo(f"{login}: {', '.join(roles)} in {org}")
    if made:
        typer.echo(f"password: {password}")


def why(case: str) -> None:
    """Print a case's rows, timeline, messages and leases in order."""
    from alarm_center.casework import case_report as dossier

    wanted = settings(WorkerSettings)

    async def work() -> None:
        memory = await Memory.open(wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn why")
        try:
            typer.echo(await dossier.explain_case(memory, case), nl=False)
        except dossier.UnknownCase as unknown:
            typer.echo(str(unknown), err=True)
            raise typer.Exit(1) from None
        finally:
            await memory.close()

    run_work(work)


def _ask_password() -> str:
    """Return what is typed twice; nothing asks for a password to be made."""
    if not sys.stdin.isatty():
        return ""
    typed: str = typer.prompt("Password (empty: one is made)", default="", hide_input=True, show_default=False)
    if typed and typer.prompt("Once more", hide_input=True) != typed:
        typer.echo("they are not the same", err=True)
        raise typer.Exit(BAD_SETTINGS)
    return typed


def run_work(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run *work*; a database that is not there, or says no, is one line and status 1."""
    set_up_logging(level=logging.WARNING)
    try:
        asyncio.run(work())
    except AWAY as error:
        typer.echo(f"the database: {error_words(error)}", err=True)
        raise typer.Exit(1) from None
