"""Line of a board where nothing waits: what has been done since the person signed in, in numbers."""

from typing import Any

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.store import hand_overs
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.watched_towns import nights, watched_towns
from alarm_center.web.page import PERSON, render

routes = web.RouteTableDef()


@routes.get("/fragments/since-sign-in")
@require(Right.WATCH, covered=True)
async def show_since_sign_in(request: web.Request) -> web.StreamResponse:
    """Show what has been done since the person signed in."""
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        context = await since_sign_in_context(tx)
    return render(request, "parts/since_sign_in.html", context)


async def since_sign_in_context(tx: Tx) -> dict[str, Any]:
    """Return when the person signed in, with the counts since; ``since`` is ``None`` where nobody has."""
    since, watched = await hand_overs.signed_in_at(tx), await watched_towns(tx)
    done = await hand_overs.done_since(tx, nights(watched), since) if since else None
    return {"since": since, "done": done, "zone": watched.zone}
