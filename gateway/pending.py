"""Sessions that a gateway keeps until their receipt: where the newest copy of each is, and which goes next.

Pure. One copy is on its way at a time, of all of them: a second would keep a status from leaving for as long again.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from schemas import limits


class IllegalStep(Exception):
    """This cannot happen in the state that the gateway is in; nothing has changed."""


class Copy(StrEnum):
    """The place of a pending session's newest copy."""

    HERE = "here"
    ON_ITS_WAY = "on_its_way"
    AT_BROKER = "at_broker"


MOVES: Final[dict[tuple[Copy, str], Copy]] = {
    (Copy.HERE, "sent"): Copy.ON_ITS_WAY,
    (Copy.HERE, "link_lost"): Copy.HERE,
    (Copy.ON_ITS_WAY, "acknowledged"): Copy.AT_BROKER,
    (Copy.ON_ITS_WAY, "link_lost"): Copy.HERE,
    (Copy.AT_BROKER, "waited"): Copy.HERE,
    (Copy.AT_BROKER, "link_lost"): Copy.HERE,
}
"""Transitions of a kept session. From each state a receipt, or its time running out, ends it."""


@dataclass(frozen=True, slots=True)
class PendingSession:
    """A session in memory: its bytes as they go on the wire, and how often the broker has had them."""

    session_id: str
    payload: bytes
    ends_at: datetime
    copy: Copy = Copy.HERE
    acknowledged: int = 0
    again_at: float = 0.0
    smallest: bool = False
    """It cannot be made smaller, however slow the line is."""
    finding: bytes = b""
    """The finding of the judge at home, as it goes on the wire; none before it was judged."""
    frames_first: bool = False
    """Its frames go before it: people look as soon as the finding is there, and nobody on the floor waits for it."""


@dataclass(slots=True)
class PendingSessions:
    """The sessions that no receipt has ended, in the order in which they were made."""

    _kept: dict[str, PendingSession] = field(default_factory=dict)

    @property
    def all(self) -> tuple[PendingSession, ...]:
        return tuple(self._kept.values())

    @property
    def any_on_its_way(self) -> bool:
        """A copy of one of them is on its way now."""
        return any(kept.copy is Copy.ON_ITS_WAY for kept in self._kept.values())

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, session_id: str) -> PendingSession | None:
        """Return the session as it stands, or None: it has ended."""
        return self._kept.get(session_id)

    def add(self, kept: PendingSession) -> None:
        """Keep a new session.

        Raises:
            IllegalStep: one of its id is kept already.
        """
        if kept.session_id in self._kept:
            raise IllegalStep(f"session {kept.session_id}: it is kept already")
        self._kept[kept.session_id] = kept

    def next_copy(self, t: float) -> PendingSession | None:
        """Return the session that has to go to the broker at *t*; None while another is on its way, or none has to."""
        if self.any_on_its_way:
            return None
        for kept in self.all:
            if kept.copy is Copy.AT_BROKER and kept.again_at <= t:
                self.move(kept.session_id, "waited")
        return next((kept for kept in self._kept.values() if kept.copy is Copy.HERE), None)

    def move(self, session_id: str, event: str) -> None:
        """Move a session's newest copy as *event* says.

        Raises:
            IllegalStep: nothing of the kind can happen where it is, or the session has ended.
        """
        kept = self._kept.get(session_id)
        state = None if kept is None else MOVES.get((kept.copy, event))
        if kept is None or state is None:
            raise IllegalStep(f"session {session_id}: {event} while {kept.copy if kept else 'not kept'}")
        self._kept[session_id] = replace(kept, copy=state)

    def acknowledge(self, session_id: str, t: float, chance: float) -> None:
        """The broker has it at *t*: without a receipt it goes again after 20, 40, then each 80 s, ± a third by *chance*, 0 to 1."""
        self.move(session_id, "acknowledged")
        kept = self._kept[session_id]
        wait = limits.RESEND_SECONDS[min(kept.acknowledged, len(limits.RESEND_SECONDS) - 1)]
        again_at = t + wait * (2 / 3 + chance * 2 / 3)
        self._kept[session_id] = replace(kept, acknowledged=kept.acknowledged + 1, again_at=again_at)

    def lose_link(self) -> None:
        """Every copy that was on its way or at the broker may be lost, and goes again."""
        for session_id in self._kept:
            self.move(session_id, "link_lost")

    def shrink(self, session_id: str, payload: bytes, *, smallest: bool) -> None:
        """Let the session go as *payload* from now on; one that has ended meanwhile is let be."""
        if (kept := self._kept.get(session_id)) is not None:
            self._kept[session_id] = replace(kept, payload=payload, smallest=smallest)

    def record_finding(self, session_id: str, finding: bytes, *, frames_first: bool) -> None:
        """Keep what the judge at home has found; a session that has ended meanwhile is let be."""
        if (kept := self._kept.get(session_id)) is not None:
            self._kept[session_id] = replace(kept, finding=finding, frames_first=frames_first)

    def end(self, session_id: str) -> bool:
        """Forget the session and its pictures; return whether it was kept."""
        return self._kept.pop(session_id, None) is not None

    def end_expired(self, now: datetime) -> tuple[str, ...]:
        """Forget the sessions that are past their limit; return their ids."""
        dropped = tuple(kept.session_id for kept in self._kept.values() if now > kept.ends_at)
        for session_id in dropped:
            del self._kept[session_id]
        return dropped
