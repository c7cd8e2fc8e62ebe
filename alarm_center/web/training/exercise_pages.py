"""Exercises from the page of training: begun and ended by a button, with the phones that take part."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web

from alarm_center.core import exercises as rules
from alarm_center.core.roles import Right
from alarm_center.store import board, exercises
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, redirect, speech_of, text_for
from alarm_center.words import exercise_words, page_words
from alarm_center.words.catalogues import Speech

routes = web.RouteTableDef()


@routes.post("/training/exercise")
@require(Right.RAISE)
async def begin_exercise(request: web.Request) -> web.StreamResponse:
    """Begin an exercise with the carers that the form names; a form that is sent twice begins one."""
    person, form = request[PERSON], await request.post()
    viewer = person.raising_viewer
    org = str(form.get("town", ""))
    try:
        once = UUID(str(form.get("once", "")))
        named = {UUID(str(each)) for each in form.getall("carer", ())}
    except ValueError:
        raise web.HTTPBadRequest(text=text_for(request, page_words.PAGE_TOO_OLD)) from None
    if org not in viewer.orgs or not viewer.sees_all or len(named) > rules.MOST_CARERS:
        raise web.HTTPBadRequest(text=text_for(request, page_words.PAGE_TOO_OLD))
    async with request.app[MEMORY].transaction(viewer) as tx:
        at = await now(tx)
        free = {carer.carer_id for carer in await exercises.free_carers(tx, org, at, rules.LASTS)}
        await exercises.begin(tx, once, org, person.user_id, at, at + rules.LASTS, named & free)
    return redirect("/training#exercise")


@routes.post("/training/exercise/end")
@require(Right.RAISE)
async def end_exercise(request: web.Request) -> web.StreamResponse:
    """End the town's exercise now; without one nothing changes."""
    viewer, org = request[PERSON].raising_viewer, str((await request.post()).get("town", ""))
    if org not in viewer.orgs or not viewer.sees_all:
        raise web.HTTPBadRequest(text=text_for(request, page_words.PAGE_TOO_OLD))
    async with request.app[MEMORY].transaction(viewer) as tx:
        await exercises.end_now(tx, org, await now(tx))
    return redirect("/training#exercise")


async def exercise_rows(request: web.Request) -> list[dict[str, Any]]:
    """Return each town in which the person may begin an exercise: the one that goes on, or who can take part."""
    viewer, speech = request[PERSON].raising_viewer, speech_of(request)
    if not viewer.orgs or not viewer.sees_all:
        return []
    async with request.app[MEMORY].transaction(viewer) as tx:
        if not await exercises.may_begin(tx):
            return []
        at = await now(tx)
        running = {each.org: each for each in await exercises.open_exercises(tx, viewer.orgs)}
        return [
            {
                "org": head.org,
                "name": head.name,
                "zone": head.zone,
                "running": running.get(head.org),
                "cases": await _cases(tx, running[head.org], speech) if head.org in running else [],
                "free": [] if head.org in running else await _free(tx, head.org, at),
                "once": str(uuid4()),
            }
            for head in await board.town_heads(tx)
        ]


async def _free(tx: Tx, org: str, at: datetime) -> list[rules.FreeCarer]:
    return await exercises.free_carers(tx, org, at, rules.LASTS)


async def _cases(tx: Tx, running: rules.Exercise, speech: Speech) -> list[dict[str, Any]]:
    return [
        {**each._asdict(), "words": exercise_words.case_words(each, speech)}
        for each in await exercises.cases_since(tx, running.org, running.begun_at)
    ]
