"""List of the looks that a device makes by itself, and whether a change of them is a reason to write its config anew.

The device knows by time when a look opens and when it is over, and remembers those that it has made. Its list is written anew for what it
cannot know: a look that it must not make, or must make otherwise, and one that is to come and not there.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from schemas.messages import ScheduledAttempt

LISTED_BEFORE: Final = timedelta(hours=26)
"""A look is on the list at least so long before it opens, but for a round of the hourly planning. A list that is written holds 36 h, so that one
a night is enough; and it is written before tonight's look at that hour, not in the minute in which a town's looks are decided."""

LookKey = tuple[UUID, int]
"""A look: its check and the attempt's number."""


@dataclass(frozen=True, slots=True)
class DeviceList:
    """Looks that a device owes, in order of time, and those in their time that it has made, whose answers are there."""

    owed: tuple[ScheduledAttempt, ...] = ()
    made: frozenset[LookKey] = frozenset()


def has_to_be_written(
    listed: Sequence[ScheduledAttempt], wanted: DeviceList, now: datetime, *, whole: bool = False
) -> bool:
    """Tell whether the device has to be given another list than the one that it has, *listed*; *whole*: also for a look that is far ahead."""
    on_list = {key_of(each): each for each in listed if each.closes_at > now}
    owed = {key_of(each): each for each in wanted.owed}
    if any(owed.get(key) != each for key, each in on_list.items() if key not in wanted.made):
        return True
    news = [each for key, each in owed.items() if key not in on_list]
    return any(whole or each.opens_at <= now + LISTED_BEFORE for each in news)


def lists_any(listed: Sequence[ScheduledAttempt], made: Set[LookKey]) -> bool:
    """Tell whether a look that was made is on the list: a device that has started anew has forgotten it, and would make it again."""
    return any(key_of(each) in made for each in listed)


def key_of(look: ScheduledAttempt) -> LookKey:
    return look.check_id, look.attempt
