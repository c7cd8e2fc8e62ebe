"""Papers of one resident to print: the plan to sign, and "Din tillsyn" for the resident's own wall."""

from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.store import resident_page, towns
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, render, speech_of
from alarm_center.web.planner.desk import page_context, planned_night
from alarm_center.web.planner.resident_page import resident_context
from alarm_center.words.catalogues import SPEECHES
from alarm_center.words.leaflet_words import leaflet

routes = web.RouteTableDef()


@routes.get("/residents/{resident}/plan")
@require(Right.PLAN)
async def show_plan(request: web.Request) -> web.StreamResponse:
    """Show the plan to sign: agreement, times, and what happens when the person is not seen."""
    return render(request, "planner/plan_paper.html", await _paper_context(request))


@routes.get("/residents/{resident}/leaflet")
@require(Right.PLAN)
async def show_leaflet(request: web.Request) -> web.StreamResponse:
    """Show the resident's own paper: times, the lamp, and how to pause or stop by phone at any hour."""
    resident_id, speech = (
        path_uuid(request, "resident"),
        SPEECHES.get(request.query.get("language", ""), speech_of(request)),
    )
    context = await _paper_context(request)
    night = planned_night(context["now"], ZoneInfo(context["zone"]))
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        times = await resident_page.times(tx, resident_id, night)
        devices = await resident_page.devices(tx, resident_id)
        town = await towns.town(tx, context["head"].org)
    own = {
        "leaflet": leaflet(times, night, devices[0].kind if devices else None, speech),
        "written_in": speech,
        "number": town.fixed_number or town.data_number,
    }
    return render(request, "planner/leaflet.html", context | own)


async def _paper_context(request: web.Request) -> dict[str, Any]:
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx)
        own = await resident_context(tx, path_uuid(request, "resident"), context["now"], speech_of(request))
    return context | own
