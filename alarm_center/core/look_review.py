"""Rules of the log's review: hints about a person's looks in a month, verdicts, and the monthly sample.

A hint is a reason to ask, never a finding of guilt. Each threshold stands here with its reason.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, StrEnum, auto
from statistics import median
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo


class LookVerdict(StrEnum):
    """An auditor's verdict on one look of a sample."""

    IN_DUTY = "in_duty"
    """It was part of the person's duty."""
    UNCLEAR = "unclear"
    """It cannot be told, and somebody has to ask."""
    WRONG = "wrong"
    """It was not."""


class Hint(Enum):
    """A pattern in a person's looks of a month that a supervisor should ask about."""

    SAME_RESIDENT = auto()
    MANY_OWN_ALARMS = auto()
    MORE_CLEAR = auto()
    LONG = auto()
    QUIET_HOURS = auto()
    NO_CASE = auto()


LONG_LOOK: Final = timedelta(minutes=5)
"""A look so long counts as long: ten seconds play in a loop, a decision takes less than a minute, a call beside it a few."""
LONG_LOOKS: Final = 3
"""Long looks in a month from which there is a hint: one or two are a page that somebody forgot."""
SAME_RESIDENT: Final = 3
"""Looks without a due check at one resident: somebody who calls twice in a month is ordinary."""
OWN_ALARMS: Final = 5
"""Looks in alarms of one's own: more than one a week."""
QUIET_FROM, QUIET_UNTIL = 1, 5
"""Hours of the town's clock in which few are at the centre, and residents sleep."""
QUIET_LOOKS: Final = 3
"""Looks without a due check in those hours."""
CLEAR_TIMES: Final = 3
"""Clear views count as many beside the colleagues' median share by so much …"""
CLEAR_LEAST: Final = 5
"""… and from so many: a share of few is chance."""

KEPT: Final = timedelta(days=5 * 366)
"""The log of looks, and what its review has left, is kept so long after it was last written: five years (HSLF-FS 2016:40, 4 chap. 9 §)."""

SAMPLE_LEAST: Final = 20
"""Looks of a month's sample, where the month has so many; enough to meet a habit, and an hour's reading."""
SAMPLE_SHARE: Final = 0.05
"""Share of the month's looks, where that is more."""
SAMPLE_MOST: Final = 60
"""More than an auditor reads with care in an afternoon; each person who looked is in it all the same."""
SIGN_OFF: Final = timedelta(days=14)
"""Time from a sample's drawing until it is overdue: half a month before the next one."""


@dataclass(frozen=True, slots=True)
class PersonTally:
    """One person's looks in a town and a month, counted. ``without_check``: no check of the case was due."""

    user_id: UUID
    who: str | None
    looks: int
    without_check: int
    own_alarm: int
    unreviewed: int
    """Looks without a due check that no supervisor has reviewed."""
    clear: int
    """Clear views that they asked for."""
    long_ones: int
    strangers: int
    """Looks whose resident is not that of the case."""
    at_quiet_hours: int
    most_at_one: int
    """Most looks without a due check at one resident, whose number is ``most_looked_at``."""
    most_looked_at: int | None

    @property
    def clear_share(self) -> float:
        """Share of their looks that were clear views asked for."""
        return self.clear / self.looks


def hints(tally: PersonTally, everybody: Sequence[PersonTally]) -> tuple[Hint, ...]:
    """Return the hints about one person, beside *everybody* who looked in the month, that person included."""
    others = [each.clear_share for each in everybody if each.user_id != tally.user_id]
    usual = median(others) if others else None
    found = {
        Hint.NO_CASE: tally.strangers > 0,
        Hint.SAME_RESIDENT: tally.most_at_one >= SAME_RESIDENT,
        Hint.MANY_OWN_ALARMS: tally.own_alarm >= OWN_ALARMS,
        Hint.QUIET_HOURS: tally.at_quiet_hours >= QUIET_LOOKS,
        Hint.MORE_CLEAR: usual is not None and tally.clear >= CLEAR_LEAST and tally.clear_share > CLEAR_TIMES * usual,
        Hint.LONG: tally.long_ones >= LONG_LOOKS,
    }
    return tuple(hint for hint, holds in found.items() if holds)


# ---- the monthly sample ----


@dataclass(frozen=True, slots=True)
class LookOfMonth:
    """One look that may be drawn, and the person who looked."""

    look_id: UUID
    user_id: UUID


def sample_size(looks: int) -> int:
    """Return how many of a month's looks are drawn, before each person is made sure of."""
    return min(looks, max(SAMPLE_LEAST, min(SAMPLE_MOST, math.ceil(looks * SAMPLE_SHARE))))


def draw_sample(looks: Sequence[LookOfMonth], seed: str) -> tuple[UUID, ...]:
    """Return the looks of a sample, in the order of their lots: at least one of each person, and :func:`sample_size` in all.

    A look's lot is SHA-256 over *seed* and its id: nobody chooses, and whoever has the seed draws the same again.
    """
    in_order = sorted(looks, key=lambda each: hashlib.sha256(f"{seed} {each.look_id}".encode()).digest())
    firsts: dict[UUID, UUID] = {}
    for each in in_order:
        firsts.setdefault(each.user_id, each.look_id)
    chosen = set(firsts.values())
    for each in in_order:
        if len(chosen) >= sample_size(len(looks)):
            break
        chosen.add(each.look_id)
    return tuple(each.look_id for each in in_order if each.look_id in chosen)


def month_before(day: date) -> date:
    """Return the first day of the month before that of *day*."""
    return date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)


def month_after(month: date) -> date:
    """Return the first day of the month after that of *month*."""
    return date(month.year + (month.month == 12), month.month % 12 + 1, 1)


def month_span(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants, in UTC, between which *month* lasts by the clocks on the walls of *zone*."""
    first, last = (datetime.combine(day, time(), tzinfo=zone) for day in (month, month_after(month)))
    return first.astimezone(UTC), last.astimezone(UTC)


def is_overdue(drawn_at: datetime, signed_at: datetime | None, now: datetime) -> bool:
    """Tell whether a sample should have been signed off by *now*."""
    return signed_at is None and now >= drawn_at + SIGN_OFF


def kept_since(now: datetime) -> datetime:
    """Return the instant before which the log of looks is erased."""
    return now - KEPT
