"""Slots (weekdays, wall time, window) turned into instants of owed checks; nights, and wall times of instants.

A *night* lasts from noon to noon, local time, and is named by the date it begins; a slot's time before noon
therefore belongs to the night that began the day before. Instants are aware datetimes in UTC. On the two
nights when the clock is moved, a wall time that does not exist becomes the first instant after the gap (03:00 in
Sweden), and one that exists twice becomes the first of the two (docs/domain.md#the-nights-when-the-clock-is-moved).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from schemas import limits
from schemas.vocabulary import Show

NOON: Final = time(12)
SPREAD_SECONDS: Final = 60
"""The town's default for how far exact times are spread (docs/check.md#when-it-is-made)."""
OPEN_MINUTES: Final = 10
"""The default time that an attempt stays open (docs/check.md#when-it-is-made)."""
WINDOW_MINUTES_MAX: Final = 8 * 60
SPREAD_SECONDS_MAX: Final = 60 * 60

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which a resident has chosen to be looked after.

    ``weekdays`` (Monday 0 to Sunday 6) are those of the date on which the *night begins*: 02:00 with Friday
    is the small hours of Saturday. ``window_minutes`` 0 means an exact time. The slot holds from night
    ``valid_from`` up to, but not on, night ``valid_until``; the one that follows it begins on that night.
    ``show`` is ``None`` where the resident's ``green_by`` and mode decide.

    Raises:
        ValueError: a field is outside its limits; the message names the slot, the field and the limit.
    """

    slot_id: UUID
    resident_id: UUID
    weekdays: frozenset[int]
    local_time: time
    window_minutes: int
    seconds: int
    valid_from: date
    valid_until: date | None = None
    show: Show | None = None
    bed_id: UUID | None = None
    """The bed, where two residents share one with its device: the same time of both is then the same instant."""

    def __post_init__(self) -> None:
        where = f"slot {self.slot_id}"
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise ValueError(f"{where}: weekdays {sorted(self.weekdays)}: use one or more of 0 (Monday) to 6 (Sunday)")
        if self.local_time.tzinfo is not None:
            raise ValueError(f"{where}: local_time {self.local_time} carries a zone: give the wall time alone")
        if not 0 <= self.window_minutes <= WINDOW_MINUTES_MAX:
            raise ValueError(f"{where}: window_minutes {self.window_minutes}: use 0 (exact) to {WINDOW_MINUTES_MAX}")
        if not limits.SECONDS_MIN <= self.seconds <= limits.SECONDS_MAX:
            raise ValueError(f"{where}: seconds {self.seconds}: use {limits.SECONDS_MIN} to {limits.SECONDS_MAX}")
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError(f"{where}: valid_until {self.valid_until} is before valid_from {self.valid_from}")

    def holds_on(self, night: date) -> bool:
        """Return whether the slot owes a check on *night*."""
        ended = self.valid_until is not None and night >= self.valid_until
        return self.valid_from <= night and not ended and night.weekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class OwedCheck:
    """One look that is owed. Its key, however often it is made: ``resident_id``, ``night``, ``slot_id``."""

    resident_id: UUID
    night: date
    slot_id: UUID
    opens_at: datetime
    closes_at: datetime
    seconds: int
    show: Show | None = None


def night_of(instant: datetime, zone: ZoneInfo) -> date:
    """Return the night that *instant* falls in: the local date on which that night began."""
    local = instant.astimezone(zone)
    return local.date() if local.time() >= NOON else local.date() - _DAY


def night_bounds(night: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when *night* begins and ends, in UTC; the end is the next night's beginning."""
    return instant_of(night, NOON, zone), instant_of(night + _DAY, NOON, zone)


@lru_cache(maxsize=4096)
def instant_of(night: date, local_time: time, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which the clock on the wall shows *local_time* during *night*.

    A time skipped that night becomes the first instant after the gap; one that comes twice, its first.
    """
    day = night if local_time >= NOON else night + _DAY
    wall = datetime.combine(day, local_time.replace(fold=0), tzinfo=zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    # In a gap, fold 1 reads the wall with the offset to come and lands before the change, fold 0 after it.
    before, after = wall.replace(fold=1).astimezone(UTC), instant
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def opening_of(slot: Slot, night: date, zone: ZoneInfo, spread_seconds: int = SPREAD_SECONDS) -> datetime:
    """Return when *slot*'s check opens on *night*, in UTC.

    That is the slot's time plus a whole number of seconds below *spread_seconds* (exact time) or below the
    window's length; the number is the same in every process and release, for it hangs on resident, slot and
    night alone, in a bed that two share on bed, time and night. Whether the slot holds on that night is the caller's question (`Slot.holds_on`).

    Raises:
        ValueError: *spread_seconds* is below 0 or above an hour.
    """
    if not 0 <= spread_seconds <= SPREAD_SECONDS_MAX:
        raise ValueError(f"spread_seconds {spread_seconds}: use 0 to {SPREAD_SECONDS_MAX}")
    room = slot.window_minutes * 60 or spread_seconds
    opens = instant_of(night, slot.local_time, zone)
    if not room:
        return opens
    whose = f"{slot.resident_id}|{slot.slot_id}" if slot.bed_id is None else f"{slot.bed_id}|{slot.local_time:%H:%M:%S}"
    key = f"{whose}|{night.isoformat()}".encode()
    return opens + timedelta(seconds=int.from_bytes(hashlib.sha256(key).digest()[:8], "big") % room)


def owed_checks(
    slots: Iterable[Slot],
    zone: ZoneInfo,
    from_: datetime,
    until: datetime,
    spread_seconds: int = SPREAD_SECONDS,
    *,
    open_minutes: int = OPEN_MINUTES,
) -> list[OwedCheck]:
    """Return every check that opens from *from_* up to, but not at, *until*, in order of opening.

    Ranges that meet neither lose nor double a check, and the order of *slots* does not matter. The caller
    makes sure that ranges meet: *from_* is at or before the end of the range that was made last (an overlap
    is harmless, for the key is the same), not merely the present.
    """
    night = night_of(from_, zone) - 2 * _DAY  # a window that opens at 11:59 may be due long past noon
    last = night_of(until, zone)
    slots = list(slots)
    owed: set[OwedCheck] = set()
    while night <= last:
        for slot in slots:
            if not slot.holds_on(night):
                continue
            opens_at = opening_of(slot, night, zone, spread_seconds)
            if from_ <= opens_at < until:
                closes_at = opens_at + timedelta(minutes=open_minutes)
                owed.add(OwedCheck(slot.resident_id, night, slot.slot_id, opens_at, closes_at, slot.seconds, slot.show))
        night += _DAY
    return sorted(owed, key=lambda check: (check.opens_at, check.resident_id, check.slot_id))


def local_clock(instant: datetime, zone: ZoneInfo, second: str = "andra") -> str:
    """Return the wall time of *instant*, as ``02:30``; in the hour's second passing, ``02:30 (andra)``.

    Seconds are cut off, so that a deadline is never shown as later than it is. *second* is the reader's word.
    """
    local = instant.astimezone(zone)
    return f"{local:%H:%M} ({second})" if local.fold else f"{local:%H:%M}"
