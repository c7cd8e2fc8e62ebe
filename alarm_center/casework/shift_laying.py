"""Shifts laid ahead: the rows of a town's next nights made what its patterns and substitutes want."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core import calendar, laid_nights
from alarm_center.core.shift_patterns import NIGHTS_AHEAD, LaidShifts, ShiftPattern, lay_shifts, wanted_shifts
from alarm_center.store import shift_patterns, shifts
from alarm_center.store.memory import Tx
from alarm_center.store.towns import Town

_DAY: Final = timedelta(days=1)


def nights_to_lay(zone: ZoneInfo, at: datetime) -> list[date]:
    """Return the nights that are laid at *at*: the last one, of which the morning's shift may go on, tonight, and those to come."""
    tonight = calendar.night_of(at, zone)
    return [tonight + _DAY * n for n in range(-1, NIGHTS_AHEAD)]


async def stored_patterns(tx: Tx, town: Town, at: datetime) -> list[ShiftPattern]:
    """Return the town's patterns that are not over; where it never had one, those that an earlier release's nights show."""
    if await shift_patterns.has_patterns(tx, town.org):
        return await shift_patterns.patterns_from(tx, town.org, nights_to_lay(town.zone, at)[0])
    rows = await shifts.unended(tx, town.org, at, town.zone, lock=False)
    return laid_nights.patterns_of(rows, at, town.zone)


async def lay_town(tx: Tx, town: Town, at: datetime) -> LaidShifts:
    """Lay the town's nights. The caller has the turn of its rota (:func:`shift_patterns.lock_rota`)."""
    patterns = await stored_patterns(tx, town, at)
    if patterns and not await shift_patterns.has_patterns(tx, town.org):
        await shift_patterns.add_patterns(tx, town.org, patterns)
    laid = await foresee_laying(tx, town.org, town.zone, patterns, at, lock=True)
    await write_laid(tx, town.org, laid)
    return laid


async def foresee_laying(
    tx: Tx,
    org: str,
    zone: ZoneInfo,
    patterns: Sequence[ShiftPattern],
    at: datetime,
    *,
    lock: bool = False,
    whole_rota: bool = False,
) -> LaidShifts:
    """Return the changes of the town's rows that make them what *patterns* want; nothing is written."""
    nights = nights_to_lay(zone, at)
    substitutes = await shift_patterns.substitutes_from(tx, org, nights[0])
    wanted = wanted_shifts(patterns, substitutes, nights, zone)
    rows = await shifts.unended(tx, org, at, zone, lock=lock)
    return lay_shifts(wanted, rows, at, whole_rota=whole_rota)


async def write_laid(tx: Tx, org: str, laid: LaidShifts) -> None:
    """Write those changes."""
    await shifts.delete_all(tx, [row.shift_id for row in laid.deleted])
    await shifts.move_all(tx, (*laid.moved, *laid.ended))
    await shifts.add_all(tx, org, laid.added)
