"""Pages of the rota's patterns: a line each, a new one, a change and an end, each first as a sentence of what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from aiohttp import web

from alarm_center.casework import shift_laying
from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core.pattern_form import (
    PatternFault,
    PatternForm,
    PatternIds,
    PatternRefused,
    fit_pattern,
    parse_pattern,
)
from alarm_center.core.roles import Right
from alarm_center.core.shift_patterns import ShiftPattern
from alarm_center.core.staffing import StaffedNight, staffed_nights
from alarm_center.core.temps import CarerRow
from alarm_center.preparation import rota_changes
from alarm_center.preparation.rota_changes import RotaChange
from alarm_center.store import staff, todo, towns
from alarm_center.store.memory import Tx, Viewer, now
from alarm_center.store.towns import Town
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context, planned_night
from alarm_center.words import pause_words, staff_words, times_words
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import Duty

routes = web.RouteTableDef()

_WARNED: Final = 14
"""Nights ahead whose holes are told before a change."""


@dataclass
class _Rota:
    """One town's rota as a page works on it."""

    town: Town
    tonight: date
    patterns: list[ShiftPattern]
    elsewhere: list[ShiftPattern]
    """Those of the other areas: a carer is the town's, and is in one place at a time."""
    carers: dict[UUID, CarerRow]
    areas: dict[UUID, str]
    codes: dict[UUID, str]
    """Of every area, by id."""
    wrong: dict[str, str] = field(default_factory=dict)


@routes.get("/staff/patterns")
@require(Right.STAFF)
async def show_patterns(request: web.Request) -> web.StreamResponse:
    """Show the patterns of each town, a line each."""
    speech, viewer = speech_of(request), request[PERSON].viewer(Right.STAFF)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        rotas = [await _rota(tx, town, viewer, context) for town in await towns.towns(tx)]
    lines = [
        (rota.town, [(each, staff_words.pattern_line(each, *_names(rota, each), speech)) for each in rota.patterns])
        for rota in rotas
    ]
    return render(request, "staff/patterns.html", context | {"rotas": lines})


@routes.get("/staff/new-pattern")
@require(Right.STAFF)
async def ask_new_pattern(request: web.Request) -> web.StreamResponse:
    """Ask for a new pattern."""
    return await _ask(request, None)


@routes.post("/staff/new-pattern")
@require(Right.STAFF)
async def add_pattern(request: web.Request) -> web.StreamResponse:
    """Show what the new pattern means; once that is confirmed, add it."""
    return await _change(request, None)


@routes.get("/staff/patterns/{pattern}")
@require(Right.STAFF)
async def ask_pattern(request: web.Request) -> web.StreamResponse:
    """Show a pattern, to be changed or ended."""
    return await _ask(request, path_uuid(request, "pattern"))


@routes.post("/staff/patterns/{pattern}")
@require(Right.STAFF)
async def change_pattern(request: web.Request) -> web.StreamResponse:
    """Show what the change means; once that is confirmed, make it."""
    return await _change(request, path_uuid(request, "pattern"))


# ---- drawn ----


async def _rota(tx: Tx, town: Town, viewer: Viewer, context: Mapping[str, Any]) -> _Rota:
    at = context["now"]
    tonight = planned_night(at, town.zone)
    going_on = [
        each
        for each in await shift_laying.stored_patterns(tx, town, at)
        if each.until_night is None or each.until_night > tonight
    ]
    patterns = [each for each in going_on if viewer.sees(each.post.area_id)]
    elsewhere = [each for each in going_on if not viewer.sees(each.post.area_id)]
    carers = {each.carer_id: each for each in await staff.carers_of(tx, town.org)}
    codes = {area_id: code for code, area_id in (await towns.area_ids(tx, town.org)).items()}
    areas = {area_id: code for area_id, code in codes.items() if viewer.sees(area_id)}
    order = sorted(patterns, key=lambda each: (areas[each.post.area_id], each.post.duty, each.post.patrol, each.starts))
    return _Rota(town, tonight, order, elsewhere, carers, areas, codes)


