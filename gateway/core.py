"""State of one gateway from config, pulse, command and receipt: when it wakes, tries its camera, sends again, says its status.

Pure: no I/O, no clock, no chance. Calls are given *t*, seconds of a clock that only goes forward; the time of day is
the centre's last pulse plus what has passed of *t* since. The shell around it (:mod:`gateway.service`) tells it what
happened, then asks ``next_waking``, ``claim_copy`` and their like what to do.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from gateway.kept_frames import FrameStore, KeptFrames
from gateway.line import Line
from gateway.pending import IllegalStep, PendingSession, PendingSessions
from gateway.waking import Key, Waking, waking_of
from schemas import limits
from schemas.messages import Capture, Command, Config, Preflight, Profile, Receipt, Status
from schemas.vocabulary import JudgePlace, LinkState, ReceiptState

PREFLIGHTS_BEFORE: Final = (timedelta(minutes=10), timedelta(minutes=2))
GRACE: Final = timedelta(seconds=limits.GRACE_SECONDS)
REMEMBER: Final = timedelta(hours=limits.CONFIG_AHEAD_HOURS)
"""A look that was made, or a command that was heard, is remembered for so long past its end."""


class Ignored(Exception):
    """A message that asks for nothing new. ``reason`` is counted and logged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


FRESH_S: Final = 10.0
"""A status of this age, in seconds, goes once more before a session does."""


