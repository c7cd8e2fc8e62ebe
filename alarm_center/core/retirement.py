"""A device that is taken down: when that takes two people, and what stands in the way of the second's word."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DependentHome:
    """Decision and checks that hang on a home's device."""

    decided: bool
    """A decision or an offer runs, or will."""
    owed: int
    """Checks to come that a device makes."""


def takes_two(home: DependentHome) -> bool:
    """Return whether somebody's checks hang on the device, so that no one person takes it down."""
    return home.decided or home.owed > 0


@dataclass(frozen=True, slots=True)
class Retirement:
    """A request to take a device down that waits for a second person."""

    retirement_id: UUID
    resident_id: UUID
    device_id: str
    asked_by: str
    asked_name: str | None
    asked_at: datetime
    revision: int
    """The number of the resident's changes when it was asked for."""


class RetirementFault(StrEnum):
    """A reason for which the second person's word does not count."""

    OVER = "over"
    """It is confirmed, withdrawn, or was never asked for."""
    OWN = "own"
    """The person who asks does not confirm."""
    CHANGED = "changed"
    """Something of the resident has changed since: the two have not read the same."""


def confirm_fault(waiting: Retirement | None, by: str, revision: int) -> RetirementFault | None:
    """Return why the person *by* does not confirm it at the resident's *revision*; ``None`` where they may."""
    if waiting is None:
        return RetirementFault.OVER
    if waiting.asked_by == by:
        return RetirementFault.OWN
    return RetirementFault.CHANGED if waiting.revision != revision else None
