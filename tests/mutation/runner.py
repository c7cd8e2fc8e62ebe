"""A process in a copy of the tree that runs tests on one mutant after another, each in a fork of its own.

The fork begins with pytest, Hypothesis and everything else that the tests import, but for our own code, which it imports
anew with the mutated file in place. Asked and answered in lines of JSON over stdin and stdout, until stdin ends.
"""

import contextlib
import importlib
import json
import math
import os
import resource
import select
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import coverage
import hypothesis
import pytest

_FIRST_STAMP: Final = 1_000_000_000
_OURS: Final = ("alarm_center", "detector", "fjarrtillsyn", "gateway", "tests")
# Plugins are imported before the fork, and pytest warns of that.
_ARGUMENTS: Final = (
    *("-x", "-q"),
    *("-p", "no:cacheprovider"),
    *("-p", "no:xdist"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
_WALL_TIMES: Final = 20
"""A fork that waits instead of computing is ended too, but so late that a busy machine does not end it."""


@dataclass(frozen=True, slots=True)
class Request:
    """Run *tests*, with *source* in the place of *module*; at most *limit_s* seconds of a processor."""

    tests: list[str]
    module: str | None = None
    source: str | None = None
    limit_s: float = 600.0
    trace: bool = False
    """Tell which lines of the core are executed."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """The first test that failed, ``None`` if all passed; ``timed_out`` if the time was over before."""

    passed: bool
    failed: str | None = None
    timed_out: bool = False
    seconds: float = 0.0
    """Of a processor."""
    loaded: list[str] = field(default_factory=list)
    """Modules that are not ours and that the tests have imported: the next fork begins with them."""
    executed: dict[str, list[int]] = field(default_factory=dict)
    """Lines by module, where they were asked for."""


class _Watch:
    """A pytest plugin that remembers the first failure, in a test or in collecting it."""

    def __init__(self) -> None:
        self.failed: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.failed is None:
            self.failed = f"{report.nodeid} (import)"


def serve() -> None:
    """Answer each line of stdin with one of stdout. Runs in the root of a copy of the tree."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    warnings.simplefilter("ignore")  # plugins that are imported early say so at every fork; tests have their own filter
    stamps = iter(range(_FIRST_STAMP, 2 * _FIRST_STAMP, 2))
    for line in sys.stdin:
        request = Request(**json.loads(line))
        with _mutated(request, stamps):
            answer = _run(request)
        for name in answer.loaded:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        print(json.dumps(asdict(answer)), file=answers, flush=True)


@contextlib.contextmanager
def _mutated(request: Request, stamps: Iterator[int]) -> Iterator[None]:
    """Put the mutated source into its file, and the original back afterwards."""
    if request.module is None or request.source is None:
        yield
        return
    path = Path(request.module)
    original = path.read_text(encoding="utf-8")
    try:
        _write(path, request.source, next(stamps))
        yield
    finally:
        _write(path, original, next(stamps))


def _write(path: Path, text: str, stamp: int) -> None:
    """Write with a modification time of its own, since by time and size Python knows whether its cache still holds."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (stamp, stamp))


def _run(request: Request) -> RunResult:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _test(request, writing)
    os.close(writing)
    until = time.monotonic() + _WALL_TIMES * request.limit_s
    said, waits = b"", False
    while True:
        ready, _, _ = select.select([reading], [], [], max(until - time.monotonic(), 0.0))
        chunk = os.read(reading, 1 << 16) if ready else b""
        said += chunk
        waits = not ready
        if not chunk:
            break
    if waits:
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    os.close(reading)
    seconds = used.ru_utime + used.ru_stime
    if waits or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return RunResult(passed=False, timed_out=True, seconds=seconds)
    if not said:
        return RunResult(passed=False, failed="(the process died)", seconds=seconds)
    return RunResult(seconds=seconds, **json.loads(said))


def _test(request: Request, writing: int) -> None:
    """Run the tests in this fork, tell what came of them, and end."""
    answer: dict[str, Any] = {"passed": False, "failed": "(pytest broke)"}
    limit = math.ceil(request.limit_s)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    try:
        # Machines and properties try the same examples at every run, remember none, and are in no hurry.
        hypothesis.settings.register_profile(
            "mutants",
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=[hypothesis.HealthCheck.too_slow],
        )
        hypothesis.settings.load_profile("mutants")
        before = set(sys.modules)
        watch = _Watch()
        tracer = coverage.Coverage(data_file=None, include=["alarm_center/core/*"], config_file=False)
        if request.trace:
            tracer.start()
        status = pytest.main([*_ARGUMENTS, *request.tests], plugins=[watch])
        passed = status is pytest.ExitCode.OK
        answer = {"passed": passed, "failed": None if passed else watch.failed or f"({status})"}
        if passed:
            answer["loaded"] = [name for name in set(sys.modules) - before if name.split(".")[0] not in _OURS]
        if request.trace:
            tracer.stop()
            data = tracer.get_data()
            root = f"{os.getcwd()}/"
            answer["executed"] = {f.removeprefix(root): sorted(data.lines(f) or ()) for f in data.measured_files()}
    except BaseException:
        traceback.print_exc()
    finally:
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)


if __name__ == "__main__":
    serve()
