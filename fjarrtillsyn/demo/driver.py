"""Driver of the demo's clock: lets time pass to the next thing that is due, and never past anything under way."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from typing import Final, Protocol
from uuid import UUID

import structlog

from alarm_center.core.calendar import instant_of, night_of
from alarm_center.store import simulated_night
from alarm_center.store.events import Event
from alarm_center.store.simulated_night import NightUnderway
from fjarrtillsyn.demo.homes import HOMES, NetworkChange
from fjarrtillsyn.demo.pacing import Pacing
from fjarrtillsyn.demo.stage import DemoStage

log = structlog.get_logger()

STEP: Final = timedelta(seconds=40)
"""The longest jump: within the minute that a pulse, and a detector's sign of life, are good for."""
MORNING: Final = wall_time(9, 0)
_TICK_S: Final = 0.25
_PATIENCE_S: Final = 20.0
"""Real seconds to wait for something that is under way before time passes it by."""
_POLL_S: Final = 0.02


class SimulatedPerson(Protocol):
    """A person of the simulated night."""

    async def act(self, now: datetime, /) -> datetime | None:
        """Do what is due, and return when there is something to do next."""


@dataclass(slots=True)
class Driver:
    """Plays one night on *stage*; without *pacing* as fast as what is under way allows."""

    stage: DemoStage
    people: Sequence[SimulatedPerson] = ()
    pacing: Pacing | None = None
    _at: list[tuple[datetime, int, str | NetworkChange]] = field(default_factory=list)
    _lost: set[int] = field(default_factory=set)
    _sources: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sources = {home.number: home.source for home in HOMES}
        self.stage.centre.timeline.listeners.append(self._follow_event)

    def source(self, resident_id: UUID) -> str:
        """Return the source that a resident's device sees now; somebody whom the newcomer has added sleeps."""
        return self._sources.get(self.stage.numbers.get(resident_id, 0), "scene:asleep")

    async def play_night(self) -> date:
        """Let the night pass, until its last check and its last alarm are over; return which night it was.

        What is open at :data:`MORNING` stays so.

        Raises:
            RuntimeError: a loop of the centre has ended by itself.
        """
        begins = await self.stage.clock.now()
        night = night_of(begins, self.stage.zone)
        self._at = sorted(
            (instant_of(night, at, self.stage.zone), home.number, change) for home in HOMES for at, change in home.at
        )
        morning = instant_of(night, MORNING, self.stage.zone)
        while True:
            now = await self._read_underway(night)
            self._check_loops()
            if now.at >= morning or not (now.open_checks or now.open_alarms or self._at):
                return night
            while self._at and self._at[0][0] <= now.at:
                _, number, change = self._at.pop(0)
                self._change_home(number, change)
            planned = [at for person in self.people if (at := await person.act(now.at)) is not None]
            now = await self._settle(night)
            await self._pass_time(now, min(planned, default=None))

    async def wait_for_newcomer(self) -> None:
        """Wait until the newcomer has signed in, then let the clock go on; without pacing there is nobody to wait for.

        Raises:
            RuntimeError: a loop of the centre has ended by itself.
        """
        while self.pacing is not None and not await self.pacing.newcomer.note_sign_in():
            self._check_loops()
            await asyncio.sleep(_TICK_S)
        await self.stage.clock.resume()

    def _check_loops(self) -> None:
        if self.stage.centre.broken is not None:
            raise RuntimeError(f"the centre's loop {self.stage.centre.broken} has ended")

    async def _pass_time(self, now: NightUnderway, planned: datetime | None) -> None:
        """Let time pass until the next thing that is due, at most one step; where it is paced, as far as the pace has come."""
        soon = [at for at in (now.due_at, planned, self._at[0][0] if self._at else None) if at is not None]
        step = min([STEP, *(max(at - now.at, timedelta(milliseconds=10)) for at in soon)])
        if self.pacing is None:
            await self.stage.move_clock(step)
            return
        await asyncio.sleep(_TICK_S)
        await self.pacing.newcomer.read_cases()
        step = self.pacing.step(await self.stage.clock.now(), step, open_alarms=bool(now.open_alarms))
        if step:
            await self.stage.move_clock(step)

    async def _settle(self, night: date) -> NightUnderway:
        """Return once nothing is under way that time must not pass by."""
        since = time.monotonic()
        while True:
            now = await self._read_underway(night)
            busy = self._busy(now)
            if not busy:
                return now
            if time.monotonic() - since > _PATIENCE_S:
                log.warning("wait_given_up", busy=busy, at=now.at.isoformat())
                return now
            await asyncio.sleep(_POLL_S)

    def _busy(self, now: NightUnderway) -> list[str]:
        """Return the things under way, in words."""
        looking = [
            number
            for number, gateway in self.stage.gateways.items()
            if number not in self._lost and (gateway.state.waking is not None or gateway.state.pending)
        ]
        mounted = self.stage.waiting.gateway
        found = {
            "the mounted camera looks or waits for a receipt": mounted is not None
            and (mounted.state.waking is not None or bool(mounted.state.pending)),
            f"homes {looking} look or wait for a receipt": bool(looking),
            f"{now.owed} looks are due": bool(now.owed),
            "a check or an alarm is due": now.due_at is not None and now.due_at <= now.at,
            f"{now.behind} devices have not the newest list": bool(now.behind),
            f"{now.unheard} devices were not heard": bool(now.unheard),
            f"{now.unsent} messages wait to be sent": bool(now.unsent),
            "the detector was not heard": now.judged_at is None or now.at - now.judged_at > STEP / 2,
        }
        return [words for words, true in found.items() if true]

    async def _read_underway(self, night: date) -> NightUnderway:
        linked = [self.stage.device(number) for number in self.stage.gateways if number not in self._lost]
        if self.stage.waiting.gateway is not None and self.stage.waiting.device is not None:
            linked.append(self.stage.waiting.device)
        async with self.stage.memory.transaction() as tx:
            return await simulated_night.read_underway(tx, linked, night)

    def _follow_event(self, event: Event) -> None:
        number = self.stage.numbers.get(event.resident_id) if event.resident_id is not None else None
        home = next((home for home in HOMES if home.number == number), None)
        if home is not None and home.on is not None and event.kind in home.on:
            self._change_home(home.number, home.on[event.kind])

    def _change_home(self, number: int, change: str | NetworkChange) -> None:
        log.info("home_changed", resident=number, to=str(change))
        gateway = self.stage.gateways[number]
        if change == NetworkChange.LOST:
            self._lost.add(number)
            gateway.unplug()
        elif change == NetworkChange.BACK:
            self._lost.discard(number)
            gateway.plug()
        else:
            self._sources[number] = change
            self.stage.set_source(number, change)
