"""Faults of a night: drawn from one seed, so that a night that went wrong can be played again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Final, TypeVar

T = TypeVar("T")


class NightFault(StrEnum):
    """Something that fails all night."""

    SMS = "sms"
    """The provider refuses, hangs up before or after it took a message, and reports of it early, twice, in any order or never."""
    KILL = "kill"
    """A replica is killed with SIGKILL, and started again at once."""
    CLOCK = "clock"
    """The service's clock is set ahead, and a little back."""


class Report(StrEnum):
    """A way in which the provider says that a message was delivered."""

    PLAIN = "plain"
    EARLY = "early"
    """Before it answers that it has taken the message."""
    TWICE = "twice"
    REORDERED = "reordered"
    """``delivered`` before ``sent``."""
    NEVER = "never"


_FATES: Final[Mapping[int | str | None, int]] = MappingProxyType(
    {None: 86, 503: 3, 429: 3, "drop": 4, "lose": 3, "hang": 1}
)
"""Of a hundred messages, what becomes of each (`TwilioApi.next_posts`)."""
_REPORTS: Final[Mapping[Report, int]] = MappingProxyType(
    {Report.PLAIN: 72, Report.EARLY: 8, Report.TWICE: 8, Report.REORDERED: 8, Report.NEVER: 4}
)
_KILL_AFTER_S: Final = (8.0, 16.0)
_CLOCK_AFTER_S: Final = (20.0, 40.0)
_AHEAD_S: Final = (2.0, 30.0)
_BACK_S: Final = (0.1, 2.0)
_BACK_SHARE: Final = 0.3


@dataclass(slots=True)
class FaultPlan:
    """A plan of what fails next. Each kind of fault draws from a random source of its own: one that is left out changes no other."""

    seed: int
    kinds: frozenset[NightFault]
    _random: dict[NightFault, Random] = field(init=False)

    def __post_init__(self) -> None:
        self._random = {kind: Random(f"{self.seed} {kind}") for kind in NightFault}  # noqa: S311 - a draw, no secret

    def fate(self) -> int | str | None:
        """Return what becomes of the next message at the provider; ``None``: it is taken."""
        return self._drawn(NightFault.SMS, _FATES) if NightFault.SMS in self.kinds else None

    def report(self) -> Report:
        """Return how the next message's delivery is reported."""
        return self._drawn(NightFault.SMS, _REPORTS) if NightFault.SMS in self.kinds else Report.PLAIN

    def kill_after(self) -> float:
        """Return the seconds until the next kill."""
        return self._random[NightFault.KILL].uniform(*_KILL_AFTER_S)

    def killed(self, replicas: int) -> int:
        """Return the number of the replica that is killed next, from 0."""
        return self._random[NightFault.KILL].randrange(replicas)

    def clock_after(self) -> float:
        """Return the seconds until the clock is set."""
        return self._random[NightFault.CLOCK].uniform(*_CLOCK_AFTER_S)

    def jump(self) -> timedelta:
        """Return how far the clock is set ahead; back where it is negative."""
        drawn = self._random[NightFault.CLOCK]
        back = drawn.random() < _BACK_SHARE
        return timedelta(seconds=-drawn.uniform(*_BACK_S) if back else drawn.uniform(*_AHEAD_S))

    def _drawn(self, kind: NightFault, shares: Mapping[T, int]) -> T:
        return self._random[kind].choices(list(shares), list(shares.values()))[0]
