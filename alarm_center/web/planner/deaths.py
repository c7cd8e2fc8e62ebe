"""Pages of a death on a case: what follows, the lead's confirmation by voice, and a mistake that somebody else corrects."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from aiohttp import web

from alarm_center.casework import cases
from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import Editor
from alarm_center.core.alarm import alarm_events
from alarm_center.core.roles import Right
from alarm_center.preparation import deaths
from alarm_center.preparation.deaths import AlreadyDecided, NotTheirs
from alarm_center.store import day_pages
from alarm_center.store import deaths as rows
from alarm_center.store.memory import Memory
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.outcome import NOTE_MOST, resident_to_close
from alarm_center.web.planner.pause import back, resident_context, show_search_again
from alarm_center.words import bed_words, pause_words
from schemas.limits import CONFIG_AHEAD_HOURS
from schemas.vocabulary import Outcome

routes = web.RouteTableDef()

_AHEAD: Final = timedelta(hours=CONFIG_AHEAD_HOURS)
"""Looks are laid so far ahead."""
_PATH: Final = "/alarm/{alarm}/died"


@routes.get(_PATH)
@require(Right.WATCH)
async def show_death(request: web.Request) -> web.StreamResponse:
    """Show what follows when the resident has died; nothing has happened yet."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        resident_id = await resident_to_close(request, tx)
        context = await resident_context(request, tx, resident_id)
        openings = await day_pages.openings_before(tx, resident_id, context["now"] + _AHEAD)
    sentence = pause_words.falls_away(openings, context["now"], context["zone"], speech)
    if (beside := context["beside"]) is not None:
        sentence = f"{sentence} {bed_words.death_means(beside.name, speech)}"
    return render(request, "planner/died.html", context | {"sentence": sentence, "act": request.path})


@routes.post(_PATH)
@require(Right.WATCH)
async def register(request: web.Request) -> web.StreamResponse:
    """Register the death: the devices go dark, and the case is closed."""
    person, alarm_id = request[PERSON], path_uuid(request, "alarm")
    note = str((await request.post()).get("note", "")).replace("\0", "").strip()[:NOTE_MOST]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        resident_id = await resident_to_close(request, tx)
    editor = Editor(str(person.user_id), person.viewer(Right.PAUSE))
    await deaths.register_death(request.app[PLANNER_MEMORY], resident_id, alarm_id, editor=editor)
    closing = alarm_events.Close(person.user_id, Outcome.DIED, note=bool(note))
    await cases.apply_to_alarm(
        request.app[MEMORY], alarm_id, closing, actor=str(person.user_id), viewer=person.board_viewer, note=note or None
    )
    return redirect("/")


@routes.post("/death/{death}/confirm")
@require(Right.PAUSE)
async def confirm(request: web.Request) -> web.StreamResponse:
    """Keep that the person has heard it by voice."""
    return await _decide(request, deaths.confirm_death)


@routes.post("/death/{death}/correct")
@require(Right.PAUSE)
async def correct(request: web.Request) -> web.StreamResponse:
    """Keep that it was registered by mistake."""
    return await _decide(request, deaths.correct_death)


async def _decide(request: web.Request, deed: Callable[..., Awaitable[None]]) -> web.StreamResponse:
    person, death_id, speech = request[PERSON], path_uuid(request, "death"), speech_of(request)
    async with request.app[MEMORY].transaction(person.viewer(Right.PAUSE)) as tx:
        if not await rows.is_seen(tx, death_id):
            raise NotFound(f"no death {death_id}")
    memory: Memory = request.app[PLANNER_MEMORY]
    try:
        await deed(memory, death_id, editor=Editor(str(person.user_id), person.viewer(Right.PAUSE)))
    except NotTheirs:
        return await show_search_again(request, speech(pause_words.DEATH_IS_ANOTHERS))
    except AlreadyDecided:
        return await show_search_again(request, speech(pause_words.ANSWERED_BY_OTHER))
    return await back(request)
