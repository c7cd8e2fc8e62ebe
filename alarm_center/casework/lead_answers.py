"""Answers of a lead's page to what SMS have asked of their phone: kept as the phone's own words, each applied once."""

from dataclasses import dataclass, replace
from uuid import UUID

from alarm_center.casework import cases, steps
from alarm_center.core.alarm.alarm_events import CarerReply
from alarm_center.core.alarm.phone_questions import Ask, phone_question
from alarm_center.core.replies import carer_actions
from alarm_center.store import replies
from alarm_center.store.memory import Memory, Tx, Viewer, now


@dataclass(frozen=True, slots=True)
class LeadAnswer:
    """One press of a button: the notice that asks, the matter as the page showed it, and what the button says."""

    notice_id: UUID
    ask: Ask
    word: CarerReply
    tap: str
    """The key of the form: the same answer that is sent twice is one."""
    note: str | None = None


async def apply_answer(memory: Memory, alarm_id: UUID, answer: LeadAnswer, *, viewer: Viewer) -> bool:
    """Apply *answer* in the scope of its notice's link; return false where the question is another by now: nothing has changed.

    "Jag ordnar" takes no case, also where the trouble was over a moment before it was pressed.

    Raises:
        NotFound, IllegalMove: as for :func:`cases.apply_to_alarm`.
    """

    async def work(tx: Tx) -> bool:
        await replies.lock_phone_of(tx, answer.notice_id)
        if await replies.has_tap(tx, answer.notice_id, answer.tap):
            return True
        alarm = await cases.lock_alarm(tx, alarm_id, with_turn=True)
        notices = () if alarm.dispatch is None else alarm.dispatch.notices
        phone = next((each.phone for each in notices if each.notice_id == answer.notice_id), None)
        asked = phone_question(alarm, [each for each in notices if each.phone == phone])
        if asked is None or (asked.ask, asked.notice.notice_id) != (answer.ask, answer.notice_id):
            return False
        word = replace(answer.word, on_page=True)
        await steps.step_alarm(tx, alarm, word, str(answer.notice_id), note=answer.note)
        name = carer_actions.TABLE.of(answer.word).name
        await replies.add_page_word(tx, answer.notice_id, name, await now(tx), answer.tap)
        return True

    applied = await memory.attempt(work, viewer)
    memory.hint()
    return applied
