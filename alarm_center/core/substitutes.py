"""Substitutes: who stands in for a shift, and what that means for the night."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from alarm_center.core.roster import DutyShift
from alarm_center.core.shift_patterns import ShiftRow, Substitute
from schemas.vocabulary import SubstituteReason


class SubstituteFault(StrEnum):
    """Reason why nobody can stand in so."""

    OVER = "over"
    """The shift has ended, or somebody has changed it."""
    SAME = "same"
    """The carer has the shift already."""
    LOST = "lost"
    """The phone is the lost one, or lost too."""
    LEFT = "left"
    """The carer's last night is before."""


class SubstituteRefused(Exception):
    """Nothing has changed, and *fault* says why."""

    def __init__(self, fault: SubstituteFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class StandIn:
    """A shift's rest with another carer, as people are told before they say yes."""

    from_at: datetime
    until: datetime
    begun: bool
    """The shift goes on, and is handed over in the middle."""
    also: tuple[DutyShift, ...]
    """Shifts that the carer who stands in has at the same time."""


def stand_in(shift: DutyShift, phone: str | None, others: Iterable[DutyShift], now: datetime) -> StandIn:
    """Return what it means that the carer with *phone*, or nobody, stands in for *shift*; *others* are the town's shifts around it.

    Raises:
        SubstituteRefused: the shift is over, or theirs already.
    """
    if shift.ends_at <= now:
        raise SubstituteRefused(SubstituteFault.OVER)
    if phone == shift.phone:
        raise SubstituteRefused(SubstituteFault.SAME)
    from_at = max(shift.starts_at, now)
    also = tuple(
        each for each in others if each.phone == phone and each.starts_at < shift.ends_at and each.ends_at > from_at
    )
    return StandIn(from_at, shift.ends_at, shift.starts_at <= now, also)


def is_given_up_now(begins: datetime, why: SubstituteReason, now: datetime) -> bool:
    """Tell whether the carer goes off duty now: a swap of a night to come takes nothing along that is theirs tonight."""
    return begins <= now or why is SubstituteReason.SICK


def substitute_for(row: ShiftRow, carer_id: UUID | None, now: datetime) -> Substitute:
    """Return the substitute on the rest of *row*.

    Raises:
        SubstituteRefused: the shift is over, or belongs to no pattern.
    """
    if row.line_id is None or row.ends_at <= now:
        raise SubstituteRefused(SubstituteFault.OVER)
    return Substitute(row.line_id, row.night, carer_id, max(row.starts_at, now), row.ends_at)
