"""Figures of a span of nights: what is counted in each table, and the shares, costs and kilometres that follow from them.

An alarm is counted by the rules of the morning report (`night_report`); small counts are hidden (`small_counts`).
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, TypeVar

from alarm_center.core.night_report import ReportCase, is_answered_within, is_arrived_in_time
from alarm_center.core.small_counts import LEAST, Cell, hidden_cells, is_small, with_sums
from schemas.vocabulary import Outcome

LIMITS: Final = (timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=180))
"""Times from an alarm's opening within which a person should have it; the last one is the one that decides whether it counts."""
NIGHTS_MOST: Final = 92
"""Nights of one page: a quarter."""

_DAY: Final = timedelta(days=1)
_RIGHT: Final = frozenset(
    {
        Outcome.HELPED_UP, Outcome.MOVED_TO_HOSPITAL, Outcome.EMERGENCY_CALLED, Outcome.DIED,
        Outcome.WELL_ELSEWHERE, Outcome.NOT_AT_HOME_KNOWN,
    }
)  # fmt: skip
"""Outcomes by which it was as the alarm said: somebody needed help, or was not in bed."""
_FALSE: Final = frozenset({Outcome.FALSE_ALARM, Outcome.WELL_IN_BED})

Key = TypeVar("Key", bound=Hashable)


class FigureName(StrEnum):
    """A table of the page, as the address of its file names it."""

    ANSWERED = "answered"
    ARRIVED = "arrived"
    DEVICES = "devices"
    LOOKS = "looks"
    REPLIES = "replies"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class FigureCase:
    """An alarm or visit with what the figures ask of it beyond the report; ``device`` raised it, ``None``: a person did."""

    counted: ReportCase
    device: str | None
    outcome: Outcome | None
    took: int
    """Times that a carer took it."""
    declined: int


@dataclass(frozen=True, slots=True)
class TownTariff:
    """The town's own numbers; ``None``: it has given none. Prices are in hundredths of its money."""

    sms_price: int | None = None
    call_price: int | None = None
    visit_km: float | None = None
    visit_km_set: str | None = None
    """Year and month in which it gave ``visit_km``: ``2026-09``."""


@dataclass(frozen=True, slots=True)
class CountTable(Generic[Key]):
    """Rows of counts by their keys, with the cells that are not shown. The last row and column are sums."""

    keys: tuple[Key, ...]
    counts: tuple[tuple[int, ...], ...]
    hidden: frozenset[Cell]

    def shown(self, row: int, column: int) -> int | None:
        """Return a count; ``None``: it is not shown."""
        return None if (row, column) in self.hidden else self.counts[row][column]

    def sum_shown(self, row: int) -> int | None:
        """Return the row's sum; ``None``: it is not shown."""
        return self.shown(row, len(self.counts[row]) - 1)


@dataclass(frozen=True, slots=True)
class PartShare:
    """Share of a row's first parts in all of it, in whole per cent, rounded down; ``least``: so much or more."""

    percent: int
    least: bool


def count_table(rows: Mapping[Key, Sequence[int]]) -> CountTable[Key]:
    """Return the table of *rows* without those of nothing."""
    kept = {key: row for key, row in rows.items() if any(row)}
    if not kept:
        return CountTable((), (), frozenset())
    counts = list(kept.values())
    return CountTable(tuple(kept), tuple(map(tuple, with_sums(counts))), hidden_cells(counts))


def part_share(table: CountTable[Key], row: int, parts: int) -> PartShare | None:
    """Return the share of the row's first *parts*; ``None`` where it would tell what is hidden.

    Where the rest is small, the share is told as if it were as large as a small count can be.
    """
    *counts, whole = table.counts[row]
    if not whole or table.sum_shown(row) is None:
        return None
    columns = range(len(counts))
    if all((row, c) not in table.hidden for c in columns[:parts]) or all(
        (row, c) not in table.hidden for c in columns[parts:]
    ):
        return PartShare(100 * sum(counts[:parts]) // whole, least=False)
    if is_small(sum(counts[parts:])):
        return PartShare(100 * max(0, whole - LEAST + 1) // whole, least=True)
    return None


def answered_row(cases: Iterable[ReportCase], now: datetime) -> list[int]:
    """Return how many had a person within each of :data:`LIMITS`, each case in the first that it kept, and how many later."""
    row = [0] * (len(LIMITS) + 1)
    for case in cases:
        if is_answered_within(case, LIMITS[-1], now) is not None:
            row[next((at for at, limit in enumerate(LIMITS) if is_answered_within(case, limit, now)), len(LIMITS))] += 1
    return row


def arrived_row(cases: Iterable[ReportCase], now: datetime) -> list[int]:
    """Return how many had somebody on site by the target, and how many did not."""
    said = [told for case in cases if (told := is_arrived_in_time(case, now)) is not None]
    return [sum(said), len(said) - sum(said)]


def outcome_row(outcomes: Iterable[Outcome | None]) -> list[int]:
    """Return how many alarms were right, false and neither; one that is open is not counted."""
    ended = [each for each in outcomes if each is not None]
    right, wrong = sum(each in _RIGHT for each in ended), sum(each in _FALSE for each in ended)
    return [right, wrong, len(ended) - right - wrong]


def device_rows(cases: Iterable[FigureCase]) -> dict[str, list[int]]:
    """Return the :func:`outcome_row` of each device that raised five alarms about a person; the others are one row, ``""``."""
    outcomes: defaultdict[str, list[Outcome]] = defaultdict(list)
    for case in cases:
        if (
            case.device is not None
            and case.outcome is not None
            and not case.counted.visit
            and not case.counted.of_device
        ):
            outcomes[case.device].append(case.outcome)
    rows = {device: outcome_row(each) for device, each in sorted(outcomes.items()) if len(each) >= LEAST}
    rest = [outcome for each in outcomes.values() if len(each) < LEAST for outcome in each]
    return {**rows, "": outcome_row(rest)}


def by_key(pairs: Iterable[tuple[Key, Sequence[int]]], width: int) -> dict[Key, list[int]]:
    """Return the sums of the rows of each key, in the order of the pairs."""
    rows: dict[Key, list[int]] = {}
    for key, row in pairs:
        kept = rows.setdefault(key, [0] * width)
        for at, count in enumerate(row):
            kept[at] += count
    return rows


def nights_asked(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Return the first and last night of the page: those asked for, at most :data:`NIGHTS_MOST` and none after *today*.

    Without both: the month before this one. The nights of a month are those that begin in it.
    """
    if first is None or last is None or first > min(last, today):
        last = today.replace(day=1) - _DAY
        first = last.replace(day=1)
    last = min(last, today)
    return max(first, last - (NIGHTS_MOST - 1) * _DAY), last
