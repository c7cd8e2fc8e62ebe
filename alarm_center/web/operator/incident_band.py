"""Routes of a person at the board on an incident: seen to, of one that is not checked in time, and ended."""

from aiohttp import web

from alarm_center.casework import incidents
from alarm_center.core.roles import Right
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect_or_tell, text_for
from alarm_center.words import page_words

routes = web.RouteTableDef()


@routes.post("/incident/{incident}/acknowledge")
@require(Right.WATCH)
async def acknowledge_incident(request: web.Request) -> web.StreamResponse:
    """Acknowledge an incident that is not checked in time: the person sees to it."""
    incident_id, person = path_uuid(request, "incident"), request[PERSON]
    await incidents.acknowledge_incident(
        request.app[MEMORY], incident_id, by=str(person.user_id), viewer=person.board_viewer
    )
    return redirect_or_tell(request, "/")


@routes.post("/incident/{incident}/close")
@require(Right.WATCH)
async def close_incident(request: web.Request) -> web.StreamResponse:
    """End an incident that has no place left to check, for the reason of the form."""
    incident_id, person = path_uuid(request, "incident"), request[PERSON]
    reason = str((await request.post()).get("reason", "")).replace("\0", "").strip()[:200]
    if not reason:
        raise web.HTTPBadRequest(text=text_for(request, page_words.UNREADABLE))
    await incidents.close_incident(
        request.app[MEMORY], incident_id, by=str(person.user_id), reason=reason, viewer=person.board_viewer
    )
    return redirect_or_tell(request, "/")
