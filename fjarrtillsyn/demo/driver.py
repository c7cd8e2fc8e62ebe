"""Lets the demo's night pass: fast while nothing waits for anybody, and never past something that is still under way."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from typing import Any, Final, Protocol
from uuid import UUID

import structlog

from alarm_center.core.calendar import instant_of, night_of
from alarm_center.store.events import Event
from fjarrtillsyn.demo.homes import HOMES, Link
from fjarrtillsyn.demo.stage import Stage

log = structlog.get_logger()

STEP: Final = timedelta(seconds=40)
"""The longest jump: within the minute that a pulse, and a detector's sign of life, are good for."""
MORNING: Final = wall_time(9, 0)
_TICK_S: Final = 0.25
_PATIENCE_S: Final = 20.0
"""How long, in real time, to wait for something that is under way before letting time pass it by."""
_POLL_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Paces:
    """Service seconds a second: while somebody has to act, while somebody drives or helps, and otherwise."""

    waiting: float = 3.0
    driving: float = 20.0
    quiet: float = 60.0


class Person(Protocol):
    """Somebody of the simulated night."""

    async def act(self, now: datetime, /) -> datetime | None:
        """Do what is due, and return when there is something to do next."""


@dataclass(frozen=True, slots=True)
class _Now:
    """What the memory says at one instant."""

    at: datetime
    due_at: datetime | None
    behind: int
    unsent: int
    owed: int
    unheard: int
    judged_at: datetime | None
    people_wait: int
    open_alarms: int
    open_checks: int


_LOOK: Final = """
    select clock.now() as at,
        least(
            (select min(next_step_at) from checks where next_step_at is not null),
            (select min(next_step_at) from alarms where next_step_at is not null)
        ) as due_at,
        (select count(*) from devices where device_id = any($1) and reported_version is distinct from wanted_version)
            as behind,
        (select count(*) from messages where state in ('queued', 'sending') and not_before <= clock.now()) as unsent,
        (select count(*) from attempts a join checks c using (check_id)
            where a.state = 'owed' and a.opens_at <= clock.now() and a.closes_at > clock.now()
            and c.state in ('planned', 'open', 'waiting') and not c.held and c.device_id = any($1)) as owed,
        (select count(*) from devices where device_id = any($1)
            and coalesce(last_heard_at, '-infinity') < clock.now() - interval '100 s') as unheard,
        (select max(last_heard_at) from detectors) as judged_at,
        (select count(*) from alarms where state in ('open', 'claimed', 'dispatched') or done_at is not null
            and state <> 'closed') + (select count(*) from checks where state = 'to_look') as people_wait,
        (select count(*) from alarms where state <> 'closed') as open_alarms,
        (select count(*) from checks where night <= $2 and next_step_at is not null) as open_checks
"""


@dataclass(slots=True)
class Driver:
    """Plays one night on *stage*; without *paces* as fast as what is under way allows."""

    stage: Stage
    people: Sequence[Person] = ()
    paces: Paces | None = None
    _at: list[tuple[datetime, int, str | Link]] = field(default_factory=list)
    _lost: set[int] = field(default_factory=set)
    _sources: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sources = {home.number: home.source for home in HOMES}
        self.stage.centre.timeline.listeners.append(self._hear)

    def source(self, resident_id: UUID) -> str:
        """Return what a resident's device sees now."""
        return self._sources[self.stage.numbers[resident_id]]

    async def night(self) -> date:
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
            now = await self._look(night)
            if self.stage.centre.broken is not None:
                raise RuntimeError(f"the centre's loop {self.stage.centre.broken} has ended")
            if now.at >= morning or not (now.open_checks or now.open_alarms or self._at):
                return night
            while self._at and self._at[0][0] <= now.at:
                _, number, change = self._at.pop(0)
                self._change(number, change)
            planned = [at for person in self.people if (at := await person.act(now.at)) is not None]
            now = await self._settled(night)
            await self._pass(now, min(planned, default=None))

    async def _pass(self, now: _Now, planned: datetime | None) -> None:
        """Let time pass until the next thing that is due, at most one step; then real time, where it is paced."""
        soon = [at for at in (now.due_at, planned, self._at[0][0] if self._at else None) if at is not None]
        step = min([STEP, *(max(at - now.at, timedelta(milliseconds=10)) for at in soon)])
        if self.paces is None:
            await self.stage.move(step)
            return
        pace = self.paces.waiting if now.people_wait else self.paces.driving if now.open_alarms else self.paces.quiet
        # Real time passes as well: what is moved is what it lacks.
        step = min(step, timedelta(seconds=(pace - 1) * _TICK_S))
        await self.stage.move(step)
        await asyncio.sleep(step.total_seconds() / (pace - 1))

    async def _settled(self, night: date) -> _Now:
        """Return once nothing is under way that time must not pass by."""
        since = time.monotonic()
        while True:
            now = await self._look(night)
            busy = self._busy(now)
            if not busy:
                return now
            if time.monotonic() - since > _PATIENCE_S:
                log.warning("time_goes_on_without", busy=busy, at=now.at.isoformat())
                return now
            await asyncio.sleep(_POLL_S)

    def _busy(self, now: _Now) -> list[str]:
        """Return what is under way, in words."""
        looking = [
            number
            for number, gateway in self.stage.gateways.items()
            if number not in self._lost and (gateway.home.looking is not None or gateway.home.owed)
        ]
        found = {
            f"homes {looking} look or wait for a receipt": bool(looking),
            f"{now.owed} looks are due": bool(now.owed),
            "a check or an alarm is due": now.due_at is not None and now.due_at <= now.at,
            f"{now.behind} devices have not the newest list": bool(now.behind),
            f"{now.unheard} devices were not heard": bool(now.unheard),
            f"{now.unsent} messages wait to be sent": bool(now.unsent),
            "the detector was not heard": now.judged_at is None or now.at - now.judged_at > STEP / 2,
        }
        return [words for words, true in found.items() if true]

    async def _look(self, night: date) -> _Now:
        linked = [self.stage.device(number) for number in self.stage.gateways if number not in self._lost]
        async with self.stage.memory.transaction() as tx:
            row: Any = await tx.fetchrow(_LOOK, linked, night)
        return _Now(**row)

    def _hear(self, event: Event) -> None:
        number = self.stage.numbers.get(event.resident_id) if event.resident_id is not None else None
        home = next((home for home in HOMES if home.number == number), None)
        if home is not None and home.on is not None and event.kind in home.on:
            self._change(home.number, home.on[event.kind])

    def _change(self, number: int, change: str | Link) -> None:
        log.info("home_changes", resident=number, to=str(change))
        gateway = self.stage.gateways[number]
        if change == Link.LOST:
            self._lost.add(number)
            gateway.unplug()
        elif change == Link.BACK:
            self._lost.discard(number)
            gateway.plug()
        else:
            self._sources[number] = change
            self.stage.show(number, change)
