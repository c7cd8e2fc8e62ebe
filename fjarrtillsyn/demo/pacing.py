"""Pace of the demo's night: real time while the newcomer is in the middle of something, fast otherwise."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fjarrtillsyn.demo.newcomer import Newcomer

REAL: Final = 1.0
_SMALL: Final = timedelta(milliseconds=100)
"""The service's clock and real time are read one after the other: less than this between them is no lag."""


@dataclass(frozen=True, slots=True)
class Paces:
    """Service seconds a real second while the newcomer does nothing: while a case waits, carers drive or help, or all is quiet."""

    waiting: float = 3.0
    driving: float = 10.0
    quiet: float = 60.0


class Pacing:
    """Computes how far to move the service's clock. *real* counts real seconds."""

    def __init__(
        self, newcomer: Newcomer, paces: Paces | None = None, real: Callable[[], float] = time.monotonic
    ) -> None:
        self.newcomer = newcomer
        self._paces, self._real = paces or Paces(), real
        self._pace = 0.0
        self._since: tuple[float, datetime] | None = None

    def step(self, at: datetime, longest: timedelta, *, open_alarms: bool) -> timedelta:
        """Return how far to move the clock, which shows *at*, to keep the current pace; at most *longest*.

        At the real pace the clock catches up with every second. At a fast pace it does not: on a slow machine the night
        takes longer.
        """
        pace, real = self._choose(open_alarms=open_alarms), self._real()
        if pace != self._pace or self._since is None:
            self._pace, self._since = pace, (real, at)
        since_real, since = self._since
        lacks = since + timedelta(seconds=(real - since_real) * pace) - at
        step = min(lacks, longest) if lacks >= _SMALL else timedelta(0)
        if pace != REAL:
            self._since = (real, at + step)
        return step

    def _choose(self, *, open_alarms: bool) -> float:
        if self.newcomer.is_busy():
            return REAL
        if self.newcomer.waiting:
            return self._paces.waiting
        return self._paces.driving if open_alarms else self._paces.quiet
