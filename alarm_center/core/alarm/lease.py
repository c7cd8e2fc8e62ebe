"""The lease by which one person at a screen has a case, and the questions of who may act on it.

SQL asks the same of the two columns by the function ``is_held``; a test holds that both answer alike.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Lease:
    """A case in the hands of ``holder`` until ``until``, or of nobody. At the instant ``until`` the case is free again.

    A lapsed lease keeps its holder's name until the clockwork or the next person takes it away; it stops nobody.
    """

    holder: UUID | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if (self.holder is None) != (self.until is None):
            raise ValueError(f"a lease of {self.holder} until {self.until}: expected both or neither")

    def is_held(self, now: datetime) -> bool:
        """Tell whether anybody has the case at *now*."""
        return self.until is not None and now < self.until

    def is_held_by(self, user: UUID, now: datetime) -> bool:
        """Tell whether *user* has the case at *now*."""
        return self.holder == user and self.is_held(now)

    def is_held_by_other(self, user: UUID, now: datetime) -> bool:
        """Tell whether somebody other than *user* has the case at *now*."""
        return self.holder != user and self.is_held(now)

    def has_lapsed(self, now: datetime) -> bool:
        """Tell whether somebody had the case, and their time is over."""
        return self.until is not None and self.until <= now
