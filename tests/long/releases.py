"""A release of the code in a folder of its own, and its commands as processes: the last release, and the tree of the test."""

import asyncio
import io
import os
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.parts import ServiceProcess

HERE: Final = Path(__file__).parents[2]
"""The tree that the test itself is part of."""

LAST_RELEASE: Final = Path(__file__).with_name("last_release")
"""Holds the commit of the last release: tags may be missing in a clone."""

REVISIONS: Final = Path("alarm_center/store/migrations/versions")


@dataclass(frozen=True, slots=True)
class Release:
    """One version of the whole code; its processes import nothing of the other's, although they share an environment."""

    name: str
    root: Path

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of ``fjarrtillsyn`` with *arguments*, for a process that begins in :attr:`root`.

        With ``-c`` the folder in which a process begins comes first on its path, before what is installed.
        """
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        module, function = project["scripts"]["fjarrtillsyn"].split(":")
        return [sys.executable, "-c", f"from {module} import {function}; {function}()", *arguments]

    async def run(self, *arguments: str, env: Mapping[str, str]) -> str:
        """Run a command of this release and return what it printed.

        Raises:
            AssertionError: it ended with another status than 0; says what it wrote.
        """
        return await _output(self.command(*arguments), self.root, env)

    async def imports_its_own(self) -> None:
        """Assert that this release's processes import every package from its own folder."""
        packages = sorted(path.parent.name for path in self.root.glob("*/__init__.py") if path.parent.name != "tests")
        code = (
            f"import {', '.join(packages)}; print(*({', '.join(f'{name}.__file__' for name in packages)},), sep='\\n')"
        )
        found = (await _output([sys.executable, "-c", code], self.root, {})).splitlines()
        strangers = [path for path in found if not Path(path).is_relative_to(self.root)]
        assert len(found) == len(packages) and not strangers, f"{self.name} would run {strangers}"

    def revisions(self) -> dict[str, str]:
        """Return the database's revisions in this release, by their files' paths."""
        folder = self.root / REVISIONS
        files = (path for path in folder.rglob("*") if path.suffix in (".py", ".sql") and path.name != "__init__.py")
        return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in files}

    def centre(self, env: Mapping[str, str], log: Path) -> ServiceProcess:
        """Return a replica of this release's alarm centre; it does not run yet."""
        return ServiceProcess(self.command("alarm-center"), _bare(env), log, self.root)


def this_release() -> Release:
    """Return the tree that the test is part of."""
    return Release("new", HERE)


def last_release(folder: Path) -> Release:
    """Unpack the last release into *folder*.

    Raises:
        AssertionError: this clone does not have its commit.
    """
    commit = LAST_RELEASE.read_text(encoding="utf-8").strip()
    packed = subprocess.run(["git", "archive", commit], cwd=HERE, capture_output=True, check=False)
    assert packed.returncode == 0, f"{LAST_RELEASE.name} names {commit}, which this clone lacks: git fetch --unshallow"
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return Release("old", folder.resolve())


def _bare(env: Mapping[str, str]) -> dict[str, str]:
    """Return *env* over our own environment, without what would put another folder before the release's own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    return {**kept, **env}


async def _output(command: list[str], folder: Path, env: Mapping[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=_bare(env), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    written = (await process.communicate())[0].decode()
    assert process.returncode == 0, f"{command[3:]} in {folder} ended with {process.returncode}: {written[-4000:]}"
    return written
