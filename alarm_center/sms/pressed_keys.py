"""Keys that carers press in calls: each is kept and acted on once, and means the case that the call told of."""

from enum import StrEnum
from uuid import UUID

from alarm_center import metrics
from alarm_center.casework import cases
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import CANNOT, TAKE
from alarm_center.sms import trouble_replies
from alarm_center.store import events, messages, replies
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.replies import ReplyMeaning
from schemas import timeline
from schemas.vocabulary import Heed


class KeyOutcome(StrEnum):
    """The outcome of a key that was pressed in a call; the call says it and ends."""

    TAKEN = "taken"
    TOO_LATE = "too_late"
    DECLINED = "declined"
    NOTED = "noted"
    AGAIN = "again"
    UNKNOWN = "unknown"


async def apply_key(memory: Memory, provider: str, call_id: str, message_id: UUID, digit: str) -> KeyOutcome:
    """Act on a key that was pressed in a call; the call's own notice says which case it means."""

    async def work(tx: Tx) -> KeyOutcome:
        found = await replies.called_notice(tx, message_id)
        if found is None or await messages.is_of_another(tx, provider, call_id, message_id):
            return KeyOutcome.UNKNOWN
        org, phone, sender, alarm_id, notice_id, words = found
        action = carer_actions.TABLE.by_digit.get(digit)
        if action is None or words not in action.counts_in:
            return KeyOutcome.AGAIN
        at = await now(tx)
        if not await replies.add_once(tx, provider, f"{call_id}:{digit}", phone, sender, digit, at):
            took = await replies.has_alarm(tx, notice_id)
            return KeyOutcome.TAKEN if action is TAKE and took else KeyOutcome.NOTED
        late = await trouble_replies.alarm_of_late(tx, alarm_id, notice_id) if action is TAKE else None
        alarm = late or await cases.lock_and_step_alarm(tx, alarm_id, action.event(notice_id), str(notice_id))
        meant = ReplyMeaning(action.name, org=org, alarm_id=alarm_id, notice_id=notice_id, seen_at=at)
        await replies.set_meaning(tx, provider, f"{call_id}:{digit}", meant)
        heed = Heed.SOUND if action.sounds else Heed.NOTHING
        pressed = timeline.ReplyTaken(action.name, heed, digit, notice_id=notice_id, call=True)
        await events.write(tx, at, events.about_alarm(alarm, pressed, str(notice_id)))
        if action is TAKE:
            seen_to = KeyOutcome.NOTED if alarm.is_seen_to_by(notice_id) else KeyOutcome.TOO_LATE
            return KeyOutcome.TAKEN if alarm.taken_by(phone) else seen_to
        return KeyOutcome.DECLINED if action is CANNOT else KeyOutcome.NOTED

    pressed = await memory.attempt(work)
    metrics.REPLIES.labels(f"key_{pressed}").inc()
    memory.hint()
    return pressed
