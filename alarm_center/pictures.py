"""Pictures in memory, from the detector to the screen of whoever holds the case; never anywhere else (design §2.5, §9).

Every replica hears every picture and keeps one only when its *committed* session needs a human. It holds a bounded
number of bytes and evicts by priority, then age, never what somebody has claimed. A picture is gone when its case
closes, ten minutes after its first view, or thirty after it came; all of them are gone if this replica loses the
timeline for ten seconds, since it then no longer knows what has closed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from alarm_center import incoming, metrics
from schemas import topics, wire
from schemas.messages import LiveFrame, Picture, Session
from schemas.vocabulary import Refusal

log = structlog.get_logger()

UNCOMMITTED_SECONDS: Final = 30.0
VIEWED_SECONDS: Final = 600.0
KEPT_SECONDS: Final = 1800.0
BLIND_SECONDS: Final = 10.0

Key = tuple[str, str]
"""Town and session id."""


@dataclass(slots=True)
class Kept:
    """One session's frames, and what decides how long they stay."""

    picture: Picture | None
    size: int
    came: float
    needed: bool = False
    priority: int = 3
    claimed: bool = False
    check_id: UUID | None = None
    alarm_id: UUID | None = None
    resident_id: UUID | None = None
    first_view: float | None = None


@dataclass(slots=True)
class Live:
    """The newest frame of a live look, which *device* alone may send."""

    device: str
    newest: LiveFrame | None = None
    came: float = 0.0


