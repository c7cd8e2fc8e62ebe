"""Page by which a planner gives installers the mounting of a home: the day, and the hour if it is agreed."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import Editor
from alarm_center.core.mounting import BY_PLANNER, StopReason
from alarm_center.core.roles import Right
from alarm_center.preparation import mounting_jobs
from alarm_center.preparation.mounting_jobs import CameraThere
from alarm_center.store import mountings, resident_page, residents
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context
from alarm_center.words import mounting_words

routes = web.RouteTableDef()


@routes.get("/residents/{resident}/mounting")
@require(Right.ARRANGE)
async def show_mounting_form(request: web.Request) -> web.StreamResponse:
    """Show the form, with the mounting that is under way."""
    return await _show(request, {}, "")


@routes.post("/residents/{resident}/mounting")
@require(Right.ARRANGE)
async def give(request: web.Request) -> web.StreamResponse:
    """Give installers the mounting, or end one that an installer has begun. A form that is sent twice does so once."""
    person, resident_id = request[PERSON], path_uuid(request, "resident")
    form = {name: str(value).strip()[:40] for name, value in (await request.post()).items()}
    if form.get("deed") == "end":
        return await _end(request, form.get("why", ""))
    try:
        day = date.fromisoformat(form.get("due_on", ""))
        hour = time.fromisoformat(form["due_time"]) if form.get("due_time") else None
    except ValueError:
        return await _show(request, form, mounting_words.NO_DAY)
    async with request.app[MEMORY].transaction(person.viewer(Right.ARRANGE)) as tx:
        context = await page_context(request, tx)
    if day < context["now"].astimezone(ZoneInfo(context["zone"])).date():
        return await _show(request, form, mounting_words.DAY_PAST)
    editor = Editor(str(person.user_id), person.viewer(Right.ARRANGE))
    try:
        given = await mounting_jobs.give_mounting(request.app[PLANNER_MEMORY], resident_id, day, hour, editor=editor)
    except CameraThere:
        return await _show(request, form, mounting_words.CAMERA_THERE, status=409)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect(f"/residents/{resident_id}") if given else await _show(request, form, mounting_words.UNDER_WAY)


async def _end(request: web.Request, why: str) -> web.StreamResponse:
    person, resident_id, speech = request[PERSON], path_uuid(request, "resident"), speech_of(request)
    if why not in BY_PLANNER:
        return await _show(request, {}, "", speech(mounting_words.SAY_WHY_ENDED), status=400)
    editor = Editor(str(person.user_id), person.viewer(Right.ARRANGE))
    try:
        ended = await mounting_jobs.end_mounting(
            request.app[PLANNER_MEMORY], resident_id, StopReason(why), editor=editor
        )
    except LookupError as error:
        raise NotFound(str(error)) from error
    if ended:
        return redirect(f"/residents/{resident_id}")
    return await _show(request, {}, "", speech(mounting_words.NOT_ENDED), status=409)


async def _show(
    request: web.Request, form: Mapping[str, Any], wrong: str, not_ended: str = "", *, status: int = 0
) -> web.StreamResponse:
    resident_id = path_uuid(request, "resident")
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        context = await page_context(request, tx)
        head, resident = await resident_page.head(tx, resident_id), await residents.hit(tx, resident_id)
        if head is None or resident is None:
            raise NotFound(f"no resident {resident_id}")
        newest = await mountings.of_home(tx, resident_id)
        camera = await mountings.camera_in_use(tx, resident_id)
    today, speech, at = context["now"].astimezone(ZoneInfo(head.zone)).date(), speech_of(request), context["now"]
    begun = newest if newest is not None and newest.may_be_ended else None
    own = {
        "ending": mounting_words.end_follows(begun, resident.name, at, head.zone, speech) if begun else [],
        "in_hand": begun is not None and begun.ends_at is not None and begun.ends_at > at,
        "reasons": [(each.value, speech(mounting_words.STOPPED[each])) for each in BY_PLANNER], "not_ended": not_ended,
        "head": head, "resident": resident, "form": form, "wrong": speech_of(request)(wrong) if wrong else "", "today": today,
        "mounting": mounting_words.of_home(newest, speech_of(request)), "under_way": newest is not None and newest.ended_at is None,
        "camera_there": speech_of(request)(mounting_words.CAMERA_THERE) if camera is not None else "",
    }  # fmt: skip
    return render(request, "planner/mounting.html", context | own, status=status or (400 if wrong else 200))
