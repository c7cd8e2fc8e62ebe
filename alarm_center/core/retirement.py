"""A device that is taken down: when that takes two people, what stands in the way of the second's word, and what no file takes."""

from collections.abc import Mapping
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


@dataclass(frozen=True, slots=True)
class HeldDevice:
    """A device in a home, as a town's file finds it."""

    kind: str
    home: frozenset[UUID]
    """The resident, and the one who shares the bed."""
    depended_on: bool
    """Somebody in the home has checks that hang on it."""


@dataclass(frozen=True, slots=True)
class FiledDevice:
    """A device that a town's file gives to a resident."""

    kind: str
    holder: UUID


def devices_kept(held: Mapping[str, HeldDevice], filed: Mapping[str, FiledDevice]) -> frozenset[str]:
    """Return the devices that stay where they are, whatever the file says: somebody's checks hang on each, and the home gets no other of its kind.

    A file is one person's word. What stays with one home is not there for another, whose own device then stays too.
    """
    kept: set[str] = set()
    while True:
        more = {
            device_id
            for device_id, device in held.items()
            if device_id not in kept and device.depended_on and not _is_served(device, filed, kept)
        }
        if not more:
            return frozenset(kept)
        kept |= more


def _is_served(device: HeldDevice, filed: Mapping[str, FiledDevice], kept: set[str]) -> bool:
    """Return whether the file gives the device's home one of its kind that is there to be given."""
    return any(
        given.kind == device.kind and given.holder in device.home and device_id not in kept
        for device_id, given in filed.items()
    )
