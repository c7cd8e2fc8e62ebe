"""Pages of the alarm ombudsmen (larmombud) of each area: who they are, a new one, and a last day."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import Editor
from alarm_center.core.ombudsmen import OmbudsmanFault, OmbudsmanRefused, OmbudsmanSpan, check_span, lacking
from alarm_center.core.roles import Right
from alarm_center.preparation import ombudsman_changes
from alarm_center.store import ombudsmen, staff, towns
from alarm_center.store.memory import Tx, Viewer
from alarm_center.store.towns import Town
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context
from alarm_center.words import ombudsman_words

routes = web.RouteTableDef()


@routes.get("/staff/ombudsmen")
@require(Right.STAFF)
async def show_ombudsmen(request: web.Request) -> web.StreamResponse:
    """Show the ombudsmen of each area, and which areas have too few."""
    viewer, speech = request[PERSON].viewer(Right.STAFF), speech_of(request)
    found = []
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        for town in await towns.towns(tx):
            today = context["now"].astimezone(town.zone).date()
            there = await ombudsmen.of_town(tx, town.org, today)
            codes = await towns.area_ids(tx, town.org)
            areas = []
            for code, area_id in sorted(codes.items()):
                if viewer.sees(area_id):
                    mine = [each for each in there if each.area_id == area_id]
                    rows = [(each, ombudsman_words.days_words(each, today, speech)) for each in mine]
                    areas.append((code, area_id, rows, ombudsman_words.lacking_words(lacking(mine, today), speech)))
            found.append((town, areas))
    return render(request, "staff/ombudsmen.html", context | {"found": found})


@routes.get("/staff/areas/{area}/ombudsman")
@require(Right.STAFF)
async def ask_ombudsman(request: web.Request) -> web.StreamResponse:
    """Ask for a new ombudsman of an area."""
    return await _show_new(request, {})


@routes.post("/staff/areas/{area}/ombudsman")
@require(Right.STAFF)
async def give_ombudsman(request: web.Request) -> web.StreamResponse:
    """Show what the new ombudsman means; once that is confirmed, let them be it."""
    form, person = await request.post(), request[PERSON]
    viewer = person.viewer(Right.STAFF)
    filled = {name: str(form.get(name, "")).replace("\0", "")[:40] for name in ("carer", "from_day", "until_day")}
    span = _span(filled)
    if "change" in form:
        return await _show_new(request, filled)
    if isinstance(span, OmbudsmanFault):
        return await _show_new(request, filled, span)
    try:
        async with request.app[MEMORY].transaction(viewer) as tx:
            context = await page_context(request, tx)
            town, area_id, _ = await _area(request, tx, viewer)
            today = context["now"].astimezone(town.zone).date()
            there = [each for each in await ombudsmen.of_town(tx, town.org, today) if each.area_id == area_id]
            carer = next((each for each in await staff.carers_of(tx, town.org) if each.carer_id == span.carer_id), None)
        if carer is None:
            return await _show_new(request, filled, OmbudsmanFault.NO_CARER)
        check_span(span, carer.ends_on, there, today)
        if "sure" not in form:
            return await _show_new(request, filled, span=span)
        editor = Editor(str(person.user_id), viewer)
        await ombudsman_changes.give(request.app[PLANNER_MEMORY], town.org, area_id, span, editor=editor)
    except OmbudsmanRefused as refused:
        return await _show_new(request, filled, refused.fault)
    return redirect("/staff/ombudsmen")


@routes.get("/staff/ombudsmen/{ombudsman}")
@require(Right.STAFF)
async def ask_end(request: web.Request) -> web.StreamResponse:
    """Ask for an ombudsman's last day."""
    return await _show_end(request)


