"""Real time that a test moves: the demo's clock and pace are given it in the monotonic clock's stead."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class RealTime:
    """Seconds as a monotonic clock counts them. It stands at ``s``, or runs from there, *rate* times as fast as the real one."""

    s: float = 5000.0
    runs: bool = False
    rate: float = 1.0

    def __call__(self) -> float:
        return time.monotonic() * self.rate + self.s if self.runs else self.s
