"""Command that keeps a broker's password file: the lines of devices that came by a code, beside those that others have written."""

import asyncio
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import typer

from alarm_center.store import device_logins
from alarm_center.store.memory import Memory
from fjarrtillsyn.commands.database import run_work
from fjarrtillsyn.commands.settings import WorkerSettings, settings

_EVERY_S = 1.0


def run(path: Path, *, follow: bool, base: Path | None, reload: str | None) -> None:
    """Write *path* once, or each second with *follow*; run the command *reload* after a change."""
    wanted = settings(WorkerSettings)

    async def work() -> None:
        memory = await Memory.open(
            wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn broker-passwords"
        )
        try:
            while True:
                async with memory.transaction() as tx:
                    hashes = await device_logins.hashes(tx)
                if write(path, hashes) if base is None else write_whole(path, hashes, base):
                    typer.echo(f"{path}: {len(hashes)} devices by code")
                    if reload:
                        process = await asyncio.create_subprocess_exec(*shlex.split(reload))
                        await process.wait()
                if not follow:
                    return
                await asyncio.sleep(_EVERY_S)
        finally:
            await memory.close()

    run_work(work)


def write(path: Path, hashes: Mapping[str, str]) -> bool:
    """Write the devices' *hashes* into the password file *path*; return whether that changed it.

    A file beside it, ``PATH.by-code``, names the devices of the last time: the line of one that has been let go is taken out, and
    a line that a person has written for a device stays until a code gives it another.
    """
    names = path.with_name(f"{path.name}.by-code")
    ours = {*(names.read_text(encoding="ascii").split() if names.exists() else ()), *hashes}
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    others = [line for line in before.splitlines() if line.partition(":")[0] not in ours]
    after = "".join(f"{line}\n" for line in [*others, *(f"{name}:{kept}" for name, kept in sorted(hashes.items()))])
    if after == before:
        return False
    # Named first: a line that is written and not named would stay for ever.
    _replace(names, "".join(f"{name}\n" for name in sorted(ours)), path)
    _replace(path, after, path)
    _replace(names, "".join(f"{name}\n" for name in sorted(hashes)), path)
    return True


def write_whole(path: Path, hashes: Mapping[str, str], base: Path) -> bool:
    """Write *path* with the lines of *base* and the devices' *hashes*; return whether that changed it.

    A device that came by a code has that password, whatever *base* says of it.
    """
    lines = [line for line in base.read_text(encoding="utf-8").splitlines() if line.partition(":")[0] not in hashes]
    after = "".join(f"{line}\n" for line in [*lines, *(f"{name}:{kept}" for name, kept in sorted(hashes.items()))])
    if path.exists() and path.read_text(encoding="utf-8") == after:
        return False
    _replace(path, after, base)
    return True


def _replace(path: Path, text: str, like: Path) -> None:
    """Write *path* whole or not at all, with the rights of *like*; a new one is its owner's alone."""
    part = path.with_name(f".{path.name}.part")
    mode = like.stat().st_mode & 0o777 if like.exists() else 0o600
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
