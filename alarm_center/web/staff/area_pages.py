"""Pages of a town's areas: what is in each, a new one, another code, and the end of one, closed or merged into another."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core.areas import (
    AreaFault,
    AreaRefused,
    LimitedPerson,
    TownArea,
    parse_code,
    refuse_closing,
    refuse_merging,
    widened,
)
from alarm_center.core.roles import Right
from alarm_center.preparation import area_changes
from alarm_center.preparation.area_changes import tonight_of
from alarm_center.store import areas, shift_patterns, towns
from alarm_center.store.memory import Tx, Viewer
from alarm_center.store.towns import Town
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context
from alarm_center.words import area_words, pause_words
from alarm_center.words.catalogues import Speech

routes = web.RouteTableDef()


@routes.get("/staff/areas")
@require(Right.STAFF)
async def show_areas(request: web.Request) -> web.StreamResponse:
    """Show the areas with what is in each; those who see the whole town change them."""
    viewer, speech = request[PERSON].viewer(Right.STAFF), speech_of(request)
    found = []
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        for town in await towns.towns(tx):
            there = await areas.of_town(tx, town.org, tonight_of(town, context["now"]), context["now"])
            mine = [each for each in there if viewer.sees(each.area_id)]
            rows = [(each, area_words.count_words(each, speech)) for each in mine if each.closed_at is None]
            closed = [
                (each, area_words.closed_words(each, town.zone.key, speech))
                for each in mine
                if each.closed_at is not None
            ]
            found.append((town, rows, closed))
    return render(request, "staff/areas.html", context | {"found": found, "keeps": viewer.sees_all})


@routes.get("/staff/new-area")
@require(Right.STAFF)
async def ask_new_area(request: web.Request) -> web.StreamResponse:
    """Ask for the code of a new area."""
    return await _show_code(request, "")


@routes.post("/staff/new-area")
@require(Right.STAFF)
async def add_area(request: web.Request) -> web.StreamResponse:
    """Show what the new area means; once that is confirmed, add it."""
    form, said = await request.post(), await _said(request, "code")
    if "change" in form:
        return await _show_code(request, said)
    async with request.app[MEMORY].transaction(_keeper(request)) as tx:
        town, there = await _town(request, tx, await page_context(request, tx))
    code = parse_code(said, [each.code for each in there if each.closed_at is None])
    if isinstance(code, AreaFault):
        return await _show_code(request, said, code)
    closed = next((each for each in there if each.code == code), None)
    if "sure" not in form:
        return await _show_code(request, code, sentences=area_words.new_sentences(code, closed, speech_of(request)))
    try:
        await area_changes.add_area(request.app[PLANNER_MEMORY], town.org, code, editor=_editor(request))
    except AreaRefused as refused:
        return await _show_code(request, said, refused.faults[0])
    return redirect("/staff/areas")


@routes.get("/staff/areas/{area}/edit")
@require(Right.STAFF)
async def ask_code(request: web.Request) -> web.StreamResponse:
    """Show an area's code, to be changed."""
    return await _show_code(request, None)


@routes.post("/staff/areas/{area}/edit")
@require(Right.STAFF)
async def change_code(request: web.Request) -> web.StreamResponse:
    """Show what the other code means; once that is confirmed, change it."""
    form, said = await request.post(), await _said(request, "code")
    if "change" in form:
        return await _show_code(request, said)
    async with request.app[MEMORY].transaction(_keeper(request)) as tx:
        town, it, there = await _find(request, tx, await page_context(request, tx))
    code = parse_code(said, [each.code for each in there if each is not it], it.code)
    if isinstance(code, AreaFault):
        return await _show_code(request, said, code)
    if "sure" not in form:
        return await _show_code(request, code, sentences=area_words.rename_sentences(it.code, code, speech_of(request)))
    try:
        await area_changes.rename_area(
            request.app[PLANNER_MEMORY], town.org, it.area_id, await _said(request, "was"), code, editor=_editor(request)
        )  # fmt: skip
    except AreaRefused as refused:
        return await _show_code(request, said, refused.faults[0])
    except ChangedMeanwhile:
        return await _show_code(request, None, meanwhile=True)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect("/staff/areas")


@routes.get("/staff/areas/{area}/close")
@require(Right.STAFF)
async def ask_end(request: web.Request) -> web.StreamResponse:
    """Show what closing an area means or what is left in it, and the areas that it can be merged into."""
    return await _show_end(request)


@routes.post("/staff/areas/{area}/close")
@require(Right.STAFF)
async def end_area(request: web.Request) -> web.StreamResponse:
    """Close an area, or merge it into the one that is chosen: first as sentences, then for real."""
    form, seen = await request.post(), await _said(request, "seen")
    merges = "into" in form
    async with request.app[MEMORY].transaction(_keeper(request)) as tx:
        town, it, there = await _find(request, tx, await page_context(request, tx))
    into = next((each for each in _others(there, it) if str(each.area_id) == form.get("into")), None)
    if merges and into is None:
        return await _show_end(request, faults=[AreaFault.NO_OTHER])
    if "sure" not in form:
        return await _show_end(request, into)
    memory, editor = request.app[PLANNER_MEMORY], _editor(request)
    try:
        if into is not None:
            await area_changes.merge_areas(memory, town.org, it.area_id, into.area_id, seen, editor=editor)
        else:
            await area_changes.close_area(memory, town.org, it.area_id, seen, editor=editor)
    except AreaRefused:
        return await _show_end(request, into)
    except ChangedMeanwhile:
        return await _show_end(request, into, meanwhile=True)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect("/staff/areas")


