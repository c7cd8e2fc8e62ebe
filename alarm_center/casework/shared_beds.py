"""Devices handed on in a bed that two share, when the one whose they are dies or moves: they go on for the other."""

from datetime import datetime
from uuid import UUID

from alarm_center.casework import configs
from alarm_center.store import changes, devices, events, residents, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Tx
from schemas.timeline import DeviceImported
from schemas.vocabulary import ImportAction


async def hand_on_devices(tx: Tx, resident_id: UUID, actor: str, at: datetime) -> UUID | None:
    """Bind the resident's devices to the one who shares the bed; return that one, ``None`` if nobody does.

    Before the resident is written as dead or moved: nobody shares a bed with those. The caller refreshes the configs after it.
    """
    companion = await residents.companion(tx, resident_id)
    if companion is None:
        return None
    home = await towns.of_resident(tx, companion)
    for device_id in await devices.hand_on(tx, resident_id, companion):
        named = {"device_id": device_id}
        for whose, action, before, after in (
            (resident_id, ImportAction.ENDED, named, None),
            (companion, ImportAction.ADDED, None, named),
        ):
            line = events.NewEvent(
                home.town.org,
                DeviceImported(action),
                area_id=home.area_id,
                resident_id=whose,
                device_id=device_id,
                actor=actor,
            )
            await events.write(tx, at, line)
            number = await changes.next_revision(tx, whose)
            change = NewChange(home.town.org, whose, number, ChangedPart.DEVICE, actor, at, at, before, after)
            await changes.add(tx, change)
    return companion


async def refresh_companion(tx: Tx, companion: UUID | None) -> None:
    """Write the configs for the one who is left: one person is expected from now."""
    if companion is not None:
        await configs.refresh_resident_configs(tx, companion)
