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


DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]
AsLogin = Annotated[
    str | None, typer.Option("--as", metavar="LOGIN", help="Whose changes these are, of the town's people.")
]
InLanguage = Annotated[FileLanguage | None, typer.Option(help="Of errors and changes; the town's unless said.")]


@app.command("import")
def import_town(
    file: Annotated[Path, typer.Argument(metavar="TOWN.TOML", help="As docs/town.example.toml.")],
    dry_run: DryRun = False,
    login: AsLogin = None,
    undo: Annotated[
        list[str] | None,
        typer.Option(metavar="PART", help="An exported file may change this back; may be given several times."),
    ] = None,
    language: InLanguage = None,
) -> None:
    """Bring a town's file into the database; every error in it is told at once, with its line. Needs FJT_PROVIDER…"""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import town_file

    town_file.import_town(file, town_file.Way(dry_run, language, login, undo or ()))


@app.command("import-csv")
def import_csv(
    org: Annotated[str, typer.Argument(metavar="TOWN", help="The town's short name.")],
    file: Annotated[Path, typer.Argument(metavar="TABLE.CSV", help="Residents or times, as docs/csv.md.")],
    dry_run: DryRun = False,
    login: AsLogin = None,
    language: InLanguage = None,
) -> None:
    """Bring a table of residents or of times into a town, as Excel saves it; the residents that it does not name stay."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import town_file

    town_file.import_sheet(org, file, town_file.Way(dry_run, language, login))


@app.command("compare-decisions")
def compare_decisions(
    org: Annotated[str, typer.Argument(metavar="TOWN", help="The town's short name.")],
    file: Annotated[Path, typer.Argument(metavar="DECISIONS.CSV", help="The care record's, as docs/csv.md.")],
    language: InLanguage = None,
) -> None:
    """Compare a town's decisions with the care record's; what differs stands on the first page, until it is put right."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import town_file

    town_file.compare_decisions(org, file, language)


@app.command("export")
def export_town(
    org: Annotated[str, typer.Argument(metavar="TOWN", help="The town's short name.")],
    protected: Annotated[
        bool,
        typer.Option("--protected", help="Also residents and carers of protected identity: for those with the right."),
    ] = False,
) -> None:
    """Print a town as a file, which `import` takes back. It holds names, addresses and the ways into homes: keep it so."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import town_file

    town_file.export(org, protected=protected)