# ---- drawn ----


def _keeper(request: web.Request) -> Viewer:
    """Return the scope of somebody who sees the whole town.

    Raises:
        NotFound: the person sees a part of it.
    """
    viewer: Viewer = request[PERSON].viewer(Right.STAFF)
    if not viewer.sees_all:
        raise NotFound("areas are changed by those who see the whole town")
    return viewer


def _editor(request: web.Request) -> Editor:
    return Editor(str(request[PERSON].user_id), _keeper(request))


async def _said(request: web.Request, name: str) -> str:
    return str((await request.post()).get(name, "")).replace("\0", "").strip()[:60]


async def _town(request: web.Request, tx: Tx, context: Mapping[str, Any]) -> tuple[Town, list[TownArea]]:
    asked = await _said(request, "town") or request.query.get("town", "")
    town = next((town for town in await towns.towns(tx) if not asked or town.org == asked), None)
    if town is None:
        raise NotFound(f"no town {asked}")
    return town, await areas.of_town(tx, town.org, tonight_of(town, context["now"]), context["now"])


async def _find(request: web.Request, tx: Tx, context: Mapping[str, Any]) -> tuple[Town, TownArea, list[TownArea]]:
    wanted = path_uuid(request, "area")
    for town in await towns.towns(tx):
        there = await areas.of_town(tx, town.org, tonight_of(town, context["now"]), context["now"])
        for each in there:
            if each.area_id == wanted and each.closed_at is None:
                return town, each, there
    raise NotFound(f"no area {wanted}")


def _others(there: Sequence[TownArea], it: TownArea) -> list[TownArea]:
    return [each for each in there if each.closed_at is None and each.area_id != it.area_id]


async def _show_code(
    request: web.Request,
    said: str | None,
    fault: AreaFault | None = None,
    *,
    sentences: Sequence[str] = (),
    meanwhile: bool = False,
) -> web.StreamResponse:
    """Show the form of a code; *said* ``None``: the code that the area has."""
    is_new = "area" not in request.match_info
    async with request.app[MEMORY].transaction(_keeper(request)) as tx:
        context = await page_context(request, tx)
        if is_new:
            town, _ = await _town(request, tx, context)
            was, act = "", "/staff/new-area"
        else:
            town, it, _ = await _find(request, tx, context)
            was, act = it.code, f"/staff/areas/{it.area_id}/edit"
    own = {
        "town": town.org, "was": await _said(request, "was") if sentences and "was" in await request.post() else was, "act": act,
        "code": was if said is None else said, "sentences": sentences, "meanwhile": speech_of(request)(pause_words.CHANGED_BY_OTHER) if meanwhile else "",
        "wrong": speech_of(request)(area_words.FAULTS[fault]) if fault is not None else "",
    }  # fmt: skip
    return render(request, "staff/area_code.html", context | own, status=400 if fault is not None or meanwhile else 200)


async def _show_end(
    request: web.Request,
    into: TownArea | None = None,
    *,
    faults: Sequence[AreaFault] = (),
    meanwhile: bool = False,
) -> web.StreamResponse:
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(_keeper(request)) as tx:
        context = await page_context(request, tx)
        town, it, there = await _find(request, tx, context)
        limited = await areas.limited_to(tx, it.area_id)
        alike = await _named_alike(tx, town, it, into, context) if into is not None else []
    others = _others(there, it)
    if into is not None:
        left = refuse_merging(it, into, limited)
        said = area_words.merging_sentences(it, into, alike, widened(limited, into.area_id), speech)
    else:
        left = refuse_closing(it, len(others))
        names = sorted({each.name for each in limited})
        said = area_words.closing_sentences(it, names, speech)
    own = {
        "it": it, "counts": area_words.count_words(it, speech), "others": others, "into": into,
        "sentences": [] if left or faults else said,
        "left": [_reason(each, it, limited, speech) for each in left],
        "seen": it.seen if into is None else f"{it.seen} {into.code}",
        "wrong": speech(area_words.FAULTS[faults[0]]) if faults else "",
        "meanwhile": speech(pause_words.CHANGED_BY_OTHER) if meanwhile else "",
    }  # fmt: skip
    refused = bool(faults) or meanwhile or (bool(left) and request.method == "POST")
    return render(request, "staff/area_end.html", context | own, status=400 if refused else 200)


def _reason(fault: AreaFault, it: TownArea, limited: Sequence[LimitedPerson], speech: Speech) -> tuple[str, str, str]:
    """Return a reason, the address where something can be done about it, and the words of that link."""
    centre = speech.listed([each.name for each in limited if each.kind == "agreement"])
    said = area_words.fault_words(fault, it, speech, centre)
    href, label = area_words.LINKS.get(fault, ("", ""))
    return said, href % {"code": it.code} if href else "", speech(label) if label else ""


async def _named_alike(tx: Tx, town: Town, it: TownArea, into: TownArea, context: Mapping[str, Any]) -> list[str]:
    """Return the names of patrols that both areas have."""
    patterns = await shift_patterns.patterns_from(tx, town.org, tonight_of(town, context["now"]))
    names: dict[UUID, set[str]] = {it.area_id: set(), into.area_id: set()}
    for each in patterns:
        if each.post.area_id in names:
            names[each.post.area_id].add(each.post.patrol)
    return sorted(names[it.area_id] & names[into.area_id])
