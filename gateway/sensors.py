"""Sensor series read from a CSV file, and the cut of channels to what a session may hold."""

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from schemas import limits
from schemas.messages import SensorChannel

QUANTITIES: Final[tuple[str, ...]] = get_args(SensorChannel.model_fields["quantity"].annotation)

_CELL = re.compile(r"cell(\d+)_c")


class NoSeries(Exception):
    """There is no such series; the message is fit to be sent as a fault."""


def cut_channels(channels: tuple[SensorChannel, ...], seconds: int) -> tuple[SensorChannel, ...]:
    """Return the first *seconds* of *channels*.

    Raises:
        NoSeries: even those are more samples than a session may have; a sample is one number of one cell.
    """
    cut = []
    for channel in channels:
        count = sum(1 for ms in channel.ms if ms < seconds * 1000)
        cut.append(channel.model_copy(update={"ms": channel.ms[:count], "values": channel.values[:count]}))
    samples = sum(len(channel.ms) * channel.rows * channel.columns for channel in cut)
    if samples > limits.SAMPLES:
        raise NoSeries(f"{samples} samples; at most {limits.SAMPLES}")
    return tuple(cut)


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A CSV file (``.gz`` or plain) of series: ``session``, ``t_s``, and a column a quantity or thermal cell.

    Thermal cells are ``cell1_c`` to ``cellN_c``, row by row of a square array; other columns are named by their
    quantity, such as ``ambient_c`` or ``bed_load_kg``.
    """

    path: Path

    def series(self, name: str = "", number: int = 0) -> tuple[SensorChannel, ...]:
        """Return series *name*; without one the *number*th of the file, from the first again after the last.

        Raises:
            NoSeries: the file cannot be read as such, or has no such series.
        """
        try:
            with _opened(self.path) as lines:
                rows = list(csv.DictReader(lines))
            names = list(dict.fromkeys(row.get("session") or "" for row in rows))
            wanted = name or (names[number % len(names)] if names else "")
            return _channels([row for row in rows if (row.get("session") or "") == wanted])
        except (OSError, EOFError, UnicodeDecodeError, ValueError, TypeError, csv.Error) as error:
            raise NoSeries(f"samples not readable: {type(error).__name__}") from None


def _opened(path: Path) -> Any:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _channels(rows: list[dict[str, str]]) -> tuple[SensorChannel, ...]:
    if not rows:
        raise NoSeries("no such series of samples")
    times = tuple(round(float(row["t_s"]) * 1000) for row in rows)
    cells = sorted((c for c in rows[0] if c and _CELL.fullmatch(c)), key=lambda c: int(c[4:-2]))
    found = list(_singles(rows, times))
    if cells:
        side = round(len(cells) ** 0.5)
        values = tuple(tuple(float(row[c]) for c in cells) for row in rows)
        found.insert(
            0, SensorChannel(name="bed", quantity="thermal_c", rows=side, columns=side, ms=times, values=values)
        )
    if not found:
        raise NoSeries("samples have no known column")
    return tuple(found)


def _singles(rows: list[dict[str, str]], times: tuple[int, ...]) -> Iterator[SensorChannel]:
    for quantity in QUANTITIES:
        if quantity in rows[0]:
            values = [(float(row[quantity]),) for row in rows]
            yield SensorChannel.model_validate(
                {"name": quantity.split("_")[0], "quantity": quantity, "ms": times, "values": values}
            )
