"""Device statuses as they arrive: a change is written to the device's row under its lock; a repeat or an older one is not."""

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from alarm_center.casework import configs
from alarm_center.core.device_connections import is_repeated, with_status
from alarm_center.devices.last_heard import says_nothing_new
from alarm_center.store import devices, events
from alarm_center.store.devices import BoundDevice
from alarm_center.store.memory import Tx, now
from schemas import timeline
from schemas.messages import Status
from schemas.topics import Topic
from schemas.vocabulary import LinkState


class StatusOutcome(Enum):
    """The relation of a status to its device's row."""

    UNKNOWN_DEVICE = "unknown_device"
    NOTHING_NEW = "nothing_new"
    """It is only a sign of life, which `last_heard.py` writes later, in a batch."""
    WRITTEN = "written"
    REPEATED = "repeated"
    """It is the status that the row was written from."""
    OUTDATED = "outdated"
    """It is older than a status that the row was written from."""


class RecordedStatus(NamedTuple):
    """The outcome of a status, and the service's time at which it was read."""

    outcome: StatusOutcome
    at: datetime


async def record_status(tx: Tx, topic: Topic, status: Status) -> RecordedStatus:
    """Write *status* to its device's row, in this transaction; a changed link or fault gets a line in the timeline.

    The row is locked only where there is something to write. The status is compared again under the lock, since another
    replica may have written a newer one meanwhile.
    """
    device, at = await devices.get(tx, topic.org, topic.device), await now(tx)
    if device is None:
        return RecordedStatus(StatusOutcome.UNKNOWN_DEVICE, at)
    if says_nothing_new(device, status, at):
        return RecordedStatus(StatusOutcome.NOTHING_NEW, at)
    device = await devices.lock(tx, topic.org, topic.device) or device
    at = await now(tx)
    connections = with_status(device.connections, status, at)
    if connections is None:
        repeated = is_repeated(device.connections, status)
        return RecordedStatus(StatusOutcome.REPEATED if repeated else StatusOutcome.OUTDATED, at)
    await devices.save_status(tx, topic.org, topic.device, status, connections, at)
    after = await devices.get(tx, topic.org, topic.device) or device
    await _write_change(tx, device, after, at)
    if _starts_over(device, after):
        # A gateway that has restarted has forgotten what it made: its list must not hold that. Written when its will comes,
        # so that the broker retains the new list by the time that it is back.
        await configs.refresh_devices(tx, topic.org, [after], at, restarted=True)
    return RecordedStatus(StatusOutcome.WRITTEN, at)


async def _write_change(tx: Tx, before: BoundDevice, after: BoundDevice, at: datetime) -> None:
    """Write a line if the link, the fault, the camera or the judge at home differs from *before*."""
    if _said_of_itself(before) == _said_of_itself(after):
        return
    event = events.NewEvent(
        before.org, timeline.DeviceChanged(LinkState(after.link), after.camera_ok, after.judge_ok), device_id=before.device_id,
        resident_id=before.resident_id, area_id=before.area_id, actor="device",
    )  # fmt: skip
    await events.write(tx, at, event)


def _said_of_itself(device: BoundDevice) -> tuple[object, ...]:
    return device.link, device.fault, device.camera_ok, device.judge_ok


def _starts_over(before: BoundDevice, after: BoundDevice) -> bool:
    """Tell whether a boot of the device has ended, or another has begun."""
    return after.boot != before.boot or (before.link != after.link == LinkState.GONE)
