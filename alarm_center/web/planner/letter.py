"""Letter to a resident about one month: how many times we looked, by machine alone or by a person, and who."""

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core import look_review
from alarm_center.core.look_letter import look_sums
from alarm_center.core.roles import Right
from alarm_center.store import look_log
from alarm_center.store.look_log import ReviewedTown
from alarm_center.store.memory import now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, render, speech_of
from alarm_center.web.review.review_pages import ReviewContext, month_context, month_of
from alarm_center.words import page_words
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
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.HAND_OUT)) as tx:
        head = await look_log.list_head(tx, resident_id)
        if head is None:
            raise NotFound(f"resident {resident_id}")
        at = await now(tx)
        town = next(each for each in await look_log.towns_to_review(tx) if each.org == head.org)
        reviewed = ReviewContext(ReviewedTown(head.org, town.name, head.zone), [], at)
        month = month_of(request, reviewed)
        listed = await look_log.looks_at_resident(tx, resident_id, *look_review.month_span(month, reviewed.zone))
    request.app[MEMORY].hint()
    language = request.query.get("language", "")
    speech = SPEECHES.get(language, speech_of(request))
    made = letter(look_sums(listed), month, speech, over=month < reviewed.month)
    context = {
        "resident_id": resident_id,
        "name": head.name or speech(page_words.PROTECTED),
        "letter": made,
        "written_in": speech.language,
    }
    return render(request, "planner/letter.html", reviewed.context() | month_context(month, reviewed) | context)
