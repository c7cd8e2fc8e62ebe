"""Times of day and days of the week, as a town's file writes them."""

import re
from datetime import time
from typing import Any, Final

from alarm_center.town.problems import RefusedValue
from alarm_center.words import town_words

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS_SV: Final = ("mån", "tis", "ons", "tor", "fre", "lör", "sön")
EVERY_DAY: Final = (0, 1, 2, 3, 4, 5, 6)
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def clock_time(value: Any) -> time:
    """Read a time of day, ``"02:00"`` or TOML's own ``02:00:00``.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, time) and not (value.second or value.microsecond):
        return value
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise RefusedValue(town_words.NO_TIME, value=f"{value!s:.20}")
    return time(int(match[1]), int(match[2]))


def week_days(value: Any) -> tuple[int, ...]:
    """Read days of the week, Monday 0, from ``["mon", "tue"]`` or ``["mån", "tis"]``.

    Raises:
        ValueError: one is none, is there twice, or there are none at all.
    """
    if not isinstance(value, list) or not value:
        raise RefusedValue(town_words.DAYS_NEEDED, days=", ".join(DAYS))
    days = []
    for name in value:
        short = str(name).lower()
        if short not in DAYS and short not in _DAYS_SV:
            values = {"days": ", ".join(DAYS), "swedish": ", ".join(_DAYS_SV)}
            raise RefusedValue(town_words.NO_DAY, value=f"{name!s:.20}", **values)
        days.append((DAYS if short in DAYS else _DAYS_SV).index(short))
    if len(set(days)) != len(days):
        raise RefusedValue(town_words.DAY_TWICE)
    return tuple(sorted(days))
