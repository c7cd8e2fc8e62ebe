"""Config of each device: attempts of the next 36 h, capture settings and room profile; a change gets a new version.

A config is desired state, not a message: it is written here, and the publisher repeats it until the device's status
confirms it. docs/contract.md#clock-config-and-commands
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import structlog
from pydantic import ValidationError

from alarm_center.store import devices, events
from alarm_center.store.memory import Tx, now
from schemas.limits import CONFIG_AHEAD_HOURS
from schemas.messages import Capture, Config, Part, Profile, ScheduledAttempt
from schemas.timeline import ConfigWanted, JudgeMoved
from schemas.vocabulary import JudgePlace

log = structlog.get_logger()
P = TypeVar("P", bound=Part)


async def refresh_config(tx: Tx, org: str, device_id: str, *, area_id: UUID | None = None) -> int | None:
    """Write the config that a device should have now; return its new version, or ``None`` if nothing has changed.

    The line about a device that is nobody's stands in *area_id*, the one from which it is taken.

    The config of a device without a resident, or without consent, is marked ``withdrawn``, with an empty list and no
    profile. An empty list alone would end no look and forbid no command.
    """
    device = await devices.get(tx, org, device_id)
    return await refresh_device(tx, device, await now(tx), area_id=area_id) if device is not None else None


async def refresh_device(
    tx: Tx, device: devices.BoundDevice, at: datetime, *, area_id: UUID | None = None
) -> int | None:
    """Do the same for a *device* that has been read after the locks, at the instant *at*."""
    org, device_id = device.org, device.device_id
    attempts: tuple[ScheduledAttempt, ...] = ()
    if device.resident_id is not None and device.consented:
        ahead = timedelta(hours=CONFIG_AHEAD_HOURS)
        attempts = await devices.owed_attempts(tx, device.resident_id, device_id, at, at + ahead)
    config = Config(
        version=1,
        withdrawn=not device.consented,
        attempts=attempts,
        capture=_read_part(Capture, device.capture, device),
        profile=_read_part(Profile, device.current_profile, device) if device.consented else Profile(),
        judge=JudgePlace.HOME if device.judge == JudgePlace.HOME else None,
    )
    said = config.model_dump(mode="json", exclude=_unsaid(config))
    version = await devices.set_config(tx, org, device_id, said, at)
    if version is not None:
        wanted = ConfigWanted(version, len(attempts))
        event = events.NewEvent(
            org, wanted, device_id=device_id, resident_id=device.resident_id, area_id=device.area_id or area_id
        )
        await events.write(tx, at, event)
    return version


def _unsaid(config: Config) -> dict[str, Any]:
    """Return the fields that are left out of a stored config.

    A replica of the release before reads no config that says where the device is judged, a bed's head end, or what moves in an
    empty room: each is said only where it is known.
    """
    headless = {number: {"head"} for number, zone in enumerate(config.profile.zones) if zone.head is None}
    judge = {} if config.judge else {"judge": True}
    calm = {} if config.profile.restless else {"restless": True}
    return {"version": True, "profile": {"zones": headless, **calm}, **judge}


def _read_part(kind: type[P], value: Any, device: devices.BoundDevice) -> P:
    """Return *value* as *kind*, or the defaults of *kind* if it is wrong: one device's settings must not stop a decision."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        log.error(
            "device_misconfigured",
            org=device.org,
            device=device.device_id,
            what=kind.__name__,
            errors=error.error_count(),
        )
        return kind()


async def set_judge(tx: Tx, org: str, device_id: str, judge: JudgePlace) -> bool:
    """Let the device be judged at *judge*, and tell it; return whether that is new."""
    device = await devices.get(tx, org, device_id)
    if device is None or not await devices.set_judge(tx, org, device_id, judge):
        return False
    event = events.NewEvent(
        org, JudgeMoved(judge), device_id=device_id, resident_id=device.resident_id, area_id=device.area_id
    )
    await events.write(tx, await now(tx), event)
    await refresh_config(tx, org, device_id)
    return True


async def refresh_resident_configs(tx: Tx, resident_id: Any) -> None:
    """Refresh the config of every device of a resident."""
    for org, device_id in await devices.ids_of_resident(tx, resident_id):
        await refresh_config(tx, org, device_id)


def config_message(device: devices.BoundDevice) -> Config:
    """Return the config to publish for *device*."""
    return Config.model_validate({**(device.config or {}), "version": device.wanted_version})
