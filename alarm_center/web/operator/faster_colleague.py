"""Words for a person whose form came too late: the name of the colleague who was faster, where the person may know it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from aiohttp import web

from alarm_center.core.check import CheckState
from alarm_center.core.decision import IllegalMove
from alarm_center.store import case_pages, events, looks, users
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.page import PERSON, speech_of
from alarm_center.words import page_words
from alarm_center.words.catalogues import Speech
from schemas.timeline import PersonAnswered

_AFTER_AN_ANSWER: Final = (CheckState.SEEN, CheckState.WAITING, CheckState.OPEN)
"""States that a check which waits for a look comes to by a person's answer alone."""


@asynccontextmanager
async def naming_the_faster(
    request: web.Request, *, alarm_id: UUID | None = None, check_id: UUID | None = None
) -> AsyncIterator[None]:
    """Answer a form that is an illegal move with who has the alarm, has answered the check, or looks at it.

    Raises:
        web.HTTPConflict: it was one; it says only that something has changed, where nobody was faster whom the person may know.
    """
    try:
        yield
    except IllegalMove as lost:
        person, speech = request[PERSON], speech_of(request)
        async with request.app[MEMORY].transaction(person.board_viewer) as tx:
            words = ""
            if alarm_id is not None:
                words = await _holder_words(tx, alarm_id, person.user_id, speech)
            elif check_id is not None:
                words = await _looker_words(tx, check_id, person.user_id, speech)
        raise web.HTTPConflict(text=words or speech(page_words.CHANGED_MEANWHILE)) from lost


async def _holder_words(tx: Tx, alarm_id: UUID, user_id: UUID, speech: Speech) -> str:
    case = await case_pages.alarm(tx, alarm_id)
    if case is None or not case.holder or not case.alarm.is_held_by_other(user_id, await now(tx)):
        return ""
    return speech(page_words.FASTER, name=case.holder)


async def _looker_words(tx: Tx, check_id: UUID, user_id: UUID, speech: Speech) -> str:
    case, names = await case_pages.check(tx, check_id), await users.colleague_names(tx)
    if case is None:
        return ""
    if case.state == CheckState.TO_LOOK:
        looker = await looks.other_looker(tx, check_id, user_id, await now(tx))
        return speech(page_words.NAME_IS_LOOKING, name=names[looker]) if looker in names else ""
    if case.state not in _AFTER_AN_ANSWER:
        return ""
    lines = await events.of_case(tx, check_id=check_id)
    said = [line.payload.user for line in lines if isinstance(line.payload, PersonAnswered)]
    others = {str(other): name for other, name in names.items() if other != user_id}
    return speech(page_words.FASTER, name=others[said[-1]]) if said and said[-1] in others else ""
