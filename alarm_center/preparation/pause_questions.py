"""Questions about pauses that end: on the page from 15:00, to the lead on duty at 20:00, and what the answer changes.

A pause ends whether or not anybody answers. The role is asked, by whoever holds it tonight, never a person.
"""

from datetime import datetime
from functools import partial
from itertools import groupby
from zoneinfo import ZoneInfo

import structlog

from alarm_center.casework import wording
from alarm_center.casework.editing import ChangedMeanwhile, Editor, take_turn
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.casework.wording import PlainSms
from alarm_center.core import pausing
from alarm_center.core.messages import TextFacts
from alarm_center.core.pausing import Home, SaidBy, StillAway, Word
from alarm_center.core.plan import Wording
from alarm_center.preparation import due_times, pauses
from alarm_center.store import changes, events, pause_questions, rosters, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.pause_questions import EndingPause
from alarm_center.store.plans import Pause
from schemas import timeline
from schemas.vocabulary import Who

log = structlog.get_logger()

ACTOR = "pauses"


async def ask_leads(memory: Memory) -> int:
    """Ask the leads on duty about the pauses that have ended today without an answer; return the number of SMS.

    Where no lead is on duty yet, the next time asks; the page shows them all the while.

    Raises:
        ExceptionGroup: it failed in some towns; those of the others are asked.
    """
    async with memory.transaction() as tx:
        at = await now(tx)
        due = {
            town.org: town
            for town in await towns.towns(tx)
            if due_times.latest_due((due_times.PAUSES_AT,), at, town) is not None
        }
    return await do_in_towns(memory, "pauses", due, lambda org: memory.attempt(partial(_ask_town, due[org])))


async def _ask_town(town: towns.Town, tx: Tx) -> int:
    at = await now(tx)
    ends = pausing.ends_to_ask(at, town.zone)
    untold = await pause_questions.lock_untold(tx, town.org, *ends) if ends is not None else []
    if not untold:
        return 0
    on_duty = await rosters.roster(tx, town, None)
    asked: list[tuple[str, EndingPause]] = []
    for pause in untold:
        lead = next(iter(on_duty.responders(Who.LEAD, pause.area_id, at)), None)
        if lead is not None:
            asked.append((lead.phone, pause))
    queued = 0
    for phone, found in groupby(sorted(asked, key=lambda each: (each[0], each[1].area)), key=lambda each: each[0]):
        mine = [pause for _phone, pause in found]
        codes = sorted({pause.area for pause in mine})
        # A lead of several areas hears of all in one SMS; it has room for one code.
        facts = TextFacts(area=codes[0] if len(codes) == 1 else None, places=len(mine))
        await wording.queue_sms(tx, town, PlainSms(phone, Wording.PAUSES_UNANSWERED, facts), at)
        queued += 1
    if asked:
        await pause_questions.mark_told(tx, [pause.pause_id for _phone, pause in asked], at)
        told = timeline.PausesAsked(len(asked), queued)
        await events.write(tx, at, NewEvent(town.org, told, actor=ACTOR))
        log.info("pauses_asked", org=town.org, pauses=len(asked), told=queued)
    return queued


async def answer(memory: Memory, pause: EndingPause, said: Home | StillAway, at: datetime, *, editor: Editor) -> None:
    """Keep the answer about a pause that ends; of somebody who is not at home yet another pause begins where it ends.

    Raises:
        ChangedMeanwhile: somebody else has answered, or changed the resident, since the page was drawn.
        LookupError: the editor does not see the resident.
    """
    home = said is Home.HOME

    async def work(tx: Tx) -> None:
        number = await take_turn(tx, pause.resident_id, editor)
        is_now = await now(tx)
        answered = Home.HOME if home else Home.AWAY
        if not await pause_questions.save_answer(tx, pause.pause_id, answered, is_now):
            raise ChangedMeanwhile
        line = NewEvent(
            pause.org, timeline.PauseAnswered(pause.asked.reason, home), area_id=pause.area_id, resident_id=pause.resident_id,
            actor=editor.actor,
        )  # fmt: skip
        await events.write(tx, is_now, line)
        if isinstance(said, StillAway):
            following = _following(pause, at)
            await pauses.begin_pause(
                tx, pause.resident_id, following, number, actor=editor.actor, word=_word(pause, said)
            )
            return
        before, after = {"to_at": pause.asked.to_at}, {"answer": answered}
        change = NewChange(
            pause.org, pause.resident_id, number, ChangedPart.PAUSE, editor.actor, is_now, is_now, before, after
        )
        await changes.add(tx, change)

    await memory.attempt(work, editor.viewer)
    memory.hint()


def _following(pause: EndingPause, at: datetime) -> Pause:
    to_at = pausing.tomorrow_end(at, ZoneInfo(pause.zone))
    return Pause(pause.asked.reason, max(at, pause.asked.to_at), to_at, pause.asked.said_by, pause.instead)


def _word(pause: EndingPause, said: StillAway) -> Word:
    said_by = SaidBy(pause.asked.said_by) if pause.asked.said_by in set(SaidBy) else SaidBy.STAFF
    return Word(said_by, said.name, said.phone)
