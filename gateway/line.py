"""The home's line as it was measured: how large a session may be to come through in time, and when one is too slow to wait for.

Pure. A session is one message, and while it is on its way nothing else leaves the home: so one must not hold the line for
longer than the centre waits for a status.
"""

from dataclasses import dataclass
from typing import Final

from schemas import limits

HOLD_S: Final = 100.0
"""Seconds of the line that a session is cut to."""
GIVE_UP_S: Final = 125.0
"""The longest that one session may hold the line, in seconds. A status goes before it, and the next after it: with the
10 s that the first may be old and the time for connecting anew, within the 180 s after which a home counts as silent."""
SETTLE_S: Final = 4.0
"""A session's first seconds fill the buffers on the way, and measure nothing."""
MEASURE_S: Final = 8.0
"""A rate that was measured for less is of a moment."""
USE: Final = 0.8
"""The part of the measured rate that a session is cut to: lines are not even."""
ENOUGH_BYTES: Final = 64 * 1024
"""A session that came through measures the line by itself from here on; a smaller one measures the broker's answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line's newest rate, bytes a second; None while nothing was measured."""

    bytes_per_s: float | None = None

    def after(self, moved: int, seconds: float, *, whole: bool = False) -> "Line":
        """Return the line once *moved* bytes have gone in *seconds* of a session that had settled; *whole*: of one that the broker has."""
        told = moved >= ENOUGH_BYTES if whole else seconds >= MEASURE_S
        return Line(moved / max(seconds, 0.001)) if told else self

    def room(self, left_s: float) -> int | None:
        """Return how many bytes come through within *left_s* and HOLD_S; None where that is not known."""
        if self.bytes_per_s is None:
            return None
        return min(int(self.bytes_per_s * USE * max(0.0, min(left_s, HOLD_S))), limits.SESSION_BYTES)

    def is_too_slow(self, waiting: int, seconds: float, left_s: float) -> bool:
        """Return whether a session that has gone for *seconds*, with *waiting* bytes to go, should begin again smaller.

        What is nearly there is waited for: beginning again costs a connection, and the bytes that have gone.
        """
        if self.bytes_per_s is None or seconds < SETTLE_S + MEASURE_S:
            return False
        finish_s = waiting / self.bytes_per_s if self.bytes_per_s else float("inf")
        return finish_s > min(GIVE_UP_S - seconds, left_s) and finish_s > 2 * MEASURE_S
