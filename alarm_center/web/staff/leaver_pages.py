"""Pages of a carer who leaves: what is left to do, what follows as sentences, and then for real."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from alarm_center.casework import shift_laying
from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import Editor
from alarm_center.core.roles import Right
from alarm_center.core.staffing import staffed_nights
from alarm_center.core.temps import CarerRow
from alarm_center.preparation import leavers, rota_changes
from alarm_center.preparation.leavers import Leaving, StillBusy
from alarm_center.store import ombudsmen, open_cases, staff, todo, towns
from alarm_center.store.memory import Tx, Viewer
from alarm_center.store.towns import Town
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context, planned_night
from alarm_center.words import leaver_words
from alarm_center.words.staff_words import case_numbers, hole_changes

routes = web.RouteTableDef()

_TICKS: Final = (*leaver_words.HANDED_IN, "cases", "sign_in")
_DAY: Final = timedelta(days=1)
_WARNED: Final = 14
"""Nights after the last whose holes are told."""


@routes.get("/staff/carers/{carer}")
@require(Right.STAFF)
async def ask_last_night(request: web.Request) -> web.StreamResponse:
    """Show what is left to do for a carer who leaves."""
    return await _show_leaver(request, None)


@routes.post("/staff/carers/{carer}")
@require(Right.STAFF)
async def end_carer(request: web.Request) -> web.StreamResponse:
    """Show what the last night means; once that is confirmed, let the carer leave. A form that is sent twice leaves once."""
    person, form = request[PERSON], await request.post()
    viewer = person.viewer(Right.STAFF)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        town, carer = await _find(tx, viewer, path_uuid(request, "carer"))
    filled = {"last": str(form.get("last", ""))[:40], "ticked": [name for name in _TICKS if name in form]}
    try:
        last = date.fromisoformat(str(filled["last"]))
    except ValueError:
        return await _show_leaver(request, filled, wrong=leaver_words.SAY_LAST)
    if last < planned_night(context["now"], town.zone) - _DAY:
        return await _show_leaver(request, filled, wrong=leaver_words.SAY_LAST)
    if "change" in form:
        return await _show_leaver(request, filled)
    leaving = Leaving(
        carer.carer_id,
        last,
        [name for name in leaver_words.HANDED_IN if name in form],
        "cases" in form,
        "sign_in" in form,
    )
    if "sure" not in form:
        return await _show_leaver(request, filled, leaving=leaving)
    try:
        await leavers.end_carer(
            request.app[PLANNER_MEMORY], town.org, leaving, editor=Editor(str(person.user_id), viewer)
        )
    except StillBusy:
        return await _show_leaver(request, filled, wrong=leaver_words.BUSY, status=409)
    return redirect("/staff/carers")


# ---- drawn ----


async def _find(tx: Tx, viewer: Viewer, carer_id: UUID) -> tuple[Town, CarerRow]:
    for town in await towns.towns(tx):
        for each in await staff.carers_of(tx, town.org):
            if each.carer_id == carer_id and viewer.sees_all:
                return town, each
    raise NotFound(f"no carer {carer_id}")


async def _show_leaver(
    request: web.Request,
    filled: Mapping[str, Any] | None,
    *,
    wrong: str = "",
    leaving: Leaving | None = None,
    status: int = 400,
) -> web.StreamResponse:
    """Show the checklist and the form, or with *leaving* the sentences and the button."""
    speech, viewer = speech_of(request), request[PERSON].viewer(Right.STAFF)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        town, carer = await _find(tx, viewer, path_uuid(request, "carer"))
        tonight = planned_night(context["now"], town.zone)
        taken = [each for each in await open_cases.of_phone(tx, town.org, carer.phone) if each.took]
        cases = case_numbers([(each.case_no, each.area, viewer.sees(each.area_id)) for each in taken], speech)
        stored = await shift_laying.stored_patterns(tx, town, context["now"])
        codes = {area_id: code for code, area_id in (await towns.area_ids(tx, town.org)).items()}
        there = [each for each in await ombudsmen.of_town(tx, town.org, tonight) if each.carer_id == carer.carer_id]
        patterns = [each for each in stored if each.post.carer_id == carer.carer_id]
        holes: list[str] = []
        if leaving is not None and cases and not leaving.hands_over:
            leaving, wrong, status = None, leaver_words.BUSY, 409
        if leaving is not None:
            first = max(leaving.last + _DAY, tonight)
            nights = [first + _DAY * n for n in range(_WARNED)]
            times = await todo.times_by_area(tx, town.org, nights[0], nights[-1])
            found = [
                staffed_nights(
                    nights, times, await rota_changes.foresee_shifts(tx, town, rota, [first - _DAY, *nights]), town.zone,
                    needs_lead=town.fixed_number is None,
                )
                for rota in (stored, leavers.patterns_after(stored, carer.carer_id, leaving.last))
            ]  # fmt: skip
            holes = hole_changes(found[0], found[1], codes, town.zone.key, speech) if patterns else []
    areas = [codes.get(each.area_id, "?") for each in there]
    sentences: list[str] = []
    if leaving is not None:
        sentences = leaver_words.leaving_sentences(
            carer, (leaving.last, leaving.handed_in), cases, (len(patterns), areas), speech, signs_out=leaving.signs_out
        )
    given = {"last": str(carer.ends_on or tonight), "ticked": sorted(carer.handed_in)} | dict(filled or {})
    page = {
        "carer": carer, "items": leaver_words.leaving_items(carer, cases, len(patterns), areas, speech), "sentences": sentences,
        "holes": holes, "wrong": speech(wrong) if wrong else "", "cases": cases,
        "state": leaver_words.handed_in_words(carer, tonight, speech),
        "wrong_field": "cases" if wrong == leaver_words.BUSY else "last" if wrong else "",
    }  # fmt: skip
    return render(request, "staff/carer.html", context | given | page, status=status if wrong else 200)
