"""Devices that a town's file does not take from a home: somebody's checks hang on them, and a file is one person's word."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from alarm_center.core.retirement import FiledDevice, HeldDevice, devices_kept
from alarm_center.store import residents, retirements
from alarm_center.town.bed_checks import pairs_of
from alarm_center.town.model import ResidentEntry
from alarm_center.town.town_import import ImportedChange, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas.vocabulary import ImportAction


async def keep_depended_on(
    run: TownImport,
    some: Sequence[ResidentEntry],
    ids: Mapping[int, UUID],
    held: Mapping[str, UUID],
    filed: Mapping[str, FiledDevice],
) -> frozenset[str]:
    """Return which of the *held* devices stay where they are, each noted with the resident whom it stays with, and with the one who was to have it."""
    homes = {holder: await _home(run, some, ids, holder) for holder in set(held.values())}
    gone = {ids[one.number] for one in some if _has_left(run, one)}
    depend = await retirements.dependent_among(run.tx, {each for home in homes.values() for each in home} - gone)
    kinds = await retirements.device_kinds(run.tx, run.org, held)
    found = {
        device_id: HeldDevice(kinds[device_id], homes[holder], not depend.isdisjoint(homes[holder]))
        for device_id, holder in held.items()
    }
    kept = devices_kept(found, filed)
    numbers = {resident_id: number for number, resident_id in ids.items()}
    for device_id in sorted(kept):
        number = numbers.get(held[device_id])
        said = sentence(town_words.KEPT_WITH, number=number) if number else sentence(town_words.KEPT_WITH_UNNAMED)
        wanted = filed.get(device_id)
        for each in filter(None, (number, numbers.get(wanted.holder) if wanted else None)):
            await run.note_change(ImportedChange("device", device_id, ImportAction.LEFT, said, number=each))
    return kept


async def _home(
    run: TownImport, some: Sequence[ResidentEntry], ids: Mapping[int, UUID], holder: UUID
) -> frozenset[UUID]:
    """Return the resident and the one who shares the bed, as the file has it where it speaks of them."""
    pairs = pairs_of((one.number, one.shares_bed_with) for one in some)
    number = next((each for each, resident_id in ids.items() if resident_id == holder), None)
    if number is not None and pairs.get(number) in ids:
        return frozenset({holder, ids[pairs[number]]})
    companion = await residents.companion(run.tx, holder)
    return frozenset({holder} if companion is None or companion in ids.values() else {holder, companion})


def _has_left(run: TownImport, resident: ResidentEntry) -> bool:
    return any(day is not None and run.instant(day) <= run.now for day in (resident.moved_on, resident.died_on))
