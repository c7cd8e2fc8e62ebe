"""An incident's list: every place that is to be checked, by area and risk, as it is shown and as it is printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.calendar import local_clock
from alarm_center.core.case import AlarmState
from alarm_center.core.reserve import Entry
from alarm_center.store import incidents, residents, towns
from alarm_center.store.memory import Memory, Tx, Viewer, now


@dataclass(frozen=True, slots=True)
class Place:
    """One resident to be checked, with the alarm whose outcome ticks it. ``times`` are those of the checks that failed."""

    alarm_id: UUID
    case_no: int
    kind: str
    reason: str | None
    state: str
    outcome: str | None
    area: str
    entry: Entry
    times: tuple[datetime, ...]

    @property
    def ticked(self) -> bool:
        """Whether somebody has said how it was there."""
        return self.state == AlarmState.CLOSED


@dataclass(frozen=True, slots=True)
class IncidentList:
    """An incident with the places that the viewer may see, by area, the highest risk first."""

    incident_id: UUID
    number: int
    kind: str
    town: str
    zone: str
    language: str
    opened_at: datetime
    closed_at: datetime | None
    read_at: datetime
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """An incident and its town, for somebody who sees several of the same number."""

    link: str
    number: int
    town: str
    zone: str
    opened_at: datetime


async def of_number(memory: Memory, number: int, viewer: Viewer | None = None) -> list[Named]:
    """Return the incidents with *number* that *viewer* may see, the newest first."""
    async with memory.transaction(viewer) as tx:
        found = await incidents.by_number(tx, number)
        owners = {each.org: await towns.town(tx, each.org) for each in found}
        return [
            Named(each.link, each.number, owners[each.org].name, owners[each.org].zone.key, each.opened_at)
            for each in found
        ]


async def incident_list(memory: Memory, link: str, viewer: Viewer | None = None) -> IncidentList | None:
    """Return the list of the incident that an SMS leads to; ``None`` if there is none that *viewer* may see."""
    async with memory.transaction(viewer) as tx:
        found = await incidents.by_link(tx, link)
        if found is None:
            return None
        town = await towns.town(tx, found.org)
        places = [await _place(tx, row) for row in await incidents.places(tx, found.incident_id)]
        return IncidentList(
            incident_id=found.incident_id,
            number=found.number,
            kind=found.kind,
            town=town.name,
            zone=town.zone.key,
            language=town.language,
            opened_at=found.opened_at,
            closed_at=found.closed_at,
            read_at=await now(tx),
            places=tuple(places),
        )


async def _place(tx: "Tx[Any]", row: Mapping[str, Any]) -> Place:
    card = residents.card_of(row)
    plan = (await towns.home(tx, card.resident_id)).plan
    return Place(
        entry=Entry(card, plan.two_carers, plan.phone_first, stops=()),
        times=tuple(row["times"]),
        **{name: row[name] for name in ("alarm_id", "case_no", "kind", "reason", "state", "outcome", "area")},
    )


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "sv": {
        "title": "STÖRNING {number}  {town}",
        "state": "Började {opened}. Läst {read}. {left} av {all} kvar att kontrollera.",
        "secret": "Innehåller sekretessbelagda uppgifter. Förstörs efter natten.",
        "area": "OMRÅDE {area}: {left} av {all} kvar",
        "case": "ärende {case}",
        "second": "andra",
    },
    "en": {
        "title": "DISRUPTION {number}  {town}",
        "state": "Began {opened}. Read {read}. {left} of {all} left to check.",
        "secret": "Confidential. Destroy it after the night.",
        "area": "AREA {area}: {left} of {all} left",
        "case": "case {case}",
        "second": "second",
    },
}


def as_text(made: IncidentList) -> str:
    """Return the list as plain text to print, in the town's language: what is left to check first."""
    words, zone = _WORDS[made.language], ZoneInfo(made.zone)

    def clock(instant: datetime) -> str:
        return local_clock(instant, zone, words["second"])

    def left(places: tuple[Place, ...]) -> dict[str, int]:
        return {"left": sum(not p.ticked for p in places), "all": len(places)}

    lines = [
        words["title"].format(number=made.number, town=made.town),
        words["state"].format(opened=clock(made.opened_at), read=clock(made.read_at), **left(made.places)),
        words["secret"],
    ]
    for area, group in groupby(made.places, key=lambda place: place.area):
        places = tuple(group)
        lines += ["", words["area"].format(area=area, **left(places))]
        for place in sorted(places, key=lambda p: p.ticked):
            first, *more = place.entry.lines(made.language, ", ".join(map(clock, place.times)))
            lines += [f"[{'x' if place.ticked else ' '}] {words['case'].format(case=place.case_no)}: {first}", *more]
    return "\n".join(lines) + "\n"
