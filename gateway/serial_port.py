"""Readings from a serial port, a line of JSON each, collected as the channels of a session."""

import json
import math
import os
import select
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from gateway.sensors import QUANTITIES, NoSeries
from schemas import limits
from schemas.messages import SensorChannel

BAUD: Final = {9600: termios.B9600, 57600: termios.B57600, 115200: termios.B115200}
LONGEST: Final = 16_384
"""Bytes of one line; a longer one is no reading of ours, and is let go."""
MOST_CHANNELS: Final = 16
GLANCE_S: Final = 0.1
AHEAD_MS: Final = 100
"""By how much readings that come together may be spread into the time to come; what is more than that is let go."""


@dataclass(slots=True)
class _Series:
    rows: int
    columns: int
    ms: list[int] = field(default_factory=list)
    values: list[tuple[float, ...]] = field(default_factory=list)


class Readings:
    """Readings that came so far, by channel. Total: a line that is no reading is let go, for the next one may be."""

    def __init__(self) -> None:
        self._series: dict[str, _Series] = {}
        self._samples = 0

    def add_line(self, line: bytes, ms: int) -> None:
        """Take one line, read *ms* after the start.

        ``{"bed_load_kg": 71.2, "left:bed_pressure": 0.4, "thermal_c": [[21.5, 22.0], [21.5, 30.1]]}``: by quantity, or by
        the channel's name and its quantity; a number, or the cells of an array row by row.
        """
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            return
        for key, value in said.items() if isinstance(said, dict) else ():
            cells = _cells(value)
            if cells and key.rpartition(":")[2] in QUANTITIES:
                self._add(key, cells, ms)

    def channels(self) -> tuple[SensorChannel, ...]:
        """Return the series; one whose name no channel can have is left out.

        Raises:
            NoSeries: they are more samples than a session may have; the first of them alone would hide how it ended.
        """
        if self._samples > limits.SAMPLES:
            raise NoSeries(f"more than {limits.SAMPLES} samples")
        made = []
        for key, series in self._series.items():
            name, _, quantity = key.rpartition(":")
            try:
                made.append(
                    SensorChannel.model_validate(
                        {
                            "name": name or quantity,
                            "quantity": quantity,
                            "rows": series.rows,
                            "columns": series.columns,
                            "ms": series.ms,
                            "values": series.values,
                        }
                    )
                )
            except ValidationError:
                continue
        return tuple(made)

    def _add(self, key: str, cells: list[list[float]], ms: int) -> None:
        shape = len(cells), len(cells[0])
        if key not in self._series and len(self._series) < MOST_CHANNELS:
            self._series[key] = _Series(*shape)
        series = self._series.get(key)
        if series is None or shape != (series.rows, series.columns):
            return
        # More than one a millisecond would be told as later than they were, and how it ended would be cut away.
        if series.ms and series.ms[-1] >= ms + AHEAD_MS:
            return
        self._samples += shape[0] * shape[1]
        if self._samples > limits.SAMPLES:
            return
        series.ms.append(max(ms, series.ms[-1] + 1) if series.ms else ms)
        series.values.append(tuple(number for row in cells for number in row))


def listen(
    path: Path, baud: int, seconds: float, stopped: Callable[[], bool], monotonic: Callable[[], float] = time.monotonic
) -> tuple[SensorChannel, ...]:
    """Return what the port at *path* says for *seconds*; nothing that it said before.

    Raises:
        NoSeries: it does not open, goes away, or says more than a session may hold.
    """
    heard, rest = Readings(), b""
    with _opened(path, baud) as port:
        start = monotonic()
        while (now := monotonic()) < start + seconds and not stopped():
            if not select.select([port], [], [], min(GLANCE_S, start + seconds - now))[0]:
                continue
            try:
                got = os.read(port, 4096)
            except BlockingIOError:  # it was said to have something, and has not
                continue
            except OSError:
                got = b""
            if not got:
                raise NoSeries("sensors went away")
            *lines, rest = (rest + got).split(b"\n")
            rest = rest[-LONGEST:]
            for line in lines:
                heard.add_line(line[: LONGEST + 1], int((monotonic() - start) * 1000))
    return heard.channels()


def fault(path: Path, baud: int) -> str | None:
    """Return why the port does not open, None when it does; nothing is read."""
    try:
        with _opened(path, baud):
            return None
    except NoSeries as error:
        return str(error)


@contextmanager
def _opened(path: Path, baud: int) -> Iterator[int]:
    """Yield the port, raw and at *baud*, with what it held before thrown away."""
    try:
        port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        raise NoSeries("sensors do not open") from None
    try:
        try:
            mode: list[Any] = termios.tcgetattr(port)
            mode[0] = mode[1] = mode[3] = 0
            mode[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
            mode[4] = mode[5] = BAUD[baud]
            mode[6][termios.VMIN] = 1
            termios.tcsetattr(port, termios.TCSANOW, mode)
            termios.tcflush(port, termios.TCIFLUSH)
        except (OSError, termios.error):
            raise NoSeries("sensors are on no serial port") from None
        yield port
    finally:
        os.close(port)


def _cells(value: Any) -> list[list[float]] | None:
    """Return *value* as rows of finite numbers; None when it is none: a flat list is square where it can be."""
    if isinstance(value, int | float):
        value = [value]
    if not isinstance(value, list) or not value:
        return None
    if not isinstance(value[0], list):
        side = math.isqrt(len(value))
        across = side if side * side == len(value) else len(value)
        value = [value[at : at + across] for at in range(0, len(value), across)]
    width = len(value[0])
    if not width or any(not isinstance(row, list) or len(row) != width for row in value):
        return None
    if any(not isinstance(number, int | float) or not abs(number) < 1e9 for row in value for number in row):
        return None
    return [[float(number) for number in row] for row in value]
