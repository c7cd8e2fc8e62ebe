"""Pages of the carers: who they are, and those for a time from a table."""

from datetime import date, timedelta
from typing import Any, Final

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import Editor
from alarm_center.core.roles import Right
from alarm_center.core.temps import CarerRow, NewTemp, read_temps
from alarm_center.preparation import staff_changes
from alarm_center.store import lost_phones, staff, towns
from alarm_center.store.towns import Town
from alarm_center.town.encodings import decode_town
from alarm_center.town.problems import TownErrors
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context, planned_night
from alarm_center.words import carer_words, staff_words
from alarm_center.words.leaver_words import HANDED_IN

routes = web.RouteTableDef()

_HANDS_IN: Final = timedelta(days=30)
"""Carers who have left without handing in their things are listed for so long."""


@routes.get("/staff/carers")
@require(Right.STAFF)
async def show_carers(request: web.Request) -> web.StreamResponse:
    """Show the carers of each town."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.STAFF)) as tx:
        context = await page_context(request, tx)
        found = []
        for town in await towns.towns(tx):
            tonight = planned_night(context["now"], town.zone)
            people = [each for each in await staff.carers_of(tx, town.org) if _is_listed(each, tonight)]
            gone = await lost_phones.lost_since(tx, town.org)
            lost = {
                phone: staff_words.lost_words(since, context["now"], town.zone.key, speech)
                for phone, since in gone.items()
            }
            names = {each.carer_id: each.name for each in people}
            rows = [
                (each, carer_words.carer_state(each, speech, tonight, names), lost.get(each.phone, ""))
                for each in people
            ]
            lacks_code = any(
                each.code is None and not each.is_borrowed and not each.has_left(tonight) for each in people
            )
            found.append((town, rows, lacks_code))
    return render(request, "staff/carers.html", context | {"rotas": found})


@routes.post("/staff/codes")
@require(Right.STAFF)
async def give_codes(request: web.Request) -> web.StreamResponse:
    """Give each carer of the town who has none a personal code."""
    person = request[PERSON]
    town = await _town(request, str((await request.post()).get("town", "")))
    editor = Editor(str(person.user_id), person.viewer(Right.STAFF))
    await staff_changes.give_codes(request.app[PLANNER_MEMORY], town.org, editor=editor)
    return redirect("/staff/carers")


@routes.get("/staff/temps")
@require(Right.STAFF)
async def ask_temps(request: web.Request) -> web.StreamResponse:
    """Ask for a table of carers for a time."""
    return await _show_temps(request, {"town": await _town(request, request.query.get("town", ""))})


@routes.post("/staff/temps")
@require(Right.STAFF)
async def add_temps(request: web.Request) -> web.StreamResponse:
    """Show whom the table adds, or what is wrong with it; once that is confirmed, add them."""
    person, speech, form = request[PERSON], speech_of(request), await request.post()
    town = await _town(request, str(form.get("town", "")))
    text = _table(form.get("file")) or str(form.get("table", ""))
    async with request.app[MEMORY].transaction(person.viewer(Right.STAFF)) as tx:
        context = await page_context(request, tx)
        people = await staff.carers_of(tx, town.org)
    known = {number for each in people for number in (each.phone, each.next_phone) if number}
    names = [each.name for each in people]
    temps, problems = read_temps(text, known, planned_night(context["now"], town.zone), names)
    if problems:
        own = {"town": town, "table": text, "wrong": carer_words.temp_problems(problems, speech)}
        return await _show_temps(request, own, status=400)
    if "sure" not in form:
        own = {"town": town, "table": text, "temps": temps, "sentence": carer_words.temps_sentence(temps, speech)}
        return await _show_temps(request, own)
    await _add(request, town, temps)
    return redirect("/staff/carers")


# ---- drawn ----


def _is_listed(carer: CarerRow, tonight: date) -> bool:
    """Tell whether the carer is there, or left lately without handing in all; a borrowed phone is nobody's to hand in."""
    if carer.ends_on is None or carer.ends_on >= tonight:
        return True
    return not carer.is_borrowed and carer.ends_on > tonight - _HANDS_IN and not carer.handed_in.issuperset(HANDED_IN)


async def _town(request: web.Request, asked: str) -> Town:
    """Return the town that is meant.

    Raises:
        NotFound: the person has no such town.
    """
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.STAFF)) as tx:
        mine = [town for town in await towns.towns(tx) if not asked or town.org == asked]
    if not mine:
        raise NotFound(f"no town {asked}")
    return mine[0]


def _table(sent: object) -> str:
    """Return the text of the file that was sent; empty where there is none, or none that can be read."""
    if not isinstance(sent, web.FileField):
        return ""
    try:
        return decode_town(sent.file.read())
    except TownErrors:
        return ""


async def _add(request: web.Request, town: Town, temps: list[NewTemp]) -> None:
    person = request[PERSON]
    editor = Editor(str(person.user_id), person.viewer(Right.STAFF))
    await staff_changes.add_temps(request.app[PLANNER_MEMORY], town.org, temps, editor=editor)


async def _show_temps(request: web.Request, own: dict[str, Any], *, status: int = 200) -> web.StreamResponse:
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.STAFF)) as tx:
        context = await page_context(request, tx)
    empty: dict[str, Any] = {"table": "", "wrong": [], "temps": [], "sentence": ""}
    return render(request, "staff/temps.html", context | empty | own, status=status)
