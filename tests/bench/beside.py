"""Measurements of this tree and of another commit's, in turns: on a shared machine a minute ago is another machine.

A measurement that the commit has not, or has otherwise, is lent to it; where it does not run on that code, its column stays empty.
"""

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
ROWS_TO: Final = "write the rows to this file, as JSON, instead of a table"
_LENT: Final = (Path("tests/bench"), Path("tests/support"), Path("fjarrtillsyn/embedded"))
"""Folders of measurements, and of the parts that they run on: this tree's are laid over that commit's own."""
_LONGEST_SECONDS: Final = 1800.0

Rows = dict[str, dict[str, Any]]


def measured_beside(names: list[str], commit: str, pairs: int) -> list[dict[str, Any]]:
    """Return the rows of *names* of this tree, each with the median of *pairs* turns, and ``before``: that of *commit*'s code."""
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder, _tree_of(commit, Path(folder) / "before") as tree:
        for name in names:
            here, there = [], []
            for turn in range(1, pairs + 1):
                print(f"{name}, turn {turn} of {pairs} …", file=sys.stderr, flush=True)
                there.append(_rows_of(name, tree, Path(folder)))
                here.append(_rows_of(name, ROOT, Path(folder)))
            rows += [_row(measure, here, there) for measure in here[0]]
    return rows


@contextmanager
def _tree_of(commit: str, tree: Path) -> Iterator[Path]:
    """Check out *commit* in the folder *tree*, with the measurements of this tree where it has not all of them."""
    subprocess.run(["git", "worktree", "add", "--detach", "--quiet", str(tree), commit], cwd=ROOT, check=True)
    try:
        for folder in _LENT:
            shutil.copytree(ROOT / folder, tree / folder, dirs_exist_ok=True)
        yield tree
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)


def _rows_of(name: str, tree: Path, folder: Path) -> Rows:
    """Return the rows of one measurement by their names, taken by a process of its own in *tree*; none where it fails there."""
    to = folder / "rows.json"
    to.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.bench", name, "--rows-to", str(to)]
    with suppress(subprocess.TimeoutExpired):  # other code may wait for ever for what this tree's does
        subprocess.run(command, cwd=tree, check=False, timeout=None if tree == ROOT else _LONGEST_SECONDS)
    if not to.exists():
        if tree == ROOT:
            raise RuntimeError(f"{name} has left no rows")
        print(f"{name} does not run on the other code", file=sys.stderr, flush=True)
        return {}
    return {row["name"]: row for row in json.loads(to.read_text(encoding="utf-8"))}


def _row(measure: str, here: list[Rows], there: list[Rows]) -> dict[str, Any]:
    """Return one row: the medians of this tree's turns, and of the other's where it has any."""
    first = here[0][measure]
    row: dict[str, Any] = dict(first)
    row |= {key: _median(here, measure, key) for key in ("value", "baseline", "ratio") if key in first}
    if any(measure in rows for rows in there):
        row["before"] = _median(there, measure, "value")
        if "ratio" in first:  # some are counts, and have none
            row["ratio before"] = _median(there, measure, "ratio")
    return row


def _median(turns: list[Rows], measure: str, key: str) -> float:
    values: list[float] = [rows[measure][key] for rows in turns if measure in rows]
    return round(statistics.median(values), 3)