class GatewayState:
    """The state of one gateway. Methods are told what happened, or asked what is to be done, at *t* (seconds, monotonic)."""

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
        self._waking: Waking | None = None
        self._withdrawn = False
        self._pending = PendingSessions()
        self._line = Line()
        self.frames = FrameStore()
        self._checked: dict[tuple[Key, timedelta], datetime] = {}
        self._preflights: dict[Key, str | None] = {}
        self._sequence = 0
        self._reported: tuple[object, ...] | None = None
        self._report_at: float | None = None
        self._reported_at = float("-inf")

    # The link and the clock

    def dial(self, software: str) -> Status:
        """Number the connection that is about to be made; return its last will."""
        self._connection += 1
        return self.goodbye(software)

    def goodbye(self, software: str) -> Status:
        """Return the status that ends this connection."""
        return Status(
            link=LinkState.GONE,
            software=software,
            boot=self.boot,
            connection=self._connection,
            sequence=self._sequence,
        )

    def mark_connected(self) -> None:
        """The broker has taken us. The config that was received before counts only when it is received again."""
        self._connected, self._fresh = True, False
        self._report_at = None

    def mark_disconnected(self) -> None:
        """The link is gone: every session that has no receipt will go again when it is back."""
        self._connected, self._fresh = False, False
        self._pending.lose_link()
        self.frames.lose_link()

    def take_pulse(self, now: datetime, t: float) -> None:
        """The centre says that it is *now*."""
        self._pulse = (now, t)

    def clock(self, t: float) -> datetime | None:
        """Return the time of day: the last pulse and what has passed since; None before the first."""
        return None if self._pulse is None else self._pulse[0] + timedelta(seconds=t - self._pulse[1])

    def may_wake(self, t: float) -> bool:
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
            self.frames.forget_all()
            self._withdrawn = self._waking is not None
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
        if now is None or not self.may_wake(t):
            raise Ignored("command before pulse and config")
        if command.command_id in self._heard:
            raise Ignored("command heard before")
        if command.expires_at <= now:
            raise Ignored("command expired")
        self._heard[command.command_id] = command.expires_at
        if waking_of(command).key in self._made:
            raise Ignored("attempt already made")
        self._commands[command.command_id] = command

    @property
    def capture(self) -> Capture:
        """The config's capture: rate, size and quality of pictures."""
        return self.config.capture if self.config else Capture()

    @property
    def judged_at_home(self) -> bool:
        """Findings of the judge at home are believed, and no others."""
        return self.config is not None and self.config.judge is JudgePlace.HOME

    @property
    def profile(self) -> Profile:
        """The config's profile of the room, which a session carries to the detector."""
        return self.config.profile if self.config else Profile()

    # Looking

    def next_waking(self, t: float) -> Waking | None:
        """Return what the device has to wake for at *t*, or None: asleep, already looking, or not allowed.

        What is on the list goes before commands; among equals, what ends first.
        """
        now = self.clock(t)
        if now is None or self.config is None or self._waking or not self.may_wake(t):
            return None
        listed = [
            Waking("attempt", a.seconds, a.show, a.closes_at, a.check_id, a.attempt)
            for a in self.config.attempts
            if a.opens_at <= now <= a.closes_at and (a.check_id, a.attempt) not in self._made
        ]
        asked = [
            look
            for look in map(waking_of, self._commands.values())
            if now < look.ends_at and (look.key is None or look.key not in self._made)
        ]
        for looks in (listed, asked):
            if looks:
                return min(looks, key=lambda look: look.ends_at)
        return None

    def begin_waking(self, look: Waking, t: float) -> None:
        """The device wakes for *look*, which will never be made again.

        Raises:
            IllegalStep: it is not what ``next_waking`` says at *t*.
        """
        if look != self.next_waking(t):
            raise IllegalStep(f"look {look.kind} {look.key or look.command_id}: not allowed now")
        if look.key is not None:
            self._made[look.key] = look.ends_at
        if look.command_id is not None:
            del self._commands[look.command_id]
        self._waking, self._withdrawn = look, False

    @property
    def waking(self) -> Waking | None:
        return self._waking

    @property
    def withdrawn(self) -> bool:
        """The right to look was taken back during this waking: it ends now and nothing of it is sent."""
        return self._withdrawn

    def end_waking(self, session_id: str | None = None, payload: bytes = b"") -> bool:
        """The device is dark again. Keep the session that the look gave, if any; return whether it is kept.

        Raises:
            IllegalStep: the device was not looking, or *session_id* is kept already.
        """
        look = self._waking
        if look is None or session_id in self._pending:
            raise IllegalStep(f"session {session_id}: the device was not looking, or it is kept already")
        withdrawn, self._waking, self._withdrawn = self._withdrawn, None, False
        if session_id is None or withdrawn:
            return False
        self._pending.add(PendingSession(session_id, payload, look.ends_at + GRACE))
        return True

    # Sessions until their receipt

    @property
    def pending(self) -> tuple[PendingSession, ...]:
        """The sessions that no receipt has ended."""
        return self._pending.all

    def claim_copy(self, t: float) -> PendingSession | None:
        """Return a session that has to go to the broker now, or None: also while another, or frames, are on their way."""
        return self._pending.next_copy(t) if self._connected and not self.frames.on_their_way else None

    def claim_frames(self) -> KeptFrames | None:
        """Return frames that have to go to the broker now, or None: also while a session is on its way."""
        return self.frames.next_wanted() if self._connected and not self._pending.any_on_its_way else None

    def record_finding(self, session_id: str, finding: bytes, *, wanted: bool, urgent: bool) -> PendingSession | None:
        """The judge at home has judged the session; *wanted*: a person has to see its frames, *urgent*: after its finding.

        Return the session as it goes now; None if it has ended meanwhile.
        """
        if (kept := self._pending.get(session_id)) is not None:
            self._pending.record_finding(session_id, finding, frames_first=not urgent)
            self.frames.keep(session_id, kept.payload, wanted=wanted)
        return self._pending.get(session_id)

    def mark_sent(self, session_id: str) -> None:
        """A copy is on its way; there is no second one until the broker has it or the link is lost.

        Raises:
            IllegalStep: a copy is on its way or at the broker already, or the session is ended.
        """
        self._pending.move(session_id, "sent")

    def mark_acknowledged(self, session_id: str, t: float, chance: float) -> None:
        """The broker has it. Without a receipt it goes again after 20, 40, then each 80 s, ± a third.

        *chance* is from 0 to 1. A session that its receipt has ended meanwhile is let be.
        """
        if session_id in self._pending:
            self._pending.acknowledge(session_id, t, chance)

    def take_receipt(self, receipt: Receipt, t: float) -> None:
        """The centre has it, or never will: forget the session, and its frames at once or in a minute.

        Raises:
            Ignored: no such session is kept.
        """
        session_id = receipt.session_id
        if receipt.state is ReceiptState.REFUSED:
            self.frames.forget(session_id)
        self.frames.take_receipt(session_id, t, wanted=bool(receipt.frames_wanted))
        if not self._pending.end(session_id):
            raise Ignored("receipt for no kept session")

    def drop_expired(self, t: float) -> tuple[str, ...]:
        """Forget sessions past their limit, and old memories; return the sessions' ids."""
        now = self.clock(t)
        if now is None:
            return ()
        dropped = self._pending.end_expired(now)
        for session_id in dropped:
            self.frames.forget(session_id)
        self.frames.forget_old(t)
        self._commands = {id_: c for id_, c in self._commands.items() if c.expires_at > now}
        self._heard = {id_: end for id_, end in self._heard.items() if end + REMEMBER > now}
        self._made = {key: end for key, end in self._made.items() if end + REMEMBER > now}
        self._checked = {key: end for key, end in self._checked.items() if end + REMEMBER > now}
        return dropped

    # The line's pace

    def room(self, load: PendingSession | KeptFrames, t: float) -> int | None:
        """Return how many bytes of *load* the line carries in time; None where it has to go as it is."""
        return None if load.smallest else self._line.room(self._left_s(load, t))

    def shrink(self, session_id: str, payload: bytes, *, smallest: bool) -> None:
        """Let the session go as *payload* from now on; *smallest*: it cannot be made smaller still."""
        self._pending.shrink(session_id, payload, smallest=smallest)

    def measure_line(self, moved: int, seconds: float, *, whole: bool = False) -> None:
        """The line has taken *moved* bytes in *seconds* of a session that had settled; *whole*: all of one, and the broker has said so."""
        self._line = self._line.after(moved, seconds, whole=whole)

    def is_too_slow(self, load: PendingSession | KeptFrames, moved: int, seconds: float, t: float) -> bool:
        """Return whether *load*, on its way for *seconds*, should be given up for a smaller one."""
        if load.smallest:
            return False
        return self._line.is_too_slow(len(load.payload) - moved, seconds, self._left_s(load, t))

    def _left_s(self, load: PendingSession | KeptFrames, t: float) -> float:
        now = self.clock(t)
        if now is None or not isinstance(load, PendingSession):
            return float("inf")
        return (load.ends_at - now).total_seconds()

    # What is reported

    def preflights_due(self, t: float) -> frozenset[Key]:
        """Return the attempts before which the camera has to be tried now, without a picture."""
        now = self.clock(t)
        if now is None or self.config is None or self._waking or not self.may_wake(t):
            return frozenset()
        due = set()
        for attempt in self.config.attempts:
            key = (attempt.check_id, attempt.attempt)
            passed = [before for before in PREFLIGHTS_BEFORE if attempt.opens_at - before <= now < attempt.opens_at]
            if passed and key not in self._made and (key, min(passed)) not in self._checked:
                due.add(key)
        return frozenset(due)

    def record_preflight(self, keys: frozenset[Key], fault: str | None, t: float) -> None:
        """The camera was tried for *keys*: *fault* says why it did not open, None that it did."""
        now = self.clock(t)
        listed = {(a.check_id, a.attempt): a for a in self.config.attempts} if self.config else {}
        for key in keys & listed.keys():
            self._preflights[key] = fault
            for before in PREFLIGHTS_BEFORE:
                if now is not None and listed[key].opens_at - before <= now:
                    self._checked[key, before] = listed[key].closes_at

    def make_status(
        self,
        t: float,
        *,
        camera_ok: bool | None,
        fault: str | None,
        software: str,
        wall: datetime,
        judge_ok: bool | None = None,
        signal_dbm: int | None = None,
    ) -> Status | None:
        """Return the status to send now: each minute, on change, on a new connection and before a session; else None.

        *wall* is the device's own clock, which is reported and never used.
        """
        version = self.config.version if self.config and self._fresh else None
        state = (version, camera_ok, fault, judge_ok, tuple(self._preflights.items()))
        if not self._connected:
            return None
        first = t - self._reported_at >= FRESH_S and self.claim_copy(t) is not None
        if self._report_at is not None and t < self._report_at and state == self._reported and not first:
            return None
        self._report_at, self._reported, self._reported_at = t + limits.STATUS_SECONDS, state, t
        self._sequence += 1
        now = self.clock(t)
        flown = list(self._preflights.items())[-50:]
        return Status(
            link=LinkState.UP,
            config_version=version,
            software=software,
            camera_ok=camera_ok,
            fault=fault,
            wall_offset_s=None if now is None else round((wall - now).total_seconds(), 1),
            pending_sessions=len(self._pending),
            judge_ok=judge_ok,
            signal_dbm=signal_dbm,
            preflight=tuple(Preflight(check_id=k[0], attempt=k[1], fault=f) for k, f in flown),
            boot=self.boot,
            connection=self._connection,
            sequence=self._sequence,
        )
