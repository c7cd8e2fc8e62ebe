"""The demo's clock: the database's time and the monotonic time of its devices, moved ahead and stopped together."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core.calendar import instant_of
from alarm_center.store import simulated_night
from alarm_center.store.memory import Memory

STARTS: Final = wall_time(21, 45)
"""The wall time at which the demo's night begins."""


class ServiceClock:
    """Moves service time. Between moves it goes at the pace of real time, or stands still.

    *real* counts real seconds.
    """

    def __init__(self, memory: Memory, real: Callable[[], float] = time.monotonic) -> None:
        self._memory, self._real = memory, real
        self._ahead_s = 0.0
        self._stands_at_s: float | None = None
        self.stands_at: datetime | None = None
        """The service's time while it stands still."""

    def monotonic(self) -> float:
        """Return seconds of a clock that goes forward as service time does."""
        return (self._real() if self._stands_at_s is None else self._stands_at_s) + self._ahead_s

    async def now(self) -> datetime:
        """Return the service's time, in UTC."""
        return await self._memory.now()

    async def move(self, ahead: timedelta) -> None:
        """Let *ahead* pass at once."""
        async with self._memory.transaction() as tx:
            await simulated_night.move_clock(tx, ahead)
        self._ahead_s += ahead.total_seconds()

    async def begin_at(self, instant: datetime) -> None:
        """Make it *instant* now, before anything runs."""
        async with self._memory.transaction() as tx:
            await simulated_night.set_clock(tx, instant)

    async def stop(self) -> None:
        """Let time stand still, for everybody: the database, and the devices that count on from its pulse."""
        async with self._memory.transaction() as tx:
            await simulated_night.stop_clock(tx)
        self._stands_at_s, self.stands_at = self._real(), await self.now()

    async def resume(self) -> None:
        """Let time pass again from where it stands, however long that was."""
        async with self._memory.transaction() as tx:
            await simulated_night.resume_clock(tx)
        if self._stands_at_s is not None:
            self._ahead_s -= self._real() - self._stands_at_s
            self._stands_at_s = self.stands_at = None


def evening_of(night: date, zone: ZoneInfo) -> datetime:
    """Return when the wall shows :data:`STARTS` on the evening that *night* begins, in UTC."""
    return instant_of(night, STARTS, zone)


def coming_evening(real_now: datetime, zone: ZoneInfo) -> datetime:
    """Return the next time that the wall shows :data:`STARTS` in *zone*, in UTC."""
    today = real_now.astimezone(zone).date()
    evening = evening_of(today, zone)
    return evening if evening >= real_now else evening_of(today + timedelta(days=1), zone)
