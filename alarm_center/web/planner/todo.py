"""The planner's first page: what threatens tonight, what waits and for whom, pauses that end, the night and the rota ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework import carer_reports
from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import Editor
from alarm_center.core import calendar
from alarm_center.core.day_matters import OpenMatter, SilentDevice, grouped
from alarm_center.core.roles import Right
from alarm_center.core.staffing import staffed_nights
from alarm_center.preparation import hand_overs
from alarm_center.store import discrepancies, musters, todo, towns
from alarm_center.store.memory import Tx, Viewer
from alarm_center.store.web_sessions import SignedIn
from alarm_center.web import csv_file
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner import pause_questions
from alarm_center.web.planner.desk import nights_of, page_context
from alarm_center.web.training import course_pages
from alarm_center.words import list_words, todo_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.todo_words import TodoGoal

routes = web.RouteTableDef()

FIRST: Final = 10
"""Matters that are shown before all are asked for."""
MOST: Final = 300
"""Matters on one page: it stays under 150 kB."""
NIGHTS_AHEAD: Final = 14
_REPORTED: Final = frozenset({todo.DEVIATION, *todo.MISMATCHES.values()})


@dataclass(frozen=True, slots=True)
class _Row:
    """One matter as the page shows it."""

    sentence: str
    since: str
    owner: str
    goal: str
    button: str
    resident_id: str
    may_visit: bool
    """Looks of tonight are left that can be made into visits."""
    phone: str | None
    may_hand_over: bool = False
    """It is a device that an installer can be asked to see to."""
    report_id: str = ""
    """It is what a carer has reported: whoever has seen to it says so."""


@routes.get("/todo")
@require(Right.PLAN)
async def show_todo(request: web.Request) -> web.StreamResponse:
    """Show what needs the person, tonight, and the rota ahead."""
    person, speech = request[PERSON], speech_of(request)
    viewer = person.viewer(Right.PLAN)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        at, nights = context["now"], nights_of(context["heads"], context["now"])
        zones = {head.org: head.zone for head in context["heads"]}
        matters = grouped(await todo.open_matters(tx, nights))
        silent = await todo.silent_before_looks(tx, nights, todo.SILENT_FOR)
        ending = await pause_questions.rows_to_ask(tx, speech)
        areas = await _areas(tx, viewer, nights, speech)
        staff = await _staff(tx, viewer, nights, zones, speech)
        lacking = await course_pages.lacking_sentences(tx, person, speech)
        follow_up = None if matters else await todo.next_follow_up(tx, min(nights.values(), default=date.min))
    told = {each.resident_id for each in silent}
    endangering = [each for each in matters if each.endangers and each.resident_id not in told]
    handed = {each.resident_id: each for each in matters if each.code == discrepancies.HANDED}
    most = MOST if "all" in request.query else FIRST
    red = [_silent_row(each, handed.get(each.resident_id), zones, speech) for each in silent[:most]]
    red += [_row(each, zones, speech, person) for each in endangering[: most - len(red)]]
    waiting = _mine_first([each for each in matters if not each.endangers], person)
    shown = waiting[:most]
    own = {
        "greeting": todo_words.greeting(at, context["zone"], person.name, speech),
        "red": red,
        "threats": len(silent) + len(endangering),
        "rows": [_row(each, zones, speech, person) for each in shown],
        "waiting": len(waiting),
        "ending": ending,
        "areas": areas,
        "staff": staff,
        "opened": request.query.get("night", ""),
        "day": timedelta(days=1),
        "follow_up": follow_up,
        "lacking": lacking,
    }
    return render(request, "planner/todo.html", context | own)


@routes.get("/todo.csv")
@require(Right.PLAN)
async def export_matters(request: web.Request) -> web.StreamResponse:
    """Return every matter of the page as a file."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx)
        nights = nights_of(context["heads"], context["now"])
        zones = {head.org: head.zone for head in context["heads"]}
        matters = await todo.open_matters(tx, nights)
        silent = await todo.silent_before_looks(tx, nights, todo.SILENT_FOR)
    told = {each.resident_id for each in silent}
    handed = {each.resident_id: each for each in matters if each.code == discrepancies.HANDED}
    rows = [(True, _silent_row(each, handed.get(each.resident_id), zones, speech)) for each in silent]
    rows += [
        (each.endangers, _row(each, zones, speech, request[PERSON]))
        for each in matters
        if not (each.endangers and each.resident_id in told)
    ]
    yes, no = speech(list_words.YES), speech(list_words.NO)
    lines = [[yes if red else no, row.sentence, row.since, row.owner] for red, row in rows]
    day = context["now"].astimezone(ZoneInfo(context["zone"])).date()
    return csv_file.answer("att-gora", day, [[speech(each) for each in list_words.MATTERS], *lines])


@routes.get("/todo/staff.csv")
@require(Right.PLAN)
async def export_staff(request: web.Request) -> web.StreamResponse:
    """Return the nights ahead with who is missing, as a file."""
    speech, viewer = speech_of(request), request[PERSON].viewer(Right.PLAN)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        nights = nights_of(context["heads"], context["now"])
        zones = {head.org: head.zone for head in context["heads"]}
        staff = await _staff(tx, viewer, nights, zones, speech)
    lines = [[town["town"], str(night), " ".join(holes)] for town in staff for night, holes in town["squares"]]
    day = context["now"].astimezone(ZoneInfo(context["zone"])).date()
    return csv_file.answer("bemanning", day, [[speech(each) for each in list_words.STAFF], *lines])


