"""An alarm raised by hand, in three steps: whom for, why, and a sentence that says what will happen before it does.

For operators, and for leads also where the alarm centre answers. What is searched for stands in no address, since
addresses are written to logs.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from aiohttp import web

from alarm_center.casework import raising
from alarm_center.casework.cases import NotFound
from alarm_center.core.alarm_kinds import POLICY
from alarm_center.core.case import Alarm
from alarm_center.core.raising import Coming, Course, Missing, Wish, read
from alarm_center.store import board, casebook, events, residents, towns
from alarm_center.store.memory import Tx
from alarm_center.store.residents import Found
from alarm_center.web import words
from alarm_center.web.auth import Handler, signed_in
from alarm_center.web.catalogues import Speech
from alarm_center.web.catalogues import mark as _
from alarm_center.web.keys import MEMORY
from alarm_center.web.operator.board import here
from alarm_center.web.operator.case import uuid_in
from alarm_center.web.page import PERSON, render, say, see, speech_of
from schemas.vocabulary import AlarmKind

routes = web.RouteTableDef()

_MOST: Final = 40
"""Residents shown at once."""
_MINUTES_FROM: Final = 120
"""Seconds from which a wait is said in minutes."""

_MISSING: Final[Mapping[Missing, str]] = {
    Missing.REASON: _("Välj vad som har hänt"),
    Missing.PRIORITY: _("Välj hur bråttom det är"),
    Missing.NOTE: _("Skriv vad som har hänt"),
}

_COMING: Final[Mapping[Course, str]] = {
    Course.AT_ONCE: _(
        "Ett larm med prio %(prio)s öppnas för %(name)s i område %(area)s, och patrullen får SMS direkt."
    ),
    Course.WAITS: _(
        "Ett larm med prio %(prio)s öppnas för %(name)s i område %(area)s, och patrullen får SMS om %(wait)s om ingen "
        "skickar den innan dess."
    ),
    Course.JOINS: _("%(name)s har redan larm %(number)s med prio %(had)s, och det här läggs till i det larmet."),
    Course.RISES: _("%(name)s har redan larm %(number)s, och det höjs från prio %(had)s till prio %(prio)s."),
    Course.BEYOND: _(
        "%(name)s har redan larm %(number)s i område %(area)s, som du inte ser. Det här läggs till i det larmet, som får "
        "minst prio %(prio)s."
    ),
}


def raises(handler: Handler) -> Handler:
    """Let *handler* only be reached by somebody who may raise an alarm somewhere."""

    @signed_in
    async def guarded(request: web.Request) -> web.StreamResponse:
        if not request[PERSON].raising.orgs:
            raise web.HTTPForbidden(text=say(request, "Din roll har inte den här sidan"))
        return await handler(request)

    return guarded


def sentence(coming: Coming, resident: Found, speech: Speech) -> str:
    """Return what will happen, in one sentence."""
    minutes, seconds = divmod(coming.seconds, 60)
    long = coming.seconds >= _MINUTES_FROM and not seconds
    wait = speech("%(count)s minuter", count=minutes) if long else speech("%(count)s sekunder", count=coming.seconds)
    return speech(
        _COMING[coming.course],
        prio=int(coming.priority),
        name=resident.name,
        area=coming.area or resident.area,
        wait=wait,
        number=coming.case_no,
        had=int(coming.had or coming.priority),
    )


@routes.get("/raise")
@raises
async def show_search(request: web.Request) -> web.StreamResponse:
    """Ask whom it is for; the first residents by name stand there already."""
    return await _search(request, "")


@routes.post("/raise")
@raises
async def search(request: web.Request) -> web.StreamResponse:
    """Show the residents who match."""
    return await _search(request, str((await request.post()).get("asked", "")).replace("\0", "").strip()[:100])


@routes.get("/fragments/calling")
@raises
async def show_calling(request: web.Request) -> web.StreamResponse:
    """Show what calls for somebody at the board meanwhile."""
    async with request.app[MEMORY].transaction(request[PERSON].raising) as tx:
        return render(request, "parts/calling.html", await _around(request, tx))


async def _search(request: web.Request, asked: str) -> web.StreamResponse:
    async with request.app[MEMORY].transaction(request[PERSON].raising) as tx:
        found = await residents.find(tx, asked, _MOST + 1)
        context = await _around(request, tx)
    page = "parts/found.html" if "X-Fragment" in request.headers else "raise/find.html"
    return render(request, page, context | {"asked": asked, "found": found[:_MOST], "more": len(found) > _MOST})


@routes.get("/raise/{resident}")
@raises
async def show_form(request: web.Request) -> web.StreamResponse:
    """Ask why, and how urgent it is."""
    return await _form(request, {"reason": "", "priority": str(int(POLICY[AlarmKind.MANUAL].priority)), "note": ""})


@routes.post("/raise/{resident}")
@raises
async def preview(request: web.Request) -> web.StreamResponse:
    """Say what will happen; nothing has happened yet."""
    form = await request.post()
    filled = {name: str(form.get(name, "")) for name in ("reason", "priority", "note")}
    if form.get("change"):
        return await _form(request, filled)
    wish = _read(filled)
    if isinstance(wish, Missing):
        return await _form(request, filled, wish)
    resident_id, person = uuid_in(request, "resident"), request[PERSON]
    coming = await raising.coming(request.app[MEMORY], resident_id, wish, person.raising)
    async with request.app[MEMORY].transaction(person.raising) as tx:
        context = await _resident(request, tx, resident_id)
    said = sentence(coming, context["resident"], speech_of(request))
    return render(
        request,
        "raise/confirm.html",
        context | {"sentence": said, "wish": wish, "once": uuid4(), "mark": int(coming.priority)},
    )


@routes.post("/raise/{resident}/now")
@raises
async def raise_now(request: web.Request) -> web.StreamResponse:
    """Raise it. The same form sent twice raises once, and both come to the same case."""
    form, resident_id, person = await request.post(), uuid_in(request, "resident"), request[PERSON]
    wish = _read({name: str(form.get(name, "")) for name in ("reason", "priority", "note")})
    try:
        once = UUID(str(form.get("once", "")))
    except ValueError:
        once = None
    if isinstance(wish, Missing) or once is None:
        raise web.HTTPBadRequest(text=say(request, "Sidan var för gammal. Ladda om den och försök igen."))
    alarm = await raising.raise_by_hand(
        request.app[MEMORY], resident_id, wish, raising_id=once, user=person.user_id, viewer=person.raising
    )
    if not person.raising.sees(alarm.area_id):
        return await _beyond(request, resident_id, alarm)
    if alarm.org in person.watching.orgs:
        return see(f"/alarm/{alarm.alarm_id}")
    return see(f"/raised/{alarm.alarm_id}")


async def _beyond(request: web.Request, resident_id: UUID, alarm: Alarm) -> web.StreamResponse:
    """Say where the case is that has it now; there is no page of it that this person may see."""
    async with request.app[MEMORY].transaction(request[PERSON].raising) as tx:
        context = await _resident(request, tx, resident_id)
        area, _plan = await towns.area(tx, alarm.area_id)
    return render(request, "raise/beyond.html", context | {"number": alarm.case_no, "area": area})


@routes.get("/raised/{alarm}")
@raises
async def show_raised(request: web.Request) -> web.StreamResponse:
    """Tell somebody who does not sit at the board that the alarm is open, and how far it has come."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].raising) as tx:
        alarm_id = uuid_in(request, "alarm")
        case = await casebook.alarm(tx, alarm_id)
        if case is None:
            raise NotFound(f"no alarm {alarm_id}")
        asked = await casebook.asked(tx, alarm_id)
        context = await _around(request, tx)
    took = next((one.patrol for one in asked if one.state == "took"), None)
    state = words.state_words(case.alarm, speech, took)
    return render(request, "raise/raised.html", context | {"alarm": case.alarm, "area": case.area, "state": state})


