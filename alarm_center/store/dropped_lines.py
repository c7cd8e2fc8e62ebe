"""Lines of a town's chain that are gone, of which only the digest is left: held against what facts of dropped months say of them."""

import hashlib
import json
from collections import deque
from datetime import datetime
from typing import Any, Final

from alarm_center.store.events import Cursor
from alarm_center.store.seal_lines import BOUND

_MOST: Final = 100
"""Places of missing lines that are told."""


class DroppedLines:
    """Lines met so far on a walk of the whole chain that are gone: their number, their places, and how young they may be.

    Facts say how many they are, of times before which instant, up to which transaction; and the last of them, a digest over
    all of their places. The time of such a line is gone with its text. It was written after the line before it that is still
    there, or BOUND sooner; and what says that it was of before an instant was written at most 2 * BOUND after that (Doubt.MOVED).
    """

    def __init__(self) -> None:
        self.count = 0
        self._places = b""
        self._newest: deque[Cursor] = deque(maxlen=_MOST)
        self._said = 0
        self._said_places = ""
        self._until = 0
        self._before = self._clock = 0.0
        self._youngest: Cursor | None = None

    def add(self, place: Cursor, clock: float | None) -> None:
        """Count a line that is gone, in order; *clock* is that of the newest line before it that is there, in seconds since 1970."""
        self.count += 1
        self._places = hashlib.sha256(self._places + str(place).encode()).digest()
        self._newest.append(place)
        if clock is not None and clock > self._clock:
            self._clock, self._youngest = clock, place

    def account(self, fact: str, before: datetime | None) -> None:
        """Count what a fact says of a month that was dropped, in JSON (fjt.drop_event_month): lines of before *before*."""
        read = json.loads(fact)
        said: dict[str, Any] = read if isinstance(read, dict) else {}
        self._said += _number(said.get("lines"))
        self._said_places = str(said.get("gone"))
        self._until = max(self._until, _number(said.get("until")))
        self._before = max(self._before, before.timestamp() if before else 0.0)

    def missing(self) -> list[Cursor]:
        """Return the newest places of lines that are gone past all that was dropped."""
        return [place for place in self._newest if place.tx > self._until]

    def contradiction(self) -> tuple[Cursor | None, str] | None:
        """Return what is gone beside what was dropped, with its place if there is one; ``None`` if it is the same."""
        if self.count > self._said:
            return None, f"{self.count} gone, {self._said} dropped"
        if self._clock > self._before + 3 * BOUND.total_seconds():
            return self._youngest, "younger than what was dropped"
        if self.count and self._places.hex() != self._said_places:
            return None, f"{self.count} gone, and others were dropped"
        return None


def _number(value: Any) -> int:
    """Return a number of a fact; 0 for rubbish."""
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else 0
