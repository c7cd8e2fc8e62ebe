"""Pages on which a carer is added or changed: name, number and last night, first as sentences and then for real."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core.carer_form import (
    CarerEdit,
    CarerFault,
    CarerFields,
    CarerProblem,
    CarerRefused,
    mobile_of,
    parse_carer,
)
from alarm_center.core.roles import Right
from alarm_center.core.temps import NAME_MOST, CarerRow
from alarm_center.preparation import carer_changes, lost_phones
from alarm_center.preparation.lost_phones import LosablePhone
from alarm_center.store import staff, towns
from alarm_center.store.memory import Tx, Viewer
from alarm_center.store.towns import Town
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context, planned_night
from alarm_center.words import carer_words

routes = web.RouteTableDef()

_LATER: Final = "later"


@routes.get("/staff/new-carer")
@require(Right.STAFF)
async def ask_new_carer(request: web.Request) -> web.StreamResponse:
    """Ask for a new carer."""
    return await _show_new(request, CarerFields())


@routes.post("/staff/new-carer")
@require(Right.STAFF)
async def add_carer(request: web.Request) -> web.StreamResponse:
    """Show what the new carer means; once that is confirmed, add them. A form that is sent twice adds once."""
    person, form, fields = request[PERSON], await request.post(), await _fields(request)
    viewer = person.viewer(Right.STAFF)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        town = await _town(tx, viewer, str(form.get("town", "")))
        people = await staff.carers_of(tx, town.org)
    others = [each for each in people if not (each.is_borrowed and each.phone == mobile_of(fields.phone))]
    edit, wrong = parse_carer(fields, others, planned_night(context["now"], town.zone))
    if edit is None or "change" in form:
        return await _show_new(request, fields, {} if "change" in form else wrong)
    if "sure" not in form:
        return await _show_new(request, fields, edit=edit)
    try:
        await carer_changes.add_carer(
            request.app[PLANNER_MEMORY], town.org, edit, editor=Editor(str(person.user_id), viewer)
        )
    except CarerRefused as refused:
        return await _show_new(request, fields, refused.problems)
    return redirect("/staff/carers")


@routes.get("/staff/carers/{carer}/edit")
@require(Right.STAFF)
async def ask_carer(request: web.Request) -> web.StreamResponse:
    """Show a carer's name and number, to be changed."""
    return await _show(request, None)


@routes.post("/staff/carers/{carer}/edit")
@require(Right.STAFF)
async def change_carer(request: web.Request) -> web.StreamResponse:
    """Show what the change means; once that is confirmed, make it."""
    person, form, fields = request[PERSON], await request.post(), await _fields(request)
    viewer = person.viewer(Right.STAFF)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        it = await _find(request, tx, viewer)
        others = [each for each in await staff.carers_of(tx, it.town.org) if each.carer_id != it.carer.carer_id]
    edit, wrong = parse_carer(fields, others, planned_night(context["now"], it.town.zone))
    if edit is None or "change" in form:
        return await _show(request, fields, {} if "change" in form else wrong)
    if (edit.name, edit.phone) == (it.carer.name, it.carer.next_phone or it.carer.phone):
        return await _show(request, fields, {"name": CarerProblem(CarerFault.SAME)})
    later = form.get("when") == _LATER
    if "sure" not in form:
        return await _show(request, fields, edit=edit, later=later)
    drawn = CarerRow(
        it.carer.carer_id, str(form.get("was_name", "")), str(form.get("was_phone", "")),
        next_phone=str(form.get("was_next", "")) or None,
    )  # fmt: skip
    try:
        await carer_changes.change_carer(
            request.app[PLANNER_MEMORY],
            it.town.org,
            drawn,
            edit,
            later=later,
            editor=Editor(str(person.user_id), viewer),
        )
    except CarerRefused as refused:
        return await _show(request, fields, refused.problems)
    except ChangedMeanwhile:
        return await _show(request, None, meanwhile=True)
    return redirect("/staff/carers")


# ---- drawn ----


async def _fields(request: web.Request) -> CarerFields:
    form = await request.post()

    def said(name: str) -> str:
        return str(form.get(name, "")).replace("\0", "").strip()[:NAME_MOST]

    return CarerFields(said("name"), said("phone"), said("last"))


async def _town(tx: Tx, viewer: Viewer, asked: str) -> Town:
    mine = [town for town in await towns.towns(tx) if (not asked or town.org == asked) and viewer.sees_all]
    if not mine:
        raise NotFound(f"no town {asked}")
    return mine[0]


async def _find(request: web.Request, tx: Tx, viewer: Viewer) -> LosablePhone:
    try:
        it = await lost_phones.losable(tx, path_uuid(request, "carer"), viewer)
    except LookupError as error:
        raise NotFound(str(error)) from error
    if not viewer.sees_all:
        raise NotFound("carers are changed by those who see the whole town")
    return it


def _said(request: web.Request, wrong: Mapping[str, CarerProblem]) -> dict[str, str]:
    speech = speech_of(request)
    return {name: speech(carer_words.CARER_FAULTS[problem.fault], who=problem.who) for name, problem in wrong.items()}


async def _show_new(
    request: web.Request,
    fields: CarerFields,
    wrong: Mapping[str, CarerProblem] | None = None,
    *,
    edit: CarerEdit | None = None,
) -> web.StreamResponse:
    viewer, form = request[PERSON].viewer(Right.STAFF), await request.post()
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        town = await _town(tx, viewer, str(form.get("town", request.query.get("town", ""))))
    sentences = carer_words.new_carer_sentences(edit, speech_of(request)) if edit is not None else []
    own: dict[str, Any] = {
        "carer": None, "act": "/staff/new-carer", "town": town.org, "fields": fields, "faults": _said(request, wrong or {}),
        "sentences": sentences, "choose": False, "later": False, "meanwhile": False, "was": ("", "", ""),
    }  # fmt: skip
    return render(request, "staff/carer_form.html", context | own, status=400 if wrong else 200)


async def _show(
    request: web.Request,
    fields: CarerFields | None,
    wrong: Mapping[str, CarerProblem] | None = None,
    *,
    edit: CarerEdit | None = None,
    later: bool = False,
    meanwhile: bool = False,
) -> web.StreamResponse:
    viewer, speech = request[PERSON].viewer(Right.STAFF), speech_of(request)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        it = await _find(request, tx, viewer)
    sentences = []
    if edit is not None:
        over = carer_changes.night_over(it.town, context["now"])
        sentences = carer_words.carer_change_sentences(
            it.carer, edit, (len(it.tonight), len(it.taken)), over if later else None, it.town.zone.key, speech
        )
    moves = edit is not None and edit.phone != it.carer.phone
    own: dict[str, Any] = {
        "carer": it.carer, "act": f"/staff/carers/{it.carer.carer_id}/edit", "town": it.town.org,
        "fields": fields or CarerFields(it.carer.name, it.carer.next_phone or it.carer.phone), "faults": _said(request, wrong or {}),
        "sentences": sentences, "choose": moves and bool(it.tonight or it.taken), "later": later, "meanwhile": meanwhile,
        "was": (it.carer.name, it.carer.phone, it.carer.next_phone or ""),
    }  # fmt: skip
    return render(request, "staff/carer_form.html", context | own, status=409 if meanwhile else 400 if wrong else 200)
