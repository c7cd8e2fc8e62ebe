"""Frames of sessions that were judged at home: kept until a minute after the receipt, and sent where a person has to look.

Pure. The centre may need a person where the home saw no need, and asks for the frames by its receipt (ADR 0051).
"""

from dataclasses import dataclass, field, replace
from typing import Final

KEPT_S: Final = 60.0
"""Seconds for which frames stay after their session's receipt."""


@dataclass(frozen=True, slots=True)
class KeptFrames:
    """One session's bytes as they were judged, with its frames. ``until`` is on the gateway's clock; None before the receipt."""

    session_id: str
    payload: bytes
    wanted: bool
    until: float | None = None
    on_its_way: bool = False
    smallest: bool = False


@dataclass(slots=True)
class FrameStore:
    """The frames of one home, in the order in which they were judged."""

    _kept: dict[str, KeptFrames] = field(default_factory=dict)

    @property
    def on_their_way(self) -> bool:
        """Frames are on the line now."""
        return any(frames.on_its_way for frames in self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, session_id: str, payload: bytes, *, wanted: bool) -> None:
        """Keep a judged session's bytes; *wanted*: a person has to see its frames. Kept ones stay as they are."""
        self._kept.setdefault(session_id, KeptFrames(session_id, payload, wanted))

    def take_receipt(self, session_id: str, t: float, *, wanted: bool) -> None:
        """The centre has the finding at *t*; *wanted*: it asks for the frames."""
        if (kept := self._kept.get(session_id)) is not None:
            until = kept.until if kept.until is not None else t + KEPT_S
            self._kept[session_id] = replace(kept, until=until, wanted=kept.wanted or wanted)

    def next_wanted(self) -> KeptFrames | None:
        """Return the frames that have to go to the broker now; None while others are on the line, or none have to."""
        if self.on_their_way:
            return None
        return next((frames for frames in self._kept.values() if frames.wanted), None)

    def wanted_of(self, session_id: str) -> KeptFrames | None:
        """Return the session's frames if they still have to go."""
        kept = self._kept.get(session_id)
        return kept if kept is not None and kept.wanted else None

    def mark_sent(self, session_id: str) -> None:
        """The frames are on the line."""
        self._change(session_id, on_its_way=True)

    def mark_acknowledged(self, session_id: str) -> None:
        """The broker has them: they go again only if the centre asks."""
        self._change(session_id, on_its_way=False, wanted=False)

    def shrink(self, session_id: str, payload: bytes, *, smallest: bool) -> None:
        """Let the frames go as those of *payload* from now on."""
        self._change(session_id, payload=payload, smallest=smallest)

    def lose_link(self) -> None:
        """Frames that were on the line go again."""
        for session_id in self._kept:
            self._change(session_id, on_its_way=False)

    def forget(self, session_id: str) -> None:
        """Forget one session's frames."""
        self._kept.pop(session_id, None)

    def forget_all(self) -> None:
        """Forget every frame: nobody may look here any more."""
        self._kept.clear()

    def forget_old(self, t: float) -> None:
        """Forget the frames whose minute is over at *t*, but for those that are on the line."""
        for kept in [*self._kept.values()]:
            if kept.until is not None and kept.until < t and not kept.on_its_way:
                del self._kept[kept.session_id]

    def _change(self, session_id: str, **changes: object) -> None:
        if (kept := self._kept.get(session_id)) is not None:
            self._kept[session_id] = replace(kept, **changes)  # type: ignore[arg-type]  # names of fields, of this file
