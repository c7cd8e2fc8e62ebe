"""Drawn thermal arrays over a bed: a named posture as sensor channels, the same for the same seed; their profile."""

from typing import Any, Final

import numpy as np

from gateway.sensors import NoSeries
from schemas.messages import SensorChannel

INTERVAL_MS: Final = 330
"""Between two readings, as the recorded Omron D6T has it."""
ROWS = COLUMNS = 4

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


def draw_array(name: str, seed: int, seconds: int, take: int = 0) -> tuple[SensorChannel, ...]:
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
        SensorChannel(name="bed", quantity="thermal_c", rows=ROWS, columns=COLUMNS, ms=times, values=tuple(values)),
        SensorChannel(name="room", quantity="ambient_c", ms=times, values=tuple((round(ambient, 1),) for _ in times)),
    )


def array_profile() -> dict[str, Any]:
    """Return where the bed is in a drawn array, in the form of :class:`schemas.messages.Profile`: the lower half."""
    bed = {"name": "bed", "kind": "bed", "polygon": [(0, 0.5), (1, 0.5), (1, 1), (0, 1)]}
    return {"version": 1, "zones": [bed], "expected_people": 1}
