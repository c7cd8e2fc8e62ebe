"""Sums of a resident's month for a letter: how many times somebody or something looked, and who the people were."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alarm_center.core.logged_looks import ListedLook


@dataclass(frozen=True, slots=True)
class LookSums:
    """Counts of a month. A time is one check with all that came of it, or one look that no check asked for."""

    times: int
    by_machine: int
    """Times at which a computer judged what the device sent, and no person looked."""
    by_person: int
    unseen: int
    """Times at which the device was awake, and neither a computer nor a person looked."""
    people: tuple[tuple[str | None, int], ...]
    """Names with the number of times at which each looked, the most first; ``None`` for a person whose name is erased."""


def look_sums(listed: Sequence[ListedLook]) -> LookSums:
    """Return the sums of a month's list."""
    times: defaultdict[datetime, list[ListedLook]] = defaultdict(list)
    for each in listed:
        times[each.check_at or each.at].append(each)
    by_person = by_machine = 0
    people: Counter[str | None] = Counter()
    for looks in times.values():
        names = {each.who for each in looks if each.device is None}
        people.update(names)
        by_person += bool(names)
        by_machine += not names and any(each.judged for each in looks)
    in_order = sorted(people.items(), key=lambda each: (-each[1], each[0] or ""))
    return LookSums(len(times), by_machine, by_person, len(times) - by_machine - by_person, tuple(in_order))
