"""The page of an area's history: its changes, its rota's and its substitutes, the newest first."""

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.roles import Right
from alarm_center.preparation.area_changes import tonight_of
from alarm_center.store import areas, towns
from alarm_center.store.look_log import PAGE
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, render, speech_of
from alarm_center.web.planner.desk import page_context
from alarm_center.web.planner.history import HistoryEntry
from alarm_center.web.review.review_pages import place_of, place_text
from alarm_center.words import area_history_words, area_words

routes = web.RouteTableDef()


@routes.get("/staff/areas/{area}/history")
@require(Right.STAFF)
async def show_area_history(request: web.Request) -> web.StreamResponse:
    """Show what has been changed in an area that the person sees, also in one that is closed; ``?before=`` shows older changes."""
    viewer, speech, wanted = request[PERSON].viewer(Right.STAFF), speech_of(request), path_uuid(request, "area")
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        for town in await towns.towns(tx):
            there = await areas.of_town(tx, town.org, tonight_of(town, context["now"]), context["now"])
            it = next((each for each in there if each.area_id == wanted and viewer.sees(wanted)), None)
            if it is not None:
                break
        else:
            raise NotFound(f"no area {wanted}")
        rows = await areas.changes_of(tx, town.org, wanted, place_of(request), PAGE)
    zone = town.zone.key
    entries = [HistoryEntry(row.made_at, row.name, *area_history_words.change_words(row, zone, speech)) for row in rows]
    older = ""
    if len(rows) == PAGE and rows[-1].change_id is not None:
        older = place_text(rows[-1].made_at, rows[-1].change_id)
    own = {
        "it": it, "zone": zone, "history": entries, "older": older, "later": "before" in request.query,
        "closed": area_words.closed_words(it, zone, speech) if it.closed_at is not None else "",
    }  # fmt: skip
    return render(request, "staff/area_history.html", context | own)
