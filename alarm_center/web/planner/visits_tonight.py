"""Page that makes a resident's looks of tonight into visits: what will follow in a sentence, why, and the button."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile
from alarm_center.core.roles import Right
from alarm_center.preparation import visits_tonight
from alarm_center.store import resident_page, residents
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import editor_of, page_context, planned_night
from alarm_center.words import pause_words, todo_words

routes = web.RouteTableDef()


@routes.get("/residents/{resident}/visits")
@require(Right.PAUSE)
async def show_visits(request: web.Request) -> web.StreamResponse:
    """Show which looks would become visits; nothing has happened yet."""
    return await _show(request, "")


@routes.post("/residents/{resident}/visits")
@require(Right.PAUSE)
async def visit_tonight(request: web.Request) -> web.StreamResponse:
    """Make tonight's looks into visits. A form that is sent twice changes once."""
    resident_id, person, form = path_uuid(request, "resident"), request[PERSON], await request.post()
    async with request.app[MEMORY].transaction(person.viewer(Right.PAUSE)) as tx:
        context = await _context(request, tx, resident_id)
    why = str(form.get("why", "")).replace("\0", "").strip()[:500]
    if not why:
        return await _show(request, speech_of(request)(todo_words.SAY_WHY), status=400)
    editor = await editor_of(request, Right.PAUSE)
    try:
        await visits_tonight.visit_instead(
            request.app[PLANNER_MEMORY], resident_id, context["night"], why, editor=editor
        )
    except ChangedMeanwhile:
        return await _show(request, speech_of(request)(pause_words.CHANGED_BY_OTHER), status=409)
    return redirect(f"/residents/{resident_id}")


async def _show(request: web.Request, wrong: str, *, status: int = 200) -> web.StreamResponse:
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PAUSE)) as tx:
        context = await _context(request, tx, path_uuid(request, "resident"))
    return render(request, "planner/visits.html", context | {"wrong": wrong}, status=status)


async def _context(request: web.Request, tx: Tx, resident_id: UUID) -> dict[str, Any]:
    context, speech = await page_context(request, tx), speech_of(request)
    head, resident = await resident_page.head(tx, resident_id), await residents.hit(tx, resident_id)
    if head is None or resident is None:
        raise NotFound(f"no resident {resident_id}")
    at = context["now"]
    night = planned_night(at, ZoneInfo(head.zone))
    devices = await resident_page.devices(tx, resident_id)
    rows = await resident_page.checks_between(tx, resident_id, night, night)
    looks = [row.opens_at for row in rows if row.state == "planned" and row.opens_at > at]
    return context | {
        "head": head,
        "resident": resident,
        "night": night,
        "zone": head.zone,
        "looks": looks,
        "silent": bool(devices) and not any(each.connected for each in devices),
        "sentence": todo_words.visits_sentence(looks, head.zone, speech),
    }
