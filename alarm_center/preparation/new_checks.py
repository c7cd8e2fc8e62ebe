"""Checks that are owed and not there yet, made with the device and the rule that hold now, each with its line of the timeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.check import Check
from alarm_center.preparation.night_work import NightWork, planned_check
from alarm_center.store import checks, events, plans, towns
from alarm_center.store.memory import Tx
from schemas import timeline


@dataclass(frozen=True, slots=True)
class CheckToMake:
    """A check to be planned, in the area that its line stands in."""

    check: Check
    area_id: UUID


async def checks_to_make(tx: Tx, town: towns.Town, works: Sequence[NightWork]) -> Mapping[UUID, list[CheckToMake]]:
    """Return by resident the checks that are missing, with the device and the rule that hold now."""
    missing = {each.facts.resident_id: each.missing for each in works if each.missing}
    if not missing:
        return {}
    homes = await towns.of_residents(tx, list(missing))
    return {
        each.resident_id: [
            CheckToMake(planned_check(town.org, each, owed, home.plan), home.area_id)
            for owed in missing[each.resident_id]
        ]
        for each in await plans.residents(tx, town.org, list(missing))
        for home in [homes[each.resident_id]]
    }


async def insert_checks(tx: Tx, new: Sequence[CheckToMake], at: datetime) -> int:
    """Insert the checks that are not there yet, each with its line; return how many."""
    made = set(await checks.insert_missing(tx, [each.check for each in new]))
    async with events.gathered(tx) as lines:
        for each in new:
            if each.check.check_id in made:
                told = timeline.CheckPlanned(each.check.opens_at, each.check.closes_at, each.check.night)
                await events.write(lines, at, events.about_check(each.check, each.area_id, told, "planning"))
    return len(made)
