"""Towns that a person watches at the board, with their zones, their nights and the service's time."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core.calendar import night_of
from alarm_center.store import board
from alarm_center.store.memory import Tx, now

_FALLBACK_ZONE: Final = "Europe/Stockholm"


@dataclass(frozen=True, slots=True)
class WatchedTowns:
    """The towns that a person watches, and the service's time."""

    towns: list[board.TownHead]
    now: datetime

    @property
    def zones(self) -> dict[str, str]:
        """Each town's zone."""
        return {town.org: town.zone for town in self.towns}

    @property
    def zone(self) -> str:
        """The zone of the big clock."""
        return self.towns[0].zone if self.towns else _FALLBACK_ZONE

    @property
    def blurred(self) -> frozenset[str]:
        """The towns that show pictures blurred first."""
        return frozenset(town.org for town in self.towns if town.first_view == "blurred")

    @property
    def names(self) -> str:
        """The towns' names."""
        return ", ".join(town.name for town in self.towns)


async def watched_towns(tx: Tx) -> WatchedTowns:
    """Return the towns that the viewer watches."""
    return WatchedTowns(await board.town_heads(tx), await now(tx))


def nights(watched: WatchedTowns) -> dict[str, date]:
    """Return the night that is on in each of the towns."""
    return {town.org: night_of(watched.now, ZoneInfo(town.zone)) for town in watched.towns}
