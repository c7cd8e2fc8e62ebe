"""The demo's story: lines of the timeline about residents as JSON objects, in the order in which things happened."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.calendar import local_clock
from alarm_center.store.events import Event

Line = dict[str, Any]

_TOLD: Final[Mapping[str, tuple[str, ...]]] = {
    "check_opened": ("check_opened",),
    "session_committed": ("session_received",),
    "finding": ("finding", "answer", "reason", "attempt"),
    "evidence": ("finding", "answer", "reason", "attempt"),
    "alarm_opened": ("alarm_opened", "alarm_kind", "priority", "reason"),
    "sms_sent": ("sms_sent", "wording"),
    "reply": ("reply", "meaning"),
    "accepted": ("accepted",),
    "on_site": ("on_site",),
    "closed": ("closed", "outcome"),
}
"""The lines that are told, as what, and what of their data is told with them."""
_NAMES: Final[Mapping[str, str]] = {"alarm_kind": "kind"}
"""The story's own names, where a line has another."""
_CAME: Final = frozenset({"check_opened", "session_committed", "reply"})


class Lines:
    """Listens to the timeline and hands each line on. ``told`` is all of them so far."""

    def __init__(self, numbers: Mapping[UUID, int], zone: ZoneInfo, write: Callable[[Line], None]) -> None:
        self.told: list[Line] = []
        self._numbers, self._zone, self._write = numbers, zone, write
        self._heard: list[Event] = []
        self._check_of: dict[UUID, UUID] = {}

    def add_event(self, event: Event) -> None:
        """Take one line of the timeline; one that is about no resident is not told."""
        if event.resident_id not in self._numbers:
            return
        if not self._heard:
            asyncio.get_running_loop().call_soon(self.hand_on)
        self._heard.append(event)

    def hand_on(self) -> None:
        """Hand on what was heard. Of one decision first what came, then what it led to: it writes them as they are decided."""
        heard, self._heard = self._heard, []
        cursors = sorted({event.cursor.tx for event in heard})
        for tx in cursors:
            for event in sorted((e for e in heard if e.cursor.tx == tx), key=lambda e: (e.kind not in _CAME, e.cursor)):
                if event.kind == "alarm_opened" and event.alarm_id is not None and event.check_id is not None:
                    self._check_of[event.alarm_id] = event.check_id
                if event.kind in _TOLD:
                    name, *data = _TOLD[event.kind]
                    self._tell(name, event, *data)

    def _tell(self, name: str, event: Event, *data: str) -> None:
        check_id = event.check_id or (self._check_of.get(event.alarm_id) if event.alarm_id is not None else None)
        line: Line = {
            "event": name,
            "at": event.at.isoformat(),
            "clock": local_clock(event.at, self._zone),
            "resident": self._numbers[event.resident_id] if event.resident_id is not None else None,
            "check_id": str(check_id) if check_id else None,
            "alarm_id": str(event.alarm_id) if event.alarm_id else None,
            **{_NAMES.get(key, key): event.data[key] for key in data if event.data.get(key) is not None},
        }
        self.told.append(line)
        self._write(line)
