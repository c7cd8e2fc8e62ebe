"""A device's wanted config: the projection of what its resident is owed (design §5).

Wanted state, not a message: this writes which list the device should have; the publisher goes on until the device
says that it has it.
"""

from datetime import timedelta
from typing import Any, Final, TypeVar

import structlog
from pydantic import ValidationError

from alarm_center.store import devices, events
from alarm_center.store.memory import Tx, now
from schemas.limits import CONFIG_AHEAD_HOURS
from schemas.messages import Attempt, Capture, Config, Part, Profile
from schemas.timeline import ConfigWanted

log = structlog.get_logger()
P = TypeVar("P", bound=Part)

_OWED: Final = """
    select c.check_id, a.number as attempt, a.opens_at, a.closes_at, a.seconds, c.show
    from checks c join attempts a using (check_id)
    where c.resident_id = $1 and c.device_id = $2 and c.state in ('planned', 'open')
        and a.cause = 'scheduled' and a.state = 'owed' and a.closes_at > $3 and a.opens_at <= $4
        and not exists (
            select from alarms s where s.resident_id = c.resident_id and s.staff_inside
        )
    order by a.opens_at, c.check_id
"""
"""What the device makes by itself. While staff are with the resident it makes nothing."""


async def refresh(tx: "Tx[Any]", org: str, device_id: str) -> int | None:
    """Write what the device should have now; return the new version, or ``None`` if that is what it was.

    A device that is bound to nobody, or whose resident has not consented, is told so, and gets an empty list and no
    profile: a list that is merely empty ends no look and forbids no command.
    """
    device = await devices.get(tx, org, device_id)
    if device is None:
        return None
    at = await now(tx)
    attempts: tuple[Attempt, ...] = ()
    if device.resident_id is not None and device.consented:
        rows = await tx.fetch(_OWED, device.resident_id, device_id, at, at + timedelta(hours=CONFIG_AHEAD_HOURS))
        attempts = tuple(Attempt(**row) for row in rows)
    config = Config(
        version=1,
        withdrawn=not device.consented,
        attempts=attempts,
        capture=_read(Capture, device.capture, device),
        profile=_read(Profile, device.profile, device) if device.consented else Profile(),
    )
    version = await devices.want(tx, org, device_id, config.model_dump(mode="json", exclude={"version"}), at)
    if version is not None:
        wanted = ConfigWanted(version, len(attempts))
        event = events.NewEvent(
            org, wanted, device_id=device_id, resident_id=device.resident_id, area_id=device.area_id
        )
        await events.write(tx, at, event)
    return version


def _read(kind: type[P], value: Any, device: devices.Device) -> P:
    """Return *value* as *kind*, or its defaults: an ill-set device, which then can tell nothing, holds up no decision."""
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


async def refresh_resident(tx: "Tx[Any]", resident_id: Any) -> None:
    """Refresh every device of a resident."""
    rows = await tx.fetch("select org, device_id from devices where resident_id = $1 order by device_id", resident_id)
    for row in rows:
        await refresh(tx, row["org"], row["device_id"])


def message(device: devices.Device) -> Config:
    """Return the config to publish for *device*."""
    return Config.model_validate({**(device.config or {}), "version": device.wanted_version})
