"""``python -m tests.bench``: run measurements, print a table, write ``build/bench.json``.

Each measure is taken beside its bare baseline in the same run; on a shared machine only the ratio travels. With ``--beside COMMIT``
the code of that commit is measured as well, in turns with this one.
"""

import importlib
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from tests.bench.beside import ROWS_TO, measured_beside

SHORT: Final = (
    "bench_judge",
    "bench_home",
    "bench_leak",
    "bench_decisions",
    "bench_due_minute",
    "bench_session_to_sms",
    "bench_pages",
    "bench_sign_in",
)
LONG: Final = (
    "bench_boards",
    "bench_due_minute_of_many",
    "bench_end_to_end",
    "bench_curves",
    "bench_history",
    "bench_planning",
    "bench_reconciliation",
    "bench_verify",
)
"""Those of large towns and long histories: ``make bench-long``."""
RESULT: Final = Path("build/bench.json")


def main(arguments: list[str]) -> int:
    """Run the measurements that *arguments* name; return 0."""
    parser = ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", help="measurements, as bench_judge; else all but the long ones")
    parser.add_argument("--long", action="store_true", help="those of large towns and long histories")
    parser.add_argument("--beside", metavar="COMMIT", help="measure that commit's code as well, in turns with this one")
    parser.add_argument("--pairs", type=int, default=5, help="turns of each, of which the median is told (5)")
    parser.add_argument("--rows-to", help=ROWS_TO)
    given = parser.parse_args(arguments)
    names = given.names or list(LONG if given.long else SHORT)
    rows = measured_beside(names, given.beside, given.pairs) if given.beside else measured(names)
    if given.rows_to:
        Path(given.rows_to).write_text(json.dumps(rows), encoding="utf-8")
        return 0
    _print_table(rows)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def measured(names: list[str]) -> list[dict[str, Any]]:
    """Return the rows of the measurements *names*."""
    rows: list[dict[str, Any]] = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"tests.bench.{name}").run()
    return rows


def _print_table(rows: list[dict[str, Any]]) -> None:
    columns = ("name", "before", "value", "baseline", "ratio before", "ratio", "unit")
    shown = [column for column in columns if any(column in row for row in rows)]
    lines = [shown, *([str(row.get(column, "")) for column in shown] for row in rows)]
    width = [max(len(line[place]) for line in lines) for place in range(len(shown))]
    for line in lines:
        print("  ".join(f"{word:{'<' if place == 0 else '>'}{width[place]}}" for place, word in enumerate(line)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
