"""Extras of the distribution: a command whose libraries are not installed says which extra has them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from runtime.process import BAD_SETTINGS

_OURS: Final = ("schemas", "runtime", "gateway", "detector", "alarm_center", "fjarrtillsyn")


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Say what to install, and end, when a library of *extra* is missing while a command is loaded."""
    try:
        yield
    except ModuleNotFoundError as missing:
        name = (missing.name or "").split(".")[0]
        if name in _OURS:
            raise
        typer.echo(f"{name} is not installed: pip install 'fjarrtillsyn[{extra}]'", err=True)
        raise typer.Exit(BAD_SETTINGS) from None