def _names(rota: _Rota, pattern: ShiftPattern) -> tuple[str, str]:
    return rota.codes[pattern.post.area_id], rota.carers[pattern.post.carer_id].name


async def _find(
    request: web.Request, tx: Tx, viewer: Viewer, pattern_id: UUID | None, context: Mapping[str, Any]
) -> tuple[_Rota, ShiftPattern | None]:
    """Return the rota that is meant, and its pattern.

    Raises:
        NotFound: the person sees no such town or pattern.
    """
    asked = str((await request.post()).get("town", request.query.get("town", "")))
    rotas = [await _rota(tx, town, viewer, context) for town in await towns.towns(tx)]
    if pattern_id is not None:
        found = [(rota, each) for rota in rotas for each in rota.patterns if each.pattern_id == pattern_id]
        if not found:
            raise NotFound(f"no pattern {pattern_id}")
        return found[0]
    mine = [rota for rota in rotas if not asked or rota.town.org == asked]
    if not mine:
        raise NotFound(f"no town {asked}")
    return mine[0], None


async def _ask(request: web.Request, pattern_id: UUID | None) -> web.StreamResponse:
    viewer = request[PERSON].viewer(Right.STAFF)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        rota, before = await _find(request, tx, viewer, pattern_id, context)
    form = PatternForm.of(before, rota.tonight) if before else PatternForm(from_night=str(rota.tonight))
    return _form(request, context, rota, before, form)


def _form(
    request: web.Request,
    context: Mapping[str, Any],
    rota: _Rota,
    before: ShiftPattern | None,
    form: PatternForm,
    *,
    status: int = 200,
) -> web.StreamResponse:
    speech = speech_of(request)
    chosen = before.post.carer_id if before else None
    there = [
        one
        for one in rota.carers.values()
        if not (one.is_borrowed or one.has_left(rota.tonight)) or one.carer_id == chosen
    ]
    own = {
        "rota": rota, "carers": there, "before": before, "filled": form, "faults": rota.wrong, "days": times_words.day_names(speech),
        "duties": [(duty.value, speech(said)) for duty, said in staff_words.DUTIES.items()],
        "line": staff_words.pattern_line(before, *_names(rota, before), speech) if before else "",
    }  # fmt: skip
    return render(request, "staff/pattern.html", {**context, **own}, status=status)


async def _read(request: web.Request) -> PatternForm:
    form = await request.post()

    def said(name: str) -> str:
        return str(form.get(name, "")).replace("\0", "").strip()[:60]

    days = tuple(sorted({int(day) for day in form.getall("weekdays", []) if str(day) in set("0123456")}))  # type: ignore[arg-type]
    duty = said("duty") if said("duty") in set(Duty) else Duty.PATROL
    return PatternForm(
        said("area"), said("carer"), said("patrol"), duty, said("starts"), said("ends"), days, said("every_weeks"),
        said("from_night"), said("until_night"),
    )  # fmt: skip


async def _change(request: web.Request, pattern_id: UUID | None) -> web.StreamResponse:
    speech, person, sent = speech_of(request), request[PERSON], await request.post()
    viewer, form = person.viewer(Right.STAFF), await _read(request)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        rota, before = await _find(request, tx, viewer, pattern_id, context)
        if "change" in sent:
            return _form(request, context, rota, before, form)
        change = _wanted(rota, before, form, speech, ends="end" in sent)
        if isinstance(change, dict):
            rota.wrong = change
            return _form(request, context, rota, before, form, status=400)
        if "sure" not in sent:
            sentences = await _sentences(tx, rota, viewer, change, speech)
            own = {
                "rota": rota, "before": before, "filled": form, "sentences": sentences, "seen": _seen(before), "ends": "end" in sent,
            }  # fmt: skip
            return render(request, "staff/pattern_confirm.html", context | own)
    try:
        if before is not None and str(sent.get("seen", "")) != _seen(before):
            raise ChangedMeanwhile
        editor = Editor(str(person.user_id), viewer)
        await rota_changes.change_rota(request.app[PLANNER_MEMORY], change, editor=editor)
    except ChangedMeanwhile:
        rota.wrong = {"area": speech(pause_words.CHANGED_BY_OTHER)}
        return _form(request, context, rota, before, form, status=409)
    except PatternRefused as refused:
        rota.wrong = _refused(rota, refused, speech)
        return _form(request, context, rota, before, form, status=409)
    return redirect("/staff/patterns")


