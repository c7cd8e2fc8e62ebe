"""Areas of a town as people keep them by day: their codes, what is left in one, and whether it can be closed or merged."""

import string
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

_MOST_SIGNS: Final = 4
_SIGNS: Final = frozenset(string.digits + string.ascii_uppercase) | {chr(0xC5), chr(0xC4), chr(0xD6)}
"""As the database has them: a code is short and neutral, since it goes out by SMS."""


class AreaFault(StrEnum):
    """A reason why an area is not changed."""

    NO_CODE = "no_code"
    TAKEN = "taken"
    SAME = "same"
    NO_OTHER = "no_other"
    """No area is chosen to merge into."""
    LAST = "last"
    """The town has no other area."""
    RESIDENTS = "residents"
    DRAFTS = "drafts"
    CASES = "cases"
    SHIFTS = "shifts"
    NIGHT = "night"
    """Tonight is under way: a shift has begun or its phone has been asked, or the list for the car has been made."""
    AGREEMENT = "agreement"
    """An alarm centre's agreement is about one of the two areas alone."""


class AreaRefused(Exception):
    """Nothing has changed, and *faults* say why."""

    def __init__(self, *faults: AreaFault) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class TownArea:
    """An area with what is in it."""

    area_id: UUID
    code: str
    residents: int = 0
    """People who live there now."""
    drafts: int = 0
    """New residents that somebody has begun to write."""
    open_cases: int = 0
    """Alarms and incidents that are not closed."""
    patterns: int = 0
    """Shifts of the rota that are not over."""
    shifts: int = 0
    """Single nights' shifts that begin within 14 nights."""
    ombudsmen: int = 0
    night_begun: bool = False
    own_answers: bool = False
    """The area answers something otherwise than its town."""
    closed_at: datetime | None = None
    merged_into: str | None = None
    """The code of the area that it was merged into."""

    @property
    def seen(self) -> str:
        """Counts that a form says it was drawn from."""
        return "-".join(str(each) for each in (self.code, self.residents, self.drafts, self.patterns, self.ombudsmen))


@dataclass(frozen=True, slots=True)
class LimitedPerson:
    """A person or an alarm centre who sees some of the town's areas, with one in question among them."""

    kind: str
    """``member``, ``invited``, ``deputy`` or ``agreement``."""
    name: str
    areas: tuple[UUID, ...]


def parse_code(said: str, others: Collection[str], before: str | None = None) -> str | AreaFault:
    """Return the code that somebody has written, or what is wrong with it; *others* are those of the town's other areas."""
    code = said.strip().upper()
    if not 0 < len(code) <= _MOST_SIGNS or not _SIGNS.issuperset(code):
        return AreaFault.NO_CODE
    if code == before:
        return AreaFault.SAME
    return AreaFault.TAKEN if code in others else code


def refuse_closing(area: TownArea, others: int) -> list[AreaFault]:
    """Return what is left in an area, each a reason not to close it; *others* are the town's other open areas."""
    asked = (
        (not others, AreaFault.LAST),
        (area.residents, AreaFault.RESIDENTS),
        (area.drafts, AreaFault.DRAFTS),
        (area.open_cases, AreaFault.CASES),
        (area.patterns or area.shifts, AreaFault.SHIFTS),
        (area.night_begun, AreaFault.NIGHT),
    )
    return [fault for is_so, fault in asked if is_so]


def refuse_merging(area: TownArea, into: TownArea, limited: Iterable[LimitedPerson]) -> list[AreaFault]:
    """Return why an area cannot be merged into another now; *limited* are those who see some areas with this among them."""
    agreed = any(each.kind == "agreement" and into.area_id not in each.areas for each in limited)
    asked = (
        (area.area_id == into.area_id, AreaFault.NO_OTHER),
        (area.open_cases, AreaFault.CASES),
        (area.night_begun or into.night_begun, AreaFault.NIGHT),
        (agreed, AreaFault.AGREEMENT),
    )
    return [fault for is_so, fault in asked if is_so]


def widened(limited: Iterable[LimitedPerson], into: UUID) -> list[str]:
    """Return the names of the people who see *into* too after a merger, and do not before."""
    return sorted({each.name for each in limited if each.kind != "agreement" and into not in each.areas})
