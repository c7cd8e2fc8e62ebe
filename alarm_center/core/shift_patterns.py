"""Shift patterns without an end, the substitutes of single nights, and the rows of shifts that are laid from both.

A pattern is never edited: it ends before a night, and another of the same *line* begins. A substitute stands in on one night of
a line, from an instant until another; of two for the same instant the newer counts. A row that has begun keeps its beginning,
and one that a muster or a notice hangs on is ended, never taken away.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from schemas.vocabulary import Duty

NIGHTS_AHEAD: Final = 62
"""Nights for which rows are laid, the one that goes on among them; the service adds the next each day."""

_DAY: Final = timedelta(days=1)
_LEAST: Final = timedelta(microseconds=1)
"""The shortest shift: what is left of one that is taken at the instant when it begins."""

_AT_ONCE: Final = timedelta(milliseconds=1)
"""A row that begins within it has begun: of changes at one instant, each one's row begins a microsecond after that before it."""


@dataclass(frozen=True, slots=True)
class DutyPost:
    """A carer's place in the rota: the area, the patrol's label and the task."""

    area_id: UUID
    carer_id: UUID
    patrol: str
    duty: Duty


@dataclass(frozen=True, slots=True)
class ShiftPattern:
    """Nights of the week on which a carer is on duty, from times to times on the wall; ``until_night`` is the first without.

    With ``every_weeks`` above one, it is each such week, counted from the week of ``week_of``.
    """

    pattern_id: UUID
    line_id: UUID
    post: DutyPost
    starts: time
    ends: time
    weekdays: tuple[int, ...]
    from_night: date
    until_night: date | None = None
    every_weeks: int = 1
    week_of: date | None = None

    def holds_on(self, night: date) -> bool:
        """Tell whether the carer is on duty on *night*."""
        within = self.from_night <= night and (self.until_night is None or night < self.until_night)
        return within and night.weekday() in self.weekdays and self._is_its_week(night)

    def span(self, night: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the beginning and the end of its shift on *night*."""
        return span_of(night, self.starts, self.ends, zone)

    def has_weeks_of(self, other: "ShiftPattern") -> bool:
        """Tell whether the two rotate alike."""
        apart = (_monday(self.week_of or self.from_night) - _monday(other.week_of or other.from_night)).days // 7
        return self.every_weeks == other.every_weeks and apart % self.every_weeks == 0

    def _is_its_week(self, night: date) -> bool:
        weeks = (_monday(night) - _monday(self.week_of or self.from_night)).days // 7
        return weeks % self.every_weeks == 0


def span_of(night: date, starts: time, ends: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the beginning and the end of a shift on *night*, from the morning into the next night where it must be so."""
    starts_at, ends_at = calendar.instant_of(night, starts, zone), calendar.instant_of(night, ends, zone)
    return starts_at, ends_at if ends_at > starts_at else calendar.instant_of(night + _DAY, ends, zone)


def _monday(night: date) -> date:
    return night - timedelta(days=night.weekday())


@dataclass(frozen=True, slots=True)
class Substitute:
    """A carer in the place of another on one night of a line; ``carer_id`` is ``None`` where nobody stands in."""

    line_id: UUID
    night: date
    carer_id: UUID | None
    from_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift as it is kept. ``is_held``: a muster or a notice hangs on it."""

    shift_id: UUID
    line_id: UUID | None
    """``None``: laid by release 0.2.0, which knew no patterns."""
    night: date
    post: DutyPost
    starts_at: datetime
    ends_at: datetime
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class WantedShift:
    """A shift that the rota wants."""

    line_id: UUID
    night: date
    post: DutyPost
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class MovedShift:
    """A row whose beginning or end moves, or that comes to belong to a line."""

    row: ShiftRow
    starts_at: datetime
    ends_at: datetime
    line_id: UUID | None
    night: date

    @property
    def moves_times(self) -> bool:
        """Tell whether it begins or ends at another time."""
        return (self.row.starts_at, self.row.ends_at) != (self.starts_at, self.ends_at)

    @property
    def changes_row(self) -> bool:
        """Tell whether the row is to be written."""
        return self.moves_times or (self.row.line_id, self.row.night) != (self.line_id, self.night)


@dataclass(frozen=True, slots=True)
class LaidShifts:
    """Changes that make the rows what the rota wants. ``ended`` are rows that were cut short and are wanted no more."""

    added: tuple[WantedShift, ...] = ()
    moved: tuple[MovedShift, ...] = ()
    ended: tuple[MovedShift, ...] = ()
    deleted: tuple[ShiftRow, ...] = ()


def wanted_shifts(
    patterns: Iterable[ShiftPattern], substitutes: Sequence[Substitute], nights: Sequence[date], zone: ZoneInfo
) -> list[WantedShift]:
    """Return the shifts of *nights*. *substitutes* are in the order in which people said so."""
    standing_in: dict[tuple[UUID, date], list[Substitute]] = defaultdict(list)
    for each in substitutes:
        standing_in[each.line_id, each.night].append(each)
    return [
        shift
        for pattern in patterns
        for night in nights
        if pattern.holds_on(night)
        for shift in _stretches(pattern, night, standing_in[pattern.line_id, night], zone)
    ]


def _stretches(
    pattern: ShiftPattern, night: date, substitutes: Sequence[Substitute], zone: ZoneInfo
) -> Iterator[WantedShift]:
    """Yield the shifts of one night of a pattern, in order, each carer's together."""
    starts_at, ends_at = pattern.span(night, zone)
    edges = {edge for each in substitutes for edge in (each.from_at, each.until) if starts_at < edge < ends_at}
    open_: WantedShift | None = None
    for begins, ends in pairwise([starts_at, *sorted(edges), ends_at]):
        carer = next(
            (s.carer_id for s in reversed(substitutes) if s.from_at <= begins < s.until), pattern.post.carer_id
        )
        if open_ is not None and carer == open_.post.carer_id:
            open_ = replace(open_, ends_at=ends)
            continue
        if open_ is not None:
            yield open_
        post = replace(pattern.post, carer_id=carer) if carer is not None else None
        open_ = WantedShift(pattern.line_id, night, post, begins, ends) if post is not None else None
    if open_ is not None:
        yield open_


def lay_shifts(
    wanted: Iterable[WantedShift], rows: Iterable[ShiftRow], now: datetime, *, whole_rota: bool = False
) -> LaidShifts:
    """Return the changes that make *rows*, which have not ended, the *wanted* shifts from *now* on.

    A row of no line becomes that of the line that wants it; otherwise it stays, unless the *whole_rota* is known.
    """
    left = sorted(rows, key=lambda row: (row.starts_at, row.shift_id))
    coming = sorted((each for each in wanted if each.ends_at > now), key=lambda each: (each.starts_at, each.line_id))
    moved: list[MovedShift] = []
    for adopts in (False, True):  # a line's own rows first: what another line wants is no reason to take them
        unfilled = []
        for shift in coming:
            row = next((row for row in left if _is_same(row, shift, now, adopts=adopts)), None)
            if row is None:
                unfilled.append(shift)
                continue
            left.remove(row)
            begins = row.starts_at if row.starts_at <= now + _AT_ONCE else shift.starts_at
            move = MovedShift(row, begins, max(shift.ends_at, begins + _LEAST), shift.line_id, shift.night)
            if move.changes_row:
                moved.append(move)
        coming = unfilled
    unwanted = [row for row in left if row.line_id is not None or whole_rota]
    kept = [row for row in unwanted if row.starts_at < now or row.is_held]
    ends = [_ending(row, max(now, row.starts_at + _LEAST)) for row in kept]
    free_from = {each.row.line_id: each.ends_at for each in ends if each.row.starts_at <= now}
    added = [replace(shift, starts_at=max(shift.starts_at, now, free_from.get(shift.line_id, now))) for shift in coming]
    return LaidShifts(
        tuple(
            each for each in added if each.starts_at < each.ends_at
        ),  # of two changes at one instant nothing may be left
        tuple(moved),
        tuple(each for each in ends if each.changes_row),
        tuple(row for row in unwanted if row not in kept),
    )


def _ending(row: ShiftRow, ends_at: datetime) -> MovedShift:
    """Return the row, which now ends at *ends_at*."""
    return MovedShift(row, row.starts_at, ends_at, row.line_id, row.night)


def _is_same(row: ShiftRow, shift: WantedShift, now: datetime, *, adopts: bool) -> bool:
    """Tell whether the row is that shift: the same carer at the same place, and some time in common that is not over."""
    return (
        row.post == shift.post
        and (row.line_id != shift.line_id if adopts else row.line_id == shift.line_id)
        and max(row.starts_at, shift.starts_at) < min(row.ends_at, shift.ends_at)
        and (row.starts_at <= now + _AT_ONCE) == (shift.starts_at <= now + _AT_ONCE)
    )
