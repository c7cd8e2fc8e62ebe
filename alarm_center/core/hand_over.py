"""Hand-over of a board: from when its cases are told as new, and whether a person has taken it over already."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.alarm.alarm_kinds import POLICY
from schemas.vocabulary import AlarmKind, Outcome, Priority, Reason

NEWS_AT_MOST: Final = timedelta(hours=24)
"""Time before which nothing is told as new, however long a board has stayed signed in."""
AGAIN_WITHIN: Final = timedelta(minutes=5)
"""Time within which a second word of the same person is the same hand-over: a button pressed twice."""
PAUSES_WITHIN: Final = timedelta(hours=24)
"""Time ahead in which pauses that end are told."""


@dataclass(frozen=True, slots=True)
class BoardHandOver:
    """A board that was taken over: by whom, when, and the cases that were open then. ``name`` is ``None`` for somebody who is gone."""

    org: str
    taken_by: UUID
    name: str | None
    taken_at: datetime
    open_cases: int


@dataclass(frozen=True, slots=True)
class CameCase:
    """An alarm or visit that came since; ``closed_at`` and ``outcome`` are ``None`` while it is open."""

    alarm_id: UUID
    case_no: int
    area: str
    kind: AlarmKind
    reason: Reason | None
    priority: Priority
    visit: bool
    opened_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None

    @property
    def said_reason(self) -> Reason | None:
        """The reason, where it says more than the kind does."""
        return self.reason if POLICY[self.kind].says_reason else None


def news_since(signed_in_at: datetime | None, handed_over_at: datetime | None, now: datetime) -> datetime:
    """Return the instant from which cases are told as new, a day ago at most.

    It is when somebody else last took over, so that whoever signs in to take over reads what the one before them has had; a sign-in
    before that counts from itself. Where nobody has ever taken over it is a day ago.
    """
    earliest = now - NEWS_AT_MOST
    told = [at for at in (signed_in_at, handed_over_at) if at is not None]
    return earliest if handed_over_at is None else max(min(told), earliest)


def is_said_again(last: BoardHandOver | None, user_id: UUID, now: datetime) -> bool:
    """Tell whether the person's word repeats the town's *last* hand-over."""
    return last is not None and last.taken_by == user_id and now - last.taken_at <= AGAIN_WITHIN