@dataclass(slots=True)
class Pictures:
    """The pictures of one replica. *clock* is monotonic, seconds."""

    limit: int
    clock: Callable[[], float]
    heard_timeline: float = field(default=float("-inf"))
    _kept: dict[Key, Kept] = field(default_factory=dict)
    _live: dict[tuple[str, UUID], Live] = field(default_factory=dict)
    _held: set[UUID] = field(default_factory=set)
    _wanted: dict[Key, Kept] = field(default_factory=dict)
    """What the timeline said of sessions whose picture has not come yet."""

    # ---- from MQTT ----

    async def on_picture(self, topic: str, payload: bytes) -> None:
        """Take the frames of one session; one that cannot be read is dropped and counted."""
        picture = incoming.read(Picture, topic, payload)
        if picture is not None:
            self.put(picture)

    async def on_session(self, topic: str, payload: bytes) -> None:
        """While no detector is alive, take the frames from the session itself."""
        try:
            session = wire.decode(Session, payload, topics.parse(topic))
        except (topics.BadTopic, wire.Refused):
            return  # the inbox has counted it
        self.put(Picture(session_id=session.session_id, org=session.org, device=session.device, frames=session.frames))

    async def on_live(self, topic: str, payload: bytes) -> None:
        """Take the newest frame of a live look; older ones and those that nobody asked for are dropped.

        Refused: a frame for a command that another device got. Its sender would choose what somebody sees of a home.
        """
        frame = incoming.read(LiveFrame, topic, payload)
        live = self._live.get((frame.org, frame.command_id)) if frame is not None else None
        if frame is None or live is None:
            return
        if frame.device != live.device:
            detail = f"{topic}: command {frame.command_id} is for {live.device}"
            incoming.refuse("live", Refusal.TOPIC_MISMATCH, detail)
        elif live.newest is None or frame.sequence > live.newest.sequence:
            live.newest, live.came = frame, self.clock()

    def put(self, picture: Picture) -> None:
        """Keep *picture* for now: until the timeline says whether anybody needs it, at most 30 s."""
        if not picture.frames:
            return
        key = (picture.org, picture.session_id)
        kept = self._wanted.pop(key, None) or self._kept.get(key) or Kept(None, 0, self.clock())
        # ``came`` stays: a session that is sent again is not a newer picture.
        kept.picture, kept.size = picture, sum(len(f.jpeg) for f in picture.frames)
        self._kept[key] = kept
        self._make_room()

    # ---- from the timeline ----

    def committed(
        self,
        org: str,
        session_id: str,
        *,
        needed: bool,
        check_id: UUID | None,
        alarm_id: UUID | None,
        resident_id: UUID | None,
        priority: int,
    ) -> None:
        """The session's finding is in the database; its picture is needed by a person, or goes at once."""
        key = (org, session_id)
        kept = self._kept.get(key)
        if not needed:
            self._forget(key)
            return
        if kept is None:
            kept = self._wanted[key] = Kept(None, 0, self.clock())
        kept.needed, kept.check_id, kept.alarm_id, kept.priority = True, check_id, alarm_id, priority
        kept.resident_id = resident_id
        kept.claimed = alarm_id in self._held

    def joined(self, check_id: UUID, alarm_id: UUID, priority: int) -> None:
        """A check has become an alarm: its pictures go with the alarm now."""
        for kept in self._all():
            if kept.check_id == check_id:
                kept.alarm_id, kept.priority = alarm_id, priority

    def claimed(self, alarm_id: UUID, on: bool) -> None:
        """Somebody holds the case, or no longer does; a held case's pictures are never evicted, those to come neither."""
        (self._held.add if on else self._held.discard)(alarm_id)
        for kept in self._all():
            if kept.alarm_id == alarm_id:
                kept.claimed = on

    def closed(self, *, check_id: UUID | None = None, alarm_id: UUID | None = None) -> None:
        """The case has ended: its pictures are gone."""
        if alarm_id is not None:
            self._held.discard(alarm_id)
        for key, kept in [*self._kept.items(), *self._wanted.items()]:
            by_alarm = alarm_id is not None and kept.alarm_id == alarm_id
            by_check = check_id is not None and kept.check_id == check_id and kept.alarm_id is None
            if by_alarm or by_check:
                self._forget(key)

    def closed_of_resident(self, resident_id: UUID | None) -> None:
        """Consent was withdrawn: nobody sees another byte of this resident."""
        for key, kept in [*self._kept.items(), *self._wanted.items()]:
            if kept.resident_id == resident_id:
                self._forget(key)

    def forget(self, org: str, session_id: str) -> None:
        """These frames are gone: consent was withdrawn, or there is a guest."""
        self._forget((org, session_id))

    # ---- to the screen ----

    def frames(self, org: str, session_id: str) -> Picture | None:
        """Return the session's frames, or ``None``: they are gone, or were never here. Does not count as a view."""
        self.sweep()
        kept = self._kept.get((org, session_id))
        return kept.picture if kept is not None and kept.needed else None

    def view(self, org: str, session_id: str) -> Picture | None:
        """Return the same, and start the ten minutes after the first view.

        The caller has committed the look before it asks (design §2.6).
        """
        picture = self.frames(org, session_id)
        if picture is not None:
            kept = self._kept[(org, session_id)]
            kept.first_view = kept.first_view if kept.first_view is not None else self.clock()
        return picture

    def expect_live(self, org: str, device: str, command_id: UUID) -> None:
        """Somebody looks through *device*: take this command's frames from it."""
        self._live.setdefault((org, command_id), Live(device, came=self.clock()))

    def live(self, org: str, command_id: UUID) -> LiveFrame | None:
        """Return the newest frame of a live look, or ``None`` when none has come."""
        live = self._live.get((org, command_id))
        return live.newest if live is not None else None

    # ---- time ----

    def timeline_heard(self) -> None:
        """The timeline was read just now, to its end."""
        self.heard_timeline = self.clock()

    def sweep(self) -> None:
        """Let go of what has had its time; of everything, if the timeline has been silent for ten seconds."""
        at = self.clock()
        if at - self.heard_timeline > BLIND_SECONDS:
            if self._kept:
                log.warning("pictures_purged", why="timeline lost", sessions=len(self._kept))
            self._kept.clear()
            self._wanted.clear()
            self._live.clear()
        for key, kept in list(self._kept.items()):
            unwanted = not kept.needed and at - kept.came > UNCOMMITTED_SECONDS
            seen = kept.first_view is not None and at - kept.first_view > VIEWED_SECONDS
            if unwanted or seen or at - kept.came > KEPT_SECONDS:
                self._forget(key)
        for key, kept in list(self._wanted.items()):
            if at - kept.came > UNCOMMITTED_SECONDS:
                del self._wanted[key]
        for look, live in list(self._live.items()):
            if at - live.came > UNCOMMITTED_SECONDS:
                del self._live[look]
        metrics.PICTURE_BYTES.set(self.size)

    @property
    def size(self) -> int:
        """Bytes held now."""
        return sum(kept.size for kept in self._kept.values())

    def _all(self) -> Iterator[Kept]:
        yield from self._kept.values()
        yield from self._wanted.values()

    def _forget(self, key: Key) -> None:
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
                self._forget(key)
                log.warning("picture_evicted", session_id=key[1], bytes=kept.size)
