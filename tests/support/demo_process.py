"""The demo as a process of its own, as a newcomer starts it, and what it prints."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from typing import IO

URL_WITHIN_S = 120
"""On an idle machine a tenth is enough."""


def command(*options: str) -> list[str]:
    """Return the command line of the demo."""
    return [sys.executable, "-m", "fjarrtillsyn.cli", "demo", *options]


@contextmanager
def demo_folder() -> "Iterator[Path]":
    """Yield a folder for a demo's temporary files; it is deleted afterwards.

    Not pytest's own: as root PostgreSQL runs as another account, and each pytest that begins closes the root of its folders
    to others, also under a database of another run. That one then stops within minutes.
    """
    with TemporaryDirectory(prefix="fjt-demo-") as folder:
        yield Path(folder)


@contextmanager
def running_demo(folder: Path) -> "Iterator[subprocess.Popen[str]]":
    """Run the demo for a browser, with its temporary files and its log in *folder*; kill it at the end if it still runs.

    The log goes to a file: a pipe that nobody reads is full after some minutes, and the demo stands still.
    """
    with (
        (folder / "demo.log").open("w") as log,
        subprocess.Popen(
            command("--no-browser", "--port", "0"),
            env={**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def read_welcome(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Return the one URL that the demo prints, and the password, within :data:`URL_WITHIN_S`.

    Raises:
        AssertionError: it did not print them.
    """
    assert process.stdout is not None
    lines: Queue[str] = Queue()
    threading.Thread(target=_pass_on, args=(process.stdout, lines), daemon=True).start()
    said = ""
    while not (found := re.search(r"(http://\S+)/login\S+\s.*Password (\S+?),", said, re.DOTALL)):
        try:
            said += lines.get(timeout=URL_WITHIN_S)
        except Empty:
            raise AssertionError(f"no URL within {URL_WITHIN_S} s, but: {said}") from None
    return found[1], found[2]


def _pass_on(output: IO[str], lines: "Queue[str]") -> None:
    for line in output:
        lines.put(line)