@routes.post("/residents/{resident}/hand-over")
@require(Right.ARRANGE)
async def hand_over(request: web.Request) -> web.StreamResponse:
    """Hand a silent device to an installer. A form that is sent twice hands it on once."""
    person = request[PERSON]
    editor = Editor(str(person.user_id), person.viewer(Right.ARRANGE))
    try:
        await hand_overs.hand_to_installer(request.app[PLANNER_MEMORY], path_uuid(request, "resident"), editor=editor)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect("/todo")


@routes.post("/todo/reports/{report}/done")
@require(Right.PLAN)
async def end_report(request: web.Request) -> web.StreamResponse:
    """Write that somebody has seen to what a carer reported; one that is done already stays as it is."""
    person = request[PERSON]
    editor = Editor(str(person.user_id), person.viewer(Right.PLAN))
    await carer_reports.end_report(request.app[PLANNER_MEMORY], path_uuid(request, "report"), editor=editor)
    return redirect("/todo#waiting")


def _silent_row(device: SilentDevice, handed: OpenMatter | None, zones: Mapping[str, str], speech: Speech) -> _Row:
    sentence = todo_words.silent_sentence(device, zones[device.org], speech)
    owner = todo_words.owner_words(handed, speech) if handed else ""
    return _Row(sentence, "", owner, "", "", str(device.resident_id), True, device.phone, may_hand_over=handed is None)


def _mine_first(matters: Sequence[OpenMatter], person: SignedIn) -> list[OpenMatter]:
    """Return the matters of the person's own roles before everybody else's, each as old as before."""
    mine = {role for membership in person.memberships for role in membership.roles}
    return sorted(matters, key=lambda each: todo_words.owner_of(each) not in mine)


def _row(matter: OpenMatter, zones: Mapping[str, str], speech: Speech, person: SignedIn) -> _Row:
    zone, text = zones[matter.org], todo_words.text_of(matter.code)
    page, decides = f"/residents/{matter.resident_id}", person.may(Right.DECIDE, matter.org)
    arranges = person.may(Right.ARRANGE, matter.org)
    consent = "cohabitant-consent" if matter.data.get("who") == "cohabitant" else "consent"
    decision = (
        "new-decision" if matter.code in ("decision_missing", "decision_ended", "decision_ending") else "decision"
    )
    goals = {
        TodoGoal.RESIDENT: page,
        TodoGoal.TIMES: f"{page}/times" if arranges else page,
        TodoGoal.PLAN: f"{page}/not-seen" if arranges else page,
        TodoGoal.DECISION: f"{page}/{decision}" if decides else page,
        TodoGoal.FOLLOW_UP: f"{page}/follow-up" if decides else page,
        TodoGoal.CONSENT: f"{page}/{consent}" if decides else page,
        TodoGoal.END: f"{page}/end" if decides else page,
        TodoGoal.DEVICE: f"{page}/device" if arranges else page,
        TodoGoal.AUTOMATIC: f"{page}/automatic",
        TodoGoal.RETIRE: f"{page}/retire?device={matter.device_id}" if arranges else page,
        TodoGoal.STAFF: "#staff",
        TodoGoal.CARERS: "/staff/carers" if person.may(Right.STAFF, matter.org) else "#staff",
        TodoGoal.OMBUDSMEN: "/staff/ombudsmen" if person.may(Right.STAFF, matter.org) else "#staff",
        TodoGoal.NIGHT: "#tonight",
        TodoGoal.FILES: "/files",
        TodoGoal.FILE: "",
    }
    return _Row(
        todo_words.matter_sentence(matter, zone, speech),
        speech.near_day(matter.found_at.astimezone(ZoneInfo(zone)).date()),
        todo_words.owner_words(matter, speech),
        goals[text.goal],
        speech(text.button if goals[text.goal] != page or text.goal is TodoGoal.RESIDENT else todo_words.OPEN),
        "" if matter.resident_id is None else str(matter.resident_id),
        matter.code not in todo_words.GATED,
        matter.phone,
        report_id=str(matter.discrepancy_id) if matter.code in _REPORTED else "",
    )


async def _areas(tx: Tx, viewer: Viewer, nights: Mapping[str, date], speech: Speech) -> list[tuple[str, str]]:
    """Return each area with its night in a line."""
    lines = []
    shifts = {}
    for town in await towns.towns(tx):
        begins, ends = calendar.night_bounds(nights[town.org], town.zone)
        shifts[town.org] = (town.zone.key, await musters.shifts_between(tx, town.org, begins, ends))
    for area in await todo.areas_tonight(tx, nights, viewer.areas):
        zone, of_town = shifts[area.org]
        here = [shift for shift in of_town if shift.area_id == area.area_id]
        lines.append((area.code, todo_words.area_sentence(area, here, zone, speech)))
    return lines


async def _staff(
    tx: Tx, viewer: Viewer, nights: Mapping[str, date], zones: Mapping[str, str], speech: Speech
) -> list[dict[str, Any]]:
    """Return the squares of the nights ahead, a town each, with who is missing."""
    found = []
    for town in await towns.towns(tx):
        first = nights[town.org]
        ahead = [first + timedelta(days=n) for n in range(NIGHTS_AHEAD)]
        times = [each for each in await todo.times_by_area(tx, town.org, first, ahead[-1]) if viewer.sees(each.area_id)]
        begins, ends = calendar.night_bounds(first, town.zone)[0], calendar.night_bounds(ahead[-1], town.zone)[1]
        shifts = await musters.shifts_between(tx, town.org, begins, ends)
        staffed = staffed_nights(ahead, times, shifts, town.zone, needs_lead=town.fixed_number is None)
        codes = {area_id: code for code, area_id in (await towns.area_ids(tx, town.org)).items()}
        squares = [(each.night, todo_words.night_sentences(each, codes, zones[town.org], speech)) for each in staffed]
        found.append({"town": town.name, "squares": squares})
    return found
