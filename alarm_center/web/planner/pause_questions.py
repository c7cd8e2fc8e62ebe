"""Rows and answers of the list of pauses that end: at home tonight, or away until tomorrow on somebody's word."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile
from alarm_center.core import pausing
from alarm_center.core.roles import Right
from alarm_center.preparation import pause_questions
from alarm_center.store import pause_questions as rows
from alarm_center.store import residents, towns
from alarm_center.store.memory import Tx, now
from alarm_center.store.pause_questions import EndingPause
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.page import PERSON, path_uuid, speech_of
from alarm_center.web.planner.desk import editor_of
from alarm_center.words import page_words, pause_words
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import CancelReason


async def _asked_now(tx: Tx) -> list[EndingPause]:
    at, asked = await now(tx), []
    for town in await towns.towns(tx):
        ends = pausing.ends_to_ask(at, town.zone)
        if ends is not None:
            asked += await rows.unanswered(tx, town.org, *ends)
    return asked


async def rows_to_ask(tx: Tx, speech: Speech) -> list[dict[str, Any]]:
    """Return the pauses that are to be asked about now, in every town that the viewer pauses in, as the page shows them."""
    at = await now(tx)
    return [_row(pause, at, speech) for pause in await _asked_now(tx)]


def _row(pause: EndingPause, at: datetime, speech: Speech) -> dict[str, Any]:
    own_wish = pause.asked.reason is CancelReason.PAUSE_OWN_WISH
    until = pause_words.time_words(pausing.tomorrow_end(at, ZoneInfo(pause.zone)), at, pause.zone, speech)
    return {
        "pause": pause,
        "question": pause_words.question(pause.asked, at, pause.zone, speech),
        "ring": pause_words.whom_to_ring(pause.asked, speech),
        "yes": speech(pause_words.LOOK_AGAIN if own_wish else pause_words.AT_HOME),
        "no": speech(pause_words.NOT_YET, time=until),
    }


async def save_answer(request: web.Request) -> str:
    """Keep the answer that the form gives; return what is wrong with it in words, which are empty if nothing is."""
    form, person, speech = await request.post(), request[PERSON], speech_of(request)
    resident_id = path_uuid(request, "resident")
    async with request.app[MEMORY].transaction(person.viewer(Right.PAUSE)) as tx:
        if await residents.hit(tx, resident_id) is None:
            raise NotFound(f"no resident {resident_id}")
        at = await now(tx)
        pause = next((each for each in await _asked_now(tx) if each.resident_id == resident_id), None)
    if pause is None:
        return speech(pause_words.ANSWERED_BY_OTHER)
    said = pausing.parse_home({name: str(value).replace("\0", "") for name, value in form.items()})
    if said is None:
        return speech(pause_words.ANSWER_LACKS_NAME, name=pause.resident or speech(page_words.PROTECTED))
    editor = await editor_of(request, Right.PAUSE)
    try:
        await pause_questions.answer(request.app[PLANNER_MEMORY], pause, said, at, editor=editor)
    except ChangedMeanwhile:
        return speech(pause_words.ANSWERED_BY_OTHER)
    return ""
