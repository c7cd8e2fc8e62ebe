"""Reader of committed timeline lines: each changes this replica's pictures and goes to its listeners; hints by NOTIFY.

A page's words and redrawn parts for a line are `words.timeline_words`'.

Pictures follow committed events only, so a picture is shown for a case that really is open and gone when it is closed,
on every replica alike.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog

from alarm_center.pictures import CommittedSession, Pictures
from alarm_center.store import events
from alarm_center.store.events import Cursor, Event
from alarm_center.store.memory import AWAY, Memory
from schemas import timeline
from schemas.vocabulary import Priority

log = structlog.get_logger()

_POLL_SECONDS: Final = 1.0
_COALESCE_SECONDS: Final = 0.05
_LINES: Final = 500
"""Most lines that are read at once; fewer are the last that there are."""


@dataclass(slots=True)
class TimelineReader:
    """The reader of every town's new lines, in order and without a gap, for the pictures and *listeners*."""

    memory: Memory
    pictures: Pictures
    listeners: list[Callable[[Event], None]] = field(default_factory=list)
    cursor: Cursor | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look for new lines at once."""
        self._wake.set()

    async def run(self) -> None:
        """Read until cancelled; while the database is away the pictures go blind after ten seconds."""
        while True:
            try:
                await self.read_new()
            except AWAY as error:
                log.warning("timeline_lost", error=type(error).__name__)
            self.pictures.sweep()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    async def read_new(self) -> int:
        """Read the new lines to their end; return how many there were."""
        count = 0
        while True:
            if self.cursor is None:
                self.cursor = await self.memory.run_statement(events.newest_cursor)
            new = await self.memory.run_statement(partial(events.lines_after, cursor=self.cursor, limit=_LINES))
            for event in new:
                self.cursor = event.cursor
                self._update_pictures(event)
                for listener in self.listeners:
                    listener(event)
            count += len(new)
            if len(new) < _LINES:
                self.pictures.note_timeline_read()
                return count

    def _update_pictures(self, event: Event) -> None:
        pictures, alarm_id, check_id = self.pictures, event.alarm_id, event.check_id
        match event.payload:
            case timeline.SessionCommitted() as kept if event.session_id is not None:
                committed = CommittedSession(
                    event.org, event.session_id, kept.needs_human, int(kept.priority or Priority.SECOND),
                    check_id=check_id, alarm_id=alarm_id, resident_id=event.resident_id,
                )  # fmt: skip
                pictures.apply_commit(committed)
            case timeline.SessionRefused() if event.session_id is not None:
                pictures.drop_session(event.org, event.session_id)
            case timeline.AlarmOpened(priority=priority) | timeline.CaseJoined(priority=priority):
                if check_id is not None and alarm_id is not None:
                    pictures.move_to_alarm(check_id, alarm_id, int(priority))
            case timeline.AlarmClosed() if alarm_id is not None:
                pictures.drop_case(alarm_id=alarm_id)
            case timeline.CheckSeen() | timeline.CheckCancelled() if check_id is not None:
                pictures.drop_case(check_id=check_id)
            case timeline.ConsentRevoked():
                pictures.drop_resident(event.resident_id)
            case timeline.LiveAsked(command_id=command_id) if event.device_id is not None:
                pictures.expect_live(event.org, event.device_id, command_id)
            case timeline.CaseClaimed() | timeline.CaseTakenOver() if alarm_id is not None:
                pictures.set_claimed(alarm_id, True)
            case timeline.CaseReleased() | timeline.LeaseLapsed() if alarm_id is not None:
                pictures.set_claimed(alarm_id, False)


async def forward_hints(memory: Memory, wake: Callable[[], None], sender: str = "") -> None:
    """Wake this replica's own loops and NOTIFY the others after commits, at most each 50 ms, on no decision's connection.

    *sender* is who is not to be woken by it once more. NOTIFY inside a decision's transaction would put all commits in one queue (docs/database.md#hints).
    """
    while True:
        await memory.changed.wait()
        memory.changed.clear()
        wake()
        try:
            await memory.run_statement(partial(events.notify, sender=sender))
        except AWAY as error:
            log.warning("hint_lost", error=type(error).__name__)
        await asyncio.sleep(_COALESCE_SECONDS)
