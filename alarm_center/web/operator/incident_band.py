"""Route of the board's band of incidents that are not checked in time: somebody at the board sees to one."""

from aiohttp import web

from alarm_center.casework import incidents
from alarm_center.core.roles import Right
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect_or_tell

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
