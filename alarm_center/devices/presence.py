"""Faults of coming checks by silent or faulty devices; a check's tick; signs of life of the service and detectors.

A fault that is known before a check is told to the check, which raises its alarm in time for somebody to drive
(docs/check.md#faults-staff-pauses); a device that comes back takes it away again.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from alarm_center.casework import cases
from alarm_center.core.check import CheckEvent, CheckTick, FaultGone, FaultKnown
from alarm_center.core.decision import IllegalMove
from alarm_center.store import checks, detectors, devices, jobs
from alarm_center.store.check_facts import TickFacts
from alarm_center.store.memory import Memory, now
from schemas.messages import DetectorStatus, Status
from schemas.vocabulary import JudgePlace, LinkState, Reason

log = structlog.get_logger()

_AHEAD: Final = timedelta(hours=2)
"""Faults are told to the checks that open this soon; a device that is silent at noon may be moved house by night."""


async def record_detector(memory: Memory, status: DetectorStatus) -> None:
    """Keep a detector's sign of life."""
    async with memory.transaction() as tx:
        await detectors.record_status(tx, status)


async def any_detector_alive(memory: Memory) -> bool:
    """Return whether any detector is there to judge a session."""
    async with memory.transaction() as tx:
        return bool(await detectors.count_alive(tx))


def tick_of(facts: TickFacts, since: datetime | None) -> CheckTick:
    """Return the tick of a due check. *since* is when this centre or its broker came back."""
    device = facts.device
    judged_at_home = device is not None and device.judge == JudgePlace.HOME
    return CheckTick(
        device_online=device is not None and device.consented and device.is_online(facts.at, since),
        staff_on_site=facts.staff_inside,
        # The judge at home, as it says, or any detector.
        detectors_alive=device.judge_ok is True if device is not None and judged_at_home else facts.detectors_alive > 0,
        more_tonight=facts.more_tonight,
    )


async def report_faults(memory: Memory, org: str, device_id: str, status: Status) -> None:
    """Report a known fault, or its end, to the coming checks of a device's resident."""
    if status.link is LinkState.GONE:
        return  # a gateway that restarts is back within the minute; `silent` tells of those that are not
    fault = status.fault is not None or status.camera_ok is False
    failed = {p.check_id for p in status.preflight if p.fault is not None}
    async with memory.transaction() as tx:
        coming = await checks.planned_for_device(tx, org, device_id, _AHEAD)
    for check_id, known in coming:
        bad = fault or check_id in failed
        if bad != known:
            await _apply_fault(memory, check_id, FaultKnown(Reason.FAULT) if bad else FaultGone(), "device")


async def report_silent_devices(memory: Memory, since: datetime | None) -> int:
    """Report a known fault to the coming checks of every silent device; return the number of checks.

    After a restart of the centre or its broker (*since*) nobody counts as lost for three minutes.
    """
    async with memory.transaction() as tx:
        at = await now(tx)
        lost = [d for d in await devices.silent_devices(tx, at) if not d.is_online(at, since)]
        told = [
            check_id
            for device in lost
            for check_id, known in await checks.planned_for_device(tx, device.org, device.device_id, _AHEAD)
            if not known
        ]
    for check_id in told:
        await _apply_fault(memory, check_id, FaultKnown(Reason.NO_SESSION), "watch")
    return len(told)


async def _apply_fault(memory: Memory, check_id: UUID, event: CheckEvent, actor: str) -> None:
    try:
        await cases.apply_to_check(memory, check_id, event, actor=actor)
    except (cases.NotFound, IllegalMove) as error:
        log.info("fault_ignored", check_id=str(check_id), why=str(error))


async def record_service_alive(memory: Memory) -> timedelta:
    """Write that the service is alive now; return how long the whole service was silent before."""
    async with memory.transaction() as tx:
        at = await now(tx)
        before = await jobs.record_run(tx, "alive", at)
        return at - before if before else timedelta(0)
