"""Pictures and live frames in memory, from their arrival to the screen of the case's holder; never anywhere else.

Every replica hears every picture and keeps one only when its *committed* session needs a human. It holds a bounded
number of bytes and evicts by priority, then age, never what somebody has claimed. A picture is gone when its case
closes, ten minutes after its first view, or thirty after it came; all of them are gone if this replica loses the
timeline for ten seconds, since it then no longer knows what has closed (docs/pictures.md#how-long-one-is-kept).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

import structlog

from alarm_center import message_reader, metrics
from schemas import topics, wire
from schemas.limits import FRAMES_AWAITED_SECONDS
from schemas.messages import HomePicture, HomeSession, LiveFrame, Picture, Session
from schemas.vocabulary import Refusal

log = structlog.get_logger()

UNCOMMITTED_SECONDS: Final = 30.0
VIEWED_SECONDS: Final = 600.0
KEPT_SECONDS: Final = 1800.0
BLIND_SECONDS: Final = 10.0

Key = tuple[str, str]
"""Town and session id."""


@dataclass(frozen=True, slots=True)
class CommittedSession:
    """A session whose finding is in the database. ``needed``: a person has to see its pictures."""

    org: str
    session_id: str
    needed: bool
    priority: int = 3
    check_id: UUID | None = None
    alarm_id: UUID | None = None
    resident_id: UUID | None = None


@dataclass(slots=True)
class KeptSession:
    """A session's frames, and the facts that decide how long they stay."""

    picture: Picture | None
    size: int
    came: float
    needed: bool = False
    cases: list[CommittedSession] = field(default_factory=list)
    """Cases that the session is for: two, where it is one look at two residents."""
    claimed: bool = False
    first_view: float | None = None

    @property
    def priority(self) -> int:
        """The most urgent priority of its cases."""
        return min((case.priority for case in self.cases), default=3)


@dataclass(slots=True)
class LiveView:
    """The newest frame of a live look, which *device* alone may send."""

    device: str
    newest: LiveFrame | None = None
    came: float = 0.0


