"""Subcommands that bring a town's file in and out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fjarrtillsyn.extras import needs

app = typer.Typer()


class FileLanguage(StrEnum):
    """A language in which a town's file is reported on."""

    SV = "sv"
    EN = "en"


@app.command("import")
def import_town(
    file: Annotated[Path, typer.Argument(metavar="TOWN.TOML", help="As docs/town.example.toml.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    login: Annotated[
        str | None, typer.Option("--as", metavar="LOGIN", help="Whose changes these are, of the town's people.")
    ] = None,
    language: Annotated[
        FileLanguage | None, typer.Option(help="Of errors and changes; the town's unless said.")
    ] = None,
) -> None:
    """Bring a town's file into the database; every error in it is told at once, with its line. Needs FJT_PROVIDER…"""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import town_file

    town_file.import_town(file, dry_run=dry_run, language=language, login=login)
