"""Times of day for reserve lists and reconciliation, the same in all towns; the latest one due by a town's own clock.

A preparation is due once its time has come and its rows are missing. So a service that was away makes up for the evening
as soon as it is back, and a second replica finds nothing to do.
"""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Final

from alarm_center.core import calendar
from alarm_center.store import towns

RESERVE_AT: Final = time(20, 0)
PAUSES_AT: Final = time(20, 0)
"""The lead on duty is asked about pauses that have ended without an answer."""
REMIND_AT: Final = (time(7, 30), time(15, 0))
"""Planners who have asked hear how much waits for them."""
RECONCILE_AT: Final = (time(15, 0), time(20, 30))


def latest_due(times: Iterable[time], at: datetime, town: towns.Town) -> datetime | None:
    """Return the latest of *times*, by the town's clock, that has come in the night that *at* is in; ``None`` before all."""
    night = calendar.night_of(at, town.zone)
    come = [due for each in times if (due := calendar.instant_of(night, each, town.zone)) <= at]
    return max(come, default=None)
