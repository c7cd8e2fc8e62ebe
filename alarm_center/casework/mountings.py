"""A mounting's effects on devices and checks, and the sessions that it asks for: an empty room, a trial. No check waits for them."""

from datetime import datetime

from alarm_center.casework import configs
from alarm_center.core.shadow_nights import is_dark
from alarm_center.store import checks, mountings, plans
from alarm_center.store.devices import BoundDevice
from alarm_center.store.memory import Memory, Tx, now
from schemas.messages import Finding
from schemas.vocabulary import Answer, Reason


async def tell_devices(memory: Memory) -> int:
    """Write the config of each device that a mounting has bound, drawn a bed for or let go, and give it tonight's checks; return how many."""

    async def work(tx: Tx) -> int:
        await mountings.return_exchanged(tx)
        told = await mountings.claim_unheard(tx)
        for device in told:
            await checks.give_planned_to_device(tx, device.resident_id)
            await checks.refresh_planned_rule(tx, device.resident_id)
            await plans.ask_to_plan(tx, device.resident_id, await now(tx))
            await configs.refresh_config(tx, device.org, device.device_id, area_id=device.area_id)
        return len(told)

    return await memory.attempt(work)


async def record_answer(tx: Tx, device: BoundDevice, finding: Finding, answer: Answer | None, at: datetime) -> bool:
    """Record what a mounting's session was answered with; false where no mounting asked for it.

    A trial is done when a detector has judged it, whatever it saw; pictures that could not be taken or read are no trial.
    """
    if finding.command_id is None:
        return False
    asked = await mountings.lock_asked_take(tx, finding.org, finding.device, finding.command_id)
    if asked is None:
        return False
    reason = finding.reasons[0] if finding.reasons else None
    judged = answer is not None and reason not in (Reason.FAULT, Reason.REJECTED)
    done = judged if asked.kind == "trial" else bool(answer is Answer.NOT_SEEN and finding.signature)
    said = {"ok": done, "answer": answer, "reason": reason, "seconds": round(asked.seconds, 1), "at": at.isoformat()}
    if not asked.waited_for:
        return True
    await mountings.save_answer(tx, asked.mounting_id, {asked.kind: said})
    if done and asked.kind == "empty":
        moving = None if finding.restless is None else finding.restless.model_dump(mode="json")
        signature = [list(row) for row in finding.signature]
        await mountings.save_empty_room(tx, finding.org, finding.device, signature, moving)
        await configs.refresh_config(tx, finding.org, device.device_id)
    return True


async def note_dark_looks(memory: Memory) -> int:
    """Let checks turn green by themselves again, where a person has looked through a new camera in the dark; return how many cameras."""

    async def work(tx: Tx) -> int:
        dark = {
            (look.org, look.device_id): look.resident_id
            for look in await mountings.looks_through_unseen(tx)
            if is_dark(look.looked_at)
        }
        for (org, device_id), resident_id in dark.items():
            await mountings.mark_seen_in_dark(tx, org, device_id)
            await checks.refresh_planned_rule(tx, resident_id)
        return len(dark)

    return await memory.attempt(work)
