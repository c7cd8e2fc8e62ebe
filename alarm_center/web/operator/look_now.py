"""Pages of a look now, from a resident's name: the reason, then a case of one's own, held, and its live picture.

Nobody looks without a case (docs/guarantees.md): the look raises an alarm by hand, which stays until it has an outcome.
"""

from contextlib import suppress
from typing import Any, Final
from uuid import UUID, uuid4

from aiohttp import web

from alarm_center.casework import cases, live_looks, manual_alarms
from alarm_center.casework.cases import NotFound
from alarm_center.core.alarm.alarm_events import ClaimCase
from alarm_center.core.alarm.alarm_kinds import POLICY
from alarm_center.core.alarm.manual_alarm import ManualRequest, MissingField, parse_form
from alarm_center.core.decision import IllegalMove
from alarm_center.core.roles import Right
from alarm_center.store import devices
from alarm_center.store.memory import Tx
from alarm_center.store.residents import ResidentHit
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.case_actions import LOOK_SECONDS
from alarm_center.web.operator.manual_alarm import resident_context, show_beyond
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of, text_for
from alarm_center.words import code_words, manual_alarm_words, page_words
from schemas.vocabulary import AlarmKind, RaisedFor

routes = web.RouteTableDef()

_PRIORITY: Final = POLICY[AlarmKind.MANUAL].priority


@routes.get("/look/{resident}")
@require(Right.RAISE)
async def show_look_form(request: web.Request) -> web.StreamResponse:
    """Show the form for the reason, and what follows a look."""
    return await _show_form(request, "", "")


@routes.post("/look/{resident}")
@require(Right.RAISE)
async def look_now(request: web.Request) -> web.StreamResponse:
    """Raise an alarm for the reason, take it, ask for a live look, and go to the case; a form that is sent twice raises one.

    Where a colleague holds the resident's open case, the reason joins it and nothing is looked at.
    """
    form, resident_id, person = await request.post(), path_uuid(request, "resident"), request[PERSON]
    reason, note = (str(form.get(name, "")).replace("\0", "") for name in ("reason", "note"))
    wish = parse_form(reason, str(int(_PRIORITY)), note)
    if isinstance(wish, MissingField):
        return await _show_form(request, reason, note, wish)
    try:
        once = UUID(str(form.get("once", "")))
    except ValueError:
        raise web.HTTPBadRequest(text=text_for(request, page_words.PAGE_TOO_OLD)) from None
    async with request.app[MEMORY].transaction(person.raising_viewer) as tx:
        context = await _look_context(request, tx, resident_id)
    if context["why_not"]:
        return await _show_form(request, reason, note)
    memory, viewer = request.app[MEMORY], person.raising_viewer
    alarm = await manual_alarms.raise_by_hand(
        memory, resident_id, wish, raising_id=once, user=person.user_id, viewer=viewer
    )
    if not viewer.sees(alarm.area_id) or not person.board_viewer.sees(alarm.area_id):
        return await show_beyond(request, resident_id, alarm)
    command = await _begin_look(request, alarm.alarm_id)
    return redirect(f"/alarm/{alarm.alarm_id}" + (f"#live={command}" if command else ""))


async def _begin_look(request: web.Request, alarm_id: UUID) -> UUID | None:
    """Take the case and ask for its live look; ``None`` where that is not the person's to do now: the case's page says why."""
    person, memory = request[PERSON], request.app[MEMORY]
    with suppress(IllegalMove):  # theirs already, or a colleague's
        await cases.apply_to_alarm(
            memory, alarm_id, ClaimCase(person.user_id), actor=str(person.user_id), viewer=person.board_viewer
        )
    try:
        return await live_looks.ask_live_look(
            memory, alarm_id, LOOK_SECONDS, user=person.user_id, viewer=person.board_viewer
        )
    except (IllegalMove, NotFound):
        return None


async def _look_context(request: web.Request, tx: Tx, resident_id: UUID) -> dict[str, Any]:
    """Return the context of the page; ``why_not`` says why nobody can look, and is empty where somebody can.

    Raises:
        web.HTTPSeeOther: the person does not sit at that town's board, and may raise an alarm all the same.
    """
    context = await resident_context(request, tx, resident_id)
    if context["resident"].org not in request[PERSON].board_viewer.orgs:
        raise web.HTTPSeeOther(f"/raise/{resident_id}")
    why_not = ""
    if await devices.camera_of(tx, resident_id) is None:
        why_not = page_words.NO_CAMERA
    elif not await devices.may_show_any(tx, resident_id):
        why_not = page_words.CONSENT_FORBIDS
    heading = text_for(request, page_words.LOOK_NOW)
    return context | {"heading": heading, "why_not": text_for(request, why_not) if why_not else ""}


async def _show_form(
    request: web.Request, reason: str, note: str, missing: MissingField | None = None
) -> web.StreamResponse:
    speech, resident_id = speech_of(request), path_uuid(request, "resident")
    async with request.app[MEMORY].transaction(request[PERSON].raising_viewer) as tx:
        context = await _look_context(request, tx, resident_id)
    foreseen = await manual_alarms.foreseen_alarm(
        request.app[MEMORY], resident_id, ManualRequest(RaisedFor.CALLED, _PRIORITY), request[PERSON].raising_viewer
    )
    resident: ResidentHit = context["resident"]
    choices = {
        "reasons": [(str(code), speech(text)) for code, text in code_words.RAISED_FOR.items()],
        "filled": {"reason": reason, "note": note},
        "missing": speech(manual_alarm_words.MISSING[missing]) if missing else "",
        "at_fault": missing.value if missing else "",
        "sentence": manual_alarm_words.coming_sentence(foreseen, resident.name, resident.area, speech),
        "once": uuid4(),
    }
    return render(request, "raise/look.html", context | choices, status=400 if missing else 200)
