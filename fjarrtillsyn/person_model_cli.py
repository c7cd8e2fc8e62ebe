"""Command line of ``fjarrtillsyn person-model``: the network of the detector's second look."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The network of the detector's second look.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep ``fetch`` a subcommand: a group of one would be the command itself."""


@app.command()
def fetch(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")] = Path("pose_detection.tflite"),
) -> None:
    """Download the wheel that carries the pose detector, check it, and take that one file out; nothing is installed."""
    from fjarrtillsyn.commands import person_model_command

    person_model_command.fetch_model(out)
