"""Lists to print: ``/d/i5f3a0c1e`` is an incident's, as its SMS links to it, ``/reserve`` is tonight's list for each area.

Both hold names and addresses, so they are for those who drive, answer or lead, each for their own areas; that somebody
has fetched a reserve list is written (design §6, "Reserve").
"""

from datetime import date
from uuid import UUID

from aiohttp import web

from alarm_center.casework import incident_list
from alarm_center.casework.cases import NotFound
from alarm_center.core import reserve
from alarm_center.preparation import evening
from alarm_center.store import reserve as rows
from alarm_center.store.memory import now
from alarm_center.web.auth import Handler, signed_in
from alarm_center.web.keys import MEMORY
from alarm_center.web.page import PERSON, render, say, see

routes = web.RouteTableDef()


def drives(handler: Handler) -> Handler:
    """Let *handler* only be reached by somebody who drives, answers or leads somewhere."""

    @signed_in
    async def guarded(request: web.Request) -> web.StreamResponse:
        if not request[PERSON].driving.orgs:
            raise web.HTTPForbidden(text=say(request, "Din roll har inte den här sidan"))
        return await handler(request)

    return guarded


@routes.get("/d/{link:[a-z][a-z0-9]{5,23}}")
@drives
async def incident(request: web.Request) -> web.StreamResponse:
    """Show an incident's list, what is left to check first."""
    link = request.match_info["link"]
    made = await incident_list.incident_list(request.app[MEMORY], link, request[PERSON].driving)
    if made is None:
        raise NotFound(f"incident {link}")
    return _paper(request, incident_list.as_text(made))


@routes.get("/d/{number:\\d{1,9}}")
@drives
async def incident_of_number(request: web.Request) -> web.StreamResponse:
    """Lead to the list of the incident that people call by *number*; each town counts its own, so there may be several."""
    number = int(request.match_info["number"])
    found = await incident_list.of_number(request.app[MEMORY], number, request[PERSON].driving)
    if not found:
        raise NotFound(f"incident {number}")
    if len(found) == 1:
        return see(f"/d/{found[0].link}")
    return render(request, "incidents.html", {"number": number, "incidents": found})


@routes.get("/reserve")
@drives
async def lists(request: web.Request) -> web.StreamResponse:
    """Show which reserve lists there are, tonight's first."""
    async with request.app[MEMORY].transaction(request[PERSON].driving) as tx:
        made = await rows.lately(tx, await now(tx))
    return render(request, "reserve.html", {"lists": made})


@routes.get("/reserve/{area}/{night:\\d{4}-\\d\\d-\\d\\d}")
@drives
async def area(request: web.Request) -> web.StreamResponse:
    """Show one area's list of a night, and write who has it now."""
    person = request[PERSON]
    try:
        area_id, night = UUID(request.match_info["area"]), date.fromisoformat(request.match_info["night"])
    except ValueError as error:
        raise NotFound("reserve list") from error
    made = await evening.reserve_list(
        request.app[MEMORY], area_id, night, fetched_by=str(person.user_id), viewer=person.driving
    )
    if made is None:
        raise NotFound("reserve list")
    return _paper(request, reserve.as_text(made))


def _paper(request: web.Request, text: str) -> web.StreamResponse:
    return render(request, "paper.html", {"text": text})