@dataclass(slots=True)
class Pictures:
    """The pictures of one replica. *clock* is monotonic, seconds."""

    limit: int
    clock: Callable[[], float]
    timeline_read_at: float = field(default=float("-inf"))
    _kept: dict[Key, KeptSession] = field(default_factory=dict)
    _live: dict[tuple[str, UUID], LiveView] = field(default_factory=dict)
    _claimed_alarms: set[UUID] = field(default_factory=set)
    _wanted: dict[Key, KeptSession] = field(default_factory=dict)
    """Committed sessions, by the timeline, whose picture has not come yet."""

    # ---- from MQTT ----

    async def on_picture(self, topic: str, payload: bytes) -> None:
        """Keep the frames of one session; a message that cannot be read is dropped and counted."""
        picture = message_reader.read_message(Picture, topic, payload)
        if picture is not None:
            self.keep_uncommitted(picture)

    async def on_home_picture(self, topic: str, payload: bytes) -> None:
        """Keep the frames that a home sends of a session that was judged there."""
        picture = message_reader.read_message(HomePicture, topic, payload)
        if picture is not None:
            self.keep_uncommitted(picture)

    async def on_home_session(self, topic: str, payload: bytes) -> None:
        """Keep the frames of a session that nobody judged at home."""
        await self._keep_session(HomeSession, topic, payload)

    async def on_session(self, topic: str, payload: bytes) -> None:
        """Keep the frames of a session itself, while no detector is alive."""
        await self._keep_session(Session, topic, payload)

    async def _keep_session(self, kind: type[Session], topic: str, payload: bytes) -> None:
        try:
            session = wire.decode(kind, payload, topics.parse(topic))
        except (topics.BadTopic, wire.Refused):
            return  # the inbox has counted it
        self.keep_uncommitted(
            Picture(session_id=session.session_id, org=session.org, device=session.device, frames=session.frames)
        )

    async def on_live(self, topic: str, payload: bytes) -> None:
        """Keep the newest frame of a live look; older frames and those that nobody asked for are dropped.

        Refused: a frame for a command that another device got. Its sender would choose what somebody sees of a home.
        """
        frame = message_reader.read_message(LiveFrame, topic, payload)
        live = self._live.get((frame.org, frame.command_id)) if frame is not None else None
        if frame is None or live is None:
            return
        if frame.device != live.device:
            detail = f"{topic}: command {frame.command_id} is for {live.device}"
            message_reader.count_refusal("live", Refusal.TOPIC_MISMATCH, detail)
        elif live.newest is None or frame.sequence > live.newest.sequence:
            live.newest, live.came = frame, self.clock()

    def keep_uncommitted(self, picture: Picture) -> None:
        """Keep *picture* for now: until the timeline says whether anybody needs it, at most 30 s."""
        if not picture.frames:
            return
        key = (picture.org, picture.session_id)
        kept = self._wanted.pop(key, None) or self._kept.get(key) or KeptSession(None, 0, self.clock())
        # ``came`` stays: a session that is sent again is not a newer picture.
        kept.picture, kept.size = picture, sum(len(f.jpeg) for f in picture.frames)
        self._kept[key] = kept
        self._make_room()

    # ---- from the timeline ----

    def apply_commit(self, committed: CommittedSession) -> None:
        """Keep the pictures of a session that a person has to see, and drop those of any other at once."""
        key = (committed.org, committed.session_id)
        kept = self._kept.get(key)
        if not committed.needed:
            others = [case for case in kept.cases if case.check_id != committed.check_id] if kept is not None else []
            if kept is None or not others:
                self._drop(key)
            else:
                kept.cases = others
            return
        if kept is None:
            kept = self._wanted[key] = KeptSession(None, 0, self.clock())
        kept.needed = True
        # Said again of the same case, when a detector has judged the session at last, it takes the place of what was said.
        kept.cases = [case for case in kept.cases if case.check_id != committed.check_id] + [committed]
        kept.claimed = any(case.alarm_id in self._claimed_alarms for case in kept.cases)

    def move_to_alarm(self, check_id: UUID, alarm_id: UUID, priority: int) -> None:
        """Move a check's pictures to the alarm that it has become."""
        for kept in self._every_session():
            kept.cases = [
                replace(case, alarm_id=alarm_id, priority=priority) if case.check_id == check_id else case
                for case in kept.cases
            ]

    def set_claimed(self, alarm_id: UUID, claimed: bool) -> None:
        """Mark the alarm's pictures, also those to come, as claimed or not; claimed pictures are never evicted."""
        (self._claimed_alarms.add if claimed else self._claimed_alarms.discard)(alarm_id)
        for kept in self._every_session():
            if any(case.alarm_id == alarm_id for case in kept.cases):
                kept.claimed = any(case.alarm_id in self._claimed_alarms for case in kept.cases)

    def drop_case(self, *, check_id: UUID | None = None, alarm_id: UUID | None = None) -> None:
        """Drop the pictures of a case that has ended, unless they are another open case's too."""
        if alarm_id is not None:
            self._claimed_alarms.discard(alarm_id)
        for key, kept in [*self._kept.items(), *self._wanted.items()]:
            left = [
                case
                for case in kept.cases
                if not (alarm_id is not None and case.alarm_id == alarm_id)
                and not (check_id is not None and case.check_id == check_id and case.alarm_id is None)
            ]
            if kept.cases and not left:
                self._drop(key)
            kept.cases = left
            kept.claimed = any(case.alarm_id in self._claimed_alarms for case in left)

    def drop_resident(self, resident_id: UUID | None) -> None:
        """Drop every picture of a resident whose consent was withdrawn."""
        for key, kept in [*self._kept.items(), *self._wanted.items()]:
            if any(case.resident_id == resident_id for case in kept.cases):
                self._drop(key)

    def drop_session(self, org: str, session_id: str) -> None:
        """Drop the frames of a refused session."""
        self._drop((org, session_id))

    # ---- to the screen ----

    def fetch_picture(self, org: str, session_id: str) -> Picture | None:
        """Sweep, and return the session's frames; ``None`` if they are gone or were never here. This is no view."""
        self.sweep()
        kept = self._kept.get((org, session_id))
        return kept.picture if kept is not None and kept.needed else None

    def view_picture(self, org: str, session_id: str) -> Picture | None:
        """Return the session's frames for a view, and start the ten minutes after the first one.

        The caller has committed the look before it asks (docs/pictures.md#who-sees-one).
        """
        picture = self.fetch_picture(org, session_id)
        if picture is not None:
            kept = self._kept[(org, session_id)]
            kept.first_view = kept.first_view if kept.first_view is not None else self.clock()
        return picture

    def expect_live(self, org: str, device: str, command_id: UUID) -> None:
        """Keep the frames that *device* sends for this command, from now on."""
        self._live.setdefault((org, command_id), LiveView(device, came=self.clock()))

    def live_frame(self, org: str, command_id: UUID) -> LiveFrame | None:
        """Return the newest frame of a live look, or ``None`` when none has come."""
        live = self._live.get((org, command_id))
        return live.newest if live is not None else None

    # ---- time ----

    def note_timeline_read(self) -> None:
        """Note that the timeline was read to its end just now."""
        self.timeline_read_at = self.clock()

    def sweep(self) -> None:
        """Drop the pictures whose time is over; all of them, if the timeline has been silent for ten seconds."""
        at = self.clock()
        if at - self.timeline_read_at > BLIND_SECONDS:
            if self._kept:
                log.warning("pictures_purged", why="timeline lost", sessions=len(self._kept))
            self._kept.clear()
            self._wanted.clear()
            self._live.clear()
        for key, kept in list(self._kept.items()):
            unwanted = not kept.needed and at - kept.came > UNCOMMITTED_SECONDS
            seen = kept.first_view is not None and at - kept.first_view > VIEWED_SECONDS
            if unwanted or seen or at - kept.came > KEPT_SECONDS:
                self._drop(key)
        for key, kept in list(self._wanted.items()):
            if at - kept.came > FRAMES_AWAITED_SECONDS:
                del self._wanted[key]
        for look, live in list(self._live.items()):
            if at - live.came > UNCOMMITTED_SECONDS:
                del self._live[look]
        metrics.PICTURE_BYTES.set(self.size)

    @property
    def size(self) -> int:
        """Bytes in memory now."""
        return sum(kept.size for kept in self._kept.values())

    def _every_session(self) -> Iterator[KeptSession]:
        yield from self._kept.values()
        yield from self._wanted.values()

    def _drop(self, key: Key) -> None:
        self._kept.pop(key, None)
        self._wanted.pop(key, None)

    def _make_room(self) -> None:
        """Evict the least urgent, then the oldest, until the rest fits; never a claimed one."""
        over = self.size - self.limit
        if over <= 0:
            return
        # One whose commit has not come yet may be anything: it counts as the most urgent for its seconds.
        order = sorted(self._kept.items(), key=lambda item: (-item[1].priority if item[1].needed else -1, item[1].came))
        for key, kept in order:
            if over <= 0:
                return
            if not kept.claimed:
                over -= kept.size
                self._drop(key)
                log.warning("picture_evicted", session_id=key[1], bytes=kept.size)
