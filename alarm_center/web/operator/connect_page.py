"""Route of the button that calls a resident from their case: the operator's own phone rings first."""

from typing import Final

from aiohttp import web

from alarm_center.casework import connecting
from alarm_center.casework.cases import NotFound
from alarm_center.core import phone_numbers
from alarm_center.core.roles import Right
from alarm_center.store import case_pages
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.taps import tap_of
from alarm_center.web.page import PERSON, path_uuid, redirect_or_tell, set_cookie, text_for
from alarm_center.words import page_words

routes = web.RouteTableDef()

DESK_PHONE: Final = "fjt_desk_phone"
"""The cookie with the number that this desk was last called at."""
_YEAR_S: Final = 365 * 86_400


@routes.post("/alarm/{alarm}/connect")
@require(Right.WATCH)
async def connect(request: web.Request) -> web.StreamResponse:
    """Call the operator's phone, and connect it with the resident's."""
    alarm_id, person = path_uuid(request, "alarm"), request[PERSON]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        if await case_pages.alarm(tx, alarm_id) is None:
            raise NotFound(f"no alarm {alarm_id}")
    try:
        phone = phone_numbers.parse_phone_number(str((await request.post()).get("phone", "")))
    except ValueError:
        raise web.HTTPBadRequest(text=text_for(request, page_words.WRITE_OWN_NUMBER)) from None
    await connecting.call_resident(
        request.app[MEMORY], alarm_id, phone, user=person.user_id, viewer=person.board_viewer, tap=await tap_of(request)
    )
    response = redirect_or_tell(request, f"/alarm/{alarm_id}")
    set_cookie(request, response, DESK_PHONE, phone, max_age=_YEAR_S)
    return response
