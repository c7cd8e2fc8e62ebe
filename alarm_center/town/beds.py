"""Beds of a town's file: two residents share one with its devices, or no longer do, and what follows for both."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from alarm_center.casework import configs
from alarm_center.store import checks, plans, residents
from alarm_center.store.changes import ChangedPart
from alarm_center.store.memory import Tx
from alarm_center.town.bed_checks import FIELD, pairs_of
from alarm_center.town.model import ResidentEntry, TownFile
from alarm_center.town.town_import import ChangeLine, ImportedChange, TownImport
from schemas import timeline
from schemas.vocabulary import ImportAction


def pairs_in(file: TownFile) -> dict[int, int]:
    """Return with whom each number of the file shares a bed."""
    return pairs_of((one.number, one.shares_bed_with) for one in file.residents or ())


def device_holders(some: Sequence[ResidentEntry], pairs: Mapping[int, int]) -> dict[int, ResidentEntry]:
    """Return by number the resident whom the devices of each are with: of one who has moved or died, the one who shares the bed."""
    entries = {one.number: one for one in some}
    found = {}
    for one in some:
        other = entries.get(pairs.get(one.number, 0))
        found[one.number] = other if other is not None and _has_left(one) and not _has_left(other) else one
    return found


def _has_left(resident: ResidentEntry) -> bool:
    return resident.moved_on is not None or resident.died_on is not None


async def apply_beds(run: TownImport, file: TownFile, some: Sequence[ResidentEntry], ids: Mapping[int, UUID]) -> None:
    """Make *some* of the file's residents share their beds as the file says; a word about somebody whom it lacks is left alone."""
    pairs, named = pairs_in(file), {one.number for one in file.residents or ()}
    for resident in some:
        whose = ids[resident.number]
        before = await residents.bed_number(run.tx, whose)
        wanted = pairs.get(resident.number)
        if before == wanted or (wanted is None and before not in named):
            continue
        await apply_bed(run, resident, whose, wanted)


async def apply_bed(run: TownImport, resident: ResidentEntry, resident_id: UUID, wanted: int | None) -> None:
    """Let the resident share a bed with the one of the number *wanted*, or with nobody."""
    other = await residents.id_of_number(run.tx, run.org, wanted) if wanted is not None else None
    if wanted is not None and other is None:
        return
    involved: list[UUID] = []
    for each in filter(None, (resident_id, other)):
        involved += [one for one in await residents.in_bed(run.tx, each) if one not in involved]
    before = {each: await residents.bed_number(run.tx, each) for each in involved}

    async def work(tx: Tx) -> None:
        for each in (resident_id, other):
            if each is not None:
                await residents.end_bed(tx, each)
        if other is not None:
            await residents.share_bed(tx, resident_id, other)
        await refresh_beds(tx, involved)
        for each in involved:
            await plans.ask_to_plan(tx, each, run.now)

    await run.write(work)
    numbers = {resident_id: wanted, other: resident.number}
    for each in involved:
        after = numbers.get(each)
        if before[each] == after:
            continue
        await run.note_change(
            ImportedChange("resident", str(resident.number), ImportAction.CHANGED, FIELD, number=resident.number),
            ChangeLine(
                timeline.ResidentImported(ImportAction.CHANGED), resident_id=each, area_id=run.areas[resident.area]
            ),
        )
        await run.log_change(each, ChangedPart.RESIDENT, {FIELD: before[each]}, {FIELD: after})


async def refresh_beds(tx: Tx, involved: Iterable[UUID]) -> None:
    """Write anew which device makes the residents' checks, who may answer them, and what each device is to do."""
    for each in involved:
        await checks.give_planned_to_device(tx, each)
        await checks.refresh_planned_rule(tx, each)
        await configs.refresh_resident_configs(tx, each)
