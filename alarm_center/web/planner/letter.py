"""Letter to a resident about one month: how many times we looked, by machine alone or by a person, and who."""

from aiohttp import web

from alarm_center.core.look_letter import look_sums
from alarm_center.core.roles import Right
from alarm_center.web.auth import require
from alarm_center.web.page import path_uuid, render, speech_of
from alarm_center.web.review.review_pages import handed_list
from alarm_center.words.catalogues import SPEECHES
from alarm_center.words.letter_words import letter

routes = web.RouteTableDef()


@routes.get("/looks/resident/{resident}/letter")
@require(Right.HAND_OUT)
async def show_letter(request: web.Request) -> web.StreamResponse:
    """Show the letter; that it was shown is written as for the resident's list.

    Raises:
        NotFound: there is no such resident whose list the person may hand out.
    """
    resident_id = path_uuid(request, "resident")
    speech = SPEECHES.get(request.query.get("language", ""), speech_of(request))
    listed = await handed_list(request, resident_id)
    made = letter(look_sums(listed.looks), listed.month, speech, over=listed.month < listed.reviewed.month)
    context = {"letter": made, "written_in": speech.language}
    return render(request, "planner/letter.html", listed.context(resident_id, speech) | context)
