"""``python -m tests.bench``: run every measurement, print a table, write ``build/bench.json``.

Each measure is taken beside its bare baseline in the same run; on a shared machine only the ratio travels.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

BENCHES = (
    "bench_judge",
    "bench_home",
    "bench_leak",
    "bench_decisions",
    "bench_session_to_sms",
    "bench_pages",
    "bench_boards",
    "bench_history",
    "bench_sign_in",
)
RESULT = Path("build/bench.json")


def main(names: list[str]) -> int:
    """Run the measurements named, or all; return 0."""
    rows: list[dict[str, Any]] = []
    for name in names or list(BENCHES):
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"tests.bench.{name}").run()
    width = max(len(row["name"]) for row in rows)
    print(f"{'measure':{width}}  {'value':>12}  {'baseline':>12}  {'ratio':>7}  unit")
    for row in rows:
        print(f"{row['name']:{width}}  {row['value']:>12}  {row['baseline']:>12}  {row['ratio']:>7}  {row['unit']}")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
