"""Subcommands on a town's chain: verify it, tell its head, erase words, and drop months of the timeline."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from fjarrtillsyn.extras import needs

app = typer.Typer()


@app.command()
def verify(
    org: Annotated[str, typer.Argument(help="The town's short name.")],
    head: Annotated[
        list[str] | None,
        typer.Option(
            help="A head that was logged (chain_head_recorded) or printed earlier; may be given several times."
        ),
    ] = None,
    heads_file: Annotated[
        list[Path] | None,
        typer.Option(help="A file of heads (FJT_SEAL_HEADS_FILE), or a log with them; may be given several times."),
    ] = None,
    public_key: Annotated[
        str | None, typer.Option(help="Each head in those files has to be signed by this key, in hex.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="A head that was verified before, and kept elsewhere: what was written up to it is not read again."
        ),
    ] = None,
) -> None:
    """Verify a town's timeline and facts and print its head. The exit status is 1 if anything was changed or is gone."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import chain

    chain.verify(org, head or [], heads_file or [], public_key, since)


@app.command()
def heads(
    org: Annotated[str, typer.Argument(help="The town's short name.")],
    public_key: Annotated[
        bool, typer.Option("--public-key", help="Print the key that heads are checked with instead.")
    ] = False,
) -> None:
    """Print the head of a town's chain as a line of JSON, signed with FJT_SEAL_KEY: to be kept on another machine."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import chain

    chain.tell_head(org, public_key=public_key)


@app.command("erase-words")
def erase_words(
    org: Annotated[str, typer.Argument(help="The town's short name.")],
    kind: Annotated[str, typer.Argument(help="alarms, raisings or consents.")],
    key: Annotated[str, typer.Argument(help="The row's id.")],
) -> None:
    """Erase the free text of a row and its copies in the log of facts. What was sealed stays whole, and says so."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import chain

    chain.erase_words(org, kind, key)


@app.command("drop-month")
def drop_month(
    month: Annotated[datetime, typer.Argument(help="The month, as 2021-01.", formats=["%Y-%m"])],
    keep_table: Annotated[
        bool, typer.Option(help="Leave the month's partition, as a table beside the timeline, for an archive.")
    ] = False,
) -> None:
    """Drop a month of the timeline that is older than five years, of every town. The chain stays whole, by the lines' digests."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import chain

    chain.drop_month(month.date(), keep_table=keep_table)
