"""Processor time of the parts of a measurement: on a machine that others share it is what wall time would be alone."""

import os
import resource
from pathlib import Path
from typing import Final

from fjarrtillsyn.embedded.postgres import Postgres

_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
_OWN: Final = slice(11, 13)
"""``utime`` and ``stime`` among the fields of proc(5)'s stat that follow the name; the two after them are of children that have ended."""
_ALL: Final = slice(11, 15)


def of_this_process() -> float:
    """Return the seconds of user and system time that this process has taken."""
    taken = resource.getrusage(resource.RUSAGE_SELF)
    return taken.ru_utime + taken.ru_stime


def of_process(pid: int) -> float:
    """Return the seconds that process *pid* has taken, its threads' included."""
    return _seconds(_stat(pid), _OWN)


def of_postgres(server: Postgres) -> float:
    """Return the seconds that *server* has taken: its postmaster, every backend and worker, also those that have ended."""
    lines = next(server.socket_folder.glob("**/postmaster.pid")).read_text(encoding="utf-8").splitlines()
    postmaster, taken = int(lines[0]), 0.0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = _stat(int(process.name))
        except OSError:
            continue  # it has ended; the postmaster's own fields have its time
        if int(process.name) == postmaster:
            taken += _seconds(fields, _ALL)
        elif int(fields[1]) == postmaster:
            taken += _seconds(fields, _OWN)
    return taken


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def _seconds(fields: list[str], which: slice) -> float:
    return sum(map(int, fields[which])) * _TICK
