"""The form of a shift pattern: what a person has filled in as a pattern, with every fault at once, and overlaps of a carer."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.shift_patterns import NIGHTS_AHEAD, DutyPost, ShiftPattern
from alarm_center.core.times_form import EVERY_DAY, parse_clock
from schemas.vocabulary import Duty

MOST_WEEKS: Final = 12
LABEL_MOST: Final = 40
_DAY: Final = timedelta(days=1)


class PatternFault(StrEnum):
    """A fault of a pattern's form."""

    NO_AREA = "no_area"
    NO_CARER = "no_carer"
    NO_LABEL = "no_label"
    UNREADABLE = "unreadable"
    """A time of day that is none."""
    EMPTY = "empty"
    """It ends when it begins."""
    NO_NIGHTS = "no_nights"
    NO_DATE = "no_date"
    PAST = "past"
    """It would begin before tonight."""
    ORDER = "order"
    """It would end before it begins."""
    SAME = "same"
    """It is as before."""
    LEFT = "left"
    """The carer's last night is before its first."""
    OVERLAPS = "overlaps"
    """The carer is on duty then already."""


@dataclass(frozen=True, slots=True)
class PatternForm:
    """The form as it was filled in."""

    area: str = ""
    carer: str = ""
    patrol: str = ""
    duty: str = Duty.PATROL
    starts: str = "21:30"
    ends: str = "07:00"
    weekdays: tuple[int, ...] = EVERY_DAY
    every_weeks: str = "1"
    from_night: str = ""
    until_night: str = ""

    @classmethod
    def of(cls, pattern: ShiftPattern, tonight: date) -> "PatternForm":
        """Return the form of a pattern as it holds from *tonight*."""
        return cls(
            str(pattern.post.area_id), str(pattern.post.carer_id), pattern.post.patrol, pattern.post.duty,
            f"{pattern.starts:%H:%M}", f"{pattern.ends:%H:%M}", pattern.weekdays, str(pattern.every_weeks),
            str(max(pattern.from_night, tonight)), str(pattern.until_night or ""),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PatternIds:
    """The ids that a new pattern gets, and those of the town's areas and carers that the form may name."""

    pattern_id: UUID
    line_id: UUID
    areas: Collection[UUID]
    carers: Collection[UUID]


def parse_pattern(
    form: PatternForm, ids: PatternIds, tonight: date, before: ShiftPattern | None = None
) -> ShiftPattern | Mapping[str, PatternFault]:
    """Return the pattern that the form says, in place of *before* where there is one; or its faults by field."""
    faults: dict[str, PatternFault] = {}
    area, carer = _known(form.area, ids.areas), _known(form.carer, ids.carers)
    starts, ends = parse_clock(form.starts), parse_clock(form.ends)
    first = _date(form.from_night)
    last = _date(form.until_night) if form.until_night.strip() else None
    every = int(form.every_weeks) if form.every_weeks.isascii() and form.every_weeks.isdigit() else 1
    if area is None:
        faults["area"] = PatternFault.NO_AREA
    if carer is None:
        faults["carer"] = PatternFault.NO_CARER
    if not form.patrol.strip():
        faults["patrol"] = PatternFault.NO_LABEL
    if starts is None:
        faults["starts"] = PatternFault.UNREADABLE
    if ends is None:
        faults["ends"] = PatternFault.UNREADABLE
    elif starts == ends:
        faults["ends"] = PatternFault.EMPTY
    if not form.weekdays:
        faults["weekdays"] = PatternFault.NO_NIGHTS
    if first is None:
        faults["from_night"] = PatternFault.NO_DATE
    elif first < tonight:
        faults["from_night"] = PatternFault.PAST
    if form.until_night.strip() and last is None:
        faults["until_night"] = PatternFault.NO_DATE
    elif first is not None and last is not None and last <= first:
        faults["until_night"] = PatternFault.ORDER
    if faults:
        return faults
    assert area and carer and starts and ends and first, "each is there, or it is a fault"
    every = min(max(every, 1), MOST_WEEKS)
    same_weeks = before is not None and before.every_weeks == every
    week_of = before.week_of if before is not None and same_weeks else first if every > 1 else None
    post = DutyPost(area, carer, form.patrol.strip()[:LABEL_MOST], Duty(form.duty))
    days = tuple(sorted(form.weekdays))
    read = ShiftPattern(ids.pattern_id, ids.line_id, post, starts, ends, days, first, last, every, week_of)
    if before is not None and replace(read, pattern_id=before.pattern_id, from_night=before.from_night) == before:
        return {"area": PatternFault.SAME}
    return read


def until_last_night(pattern: ShiftPattern, ends_on: date | None) -> ShiftPattern | PatternFault:
    """Return the pattern as it ends with its carer's last night, where they have one."""
    if ends_on is None or (pattern.until_night is not None and pattern.until_night <= ends_on):
        return pattern
    return replace(pattern, until_night=ends_on + _DAY) if pattern.from_night <= ends_on else PatternFault.LEFT


class PatternRefused(Exception):
    """Nothing has changed, and *fault* says why; *other* is the pattern in which the carer is on duty then already."""

    def __init__(self, fault: PatternFault, other: ShiftPattern | None = None) -> None:
        super().__init__(fault)
        self.fault = fault
        self.other = other


def fit_pattern(
    pattern: ShiftPattern, others: Iterable[ShiftPattern], ends_on: date | None, tonight: date, zone: ZoneInfo
) -> ShiftPattern:
    """Return the pattern as it can be beside *others*, the town's: it ends with its carer's last night, where they have one.

    Raises:
        PatternRefused: the carer has left by then, or is on duty then already.
    """
    wanted = until_last_night(pattern, ends_on)
    if isinstance(wanted, PatternFault):
        raise PatternRefused(wanted)
    other = overlapping(wanted, [each for each in others if each.pattern_id != wanted.pattern_id], tonight, zone)
    if other is not None:
        raise PatternRefused(PatternFault.OVERLAPS, other)
    return wanted


def replaced_by(before: ShiftPattern, after: ShiftPattern | None, from_night: date) -> ShiftPattern:
    """Return *before* as it ends where *after*, or nothing, begins on *from_night*."""
    until = after.from_night if after is not None else from_night
    return replace(before, until_night=max(until, before.from_night))


def overlapping(
    pattern: ShiftPattern, others: Iterable[ShiftPattern], tonight: date, zone: ZoneInfo
) -> ShiftPattern | None:
    """Return one of *others* in which the same carer is on duty at the same time, on a night that is laid ahead."""
    nights = [tonight + _DAY * n for n in range(-1, NIGHTS_AHEAD)]
    mine = [pattern.span(night, zone) for night in nights if pattern.holds_on(night)]
    for other in others:
        if other.post.carer_id != pattern.post.carer_id:
            continue
        theirs = [other.span(night, zone) for night in nights if other.holds_on(night)]
        if any(a[0] < b[1] and b[0] < a[1] for a in mine for b in theirs):
            return other
    return None


def _known(said: str, ids: Collection[UUID]) -> UUID | None:
    try:
        found = UUID(said)
    except ValueError:
        return None
    return found if found in ids else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