def _seen(before: ShiftPattern | None) -> str:
    """Return what the form was drawn from: the only thing of a pattern that can change is its end."""
    return str(before.until_night or "") if before else ""


def _wanted(
    rota: _Rota, before: ShiftPattern | None, form: PatternForm, speech: Speech, *, ends: bool
) -> RotaChange | dict[str, str]:
    """Return the change that the form means, or what is wrong by field."""
    if ends and before is not None:
        try:
            last = max(date.fromisoformat(form.from_night), rota.tonight)
        except ValueError:
            return {"from_night": speech(staff_words.PATTERN_FAULTS[PatternFault.NO_DATE])}
        return RotaChange(rota.town.org, before, None, last)
    ids = PatternIds(uuid4(), before.line_id if before else uuid4(), rota.areas, rota.carers)
    read = parse_pattern(form, ids, rota.tonight, before)
    if isinstance(read, Mapping):
        return {name: speech(staff_words.PATTERN_FAULTS[fault]) for name, fault in read.items()}
    change = RotaChange(rota.town.org, before, read, read.from_night)
    others = change.applied_to([*rota.patterns, *rota.elsewhere])
    try:
        fits = fit_pattern(read, others, rota.carers[read.post.carer_id].ends_on, rota.tonight, rota.town.zone)
    except PatternRefused as refused:
        return _refused(rota, refused, speech)
    return replace(change, after=fits)


def _refused(rota: _Rota, refused: PatternRefused, speech: Speech) -> dict[str, str]:
    """Return why a pattern cannot be, by field."""
    line = staff_words.pattern_line(refused.other, *_names(rota, refused.other), speech) if refused.other else ""
    said = speech(staff_words.PATTERN_FAULTS[refused.fault], line=line)
    return {"area" if refused.fault is PatternFault.NO_AREA else "carer": said}


async def _sentences(tx: Tx, rota: _Rota, viewer: Viewer, change: RotaChange, speech: Speech) -> list[str]:
    """Return what follows: the pattern in a sentence, and the holes that come and go within fourteen nights."""
    stored = await shift_laying.stored_patterns(tx, rota.town, await now(tx))
    nights = [rota.tonight + timedelta(days=n) for n in range(_WARNED)]
    before = await _staffed(tx, rota.town, viewer, stored, nights)
    after = await _staffed(tx, rota.town, viewer, change.applied_to(stored), nights)
    said = [staff_words.rota_change(change.before, change.after, change.from_night, _all_names(rota), speech)]
    said += staff_words.hole_changes(before, after, rota.areas, rota.town.zone.key, speech)
    return said


def _all_names(rota: _Rota) -> tuple[dict[UUID, str], dict[UUID, str]]:
    return rota.areas, {carer_id: each.name for carer_id, each in rota.carers.items()}


async def _staffed(
    tx: Tx, town: Town, viewer: Viewer, patterns: list[ShiftPattern], nights: list[date]
) -> list[StaffedNight]:
    times = [
        each for each in await todo.times_by_area(tx, town.org, nights[0], nights[-1]) if viewer.sees(each.area_id)
    ]
    shifts = await rota_changes.foresee_shifts(tx, town, patterns, [nights[0] - timedelta(days=1), *nights])
    return staffed_nights(nights, times, shifts, town.zone, needs_lead=town.fixed_number is None)
