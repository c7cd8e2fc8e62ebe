"""The roster: shifts on duty, the order in which their phones are asked, and the musters that are due or silent.

A shift counts from ``starts_at`` up to, but not at, ``ends_at``. At its start its phone is asked to *muster*; a yes
goes before silence, silence still counts (a phone that nobody answered may yet be carried), and a no does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

from schemas.vocabulary import Duty, Who

MUSTER_WAIT: Final = timedelta(minutes=15)
"""Time that a muster may go unanswered before the board and the lead hear of it."""


@dataclass(frozen=True, slots=True)
class DutyShift:
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
    takes_sms: bool = True
    """False: its carer has written STOP, and it is called instead."""


@dataclass(frozen=True, slots=True)
class Responder:
    """A phone that can be asked. ``shift_id`` is ``None`` for the town's fixed number, which has no label either."""

    phone: str
    patrol: str
    shift_id: UUID | None = None
    busy: bool = False
    """The phone has accepted another open alarm."""
    takes_sms: bool = True


@dataclass(frozen=True, slots=True)
class Roster:
    """A town's shifts around now, the number that always answers, and who is out already.

    ``busy`` are the shifts whose phone has accepted an open alarm. A label says nothing of that: two patrols may have one.
    """

    shifts: tuple[DutyShift, ...]
    fixed_phone: str | None = None
    busy: frozenset[UUID] = frozenset()
    whole: bool = False
    """It has every shift of the town around now. A page's has those of the viewer's areas: nothing follows from one that is missing."""

    def shifts_on_duty(self, area_id: UUID, now: datetime, duty: Duty = Duty.PATROL) -> tuple[DutyShift, ...]:
        """Return the area's shifts of that duty at *now*, confirmed ones first."""
        here = [s for s in self._at(now, duty) if s.area_id == area_id]
        return tuple(sorted(here, key=_rank))

    def responders(self, who: Who, area_id: UUID, now: datetime) -> tuple[Responder, ...]:
        """Return each phone that a step for *who* could ask, best first, the busy ones last among their like.

        The first patrol is the area's own. The second is another patrol of the area, then another area's, then
        another phone of the first. A lead is the area's, then another area's. Each phone comes once.
        """
        match who:
            case Who.PATROL:
                return self._as_people([self.shifts_on_duty(area_id, now)])
            case Who.SECOND_PATROL:
                here = self.shifts_on_duty(area_id, now)
                first = here[0].patrol if here else None
                others = tuple(s for s in here if s.patrol != first)
                elsewhere = self._elsewhere(area_id, now, Duty.PATROL)
                return self._as_people([others, elsewhere, tuple(s for s in here if s.patrol == first)])
            case Who.LEAD:
                return self._as_people(
                    [self.shifts_on_duty(area_id, now, Duty.LEAD), self._elsewhere(area_id, now, Duty.LEAD)]
                )
            case Who.FIXED:
                return (Responder(self.fixed_phone, ""),) if self.fixed_phone else ()

    def on_duty_until(self, phone: str, now: datetime) -> datetime | None:
        """Return the end of the shift that *phone* is on, and of those that follow it without a gap; ``None`` off duty."""
        mine = sorted((s for s in self.shifts if s.phone == phone), key=lambda s: s.starts_at)
        until = max((s.ends_at for s in mine if s.starts_at <= now < s.ends_at), default=None)
        for shift in mine:
            if until is not None and shift.starts_at <= until:
                until = max(until, shift.ends_at)
        return until

    def lead_by_sms(self, area_id: UUID, now: datetime) -> Responder | None:
        """Return the first lead on duty for *area_id* whose phone takes SMS, for what is told by SMS alone."""
        return next((lead for lead in self.responders(Who.LEAD, area_id, now) if lead.takes_sms), None)

    def has_left(self, phone: str, now: datetime) -> bool:
        """Tell whether *phone* is surely off duty: on no shift of the whole roster that is now or comes next."""
        return self.whole and all(s.phone != phone or s.ends_at <= now for s in self.shifts)

    def uncovered_stretches(
        self, area_id: UUID, from_: datetime, until: datetime
    ) -> tuple[tuple[datetime, datetime], ...]:
        """Return the stretches of the range in which no patrol is on duty in the area, for the evening's check."""
        edges = {from_, until}
        for shift in self.shifts:
            edges |= {edge for edge in (shift.starts_at, shift.ends_at) if from_ < edge < until}
        times = sorted(edges)
        gaps: list[tuple[datetime, datetime]] = []
        for start, end in pairwise(times):
            if self.shifts_on_duty(area_id, start):
                continue
            if gaps and gaps[-1][1] == start:
                gaps[-1] = (gaps[-1][0], end)
            else:
                gaps.append((start, end))
        return tuple(gaps)

    def _at(self, now: datetime, duty: Duty) -> list[DutyShift]:
        return [s for s in self.shifts if s.duty is duty and s.starts_at <= now < s.ends_at and s.mustered is not False]

    def _elsewhere(self, area_id: UUID, now: datetime, duty: Duty) -> tuple[DutyShift, ...]:
        """Return the shifts of every other area, best first."""
        return tuple(sorted((s for s in self._at(now, duty) if s.area_id != area_id), key=_rank))

    def _as_people(self, groups: Iterable[tuple[DutyShift, ...]]) -> tuple[Responder, ...]:
        out = {s.phone for s in self.shifts if s.shift_id in self.busy}
        people: dict[str, Responder] = {}
        for group in groups:
            for shift in sorted(group, key=lambda s: s.phone in out):
                person = Responder(shift.phone, shift.patrol, shift.shift_id, shift.phone in out, shift.takes_sms)
                people.setdefault(shift.phone, person)
        return tuple(people.values())


def shifts_to_muster(shifts: Iterable[DutyShift], now: datetime) -> tuple[DutyShift, ...]:
    """Return the shifts that have begun and whose phone has not been asked whether it is carried."""
    begun = (s for s in shifts if s.starts_at <= now < s.ends_at)
    return tuple(sorted((s for s in begun if s.mustered is None and s.muster_asked_at is None), key=_rank))


def silent_shifts(shifts: Iterable[DutyShift], now: datetime, wait: timedelta = MUSTER_WAIT) -> tuple[DutyShift, ...]:
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


def _rank(shift: DutyShift) -> tuple[bool, datetime, str, str, UUID]:
    """Confirmed first, then the one longest on duty; the rest only makes the order the same everywhere."""
    return (shift.mustered is not True, shift.starts_at, shift.patrol, shift.phone, shift.shift_id)
