"""One measurement: mutants drawn by the commit's hash, the tests' answer to each, and the share that was killed."""

import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Queue
from typing import Final

from tests.mutation.mutants import Mutant, Mutations
from tests.mutation.picking import CORE, body_around, pick_tests
from tests.mutation.runner import Request, RunResult
from tests.mutation.survivors import Survivor, reason_for

_Z_95: Final = 1.959964
_TIMES_THE_BARE_RUN: Final = 3
_LEAST_LIMIT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Result:
    """A mutant and what the tests made of it: ``killed_by`` is the first test that failed, ``None`` if it survived."""

    mutant: Mutant
    killed_by: str | None
    timed_out: bool
    seconds: float

    @property
    def survived(self) -> bool:
        """True if every test passed."""
        return self.killed_by is None and not self.timed_out


@dataclass(frozen=True, slots=True)
class Measurement:
    """All results of one sample. ``dirty`` says that the tree was not as committed."""

    commit: str
    dirty: bool
    seed: str
    population: int
    results: tuple[Result, ...]
    seconds: float

    @property
    def killed(self) -> int:
        """Mutants on which a test failed or did not end in its time."""
        return sum(not result.survived for result in self.results)

    @property
    def survivors(self) -> list[Result]:
        """Mutants on which every test passed, by module and line."""
        return sorted((r for r in self.results if r.survived), key=lambda r: (r.mutant.module, r.mutant.line))


def wilson(killed: int, drawn: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927), as fractions; *drawn* is at least 1."""
    share, z2 = killed / drawn, _Z_95**2
    middle = share + z2 / (2 * drawn)
    half = _Z_95 * math.sqrt(share * (1 - share) / drawn + z2 / (4 * drawn * drawn))
    return (middle - half) / (1 + z2 / drawn), (middle + half) / (1 + z2 / drawn)


def core_modules(root: Path) -> list[str]:
    """Return the path of each module of the core."""
    return sorted(str(path.relative_to(root)) for path in (root / CORE).rglob("*.py"))


def core_mutations(root: Path, modules: Collection[str]) -> dict[str, Mutations]:
    """Return every mutation of *modules*, as far as they are the core's."""
    return {
        module: Mutations(module, (root / module).read_text(encoding="utf-8"))
        for module in core_modules(root)
        if module in modules
    }


def draw(mutations: Mapping[str, Mutations], size: int, seed: str) -> list[Mutant]:
    """Return *size* different mutants, each as likely as any other; the same ones for the same *seed* and source."""
    tickets = [(module, number) for module, found in sorted(mutations.items()) for number in range(len(found))]
    random.Random(seed).shuffle(tickets)
    drawn: dict[tuple[str, str], Mutant] = {}
    for module, number in tickets:
        if len(drawn) == size:
            break
        mutant = mutations[module].render(number)
        if mutant is not None:
            drawn.setdefault((module, mutant.source), mutant)
    return list(drawn.values())


def measure(
    root: Path, *, size: int, seed: str | None, only: Sequence[str], processes: int, tell: Callable[[str], None]
) -> Measurement:
    """Run the sample: *size* mutants of the modules whose path contains one of *only* (all, where it is empty).

    Raises:
        RuntimeError: a test fails on the tree as it is; the message names it.
    """
    began = time.monotonic()
    commit = _git(root, "rev-parse", "HEAD").strip()
    dirty = bool(_git(root, "status", "--porcelain").strip())
    with ExitStack() as stack:
        # Read and drawn from the copies: the tree may change meanwhile.
        copies = [stack.enter_context(_copy(root))]
        copies += [stack.enter_context(_copy_of_copy(copies[0])) for _ in range(processes - 1)]
        modules = [module for module in core_modules(copies[0]) if not only or any(part in module for part in only)]
        mutations = core_mutations(copies[0], modules)
        mutants = draw(mutations, size, seed or commit)
        picked = pick_tests(copies[0])
        runners: Queue[_Runner] = Queue()
        for copy in copies:
            runners.put(stack.enter_context(_runner(copy)))
        pool = stack.enter_context(ThreadPoolExecutor(processes))

        def ask(request: Request) -> RunResult:
            runner = runners.get()
            try:
                return runner.ask(request)
            finally:
                runners.put(runner)

        files = sorted({test for mutant in mutants for test in picked[mutant.module]})
        bare = dict(zip(files, pool.map(lambda file: ask(Request([file], trace=True)), files), strict=True))
        controls = [Request(files, module, mutations[module].source) for module in modules[:processes]]
        for file, answer in [*bare.items(), *(("all together", answer) for answer in pool.map(ask, controls))]:
            if not answer.passed:
                raise RuntimeError(f"{file} fails without any mutation: {answer.failed}")
        tell(f"{len(files)} test files take {sum(a.seconds for a in bare.values()):.0f} s of a processor, traced")

        def run(mutant: Mutant) -> Result:
            body = body_around(mutations[mutant.module].source, mutant.line)
            entering = {
                file
                for file in picked[mutant.module]
                if body is None or not set(body).isdisjoint(bare[file].executed.get(mutant.module, ()))
            }
            tests = sorted(entering, key=lambda file: bare[file].seconds)
            if not tests:
                return Result(mutant, None, False, 0.0)
            limit = max(_LEAST_LIMIT_S, _TIMES_THE_BARE_RUN * sum(bare[file].seconds for file in tests))
            answer = ask(Request(tests, mutant.module, mutant.source, limit))
            return Result(mutant, answer.failed, answer.timed_out, answer.seconds)

        results = []
        for result in pool.map(run, mutants):
            results.append(result)
            if result.survived:
                tell(f"survived: {_described(result.mutant)}")
            if len(results) % 50 == 0:
                survived = sum(r.survived for r in results)
                tell(f"{len(results)} of {len(mutants)}, {survived} survived, {time.monotonic() - began:.0f} s")
    population = sum(map(len, mutations.values()))
    return Measurement(commit, dirty, seed or commit, population, tuple(results), time.monotonic() - began)


