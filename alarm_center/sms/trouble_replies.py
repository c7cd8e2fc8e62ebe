"""Late answers to a trouble: "1=jag ordnar" takes no case, also once the trouble is over."""

from typing import Final
from uuid import UUID

from alarm_center.casework import cases
from alarm_center.core.alarm import Alarm, AlarmState, DispatchPurpose, trouble
from alarm_center.core.alarm.trouble_ladders import LADDERS
from alarm_center.core.plan import Wording
from alarm_center.store import replies
from alarm_center.store.memory import Tx

_SEES_TO: Final = tuple(
    sorted(text for ladder in LADDERS.values() if ladder.lead_sees_to_it for text in ladder.texts - {Wording.OUTCOME})
)
"""The texts whose 1 says "jag ordnar" to a lead, and to the fixed number. To the question how it went it takes a case that is sought again."""


async def alarm_of_late(tx: Tx, alarm_id: UUID, notice_id: UUID) -> Alarm | None:
    """Return the alarm, locked, where a 1 to the notice says "jag ordnar" to a trouble that is over; else ``None``.

    Not where the alarm answers for itself: the phone has it, nobody is sought, or it is closed.
    """
    if not await replies.was_asked(tx, notice_id, _SEES_TO):
        return None
    alarm = await cases.lock_alarm(tx, alarm_id)
    notices = () if alarm.dispatch is None else alarm.dispatch.notices
    notice = next((one for one in notices if one.notice_id == notice_id), None)
    if notice is None or alarm.state is AlarmState.CLOSED or not alarm.seeks or alarm.taken_by(notice.phone):
        return None
    seeking = alarm.dispatch.seeking if alarm.dispatch is not None else None
    if seeking not in (None, DispatchPurpose.CALL_OUT) and not trouble.sought_for(alarm, seeking):
        # A release before has written the alarm, and left the trouble out that is still sought for: the 1 counts.
        return None
    return alarm if trouble.asked_of(alarm, notice) is None else None
