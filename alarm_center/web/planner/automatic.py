"""The page of a resident's nights beside the detector, on which a planner signs that it may answer alone, once that is offered."""

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile
from alarm_center.core.roles import Right
from alarm_center.core.shadow_nights import shadow_nights
from alarm_center.store import resident_page, residents
from alarm_center.store import shadow_nights as stored
from alarm_center.store.changes import ChangedPart
from alarm_center.store.memory import Tx, now
from alarm_center.town import one_resident
from alarm_center.town.one_resident import ChangedTable, PartErrors
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import editor_of, page_context
from alarm_center.web.planner.part_fields import today_in
from alarm_center.words import part_words, shadow_words
from schemas.vocabulary import GreenBy, Show

routes = web.RouteTableDef()


@routes.get("/residents/{resident}/automatic")
@require(Right.PLAN)
async def show_automatic(request: web.Request) -> web.StreamResponse:
    """Show the nights with both answers, and what is missing for the offer, or the offer."""
    return await _show(request)


@routes.post("/residents/{resident}/automatic")
@require(Right.ARRANGE)
async def sign_automatic(request: web.Request) -> web.StreamResponse:
    """Let the resident's checks turn green by themselves, signed by the person, if it is offered still."""
    resident_id, person, speech = path_uuid(request, "resident"), request[PERSON], speech_of(request)
    editor, memory = await editor_of(request, Right.ARRANGE), request.app[PLANNER_MEMORY]

    async def work(tx: Tx) -> None:
        at = await now(tx)
        head, found = await resident_page.head(tx, resident_id), await stored.shadow(tx, resident_id, at)
        if head is None or found is None:
            raise NotFound(f"no resident {resident_id}")
        if found.by_detector or not shadow_nights(found.facts, at).offered:
            raise ChangedMeanwhile
        values = {
            "green_by": GreenBy.DETECTOR.value,
            "show": Show.DEVIATION.value,
            "signed_by": person.name,
            "signed_on": today_in(head.zone, at),
        }
        await one_resident.change_part(tx, resident_id, ChangedTable(ChangedPart.PLAN, values), editor=editor)

    try:
        await memory.attempt(work, editor.viewer)
    except ChangedMeanwhile:
        return await _show(request, speech(shadow_words.CHANGED), status=409)
    except PartErrors as errors:
        said = " ".join(part_words.error_words(each, speech) for _, each in errors.found)
        return await _show(request, said, status=400)
    memory.hint()
    return redirect(f"/residents/{resident_id}")


async def _show(request: web.Request, wrong: str = "", *, status: int = 200) -> web.StreamResponse:
    resident_id, speech = path_uuid(request, "resident"), speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx)
        head, card = await resident_page.head(tx, resident_id), await residents.card(tx, resident_id)
        found = await stored.shadow(tx, resident_id, context["now"])
    if head is None or card is None or found is None:
        raise NotFound(f"no resident {resident_id}")
    nights, zone = shadow_nights(found.facts, context["now"]), head.zone
    own = {
        "head": head,
        "card": card,
        "sentence": shadow_words.head_sentence(nights, by_detector=found.by_detector, speech=speech),
        "counted": shadow_words.count_sentence(nights, speech),
        "ended": shadow_words.end_sentence(found.ended, zone, speech) if found.ended and not found.by_detector else "",
        "lacks": [] if found.by_detector else shadow_words.lack_sentences(nights, speech),
        "uncounted": "" if found.by_detector else shadow_words.uncounted_sentence(nights, speech),
        "lines": shadow_words.night_lines(nights.looks, zone, speech),
        "means": shadow_words.share_sentence(found.facts.people_of_ten, speech),
        "may_sign": nights.offered and not found.by_detector and request[PERSON].may(Right.ARRANGE, head.org),
        "by_detector": found.by_detector,
        "day": speech.short_day(today_in(zone, context["now"])),
        "wrong": wrong,
    }
    return render(request, "planner/automatic.html", context | own, status=status)