class _Runner:
    """The copy of the tree that mutants are written into, and its process (`runner.serve`)."""

    def __init__(self, copy: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("FJT_", "PYTEST_"))}
        self.process = subprocess.Popen(
            ["nice", "-n", "19", sys.executable, "-m", "tests.mutation.runner"],
            cwd=copy,
            env={**environment, "PYTHONHASHSEED": "0", "PYTHONPATH": str(copy)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, request: Request) -> RunResult:
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps(asdict(request)), file=self.process.stdin, flush=True)
        return RunResult(**json.loads(self.process.stdout.readline()))


@contextmanager
def _runner(copy: Path) -> Iterator[_Runner]:
    runner = _Runner(copy)
    try:
        yield runner
    finally:
        runner.process.kill()
        runner.process.communicate()


@contextmanager
def _copy(root: Path) -> Iterator[Path]:
    """Copy every file that git keeps or would keep."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "tree"
        for name in _git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0"):
            if name and (root / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, copy / name)
        yield copy


@contextmanager
def _copy_of_copy(first: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        yield shutil.copytree(first, Path(folder) / "tree")


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def summary(measured: Measurement, known: Sequence[Survivor]) -> str:
    """Return the figure and every survivor, for people."""
    drawn, killed = len(measured.results), measured.killed
    low, high = wilson(killed, drawn)
    timed_out = sum(result.timed_out for result in measured.results)
    lines = [
        f"commit {measured.commit}{' with changes' if measured.dirty else ''}, seed {measured.seed}",
        f"{killed} of {drawn} mutants killed ({timed_out} of them by time): {killed / drawn:.1%}, "
        f"95 % interval {low:.1%} to {high:.1%}; drawn from {measured.population}, in {measured.seconds:.0f} s",
        "",
    ]
    all_of, survived_of = (
        Counter(r.mutant.module for r in measured.results),
        Counter(r.mutant.module for r in measured.survivors),
    )
    lines += [f"{survived_of[module]:4} of {count:4} survived  {module}" for module, count in sorted(all_of.items())]
    for result in measured.survivors:
        mutant = result.mutant
        lines += ["", _described(mutant), f"  {reason_for(mutant, known) or 'NO REASON GIVEN'}"]
    return "\n".join(lines)


def as_json(measured: Measurement, known: Sequence[Survivor]) -> str:
    """Return the measurement for machines: the figure, and every mutant with what became of it."""
    low, high = wilson(measured.killed, len(measured.results))
    return json.dumps(
        {
            "commit": measured.commit,
            "dirty": measured.dirty,
            "seed": measured.seed,
            "population": measured.population,
            "drawn": len(measured.results),
            "killed": measured.killed,
            "share": measured.killed / len(measured.results),
            "interval_95": [low, high],
            "seconds": round(measured.seconds),
            "mutants": [
                {
                    "module": result.mutant.module,
                    "line": result.mutant.line,
                    "function": result.mutant.function,
                    "was": result.mutant.was,
                    "becomes": result.mutant.becomes,
                    "killed_by": result.killed_by,
                    "timed_out": result.timed_out,
                    "seconds": round(result.seconds, 2),
                    "reason": reason_for(result.mutant, known) if result.survived else None,
                }
                for result in measured.results
            ],
        },
        ensure_ascii=False,
        indent=1,
    )


def _described(mutant: Mutant) -> str:
    was, becomes = _short(mutant.was), _short(mutant.becomes)
    return f"{mutant.module}:{mutant.line} {mutant.function}\n  - {was}\n  + {becomes}"


def _short(text: str) -> str:
    return text if len(text) <= 240 else f"{text[:160]} … {text[-70:]}"
