"""A rota that people change: what they have said, as a model of its own beside the rows that are laid."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from alarm_center.core import calendar
from alarm_center.core.roster import DutyShift
from alarm_center.core.shift_patterns import (
    DutyPost,
    LaidShifts,
    ShiftPattern,
    ShiftRow,
    Substitute,
    lay_shifts,
    wanted_shifts,
)
from schemas.vocabulary import Duty

_DAY: Final = timedelta(days=1)
_AHEAD: Final = 10
_AFTER: Final = timedelta(milliseconds=1)
"""Shifts that are changed at one instant, or taken back at it, follow each other by a microsecond each."""
CARERS: Final = tuple(UUID(int=n) for n in range(11, 16))
LINES: Final = tuple(UUID(int=n) for n in range(1, 4))
AREA: Final = UUID(int=3)
BEGINS: Final = (
    datetime(2026, 11, 22, 19, 0, tzinfo=UTC),
    datetime(2026, 10, 22, 19, 0, tzinfo=UTC),  # the clock goes back on the night of the 24th
    datetime(2027, 3, 25, 19, 0, tzinfo=UTC),  # and forward on that of the 27th
)


@dataclass(frozen=True, slots=True)
class EditedPattern:
    """A line's pattern is another from the night that goes on, or there is none."""

    line: UUID
    carer: UUID | None
    starts: time
    ends: time
    weekdays: tuple[int, ...]
    every_weeks: int


@dataclass(frozen=True, slots=True)
class SwappedNight:
    """A night to come that somebody else takes, or nobody."""

    line: UUID
    nights_ahead: int
    carer: UUID | None


@dataclass(frozen=True, slots=True)
class SickNow:
    """The carer on duty on the line goes home now."""

    line: UUID
    carer: UUID | None


@dataclass(frozen=True, slots=True)
class PhoneGone:
    """The carer's phone is lost: another, or nobody, has the rest of each of tonight's shifts, on every line."""

    carer: UUID
    other: UUID | None


@dataclass(frozen=True, slots=True)
class CarerLeft:
    """The carer's last night is so many nights ahead: their patterns end after it."""

    carer: UUID
    nights_ahead: int


@dataclass(frozen=True, slots=True)
class Waited:
    """Time that goes on; each phone whose shift has begun is asked."""

    minutes: int


@dataclass(frozen=True, slots=True)
class BeganAt:
    """The first instant of the story."""

    at: datetime


RotaStep = EditedPattern | SwappedNight | SickNow | PhoneGone | CarerLeft | Waited | BeganAt


@st.composite
def rota_steps(draw: st.DrawFn) -> list[RotaStep]:
    """Draw a sequence of what people do with a rota, beginning before an ordinary night or one of the clock changes."""
    lines, carers = st.sampled_from(LINES), st.sampled_from([*CARERS, None])
    weekdays = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
    step = st.one_of(
        st.builds(
            EditedPattern, lines, carers, st.sampled_from([time(21, 30), time(22), time(2, 30), time(12), time(7)]),
            st.sampled_from([time(7), time(6), time(3), time(2), time(21)]), weekdays, st.sampled_from([1, 1, 2]),
        ),
        st.builds(SwappedNight, lines, st.integers(0, 6), carers),
        st.builds(SickNow, lines, carers),
        st.builds(PhoneGone, st.sampled_from(CARERS), carers),
        st.builds(CarerLeft, st.sampled_from(CARERS), st.integers(-1, 5)),
        st.builds(Waited, st.sampled_from([0, 15, 60, 180, 310, 24 * 60, 50 * 60])),
    )  # fmt: skip
    return [BeganAt(draw(st.sampled_from(BEGINS))), *draw(st.lists(step, min_size=1, max_size=14))]


