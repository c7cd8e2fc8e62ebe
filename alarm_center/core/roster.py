"""Knows who is on duty where and when, who holds a phone, and in what order to ask for one alarm.

A shift counts from ``starts_at`` up to, but not at, ``ends_at``. At its start its phone is asked to *muster*; a yes
goes before silence, silence still counts (a phone that nobody answered may yet be carried), and a no does not.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Final
from uuid import UUID

from schemas.vocabulary import Duty, Priority, Who

MUSTER_WAIT: Final = timedelta(minutes=15)
"""How long a muster may go unanswered before the board and the lead hear of it."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One phone on duty in one area. ``patrol`` is a neutral label ("Patrull 2"), never a person's name.

    ``mustered`` is what the phone answered at the shift's start: held (true), held by somebody else (false), or
    nothing yet (``None``).
    """

    shift_id: UUID
    area_id: UUID
    patrol: str
    duty: Duty
    phone: str
    starts_at: datetime
    ends_at: datetime
    mustered: bool | None = None
    muster_asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be asked. ``shift_id`` is ``None`` for the town's fixed number, which has no label either."""

    phone: str
    patrol: str
    shift_id: UUID | None = None
    busy: bool = False
    """The patrol has accepted another open alarm."""


@dataclass(frozen=True, slots=True)
class Roster:
    """A town's shifts around now, the number that always answers, and who is out already.

    ``busy`` are the shifts that have accepted an open alarm; with one of them its whole patrol is out. ``near``
    gives the areas near an area, the nearest first; those that it does not name come last.
    """

    shifts: tuple[Shift, ...]
    fixed_phone: str | None = None
    busy: frozenset[UUID] = frozenset()
    near: Mapping[UUID, tuple[UUID, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def on_duty(self, area_id: UUID, now: datetime, duty: Duty = Duty.PATROL) -> tuple[Shift, ...]:
        """Return the area's shifts of that duty at *now*, confirmed ones first."""
        here = [s for s in self._at(now, duty) if s.area_id == area_id]
        return tuple(sorted(here, key=_rank))

    def people(self, who: Who, area_id: UUID, now: datetime) -> tuple[Person, ...]:
        """Return everybody whom a step for *who* could ask, best first, the busy ones last among their like.

        The first patrol is the area's own. The second is another patrol of the area, then another area's, then
        another phone of the first. A lead is the area's, then another area's. Each phone comes once.
        """
        match who:
            case Who.PATROL:
                return self._as_people([self.on_duty(area_id, now)])
            case Who.SECOND_PATROL:
                here = self.on_duty(area_id, now)
                first = here[0].patrol if here else None
                others = tuple(s for s in here if s.patrol != first)
                elsewhere = self._elsewhere(area_id, now, Duty.PATROL)
                return self._as_people([others, *elsewhere, tuple(s for s in here if s.patrol == first)])
            case Who.LEAD:
                return self._as_people(
                    [self.on_duty(area_id, now, Duty.LEAD), *self._elsewhere(area_id, now, Duty.LEAD)]
                )
            case Who.FIXED:
                return (Person(self.fixed_phone, ""),) if self.fixed_phone else ()

    def order_for(
        self,
        who: Who,
        area_id: UUID,
        now: datetime,
        *,
        priority: Priority,
        declined: Collection[str] = (),
        asked: Collection[str] = (),
    ) -> tuple[Person, ...]:
        """Return whom a step for *who* asks, best first; empty means that the next step's time has come.

        *declined* and *asked* are the phones that said no, or were asked in another role, this round. A busy
        patrol is left out for priority 1, where nobody waits, and comes last otherwise. Leads are asked although
        they are busy, and the fixed number always: behind it stands no one else.
        """
        people = self.people(who, area_id, now)
        if who is Who.FIXED:
            return people
        left = [p for p in people if p.phone not in declined and p.phone not in asked]
        if who is Who.LEAD:
            return tuple(left)
        free, busy = [p for p in left if not p.busy], [p for p in left if p.busy]
        return tuple(free if priority is Priority.FIRST else free + busy)

    def has_free_patrol(self, area_id: UUID, now: datetime) -> bool:
        """Return whether a patrol of the area's own could be asked now; the board says so where none can."""
        return any(not p.busy for p in self.people(Who.PATROL, area_id, now))

    def uncovered(self, area_id: UUID, from_: datetime, until: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """Return the stretches of the range in which no patrol is on duty in the area, for the evening's check."""
        edges = {from_, until}
        for shift in self.shifts:
            edges |= {edge for edge in (shift.starts_at, shift.ends_at) if from_ < edge < until}
        times = sorted(edges)
        gaps: list[tuple[datetime, datetime]] = []
        for start, end in pairwise(times):
            if self.on_duty(area_id, start):
                continue
            if gaps and gaps[-1][1] == start:
                gaps[-1] = (gaps[-1][0], end)
            else:
                gaps.append((start, end))
        return tuple(gaps)

    def _at(self, now: datetime, duty: Duty) -> list[Shift]:
        return [s for s in self.shifts if s.duty is duty and s.starts_at <= now < s.ends_at and s.mustered is not False]

    def _elsewhere(self, area_id: UUID, now: datetime, duty: Duty) -> list[tuple[Shift, ...]]:
        """Return the other areas' shifts, one group an area that is named as near, and one for the rest."""
        near = [a for a in self.near.get(area_id, ()) if a != area_id]
        groups = [self.on_duty(area, now, duty) for area in near]
        rest = [s for s in self._at(now, duty) if s.area_id != area_id and s.area_id not in near]
        return [*groups, tuple(sorted(rest, key=_rank))]

    def _as_people(self, groups: Iterable[tuple[Shift, ...]]) -> tuple[Person, ...]:
        out = {s.patrol for s in self.shifts if s.shift_id in self.busy}
        people: dict[str, Person] = {}
        for group in groups:
            for shift in sorted(group, key=lambda s: s.patrol in out):
                person = Person(shift.phone, shift.patrol, shift.shift_id, shift.patrol in out)
                people.setdefault(shift.phone, person)
        return tuple(people.values())


def to_muster(shifts: Iterable[Shift], now: datetime) -> tuple[Shift, ...]:
    """Return the shifts that have begun and whose phone has not been asked whether it is held."""
    begun = (s for s in shifts if s.starts_at <= now < s.ends_at)
    return tuple(sorted((s for s in begun if s.mustered is None and s.muster_asked_at is None), key=_rank))


def unanswered(shifts: Iterable[Shift], now: datetime, wait: timedelta = MUSTER_WAIT) -> tuple[Shift, ...]:
    """Return the shifts on duty that were asked at least *wait* ago and have not answered, or answered no."""
    return tuple(
        sorted(
            (
                s
                for s in shifts
                if s.starts_at <= now < s.ends_at
                and (
                    s.mustered is False
                    or (s.mustered is None and s.muster_asked_at is not None and s.muster_asked_at + wait <= now)
                )
            ),
            key=_rank,
        )
    )


def mustered(shift: Shift, holds_phone: bool) -> Shift:
    """Return *shift* with the phone's answer; a later answer replaces an earlier one."""
    return replace(shift, mustered=holds_phone)


def _rank(shift: Shift) -> tuple[bool, datetime, str, str, UUID]:
    """Confirmed first, then the one longest on duty; the rest only makes the order the same everywhere."""
    return (shift.mustered is not True, shift.starts_at, shift.patrol, shift.phone, shift.shift_id)
