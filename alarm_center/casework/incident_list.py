"""Incident's list read for a viewer: found by its SMS link, composed of stored places; and the incidents of one number."""

from dataclasses import dataclass
from datetime import datetime

from alarm_center.core.incident_list import AlikeList, IncidentList, IncidentPlace
from alarm_center.core.reserve_list import Entry
from alarm_center.store import incidents, residents, towns
from alarm_center.store.incidents import IncidentAlarm
from alarm_center.store.memory import Memory, Tx, Viewer, now


@dataclass(frozen=True, slots=True)
class NumberedIncident:
    """An incident and its town, for somebody who sees several of the same number."""

    link: str
    number: int
    town: str
    zone: str
    opened_at: datetime


async def incidents_of_number(memory: Memory, number: int, viewer: Viewer | None = None) -> list[NumberedIncident]:
    """Return the incidents with *number* that *viewer* may see, the newest first."""
    async with memory.transaction(viewer) as tx:
        found = await incidents.by_number(tx, number)
        owners = {each.org: await towns.town(tx, each.org) for each in found}
        return [
            NumberedIncident(each.link, each.number, owners[each.org].name, owners[each.org].zone.key, each.opened_at)
            for each in found
        ]


async def incident_list(memory: Memory, link: str, viewer: Viewer | None = None) -> IncidentList | None:
    """Return the list of the incident that an SMS leads to; ``None`` if there is none that *viewer* may see."""
    async with memory.transaction(viewer) as tx:
        found = await incidents.by_link(tx, link)
        if found is None:
            return None
        town = await towns.town(tx, found.org)
        shown = await residents.sees_protected(tx, found.org)
        places = [await _incident_place(tx, row, shown) for row in await incidents.places(tx, found.incident_id)]
        return IncidentList(
            incident_id=found.incident_id,
            number=found.number,
            kind=found.kind,
            town=town.name,
            zone=town.zone.key,
            language=town.language,
            opened_at=found.opened_at,
            closed_at=found.closed_at,
            closed_by=await incidents.closer_of(tx, found.incident_id),
            closed_reason=found.closed_reason or "",
            read_at=await now(tx),
            places=tuple(places),
        )


async def alike_list(memory: Memory, org: str, kind: str, area: str, viewer: Viewer) -> AlikeList | None:
    """Return the town's waiting alarms of that kind, of the *area* with that code or of all; ``None`` where the town is not *viewer*'s."""
    if org not in viewer.orgs:
        return None
    async with memory.transaction(viewer) as tx:
        town, shown = await towns.town(tx, org), await residents.sees_protected(tx, org)
        rows = await incidents.alike_places(tx, org, kind, area)
        places = [await _incident_place(tx, row, shown) for row in rows]
        return AlikeList(town.name, town.zone.key, town.language, await now(tx), tuple(places))


async def _incident_place(tx: Tx, alarm: IncidentAlarm, sees_protected: bool) -> IncidentPlace:
    plan = (await towns.of_resident(tx, alarm.card.resident_id)).plan
    return IncidentPlace(
        alarm_id=alarm.alarm_id,
        case_no=alarm.case_no,
        kind=alarm.kind,
        reason=alarm.reason,
        state=alarm.state,
        outcome=alarm.outcome,
        area=alarm.area,
        entry=Entry(alarm.card if sees_protected else alarm.card.masked(), plan.two_carers, plan.phone_first, stops=()),
        times=alarm.times,
    )
