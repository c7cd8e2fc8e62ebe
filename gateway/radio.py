"""Strength of the home's radio, as Linux says it; on a cable there is none."""

from pathlib import Path
from typing import Final

_WIRELESS: Final = Path("/proc/net/wireless")
_LEAST: Final = -150


def signal_dbm(path: Path = _WIRELESS) -> int | None:
    """Return the signal of the first radio that is on, dBm; None without one.

    The fourth column of ``/proc/net/wireless``, below its two head lines, is the level; a driver that reports no dBm has 0 or more.
    """
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()[2:]
    except OSError:
        return None
    for line in lines:
        columns = line.split()
        level = columns[3].rstrip(".") if len(columns) > 3 else ""
        if level.startswith("-") and level[1:].isdigit() and int(level) >= _LEAST:
            return int(level)
    return None
