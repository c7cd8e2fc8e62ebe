"""Line at the top of the board: how many are signed in at it now, and who."""

from typing import Any, Final

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.store import users
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, render, speech_of
from alarm_center.words import page_words

routes = web.RouteTableDef()

_NAMED: Final = 4
"""Names that fit the line of a board 1280 wide; of the others it says how many."""


@routes.get("/fragments/signed-in")
@require(Right.WATCH, covered=True)
async def show_signed_in(request: web.Request) -> web.StreamResponse:
    """Show who is signed in at the board."""
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        context = await signed_in_context(request, tx)
    return render(request, "parts/signed_in.html", context)


async def signed_in_context(request: web.Request, tx: Tx) -> dict[str, Any]:
    """Return how many are signed in at the person's board, and their names, "you" first; a covered board names nobody."""
    person, speech = request[PERSON], speech_of(request)
    others = [name for user_id, name in (await users.at_the_board(tx)).items() if user_id != person.user_id]
    names = [speech(page_words.YOU), *others[: _NAMED - 1]]
    beyond = len(others) + 1 - len(names)
    if beyond:
        names.append(speech(page_words.AND_MORE, count=beyond))
    return {"signed_in": len(others) + 1, "signed_in_names": [] if person.covered else names}
