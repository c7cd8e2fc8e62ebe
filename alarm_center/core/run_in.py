"""Run-in of a camera: the first nights with looks after a mounting, on which a patrol goes too."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

MOST_NIGHTS: Final = 14
"""Nights of a run-in at most: after a fortnight of looks and visits side by side there is nothing more to learn from the next."""


@dataclass(frozen=True, slots=True)
class RunIn:
    """A run-in of one resident: from which night on, how many nights, and the nights since then on which a look stands.

    A night without a look (hospital, a pause, no time on that day) is none of them: the run-in ends a night later.
    """

    first_night: date
    nights: int
    looked: Collection[date]

    def number_of(self, night: date) -> int:
        """Return which of its nights *night* is, 1 the first; the number of the last one that has been, where it has no look."""
        return sum(self.first_night <= each <= night for each in self.looked)

    def holds_on(self, night: date) -> bool:
        """Return whether a patrol goes too on *night*."""
        before = sum(self.first_night <= each < night for each in self.looked)
        return night >= self.first_night and before < self.nights
