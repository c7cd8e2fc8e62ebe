"""One waking of a device: why, for how long, and for which attempt."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from schemas.messages import Command
from schemas.vocabulary import Show

Key = tuple[UUID, int]
"""An attempt: the check's id and the attempt's number."""


@dataclass(frozen=True, slots=True)
class Waking:
    """One waking: why, for how long, and until when it is of use."""

    kind: str
    seconds: int
    show: Show
    ends_at: datetime
    check_id: UUID | None
    attempt: int | None
    command_id: UUID | None = None

    @property
    def purpose(self) -> Literal["empty", "trial"] | None:
        """The purpose of a mounting's session; None for a look that a check waits for."""
        return "empty" if self.kind == "empty" else "trial" if self.kind == "trial" else None

    @property
    def key(self) -> Key | None:
        """The attempt that this look makes; None for a live look."""
        return None if self.check_id is None or self.attempt is None else (self.check_id, self.attempt)


def waking_of(command: Command) -> Waking:
    """Return *command* as the look that it asks for; only one of kind ``attempt`` makes an attempt."""
    check_id, attempt = (command.check_id, command.attempt) if command.kind == "attempt" else (None, None)
    return Waking(
        command.kind, command.seconds, command.show, command.expires_at, check_id, attempt, command.command_id
    )