def _read(filled: Mapping[str, str]) -> Wish | Missing:
    return read(filled["reason"], filled["priority"], filled["note"].replace("\0", ""))


async def _form(request: web.Request, filled: Mapping[str, str], missing: Missing | None = None) -> web.StreamResponse:
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].raising) as tx:
        context = await _resident(request, tx, uuid_in(request, "resident"))
    choices = {
        "reasons": [(str(code), speech(text)) for code, text in words.RAISED_FOR.items()],
        "priorities": [(int(code), speech(text)) for code, text in words.PRIORITIES.items()],
        "filled": filled,
        "missing": speech(_MISSING[missing]) if missing else "",
        "at_fault": missing.value if missing else "",
    }
    return render(request, "raise/form.html", context | choices, status=400 if missing else 200)


async def _resident(request: web.Request, tx: "Tx[Any]", resident_id: UUID) -> dict[str, Any]:
    resident = await residents.one(tx, resident_id)
    if resident is None:
        raise NotFound(f"no resident {resident_id}")
    plan = (await towns.home(tx, resident_id)).plan
    needs = {"phone_first": plan.phone_first, "two_carers": plan.two_carers}
    return await _around(request, tx) | needs | {"resident": resident}


async def _around(request: web.Request, tx: "Tx[Any]") -> dict[str, Any]:
    """What every such page has; at a board, what calls for its operator meanwhile."""
    place = await here(tx)
    urgent, unread = await board.calling(tx, place.now)
    return {
        "now": place.now,
        "zone": place.zone,
        "cursor": await events.newest(tx),
        "towns": len(place.towns),
        "watching": bool(request[PERSON].watching.orgs),
        "urgent": urgent,
        "unread": unread,
    }
