"""Pages of a manual alarm, in three steps: the resident, the reason, and a sentence that says what will happen.

For operators, and for leads also where the alarm centre answers. A search stands in no address, since addresses are
written to logs.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from aiohttp import web

from alarm_center.casework import manual_alarms
from alarm_center.casework.cases import NotFound
from alarm_center.core.alarm import Alarm
from alarm_center.core.alarm.alarm_kinds import POLICY
from alarm_center.core.alarm.manual_alarm import ManualRequest, MissingField, parse_form
from alarm_center.core.roles import Right
from alarm_center.store import case_pages, events, residents, towns
from alarm_center.store.memory import Tx, now
from alarm_center.store.residents import ResidentHit
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.calling import calling_context
from alarm_center.web.operator.watched_towns import watched_towns
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of, text_for
from alarm_center.words import code_words, manual_alarm_words, page_words
from alarm_center.words.manual_alarm_words import coming_sentence
from schemas.vocabulary import AlarmKind

routes = web.RouteTableDef()

_MOST: Final = 40
"""Residents shown at once."""


@routes.get("/raise")
@require(Right.RAISE)
async def show_search(request: web.Request) -> web.StreamResponse:
    """Show the search for a resident; the first residents by name stand there already."""
    return await _show_search(request, "")


@routes.post("/raise")
@require(Right.RAISE)
async def search(request: web.Request) -> web.StreamResponse:
    """Show the residents who match."""
    return await _show_search(request, str((await request.post()).get("asked", "")).replace("\0", "").strip()[:100])


@routes.get("/fragments/calling")
@require(Right.WATCH)
async def show_calling(request: web.Request) -> web.StreamResponse:
    """Show the cases that call for somebody at the board meanwhile: as banners, or as numbers beside the way back."""
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        context = await calling_context(tx, await now(tx), speech_of(request))
    if request.query.get("as") == "way_back":
        return render(request, "parts/way_back.html", {"calling": context})
    return render(request, "parts/calling.html", context)


async def _show_search(request: web.Request, asked: str) -> web.StreamResponse:
    async with request.app[MEMORY].transaction(request[PERSON].raising_viewer) as tx:
        found = await residents.search(tx, asked, _MOST + 1)
        context = await _page_context(request, tx)
    page = "parts/found.html" if "X-Fragment" in request.headers else "raise/find.html"
    return render(request, page, context | {"asked": asked, "found": found[:_MOST], "more": len(found) > _MOST})


@routes.get("/raise/{resident}")
@require(Right.RAISE)
async def show_form(request: web.Request) -> web.StreamResponse:
    """Show the form for reason, priority and note."""
    return await _show_form(
        request, {"reason": "", "priority": str(int(POLICY[AlarmKind.MANUAL].priority)), "note": ""}
    )


@routes.post("/raise/{resident}")
@require(Right.RAISE)
async def preview(request: web.Request) -> web.StreamResponse:
    """Show what will happen; nothing has happened yet."""
    form = await request.post()
    filled = {name: str(form.get(name, "")) for name in ("reason", "priority", "note")}
    if form.get("change"):
        return await _show_form(request, filled)
    wish = _wish_of(filled)
    if isinstance(wish, MissingField):
        return await _show_form(request, filled, wish)
    resident_id, person = path_uuid(request, "resident"), request[PERSON]
    coming = await manual_alarms.foreseen_alarm(request.app[MEMORY], resident_id, wish, person.raising_viewer)
    async with request.app[MEMORY].transaction(person.raising_viewer) as tx:
        context = await resident_context(request, tx, resident_id)
    resident: ResidentHit = context["resident"]
    sentence = coming_sentence(coming, resident.name, resident.area, speech_of(request))
    return render(
        request,
        "raise/confirm.html",
        context | {"sentence": sentence, "wish": wish, "once": uuid4(), "mark": int(coming.priority)},
    )


@routes.post("/raise/{resident}/now")
@require(Right.RAISE)
async def raise_now(request: web.Request) -> web.StreamResponse:
    """Raise the alarm. A form that is sent twice raises one alarm, and both answers lead to it."""
    form, resident_id, person = await request.post(), path_uuid(request, "resident"), request[PERSON]
    wish = _wish_of({name: str(form.get(name, "")) for name in ("reason", "priority", "note")})
    try:
        once = UUID(str(form.get("once", "")))
    except ValueError:
        once = None
    if isinstance(wish, MissingField) or once is None:
        raise web.HTTPBadRequest(text=text_for(request, page_words.PAGE_TOO_OLD))
    alarm = await manual_alarms.raise_by_hand(
        request.app[MEMORY], resident_id, wish, raising_id=once, user=person.user_id, viewer=person.raising_viewer
    )
    if not person.raising_viewer.sees(alarm.area_id):
        return await show_beyond(request, resident_id, alarm)
    if alarm.org in person.board_viewer.orgs:
        return redirect(f"/alarm/{alarm.alarm_id}")
    return redirect(f"/raised/{alarm.alarm_id}")


async def show_beyond(request: web.Request, resident_id: UUID, alarm: Alarm) -> web.StreamResponse:
    """Show the area of the case that was joined; there is no page of it that this person may see."""
    async with request.app[MEMORY].transaction(request[PERSON].raising_viewer) as tx:
        context = await resident_context(request, tx, resident_id)
        area, _plan = await towns.area(tx, alarm.area_id)
    return render(request, "raise/beyond.html", context | {"number": alarm.case_no, "area": area})


@routes.get("/raised/{alarm}")
@require(Right.RAISE)
async def show_raised(request: web.Request) -> web.StreamResponse:
    """Show a person who does not sit at the board how far the alarm has come."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].raising_viewer) as tx:
        alarm_id = path_uuid(request, "alarm")
        case = await case_pages.alarm(tx, alarm_id)
        if case is None:
            raise NotFound(f"no alarm {alarm_id}")
        asked = await case_pages.notices(tx, alarm_id)
        context = await _page_context(request, tx)
    took = next((one.patrol for one in asked if one.state == "took"), None)
    state = code_words.state_words(case.alarm, speech, took)
    return render(request, "raise/raised.html", context | {"alarm": case.alarm, "area": case.area, "state": state})


