"""What one gateway knows and may do: its clock, its list, when it looks, and which sessions it still owes.

Pure: no I/O, no clock, no chance. Calls are given *t*, seconds of a clock that only goes forward; the time of day is
the centre's last pulse plus what has passed of *t* since. The shell around it (:mod:`gateway.service`) tells it what
happened, then asks ``next_look``, ``next_copy`` and their like what to do.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from schemas import limits
from schemas.messages import Capture, Command, Config, Preflight, Profile, Status
from schemas.vocabulary import Link, Show

Key = tuple[UUID, int]
"""An attempt: the check's id and the attempt's number."""

PREFLIGHTS_BEFORE: Final = (timedelta(minutes=10), timedelta(minutes=2))
GRACE: Final = timedelta(seconds=limits.GRACE_SECONDS)
REMEMBER: Final = timedelta(hours=limits.CONFIG_AHEAD_HOURS)
"""How long a look that was made, or a command that was heard, is remembered past its end."""


class IllegalMove(Exception):
    """This cannot happen in the state that the gateway is in; nothing has changed."""


class Ignored(Exception):
    """A message that asks for nothing new. ``reason`` is counted and logged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Look:
    """One waking: why, for how long, and until when it is of use."""

    kind: str
    seconds: int
    show: Show
    ends_at: datetime
    check_id: UUID | None
    attempt: int | None
    command_id: UUID | None = None

    @property
    def key(self) -> Key | None:
        """The attempt that this look makes; None for a live look."""
        return None if self.check_id is None or self.attempt is None else (self.check_id, self.attempt)


class Copy(StrEnum):
    """Where the newest copy of a kept session is."""

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
"""What becomes of a kept session. From each state a receipt, or its time running out, ends it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A session in memory: its bytes as they go on the wire, and how often the broker has had them."""

    session_id: str
    payload: bytes
    ends_at: datetime
    copy: Copy = Copy.HERE
    acknowledged: int = 0
    again_at: float = 0.0


