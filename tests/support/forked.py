"""Processes of the service that are forked from one which has their modules: to import them costs more than what most tests do.

A forked process runs ``python -m`` of a module, with an environment, a folder and a log of its own, and nothing else of the test's.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final

MODULES: Final = ("alarm_center", "detector", "fjarrtillsyn.cli")
"""Modules that can be forked. A process of another, or of no Python, is started."""
_LOADED: Final = ("detector.__main__", "alarm_center.__main__", "fjarrtillsyn.cli")
"""The detector first: it lets numpy have one thread, and what is forked has one."""
_ROOT: Final = Path(__file__).parents[2]
_RUNS: Final[int | None] = None


class ForkedProcess:
    """One forked process, with as much of :class:`subprocess.Popen` as the tests use; its parent is not the test's process."""

    def __init__(self, parent: "_Parent", pid: int) -> None:
        self.pid, self.returncode = pid, _RUNS
        self._parent, self._ends = parent, os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Return the exit status; ``None`` while it runs."""
        return self.returncode if self.returncode is not None else self._status(0)

    def wait(self, timeout: float) -> int:
        """Return the exit status when it has ended, a signal's number as a negative one.

        Raises:
            subprocess.TimeoutExpired: it has not, after *timeout* seconds.
        """
        status = self.returncode if self.returncode is not None else self._status(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return status

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _status(self, within_s: float) -> int | None:
        ended, _, _ = select.select([self._ends], [], [], within_s)
        if ended:
            os.close(self._ends)
            self.returncode = os.waitstatus_to_exitcode(self._parent.ask(reap=self.pid))
        return self.returncode


class _Parent:
    """The process that has the modules, and the pipes to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forked"], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        atexit.register(self._close)

    def ask(self, **what: Any) -> int:
        """Send a line, and return the number that answers it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def _close(self) -> None:
        self._process.communicate()


@cache
def _parent() -> _Parent:
    return _Parent()


def may_be_forked(command: Sequence[str]) -> bool:
    """Tell whether *command* runs one of the modules by this Python."""
    return list(command[:2]) == [sys.executable, "-m"] and command[2] in MODULES


def forked(command: Sequence[str], env: Mapping[str, str], folder: Path, log: Path) -> ForkedProcess:
    """Run *command*, of which :func:`may_be_forked` holds, with *env* alone; what it writes goes to the end of *log*."""
    pid = _parent().ask(module=command[2], args=list(command[3:]), env=dict(env), folder=str(folder), log=str(log))
    return ForkedProcess(_parent(), pid)


def _serve(asked: IO[bytes], answers: IO[bytes]) -> dict[str, Any] | None:
    """Fork for each line, in the child return what it asked for; ``None`` when nobody asks any more."""
    while line := asked.readline():
        wanted: dict[str, Any] = json.loads(line)
        if "reap" in wanted:
            answer = os.waitpid(wanted["reap"], 0)[1]
        elif (answer := os.fork()) == 0:
            return wanted
        answers.write(b"%d\n" % answer)
        answers.flush()
    return None


def main() -> None:
    """Import the modules, and fork; in a child, run what was asked for as Python itself would."""
    for name in _LOADED:
        import_module(name)
    gc.freeze()
    with os.fdopen(os.dup(0), "rb") as asked, os.fdopen(os.dup(1), "wb") as answers:
        wanted = _serve(asked, answers)
    if wanted is None:
        return
    gc.unfreeze()
    for number, name in ((0, os.devnull), (1, wanted["log"]), (2, wanted["log"])):
        file = os.open(name, os.O_RDWR | os.O_APPEND | os.O_CREAT if number else os.O_RDONLY, 0o666)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(wanted["env"])
    os.chdir(wanted["folder"])
    sys.argv = [wanted["module"], *wanted["args"]]
    runpy.run_module(wanted["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