def _wish_of(filled: Mapping[str, str]) -> ManualRequest | MissingField:
    return parse_form(filled["reason"], filled["priority"], filled["note"].replace("\0", ""))


async def _show_form(
    request: web.Request, filled: Mapping[str, str], missing: MissingField | None = None
) -> web.StreamResponse:
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].raising_viewer) as tx:
        context = await resident_context(request, tx, path_uuid(request, "resident"))
    choices = {
        "reasons": [(str(code), speech(text)) for code, text in code_words.RAISED_FOR.items()],
        "priorities": [(int(code), speech(text)) for code, text in code_words.PRIORITIES.items()],
        "filled": filled,
        "missing": speech(manual_alarm_words.MISSING[missing]) if missing else "",
        "at_fault": missing.value if missing else "",
    }
    return render(request, "raise/form.html", context | choices, status=400 if missing else 200)


async def resident_context(request: web.Request, tx: Tx, resident_id: UUID) -> dict[str, Any]:
    """Return the context of a page about one resident.

    Raises:
        NotFound: there is no such resident whom *tx* sees.
    """
    resident = await residents.hit(tx, resident_id)
    if resident is None:
        raise NotFound(f"no resident {resident_id}")
    plan = (await towns.of_resident(tx, resident_id)).plan
    card = await residents.card(tx, resident_id)
    if card is not None and card.protected and not await residents.sees_protected(tx, resident.org):
        card = None
    needs = {"card": card, "phone_first": plan.phone_first, "two_carers": plan.two_carers}
    return await _page_context(request, tx) | needs | {"resident": resident}


async def _page_context(request: web.Request, tx: Tx) -> dict[str, Any]:
    """Return the context of every such page; at a board, also the cases that call for its operator meanwhile."""
    watched = await watched_towns(tx)
    return await calling_context(tx, watched.now, speech_of(request)) | {
        "now": watched.now,
        "zone": watched.zone,
        "cursor": await events.newest_cursor(tx),
        "towns": len(watched.towns),
        "watching": bool(request[PERSON].board_viewer.orgs),
        "may_look_in": request[PERSON].board_viewer.orgs,
        "may_pause_in": request[PERSON].viewer(Right.PAUSE).orgs,
    }