class Home:
    """The state of one gateway. Methods are told what happened, or asked what is to be done, at *t*."""

    def __init__(self, boot: str | None = None) -> None:
        """*boot* names this start of the gateway: another than every one before it."""
        self.boot, self._connection = boot, 0
        self.config: Config | None = None
        self._connected = False
        self._fresh = False
        self._pulse: tuple[datetime, float] | None = None
        self._commands: dict[UUID, Command] = {}
        self._heard: dict[UUID, datetime] = {}
        self._made: dict[Key, datetime] = {}
        self._looking: Look | None = None
        self._withdrawn = False
        self._kept: dict[str, Kept] = {}
        self._checked: dict[tuple[Key, timedelta], datetime] = {}
        self._preflights: dict[Key, str | None] = {}
        self._sequence = 0
        self._reported: tuple[object, ...] | None = None
        self._report_at: float | None = None

    # The link and the clock

    def dial(self, software: str) -> Status:
        """Number the connection that is about to be made; return its last will."""
        self._connection += 1
        return self.goodbye(software)

    def goodbye(self, software: str) -> Status:
        """Return the status that ends this connection."""
        return Status(
            link=Link.GONE,
            software=software,
            boot=self.boot,
            connection=self._connection,
            sequence=self._sequence,
        )

    def connect(self) -> None:
        """The broker has taken us. The config that was received before counts only when it is received again."""
        self._connected, self._fresh = True, False
        self._report_at = None

    def disconnect(self) -> None:
        """The link is gone: every session that has no receipt will go again when it is back."""
        self._connected, self._fresh = False, False
        for session_id in self._kept:
            self._move(session_id, "link_lost")

    def hear_pulse(self, now: datetime, t: float) -> None:
        """The centre says that it is *now*."""
        self._pulse = (now, t)

    def clock(self, t: float) -> datetime | None:
        """Return the time of day: the last pulse and what has passed since; None before the first."""
        return None if self._pulse is None else self._pulse[0] + timedelta(seconds=t - self._pulse[1])

    def awake_allowed(self, t: float) -> bool:
        """Return whether somebody may look, and the centre was heard: within the last minute, its config on this link."""
        recent = self._pulse is not None and t - self._pulse[1] <= limits.PULSE_SILENCE_SECONDS
        may_look = self.config is not None and not self.config.withdrawn
        return self._connected and self._fresh and may_look and recent

    # What the centre wants

    def take_config(self, config: Config | None) -> None:
        """Take the wanted state; None is an emptied topic: the device is bound to nobody.

        A config that says ``withdrawn`` ends the look under way and forgets the commands, as an emptied topic does. A
        list that is merely empty does not: the last attempt may just have been answered. On one connection an older
        version never replaces a newer one: two replicas may publish at once.

        Raises:
            Ignored: *config* is older than the one that was received on this connection.
        """
        if config and self._fresh and self.config and config.version < self.config.version:
            raise Ignored(f"config {config.version} is older than {self.config.version}")
        self.config, self._fresh = config, config is not None
        if config is None or config.withdrawn:
            self._commands.clear()
            self._withdrawn = self._looking is not None
        listed = {(a.check_id, a.attempt) for a in config.attempts} if config else set()
        self._preflights = {key: fault for key, fault in self._preflights.items() if key in listed}

    def take_command(self, command: Command, t: float) -> None:
        """Take a wish to look for an open case.

        Raises:
            Ignored: it was heard before, has expired, or makes a made attempt; or the device may not wake, or look.
        """
        now = self.clock(t)
        if self.config is not None and self.config.withdrawn:
            raise Ignored("command while nobody may look")
        if now is None or not self.awake_allowed(t):
            raise Ignored("command before pulse and config")
        if command.command_id in self._heard:
            raise Ignored("command heard before")
        if command.expires_at <= now:
            raise Ignored("command expired")
        self._heard[command.command_id] = command.expires_at
        if _of_command(command).key in self._made:
            raise Ignored("attempt already made")
        self._commands[command.command_id] = command

    @property
    def capture(self) -> Capture:
        """How the camera is to be read."""
        return self.config.capture if self.config else Capture()

    @property
    def profile(self) -> Profile:
        """What the detector has to know of the room."""
        return self.config.profile if self.config else Profile()

    # Looking

    def next_look(self, t: float) -> Look | None:
        """Return what the device has to wake for at *t*, or None: asleep, already looking, or not allowed.

        What is on the list goes before commands; among equals, what ends first.
        """
        now = self.clock(t)
        if now is None or self.config is None or self._looking or not self.awake_allowed(t):
            return None
        listed = [
            Look("attempt", a.seconds, a.show, a.closes_at, a.check_id, a.attempt)
            for a in self.config.attempts
            if a.opens_at <= now <= a.closes_at and (a.check_id, a.attempt) not in self._made
        ]
        asked = [
            look
            for look in map(_of_command, self._commands.values())
            if now < look.ends_at and (look.key is None or look.key not in self._made)
        ]
        for looks in (listed, asked):
            if looks:
                return min(looks, key=lambda look: look.ends_at)
        return None

    def begin(self, look: Look, t: float) -> None:
        """The device wakes for *look*, which will never be made again.

        Raises:
            IllegalMove: it is not what ``next_look`` says at *t*.
        """
        if look != self.next_look(t):
            raise IllegalMove(f"look {look.kind} {look.key or look.command_id}: not allowed now")
        if look.key is not None:
            self._made[look.key] = look.ends_at
        if look.command_id is not None:
            del self._commands[look.command_id]
        self._looking, self._withdrawn = look, False

    @property
    def looking(self) -> Look | None:
        return self._looking

    @property
    def withdrawn(self) -> bool:
        """Whether the right to the look under way was taken back: it ends now and nothing of it is sent."""
        return self._withdrawn

    def end(self, session_id: str | None = None, payload: bytes = b"") -> bool:
        """The device is dark again. Keep the session that the look gave, if any; return whether it is kept.

        Raises:
            IllegalMove: the device was not looking, or *session_id* is kept already.
        """
        look = self._looking
        if look is None or session_id in self._kept:
            raise IllegalMove(f"session {session_id}: the device was not looking, or it is kept already")
        withdrawn, self._looking, self._withdrawn = self._withdrawn, None, False
        if session_id is None or withdrawn:
            return False
        self._kept[session_id] = Kept(session_id, payload, look.ends_at + GRACE)
        return True

    # Sessions until their receipt

    @property
    def owed(self) -> tuple[Kept, ...]:
        """The sessions that no receipt has ended."""
        return tuple(self._kept.values())

    def next_copy(self, t: float) -> Kept | None:
        """Return a session that has to go to the broker now, or None."""
        if not self._connected:
            return None
        for kept in self.owed:
            if kept.copy is Copy.AT_BROKER and kept.again_at <= t:
                self._move(kept.session_id, "waited")
        return next((kept for kept in self.owed if kept.copy is Copy.HERE), None)

    def sent(self, session_id: str) -> None:
        """A copy is on its way; there is no second one until the broker has it or the link is lost.

        Raises:
            IllegalMove: a copy is on its way or at the broker already, or the session is ended.
        """
        self._move(session_id, "sent")

    def acknowledged(self, session_id: str, t: float, chance: float) -> None:
        """The broker has it. Without a receipt it goes again after 20, 40, then each 80 s, ± a third.

        *chance* is from 0 to 1. A session that its receipt has ended meanwhile is let be.
        """
        if session_id not in self._kept:
            return
        self._move(session_id, "acknowledged")
        kept = self._kept[session_id]
        wait = limits.RESEND_SECONDS[min(kept.acknowledged, len(limits.RESEND_SECONDS) - 1)]
        again_at = t + wait * (2 / 3 + chance * 2 / 3)
        self._kept[session_id] = replace(kept, acknowledged=kept.acknowledged + 1, again_at=again_at)

    def take_receipt(self, session_id: str) -> None:
        """The centre has it, or never will: forget the session and its pictures.

        Raises:
            Ignored: no such session is kept.
        """
        if self._kept.pop(session_id, None) is None:
            raise Ignored("receipt for no kept session")

    def drop_expired(self, t: float) -> tuple[str, ...]:
        """Forget sessions past their limit, and old memories; return the sessions' ids."""
        now = self.clock(t)
        if now is None:
            return ()
        dropped = tuple(kept.session_id for kept in self.owed if now > kept.ends_at)
        for session_id in dropped:
            del self._kept[session_id]
        self._commands = {id_: c for id_, c in self._commands.items() if c.expires_at > now}
        self._heard = {id_: end for id_, end in self._heard.items() if end + REMEMBER > now}
        self._made = {key: end for key, end in self._made.items() if end + REMEMBER > now}
        self._checked = {key: end for key, end in self._checked.items() if end + REMEMBER > now}
        return dropped

    def _move(self, session_id: str, event: str) -> None:
        kept = self._kept.get(session_id)
        state = None if kept is None else MOVES.get((kept.copy, event))
        if kept is None or state is None:
            raise IllegalMove(f"session {session_id}: {event} while {kept.copy if kept else 'not kept'}")
        self._kept[session_id] = replace(kept, copy=state)

    # What is reported

    def preflights_due(self, t: float) -> frozenset[Key]:
        """Return the attempts before which the camera has to be tried now, without a picture."""
        now = self.clock(t)
        if now is None or self.config is None or self._looking or not self.awake_allowed(t):
            return frozenset()
        due = set()
        for attempt in self.config.attempts:
            key = (attempt.check_id, attempt.attempt)
            passed = [before for before in PREFLIGHTS_BEFORE if attempt.opens_at - before <= now < attempt.opens_at]
            if passed and key not in self._made and (key, min(passed)) not in self._checked:
                due.add(key)
        return frozenset(due)

    def preflown(self, keys: frozenset[Key], fault: str | None, t: float) -> None:
        """The camera was tried for *keys*: *fault* says why it did not open, None that it did."""
        now = self.clock(t)
        listed = {(a.check_id, a.attempt): a for a in self.config.attempts} if self.config else {}
        for key in keys & listed.keys():
            self._preflights[key] = fault
            for before in PREFLIGHTS_BEFORE:
                if now is not None and listed[key].opens_at - before <= now:
                    self._checked[key, before] = listed[key].closes_at

    def report(
        self, t: float, *, camera_ok: bool | None, fault: str | None, software: str, wall: datetime
    ) -> Status | None:
        """Return the status to send now: each minute, on change and on a new connection; else None.

        *wall* is the device's own clock, which is reported and never used.
        """
        version = self.config.version if self.config and self._fresh else None
        state = (version, camera_ok, fault, tuple(self._preflights.items()))
        if not self._connected:
            return None
        if self._report_at is not None and t < self._report_at and state == self._reported:
            return None
        self._report_at, self._reported = t + limits.STATUS_SECONDS, state
        self._sequence += 1
        now = self.clock(t)
        flown = list(self._preflights.items())[-50:]
        return Status(
            link=Link.UP,
            config_version=version,
            software=software,
            camera_ok=camera_ok,
            fault=fault,
            wall_offset_s=None if now is None else round((wall - now).total_seconds(), 1),
            pending_sessions=len(self._kept),
            preflight=tuple(Preflight(check_id=k[0], attempt=k[1], fault=f) for k, f in flown),
            boot=self.boot,
            connection=self._connection,
            sequence=self._sequence,
        )


def _of_command(command: Command) -> Look:
    """Return *command* as the look that it asks for; a live look makes no attempt."""
    check_id, attempt = (None, None) if command.kind == "live" else (command.check_id, command.attempt)
    return Look(command.kind, command.seconds, command.show, command.expires_at, check_id, attempt, command.command_id)
