"""Outcome of a call that connected an operator with a resident, once whatever is repeated: its line, and the end of the call."""

from contextlib import suppress
from uuid import UUID

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.decision import IllegalMove
from alarm_center.core.plan import Wording
from alarm_center.store import connected_calls, events, replies
from alarm_center.store.connected_calls import ResidentCall
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.messages import OutboxMessage
from alarm_center.store.replies import ReplyMeaning
from schemas.timeline import ResidentCalled


async def record_outcome(memory: Memory, provider: str, call_id: str, message_id: UUID, answer: str) -> bool:
    """Write the line of a resident's call that has ended: *answer* is ``answered``, ``no_answer``, ``busy`` or ``failed``."""

    async def work(tx: Tx) -> bool:
        to, at = await connected_calls.resident_call(tx, message_id), await now(tx)
        once = f"{call_id}:connected"
        if to is None or not await replies.add_once(tx, provider, once, "", "", "", at):
            return False
        meant = ReplyMeaning("connected", org=to.org, alarm_id=to.alarm_id, seen_at=at, forget=True)
        await replies.set_meaning(tx, provider, once, meant)
        await end_call(tx, to)
        line = ResidentCalled(message_id, answer, to.rings)
        event = events.NewEvent(
            to.org, line, area_id=to.area_id, alarm_id=to.alarm_id, resident_id=to.resident_id, actor="outbox"
        )
        await events.write(tx, at, event)
        return True

    written = await memory.attempt(work)
    if written:
        memory.hint()
    return written


async def end_call(tx: Tx, to: ResidentCall) -> None:
    """End the call of the operator of *to* in the case; the call of somebody who holds it by now goes on."""
    with suppress(IllegalMove):
        async with tx.transaction():
            alarm = await cases.lock_alarm(tx, to.alarm_id)
            if to.operator is not None and alarm.claim.in_call and alarm.lease.holder == to.operator:
                over = alarm_events.InCall(to.operator, False)
                await cases.lock_and_step_alarm(tx, to.alarm_id, over, str(to.operator))


async def end_failed(tx: Tx, message: OutboxMessage) -> None:
    """End the operator's call in the case when *message*, if it is one that connects, will reach nobody."""
    if message.wording != Wording.VOICE_CONNECT:
        return
    to = await connected_calls.resident_call(tx, message.message_id)
    if to is not None:
        await end_call(tx, to)
