"""The demo's time: the database's clock, moved ahead, and the monotonic clock of its devices, moved as far."""

import time
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core.calendar import instant_of
from alarm_center.store.memory import Memory

STARTS: Final = wall_time(21, 45)
"""The wall time at which the demo's night begins."""


class Clock:
    """Moves service time. Between moves it goes at the pace of real time."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._ahead_s = 0.0

    def monotonic(self) -> float:
        """Return seconds of a clock that goes forward as service time does."""
        return time.monotonic() + self._ahead_s

    async def now(self) -> datetime:
        """Return the service's time, in UTC."""
        return await self._memory.now()

    async def move(self, ahead: timedelta) -> None:
        """Let *ahead* pass at once."""
        async with self._memory.transaction() as tx:
            await tx.execute("select clock.move($1)", ahead)
        self._ahead_s += ahead.total_seconds()

    async def begin_at(self, instant: datetime) -> None:
        """Make it *instant* now, before anything runs."""
        async with self._memory.transaction() as tx:
            await tx.execute("select clock.move($1 - clock.now())", instant)


def evening_of(night: date, zone: ZoneInfo) -> datetime:
    """Return when the wall shows :data:`STARTS` on the evening that *night* begins, in UTC."""
    return instant_of(night, STARTS, zone)


def coming_evening(real_now: datetime, zone: ZoneInfo) -> datetime:
    """Return the next time that the wall shows :data:`STARTS` in *zone*, in UTC."""
    today = real_now.astimezone(zone).date()
    evening = evening_of(today, zone)
    return evening if evening >= real_now else evening_of(today + timedelta(days=1), zone)
