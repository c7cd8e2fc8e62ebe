"""`python -m tests.mutation`: draw, run, and write build/mutants.json and build/mutants.txt."""

import argparse
from pathlib import Path

from tests.mutation.measure import as_json, measure, summary
from tests.mutation.survivors import known_survivors

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", help="only modules whose path contains one of these; all by default")
    parser.add_argument("--size", type=int, default=600, help="mutants to draw (600)")
    parser.add_argument("--seed", help="draw by this instead of the commit's hash")
    parser.add_argument("--processes", type=int, default=2, help="mutants at a time (2)")
    chosen = parser.parse_args()
    measured = measure(
        ROOT,
        size=chosen.size,
        seed=chosen.seed,
        only=chosen.modules,
        processes=chosen.processes,
        tell=lambda line: print(line, flush=True),
    )
    known = known_survivors()
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    (build / "mutants.json").write_text(as_json(measured, known) + "\n", encoding="utf-8")
    text = summary(measured, known)
    (build / "mutants.txt").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
