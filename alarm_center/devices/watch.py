"""Who is there: devices that fell silent or failed their pre-flight, detectors that are alive.

A fault that is known before a check is told to the check, which raises its alarm in time for somebody to drive
(design §6, "known fault"); a device that comes back takes it away again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from alarm_center.casework import cases
from alarm_center.core.case import Check, IllegalMove
from alarm_center.core.happenings import CheckEvent, FaultGone, FaultKnown, Tick
from alarm_center.store import alarms, checks, detectors, devices, jobs
from alarm_center.store.memory import Memory, Tx, now
from schemas.messages import DetectorStatus, Status
from schemas.vocabulary import Link, Reason

log = structlog.get_logger()

_AHEAD: Final = timedelta(hours=2)
"""Faults are told to the checks that open this soon; a device that is silent at noon may be moved house by night."""


async def heard_detector(memory: Memory, status: DetectorStatus) -> None:
    """Keep a detector's sign of life."""
    async with memory.transaction() as tx:
        await detectors.heard(tx, status)


async def detectors_alive(memory: Memory) -> bool:
    """Whether any detector is there to judge a session."""
    async with memory.transaction() as tx:
        return bool(await detectors.alive(tx))


@dataclass(frozen=True, slots=True)
class Ticker:
    """Makes a check's tick of what holds once it is locked. *since* is when this centre or its broker came back."""

    since: datetime | None = None

    async def __call__(self, tx: "Tx[Any]", check: Check, at: datetime) -> CheckEvent:
        device = await devices.get(tx, check.org, check.device_id) if check.device_id else None
        return Tick(
            device_online=device is not None and device.consented and device.online(at, self.since),
            staff_on_site=await alarms.staff_on_site(tx, check.resident_id),
            detectors_alive=bool(await detectors.alive(tx)),
            more_tonight=await checks.more_tonight(tx, check),
        )


async def preflight(memory: Memory, org: str, device_id: str, status: Status) -> None:
    """Tell the checks of a device's resident what its status means for them."""
    if status.link is Link.GONE:
        return  # a gateway that restarts is back within the minute; `silent` tells of those that are not
    fault = status.fault is not None or status.camera_ok is False
    failed = {p.check_id for p in status.preflight if p.fault is not None}
    async with memory.transaction() as tx:
        coming = await checks.coming_of_device(tx, org, device_id, _AHEAD)
    for check_id, known in coming:
        bad = fault or check_id in failed
        if bad != known:
            await _tell(memory, check_id, FaultKnown(Reason.FAULT) if bad else FaultGone(), "device")


async def silent(memory: Memory, since: datetime | None) -> int:
    """Tell the coming checks of every device that has fallen silent; return how many checks were told.

    After a restart of the centre or its broker (*since*) nobody counts as lost for three minutes.
    """
    async with memory.transaction() as tx:
        at = await now(tx)
        lost = [d for d in await devices.silent(tx, at) if not d.online(at, since)]
        told = [
            check_id
            for device in lost
            for check_id, known in await checks.coming_of_device(tx, device.org, device.device_id, _AHEAD)
            if not known
        ]
    for check_id in told:
        await _tell(memory, check_id, FaultKnown(Reason.NO_SESSION), "watch")
    return len(told)


async def _tell(memory: Memory, check_id: UUID, event: CheckEvent, actor: str) -> None:
    try:
        await cases.on_check(memory, check_id, event, actor=actor)
    except (cases.NotFound, IllegalMove) as error:
        log.info("fault_not_told", check_id=str(check_id), why=str(error))


async def gap(memory: Memory) -> timedelta:
    """Return how long the whole service was silent before this call, and write that it is alive now."""
    async with memory.transaction() as tx:
        at = await now(tx)
        before = await jobs.ran(tx, "alive", at)
        return at - before if before else timedelta(0)
