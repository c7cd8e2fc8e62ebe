"""Changes of a resident's times: none is edited, one ends and another begins, on a night that loses no check.

The page of times and the import of a town's file change times by this one rule.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar

SOON: Final = timedelta(minutes=15)
"""A time that is nearer than this stays as it was tonight: the device may be on its way already."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SlotPattern:
    """A time of supervision without its first and last night. *weekdays* are sorted, Monday is 0."""

    local_time: time
    window_minutes: int
    weekdays: tuple[int, ...]
    by_visit: bool
    seconds: int


def night_order(pattern: SlotPattern) -> tuple[bool, time, int]:
    """Return a key that puts times in the order of a night, which begins at noon."""
    return pattern.local_time < calendar.NOON, pattern.local_time, pattern.window_minutes


def pattern_facts(patterns: Iterable[SlotPattern]) -> list[dict[str, object]]:
    """Return the times in the order of a night, as the history of changes keeps them."""
    return [
        {
            "time": f"{pattern.local_time:%H:%M}", "window_minutes": pattern.window_minutes, "weekdays": pattern.weekdays,
            "by_visit": pattern.by_visit, "seconds": pattern.seconds,
        }
        for pattern in sorted(patterns, key=night_order)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class WantedSlot:
    """A time as somebody wants it: from the first night that is possible or *from_night*, up to but not on *until_night*."""

    pattern: SlotPattern
    from_night: date | None = None
    until_night: date | None = None


@dataclass(frozen=True, slots=True)
class SlotInForce:
    """A time that owes something tonight or later."""

    slot_id: UUID
    pattern: SlotPattern
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class SlotChanges:
    """Times that end and that begin, each with its night. *kept_tonight* are times whose check tonight is made as it was."""

    ended: tuple[tuple[SlotInForce, date], ...] = ()
    begun: tuple[tuple[WantedSlot, date], ...] = ()
    kept_tonight: tuple[SlotInForce, ...] = ()

    @property
    def first_night(self) -> date:
        """The first night that is other than before; there is one where anything changes."""
        return min(night for _slot, night in (*self.ended, *self.begun))

    def __bool__(self) -> bool:
        """Return whether anything changes."""
        return bool(self.ended or self.begun)


@dataclass(frozen=True, slots=True)
class _Night:
    """The instant at which times are changed, and whose checks of tonight are no longer just planned."""

    now: datetime
    zone: ZoneInfo
    begun: Collection[UUID]

    @property
    def tonight(self) -> date:
        return calendar.night_of(self.now, self.zone)

    def has_passed(self, pattern: SlotPattern) -> bool:
        """Return whether the pattern's time tonight has been, or is too near to be changed."""
        at = calendar.instant_of(self.tonight, pattern.local_time, self.zone)
        return self.tonight.weekday() in pattern.weekdays and at < self.now + SOON

    def first(
        self, leaving: Sequence[SlotInForce], ending: Sequence[SlotInForce], beginning: Sequence[WantedSlot]
    ) -> date:
        """Return tonight if neither what ends nor what begins has had its time tonight, else the night after.

        Ended before its time and begun after it, a slot and its successor would leave the night without their check; what
        is *leaving* after tonight has tonight's check still.
        """
        begun = any(slot.slot_id in self.begun for slot in ending)
        patterns = [slot.pattern for slot in ending] + [slot.pattern for slot in beginning]
        passed = any(self.has_passed(pattern) for pattern in patterns)
        kept = any(self.tonight.weekday() in slot.pattern.weekdays for slot in leaving)
        return self.tonight + _DAY if begun or passed or kept else self.tonight


def change_slots(
    in_force: Sequence[SlotInForce],
    wanted: Sequence[WantedSlot],
    begun: Collection[UUID],
    now: datetime,
    zone: ZoneInfo,
) -> SlotChanges:
    """Return how *in_force* becomes *wanted*: from tonight or, where tonight has begun, from the next night.

    *begun* are slots whose check of tonight is no longer just planned.
    """
    night = _Night(now, zone, begun)
    tonight = night.tonight
    left = [slot for slot in wanted if slot.until_night is None or slot.until_night > tonight]
    ended: list[tuple[SlotInForce, date]] = []
    leaving: list[SlotInForce] = []
    ending: list[SlotInForce] = []
    for slot in in_force:
        until = slot.valid_until
        same = next((each for each in left if _is_same(slot, each, tonight)), None)
        if same is not None and until == same.until_night:
            left.remove(same)
        elif until is not None and until <= tonight + _DAY:
            leaving.append(slot)
        elif same is not None and same.until_night is not None and (until is None or same.until_night < until):
            left.remove(same)
            ended.append((slot, max(same.until_night, slot.valid_from)))
        else:
            ending.append(slot)
    first = night.first(leaving, ending, left)
    ended += [(slot, max(first, slot.valid_from)) for slot in ending]
    begins = []
    for each in left:
        own = first if leaving or ending else night.first([], [], [each])
        begin = max(own, each.from_night or own)
        if each.until_night is None or each.until_night > begin:
            begins.append((each, begin))
    kept = [slot for slot in ending if first > tonight and tonight.weekday() in slot.pattern.weekdays]
    return SlotChanges(tuple(ended), tuple(begins), tuple(slot for slot in kept if slot.valid_from <= tonight))


def slots_after(in_force: Sequence[SlotInForce], changes: SlotChanges) -> list[tuple[SlotPattern, date, date | None]]:
    """Return the times after *changes*: pattern, first night, and the first night without it."""
    ends = {slot.slot_id: night for slot, night in changes.ended}
    left = [(slot.pattern, slot.valid_from, ends.get(slot.slot_id, slot.valid_until)) for slot in in_force]
    return left + [(wanted.pattern, night, wanted.until_night) for wanted, night in changes.begun]


def _is_same(slot: SlotInForce, wanted: WantedSlot, tonight: date) -> bool:
    """Return whether the slot is the wanted one: of the same pattern, and not to begin on another night."""
    if slot.pattern != wanted.pattern:
        return False
    if wanted.from_night is None or wanted.from_night <= tonight:
        # What was asked for after tonight's time had passed begins tomorrow; it is the same slot nevertheless.
        return slot.valid_from <= tonight + _DAY
    return slot.valid_from == wanted.from_night
