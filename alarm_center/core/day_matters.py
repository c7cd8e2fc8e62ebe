"""Values of the planner's first page: open discrepancies, devices that are silent before a look, and tonight by area."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """An open discrepancy, with the names that its sentence needs; the viewer sees its resident."""

    discrepancy_id: UUID
    org: str
    code: str
    endangers: bool
    data: Mapping[str, Any]
    night: date
    found_at: datetime
    resident_id: UUID | None
    resident: str | None
    cohabitant: str | None
    phone: str | None
    area: str | None
    device_id: str | None
    carer: str | None
    owner: str | None = None
    """The role whose task it is; ``None``: found by a release that keeps none."""
    due_on: date | None = None
    person: str | None = None
    """The one whose task it is by name."""


IDLE: Final = "carer_without_shift"
IDLES: Final = "carers_without_shift"
"""The code of a matter that stands for several carers without shifts, of one town."""


def grouped(matters: Iterable[OpenMatter]) -> list[OpenMatter]:
    """Return the matters with a town's carers without shifts as one, in the place of the first: ``data`` has their names."""
    found: list[OpenMatter] = []
    at: dict[str, int] = {}
    for each in matters:
        first = at.get(each.org) if each.code == IDLE else None
        if each.code == IDLE and first is None:
            at[each.org] = len(found)
        if first is None:
            found.append(each)
            continue
        names = found[first].data.get("carers", [found[first].carer])
        found[first] = replace(found[first], code=IDLES, data={"carers": sorted([*names, each.carer or ""])})
    return found


@dataclass(frozen=True, slots=True)
class SilentDevice:
    """A device that cannot look, and the next look tonight that is planned by it."""

    resident_id: UUID
    org: str
    resident: str
    phone: str | None
    kind: str
    faulty: bool
    last_heard_at: datetime | None
    opens_at: datetime


@dataclass(frozen=True, slots=True)
class AreaTonight:
    """An area's night in numbers, and its reserve list: when made, and who fetched it first."""

    org: str
    area_id: UUID
    code: str
    looks: int
    visits: int
    list_made_at: datetime | None
    list_fetched_at: datetime | None
    list_fetched_by: str | None


@dataclass(frozen=True, slots=True)
class ThreatenedResident:
    """A resident whose supervision is threatened tonight, by area."""

    area_id: UUID
    code: str
    resident_id: UUID
