"""Pages of a phone that is lost: another takes over the rest of the night, first as sentences and then for real, and found again."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import Editor
from alarm_center.core import phone_numbers
from alarm_center.core.roles import Right
from alarm_center.core.substitutes import SubstituteFault, SubstituteRefused
from alarm_center.preparation import lost_phones
from alarm_center.preparation.lost_phones import LosablePhone
from alarm_center.store import lost_phones as lost_rows
from alarm_center.store import staff, towns
from alarm_center.store.memory import Tx, Viewer
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context
from alarm_center.words import staff_words, todo_words

routes = web.RouteTableDef()

_EMPTY: Final[Mapping[str, Any]] = {"phone": "", "none": False, "wrong": ""}


@routes.get("/staff/carers/{carer}/lost")
@require(Right.STAFF)
async def ask_lost(request: web.Request) -> web.StreamResponse:
    """Ask which phone takes over from one that is lost."""
    return await _show(request, _EMPTY)


@routes.post("/staff/carers/{carer}/lost")
@require(Right.STAFF)
async def lose_phone(request: web.Request) -> web.StreamResponse:
    """Show what it means that the phone is lost; once that is confirmed, take it off duty. A form that is sent twice changes once."""
    form, speech, person = await request.post(), speech_of(request), request[PERSON]
    written = str(form.get("phone", "")).replace("\0", "").strip()[:40]
    filled = {"phone": written, "none": "none" in form, "wrong": ""}
    other = None if filled["none"] else _mobile(written)
    if "change" in form:
        return await _show(request, filled)
    if other is None and not filled["none"]:
        return await _show(request, filled | {"wrong": speech(todo_words.NO_MOBILE)}, status=400)
    if "sure" not in form:
        return await _show(request, filled, other, sure=True)
    viewer = person.viewer(Right.STAFF)
    try:
        await lost_phones.lose_phone(
            request.app[PLANNER_MEMORY], path_uuid(request, "carer"), other, editor=Editor(str(person.user_id), viewer)
        )
    except SubstituteRefused as refused:
        return await _show(request, filled | {"wrong": speech(staff_words.FAULTS[refused.fault])}, status=409)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect("/staff")


@routes.post("/staff/carers/{carer}/found")
@require(Right.STAFF)
async def find_phone(request: web.Request) -> web.StreamResponse:
    """Let a lost phone be on duty again from its next shift on."""
    person = request[PERSON]
    editor = Editor(str(person.user_id), person.viewer(Right.STAFF))
    try:
        await lost_phones.find_phone(request.app[PLANNER_MEMORY], path_uuid(request, "carer"), editor=editor)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect("/staff/carers")


# ---- drawn ----


def _mobile(said: str) -> str | None:
    try:
        number = phone_numbers.parse_phone_number(said)
    except ValueError:
        return None
    return number if phone_numbers.takes_sms(number) else None


async def _find(request: web.Request, tx: Tx, viewer: Viewer) -> LosablePhone:
    try:
        return await lost_phones.losable(tx, path_uuid(request, "carer"), viewer)
    except LookupError as error:
        raise NotFound(str(error)) from error


async def _show(
    request: web.Request,
    filled: Mapping[str, Any],
    other: str | None = None,
    *,
    sure: bool = False,
    status: int = 200,
) -> web.StreamResponse:
    """Show the form, or with *sure* the sentences and the button; a phone that cannot take over is a fault of the form."""
    speech, viewer = speech_of(request), request[PERSON].viewer(Right.STAFF)
    own = dict(filled)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        it = await _find(request, tx, viewer)
        gone = await lost_rows.lost_since(tx, it.town.org)
        codes = {area_id: code for code, area_id in (await towns.area_ids(tx, it.town.org)).items()}
        known = await staff.carer_with_phone(tx, it.town.org, other) if other is not None else None
    if sure and other is not None and (other == it.carer.phone or other in gone):
        own["wrong"], status, sure = speech(staff_words.FAULTS[SubstituteFault.LOST]), 409, False
    name = (
        known.name
        if known is not None and not known.is_borrowed
        else phone_numbers.national(other)
        if other is not None
        else None
    )
    taken = staff_words.case_numbers(
        [(each.case_no, each.area, viewer.sees(each.area_id)) for each in it.taken], speech
    )
    sentences = staff_words.lost_sentences(it.carer, it.tonight, name, taken, codes, it.town.zone.key, speech)
    since = gone.get(it.carer.phone)
    page = {
        "carer": it.carer, "sentences": sentences if sure else [], "other": other or "",
        "lost": staff_words.lost_words(since, context["now"], it.town.zone.key, speech) if since is not None else "",
    }  # fmt: skip
    return render(request, "staff/lost.html", context | own | page, status=status)