@routes.post("/staff/ombudsmen/{ombudsman}")
@require(Right.STAFF)
async def end_ombudsman(request: web.Request) -> web.StreamResponse:
    """Let an ombudsman's last day be the one that was chosen."""
    form, person = await request.post(), request[PERSON]
    viewer = person.viewer(Right.STAFF)
    last = _day(str(form.get("last", "")))
    if last is None:
        return await _show_end(request, OmbudsmanFault.NO_DATE)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        town, _, _ = await _find(request, tx, viewer, context)
    try:
        await ombudsman_changes.end(
            request.app[PLANNER_MEMORY], town.org, path_uuid(request, "ombudsman"), last,
            editor=Editor(str(person.user_id), viewer),
        )  # fmt: skip
    except OmbudsmanRefused as refused:
        return await _show_end(request, refused.fault)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect("/staff/ombudsmen")


# ---- drawn ----


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said.strip())
    except ValueError:
        return None


def _span(filled: Mapping[str, str]) -> OmbudsmanSpan | OmbudsmanFault:
    try:
        carer = UUID(filled["carer"])
    except ValueError:
        return OmbudsmanFault.NO_CARER
    first, last = _day(filled["from_day"]), _day(filled["until_day"])
    if first is None or (last is None and filled["until_day"].strip()):
        return OmbudsmanFault.NO_DATE
    return OmbudsmanSpan(carer, first, last)


async def _area(request: web.Request, tx: Tx, viewer: Viewer) -> tuple[Town, UUID, str]:
    wanted = path_uuid(request, "area")
    for town in await towns.towns(tx):
        for code, area_id in (await towns.area_ids(tx, town.org)).items():
            if area_id == wanted and viewer.sees(area_id):
                return town, area_id, code
    raise NotFound(f"no area {wanted}")


async def _find(
    request: web.Request, tx: Tx, viewer: Viewer, context: Mapping[str, Any]
) -> tuple[Town, Any, dict[UUID, str]]:
    for town in await towns.towns(tx):
        today = context["now"].astimezone(town.zone).date()
        for each in await ombudsmen.of_town(tx, town.org, today):
            if each.ombudsman_id == path_uuid(request, "ombudsman") and viewer.sees(each.area_id):
                codes = {area_id: code for code, area_id in (await towns.area_ids(tx, town.org)).items()}
                return town, each, codes
    raise NotFound("no such ombudsman")


async def _show_new(
    request: web.Request,
    filled: Mapping[str, str],
    fault: OmbudsmanFault | None = None,
    *,
    span: OmbudsmanSpan | None = None,
) -> web.StreamResponse:
    viewer, speech = request[PERSON].viewer(Right.STAFF), speech_of(request)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        town, area_id, code = await _area(request, tx, viewer)
        today = context["now"].astimezone(town.zone).date()
        carers = [
            each
            for each in await staff.carers_of(tx, town.org)
            if not each.is_borrowed and (each.ends_on is None or each.ends_on >= today)
        ]
    name = next((each.name for each in carers if span is not None and each.carer_id == span.carer_id), "")
    own = {
        "area": code, "area_id": area_id, "carers": carers,
        "filled": {"carer": "", "from_day": str(today), "until_day": ""} | dict(filled),
        "field": ombudsman_words.FIELDS[fault] if fault is not None else "",
        "wrong": speech(ombudsman_words.FAULTS[fault]) if fault is not None else "",
        "sentence": ombudsman_words.new_sentence(name, code, span, speech) if span is not None else "",
    }  # fmt: skip
    return render(request, "staff/ombudsman.html", context | own, status=400 if fault is not None else 200)


async def _show_end(request: web.Request, fault: OmbudsmanFault | None = None) -> web.StreamResponse:
    viewer, speech = request[PERSON].viewer(Right.STAFF), speech_of(request)
    said = str((await request.post()).get("last", ""))[:40]
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        town, it, codes = await _find(request, tx, viewer, context)
    today = context["now"].astimezone(town.zone).date()
    own = {
        "it": it, "area": codes[it.area_id], "days": ombudsman_words.days_words(it, today, speech),
        "last": said or str(it.until_day or today),
        "wrong": speech(ombudsman_words.FAULTS[fault]) if fault is not None else "",
    }  # fmt: skip
    return render(request, "staff/ombudsman_end.html", context | own, status=400 if fault is not None else 200)
