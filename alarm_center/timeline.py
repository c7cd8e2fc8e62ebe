"""Each replica's reader of the timeline: what has changed is told to the pictures, and hints are passed on to others.

Pictures follow committed events only, so a picture is shown for a case that really is open and gone when it is closed,
on every replica alike.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from alarm_center.pictures import Pictures
from alarm_center.store import events
from alarm_center.store.events import Cursor, Event
from alarm_center.store.memory import AWAY, Memory
from schemas import timeline
from schemas.vocabulary import Priority

log = structlog.get_logger()

_POLL_SECONDS: Final = 1.0
_COALESCE_SECONDS: Final = 0.05


@dataclass(slots=True)
class Timeline:
    """Reads every town's new lines, in order and without a gap, and passes them to the pictures and *listeners*."""

    memory: Memory
    pictures: Pictures
    listeners: list[Callable[[Event], None]] = field(default_factory=list)
    cursor: Cursor | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """There may be something new."""
        self._wake.set()

    async def run(self) -> None:
        """Read until cancelled; while the database is away the pictures go blind after ten seconds."""
        while True:
            try:
                await self.read()
            except AWAY as error:
                log.warning("timeline_lost", error=type(error).__name__)
            self.pictures.sweep()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    async def read(self) -> int:
        """Read to the horizon; return how many lines there were."""
        count = 0
        while True:
            async with self.memory.transaction() as tx:
                if self.cursor is None:
                    self.cursor = await events.newest(tx)
                new = await events.after(tx, self.cursor)
            for event in new:
                self.cursor = event.cursor
                self._to_pictures(event)
                for listener in self.listeners:
                    listener(event)
            count += len(new)
            if not new:
                self.pictures.timeline_heard()
                return count

    def _to_pictures(self, event: Event) -> None:
        pictures, alarm_id, check_id = self.pictures, event.alarm_id, event.check_id
        match event.payload:
            case timeline.SessionCommitted() as kept if event.session_id is not None:
                pictures.committed(
                    event.org, event.session_id, needed=kept.needs_human, check_id=check_id, alarm_id=alarm_id,
                    resident_id=event.resident_id, priority=int(kept.priority or Priority.SECOND),
                )  # fmt: skip
            case timeline.SessionRefused() if event.session_id is not None:
                pictures.forget(event.org, event.session_id)
            case timeline.AlarmOpened(priority=priority) | timeline.CaseJoined(priority=priority):
                if check_id is not None and alarm_id is not None:
                    pictures.joined(check_id, alarm_id, int(priority))
            case timeline.AlarmClosed() if alarm_id is not None:
                pictures.closed(alarm_id=alarm_id)
            case timeline.CheckSeen() | timeline.CheckCancelled() if check_id is not None:
                pictures.closed(check_id=check_id)
            case timeline.ConsentRevoked():
                pictures.closed_of_resident(event.resident_id)
            case timeline.LiveAsked(command_id=command_id) if event.device_id is not None:
                pictures.expect_live(event.org, event.device_id, command_id)
            case timeline.CaseClaimed() | timeline.CaseTakenOver() if alarm_id is not None:
                pictures.claimed(alarm_id, True)
            case timeline.CaseReleased() | timeline.LeaseLapsed() if alarm_id is not None:
                pictures.claimed(alarm_id, False)


async def pass_hints_on(memory: Memory, wake: Callable[[], None]) -> None:
    """After commits, wake this replica's own loops and NOTIFY the others; coalesced to 50 ms, on no decision's connection.

    NOTIFY inside a decision's transaction would put all commits in one queue (design §7).
    """
    while True:
        await memory.changed.wait()
        memory.changed.clear()
        wake()
        try:
            async with memory.transaction() as tx:
                await tx.execute("select pg_notify($1, '')", events.CHANNEL)
        except AWAY as error:
            log.warning("hint_lost", error=type(error).__name__)
        await asyncio.sleep(_COALESCE_SECONDS)