@dataclass
class RotaModel:
    """A rota of three lines of an area: people's words, and the rows as the service lays them."""

    zone: ZoneInfo
    area: UUID = AREA
    now: datetime = BEGINS[0]
    patterns: list[ShiftPattern] = field(default_factory=list)
    substitutes: list[Substitute] = field(default_factory=list)
    rows: list[ShiftRow] = field(default_factory=list)
    _made: int = 100

    @property
    def last_night(self) -> date:
        """The first night that is not laid."""
        return self._tonight() + _DAY * _AHEAD

    def take(self, step: object) -> None:
        """Let people do *step*, and the service lay the nights."""
        match step:
            case BeganAt():
                self.now = step.at
            case EditedPattern():
                self._edit(step)
            case SwappedNight():
                night = self._tonight() + _DAY * step.nights_ahead
                self._substitute(step.line, night, step.carer)
            case SickNow():
                for night in (self._tonight() - _DAY, self._tonight()):
                    self._substitute(step.line, night, step.carer)
            case PhoneGone():
                self._lose(step)
            case CarerLeft():
                until = self._tonight() + _DAY * (step.nights_ahead + 1)
                self.patterns = [
                    replace(each, until_night=max(until, each.from_night))
                    if each.post.carer_id == step.carer and (each.until_night is None or each.until_night > until)
                    else each
                    for each in self.patterns
                ]
            case Waited():
                self.now += timedelta(minutes=step.minutes)
        self.write(self.lay())
        self.rows = [replace(row, is_held=row.is_held or row.starts_at <= self.now) for row in self.rows]

    def lay(self) -> LaidShifts:
        """Return the changes that the service makes now."""
        nights = [self._tonight() + _DAY * n for n in range(-1, _AHEAD)]
        wanted = wanted_shifts(self.patterns, self.substitutes, nights, self.zone)
        return lay_shifts(wanted, [row for row in self.rows if row.ends_at > self.now], self.now)

    def write(self, laid: LaidShifts) -> None:
        """Make the rows what *laid* says."""
        moved = {one.row.shift_id: one for one in (*laid.moved, *laid.ended)}
        gone = {row.shift_id for row in laid.deleted}
        kept = [row for row in self.rows if row.shift_id not in gone]
        self.rows = [
            replace(row, starts_at=move.starts_at, ends_at=move.ends_at, line_id=move.line_id, night=move.night)
            if (move := moved.get(row.shift_id))
            else row
            for row in kept
        ]
        for one in laid.added:
            self._made += 1
            self.rows.append(
                ShiftRow(UUID(int=self._made), one.line_id, one.night, one.post, one.starts_at, one.ends_at)
            )

    def on_duty(self, line: UUID, at: datetime) -> set[tuple[UUID, date]]:
        """Return who is on duty on a line at *at* by what people have said, and on which night's shift."""
        found = set()
        for pattern in (each for each in self.patterns if each.line_id == line):
            for n in (-1, 0, 1):
                night = calendar.night_of(at, self.zone) + _DAY * n
                begins, ends = pattern.span(night, self.zone)
                if not pattern.holds_on(night) or not begins <= at < ends:
                    continue
                carer: UUID | None = pattern.post.carer_id
                for each in self.substitutes:
                    if (each.line_id, each.night) == (line, night) and each.from_at <= at < each.until:
                        carer = each.carer_id
                if carer is not None:
                    found.add((carer, night))
        return found

    def is_anybody_on_duty(self, at: datetime) -> bool:
        """Tell whether the area has anybody at *at*."""
        return any(self.on_duty(line, at) for line in LINES)

    def expect_one_answer(self) -> None:
        """Assert that from now on the rows answer as people have said, at each instant once."""
        edges = {self.now} | {edge for row in self.rows for edge in (row.starts_at, row.ends_at) if edge > self.now}
        for edge in sorted(edges):
            for at in (edge + _AFTER, edge + timedelta(minutes=7)):
                if calendar.night_of(at, self.zone) >= self._tonight() + _DAY * (_AHEAD - 1):
                    continue
                for line in LINES:
                    rows = [row for row in self.rows if row.line_id == line and row.starts_at <= at < row.ends_at]
                    said = [(row.post.carer_id, row.night) for row in rows]
                    assert sorted(said) == sorted(self.on_duty(line, at)), (line, at)

    def duty_shifts(self) -> list[DutyShift]:
        """Return the rows as the roster and the warnings read them."""
        return [
            DutyShift(
                row.shift_id, row.post.area_id, row.post.patrol, row.post.duty, str(row.post.carer_id), row.starts_at, row.ends_at
            )
            for row in self.rows
        ]  # fmt: skip

    def _tonight(self) -> date:
        return calendar.night_of(self.now, self.zone)

    def _edit(self, step: EditedPattern) -> None:
        tonight = self._tonight()
        self.patterns = [
            replace(each, until_night=min(each.until_night or tonight, tonight)) if each.line_id == step.line else each
            for each in self.patterns
        ]
        if step.carer is not None and step.starts != step.ends:
            self._made += 1
            post = DutyPost(self.area, step.carer, "Patrull 3", Duty.PATROL)
            self.patterns.append(
                ShiftPattern(
                    UUID(int=self._made), step.line, post, step.starts, step.ends, step.weekdays, tonight,
                    every_weeks=step.every_weeks, week_of=tonight,
                )
            )  # fmt: skip

    def _lose(self, step: PhoneGone) -> None:
        """Hand on what is left of tonight's rows, as the page does: by the row, whoever's pattern it is of."""
        for row in [row for row in self.rows if row.post.carer_id == step.carer and row.ends_at > self.now]:
            if row.line_id is not None and row.night <= self._tonight() and step.other != step.carer:
                begins = max(row.starts_at, self.now)
                self.substitutes.append(Substitute(row.line_id, row.night, step.other, begins, row.ends_at))

    def _substitute(self, line: UUID, night: date, carer: UUID | None) -> None:
        for pattern in self.patterns:
            if pattern.line_id != line or not pattern.holds_on(night):
                continue
            begins, ends = pattern.span(night, self.zone)
            if ends > self.now:
                self.substitutes.append(Substitute(line, night, carer, max(begins, self.now), ends))
