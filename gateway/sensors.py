"""Sensor series for homes without a camera: recorded ones from a CSV file, and drawn thermal arrays over a bed."""

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np

from schemas import limits
from schemas.messages import Channel

INTERVAL_MS: Final = 330
"""Between two readings of a drawn array, as the recorded Omron D6T has it."""
ROWS = COLUMNS = 4
QUANTITIES: Final[tuple[str, ...]] = get_args(Channel.model_fields["quantity"].annotation)

_CELL = re.compile(r"cell(\d+)_c")


class NoSeries(Exception):
    """There is no such series; the message is fit to be sent as a fault."""


POSTURES: Final[dict[str, tuple[tuple[float, float, float, float, float], ...]]] = {
    "asleep": ((2.6, 0.9, 0.75, 2.5, 4.2),),
    "empty": (),
    "just_left": ((2.5, 1.5, 1.00, 2.4, 1.2),),
    "sitting_up": ((2.2, 2.0, 0.90, 0.75, 4.8),),
    "up": ((0.5, 2.0, 0.70, 0.80, 4.8),),
    "fallen": ((0.2, 1.4, 0.60, 1.60, 4.2),),
    "two": ((2.6, 0.4, 0.75, 0.90, 4.2), (2.6, 2.7, 0.75, 0.90, 4.0)),
}
"""Warm patches by name: row, column, their reach along each in cells, and how much warmer than the room (°C)."""


def draw(name: str, seed: int, seconds: int, take: int = 0) -> tuple[Channel, ...]:
    """Return *seconds* of a drawn 4 × 4 thermal array over a bed (°C) and the room's own temperature.

    The same arguments give the same numbers; *take* varies what moves, never the room.

    Raises:
        NoSeries: there is no drawn posture *name*.
    """
    if name not in POSTURES:
        raise NoSeries(f"no drawn sensor {name[:40]!r}: use one of {', '.join(POSTURES)}")
    room = np.random.default_rng([seed, 11])
    ambient = float(room.uniform(21.0, 23.5))
    still = room.normal(0.0, 0.15, (ROWS, COLUMNS))
    chance = np.random.default_rng([seed, 12, take])
    rows, columns = np.mgrid[0:ROWS, 0:COLUMNS].astype(float)
    count = seconds * 1000 // INTERVAL_MS
    stir_at = chance.uniform(0, seconds, 2)
    values = []
    for number in range(count):
        t = number * INTERVAL_MS / 1000
        stir = float(np.exp(-(((t - stir_at) / 0.8) ** 2)).sum()) if name != "just_left" else 0.0
        cells = ambient + 0.4 + still
        for row, column, tall, wide, warm in POSTURES[name]:
            walk = 1.1 * np.sin(2 * np.pi * t / 7.0) if name == "up" else 0.14 * stir
            away = ((rows - row - walk / 4) / tall) ** 2 + ((columns - column - walk) / wide) ** 2
            cells = cells + warm * np.exp(-away)
        values.append(tuple(np.round(cells + chance.normal(0.0, 0.07, cells.shape), 1).ravel().tolist()))
    times = tuple(number * INTERVAL_MS for number in range(count))
    return (
        Channel(name="bed", quantity="thermal_c", rows=ROWS, columns=COLUMNS, ms=times, values=tuple(values)),
        Channel(name="room", quantity="ambient_c", ms=times, values=tuple((round(ambient, 1),) for _ in times)),
    )


def profile() -> dict[str, Any]:
    """Return where the bed is in a drawn array, in the form of :class:`schemas.messages.Profile`: the lower half."""
    bed = {"name": "bed", "kind": "bed", "polygon": [(0, 0.5), (1, 0.5), (1, 1), (0, 1)]}
    return {"version": 1, "zones": [bed], "expected_people": 1}


def within(channels: tuple[Channel, ...], seconds: int) -> tuple[Channel, ...]:
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
class Recorded:
    """A CSV file (``.gz`` or plain) of series: ``session``, ``t_s``, and a column a quantity or thermal cell.

    Thermal cells are ``cell1_c`` to ``cellN_c``, row by row of a square array; other columns are named by their
    quantity, such as ``ambient_c`` or ``bed_load_kg``.
    """

    path: Path

    def series(self, name: str = "", number: int = 0) -> tuple[Channel, ...]:
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


def _channels(rows: list[dict[str, str]]) -> tuple[Channel, ...]:
    if not rows:
        raise NoSeries("no such series of samples")
    times = tuple(round(float(row["t_s"]) * 1000) for row in rows)
    cells = sorted((c for c in rows[0] if c and _CELL.fullmatch(c)), key=lambda c: int(c[4:-2]))
    found = list(_singles(rows, times))
    if cells:
        side = round(len(cells) ** 0.5)
        values = tuple(tuple(float(row[c]) for c in cells) for row in rows)
        found.insert(0, Channel(name="bed", quantity="thermal_c", rows=side, columns=side, ms=times, values=values))
    if not found:
        raise NoSeries("samples have no known column")
    return tuple(found)


def _singles(rows: list[dict[str, str]], times: tuple[int, ...]) -> Iterator[Channel]:
    for quantity in QUANTITIES:
        if quantity in rows[0]:
            values = [(float(row[quantity]),) for row in rows]
            yield Channel.model_validate(
                {"name": quantity.split("_")[0], "quantity": quantity, "ms": times, "values": values}
            )
