"""Pages of the list for one resident: the search for the resident, and who looked at them in a month, to print."""

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.store import look_log
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, render, speech_of
from alarm_center.web.review.review_pages import handed_list, reviewed_town
from alarm_center.words.look_words import list_sentence

routes = web.RouteTableDef()

_MOST = 40
"""Residents shown at once."""


@routes.get("/looks/residents")
@require(Right.HAND_OUT)
async def show_residents(request: web.Request) -> web.StreamResponse:
    """Show the search for a resident; the first residents by name stand there already."""
    return await _show_residents(request, "", None)


@routes.post("/looks/residents")
@require(Right.HAND_OUT)
async def search_residents(request: web.Request) -> web.StreamResponse:
    """Show the residents who match. A search stands in no address, since addresses are written to logs."""
    form = await request.post()
    asked = str(form.get("asked", "")).replace("\0", "").strip()[:100]
    return await _show_residents(request, asked, str(form.get("town", "")) or None)


async def _show_residents(request: web.Request, asked: str, named: str | None) -> web.StreamResponse:
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.HAND_OUT)) as tx:
        reviewed = await reviewed_town(request, tx, named)
        found = await look_log.search_residents(tx, reviewed.town.org, asked, _MOST + 1)
    context = {"asked": asked, "found": found[:_MOST], "more": len(found) > _MOST}
    return render(request, "review/residents.html", reviewed.context() | context)


@routes.get("/looks/resident/{resident}")
@require(Right.HAND_OUT)
async def show_resident_list(request: web.Request) -> web.StreamResponse:
    """Show who and what looked at a resident in a month, in sentences to that resident.

    Raises:
        NotFound: there is no such resident whose list the person may hand out.
    """
    resident_id, speech = path_uuid(request, "resident"), speech_of(request)
    listed = await handed_list(request, resident_id)
    said = [(each.device, list_sentence(each, listed.head.zone, speech)) for each in listed.looks]
    context = {
        "people": [words for device, words in said if not device],
        "devices": [words for device, words in said if device],
    }
    return render(request, "review/resident.html", listed.context(resident_id, speech) | context)
