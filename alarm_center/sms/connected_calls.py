"""Call that connects an operator with a resident: the key that asks for it, its outcome with a line, and the end of the call in the case."""

from contextlib import suppress
from typing import Final
from uuid import UUID

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.decision import IllegalMove
from alarm_center.core.plan import Wording
from alarm_center.store import connected_calls, events, messages, replies
from alarm_center.store.connected_calls import ResidentCall
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.messages import OutboxMessage
from alarm_center.store.replies import ReplyMeaning
from schemas.timeline import ResidentCalled

CONNECT_KEY: Final = "1"
"""The key that says that a person, and no machine, has answered the operator's phone: only then is the resident called."""


async def record_outcome(memory: Memory, provider: str, call_id: str, message_id: UUID, answer: str) -> bool:
    """Write the line of a resident's call that has ended: *answer* is ``answered``, ``no_answer``, ``busy`` or ``failed``."""

    async def work(tx: Tx) -> bool:
        to, at = await connected_calls.resident_call(tx, message_id), await now(tx)
        if to is None or await messages.is_of_another(tx, provider, call_id, message_id):
            return False
        once = f"{message_id}:connected"
        if not await replies.add_of_call(tx, provider, once, at):
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


async def take_key(memory: Memory, provider: str, call_id: str, message_id: UUID) -> ResidentCall | None:
    """Keep that the operator pressed :data:`CONNECT_KEY`, once whatever is repeated; return whom to call, ``None`` where it is another's call."""

    async def work(tx: Tx) -> ResidentCall | None:
        to, at = await connected_calls.resident_call(tx, message_id), await now(tx)
        if to is None or not call_id or await messages.is_of_another(tx, provider, call_id, message_id):
            return None
        key = f"{call_id}:{CONNECT_KEY}"
        if await replies.add_of_call(tx, provider, key, at):
            meant = ReplyMeaning("connected", org=to.org, alarm_id=to.alarm_id, seen_at=at, forget=True)
            await replies.set_meaning(tx, provider, key, meant)
        return to

    return await memory.attempt(work)


async def end_hung_up(memory: Memory, message_id: UUID) -> None:
    """End the operator's call in the case when their phone has hung up, whether an outcome comes or not."""

    async def work(tx: Tx) -> None:
        to = await connected_calls.resident_call(tx, message_id)
        if to is not None:
            await end_call(tx, to)

    await memory.attempt(work)


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
