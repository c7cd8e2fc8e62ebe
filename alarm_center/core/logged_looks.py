"""Looks as the log has them: the cause that allowed each one, and the lines of a resident's own list."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class LookCause(StrEnum):
    """The cause for which a look was allowed, as the database works it out from the case (view ``fjt.explained_looks``)."""

    CHECK = "check"
    """A check that a person had to look at."""
    RECHECK = "recheck"
    """Its second look."""
    ASKED_AGAIN = "asked_again"
    """A new picture of the check, which a person asked for."""
    ALARM = "alarm"
    """An alarm that came by itself."""
    LIVE = "live"
    """A live look in an alarm that came by itself."""
    OWN_ALARM = "own_alarm"
    """An alarm that this person raised by hand, and no check of it was due."""
    COLLEAGUE_ALARM = "colleague_alarm"
    """An alarm that somebody else raised by hand, and no check of it was due."""
    TRIAL = "trial"
    """A test alarm."""
    MOUNTING = "mounting"
    """An installer's test picture, in the home."""


@dataclass(frozen=True, slots=True)
class LoggedLook:
    """One look in the log, with the cause that allowed it. ``ended_at`` is ``None`` where nobody said that it ended."""

    look_id: UUID
    began_at: datetime
    ended_at: datetime | None
    user_id: UUID
    who: str | None
    roles: tuple[str, ...]
    """The person's roles in the town when they looked; none where that was not written."""
    resident_no: int | None
    resident: str | None
    area: str | None
    kind: str
    clear: bool
    reason: str | None
    """The reason that was given for a clear view."""
    cause: LookCause
    due: bool
    """Some check of the case was due."""
    check_at: datetime | None
    case_no: int | None
    raised_for: str | None
    """The reason that was given for the alarm, where a person opened the case by hand."""

    @property
    def lasted(self) -> timedelta | None:
        """Time between its beginning and its end; ``None`` where nobody said that it ended."""
        return None if self.ended_at is None else self.ended_at - self.began_at


@dataclass(frozen=True, slots=True)
class ListedLook:
    """One line of a resident's list: a person who looked, or (``device``) a camera or sensors that were awake for ``seconds``.

    ``judged``: a computer judged what the device sent.
    """

    at: datetime
    ended_at: datetime | None
    who: str | None
    live: bool
    blurred: bool
    reason: str | None
    cause: LookCause | None
    check_at: datetime | None
    raised_for: str | None
    seconds: int | None
    device: str | None
    judged: bool | None
