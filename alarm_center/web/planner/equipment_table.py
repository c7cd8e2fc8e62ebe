"""Page that brings a table of equipment into the register: each mistake with its line, or what it changes, before anything is."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile
from alarm_center.core.equipment import EquipmentFault, EquipmentPiece, NumberTaken
from alarm_center.core.equipment_table import EquipmentLine, EquipmentProblem, TableFault, read_table
from alarm_center.core.roles import Right
from alarm_center.preparation import equipment_changes
from alarm_center.store import equipment, towns
from alarm_center.store.towns import Town
from alarm_center.town.encodings import decode_town
from alarm_center.town.problems import TownErrors
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.web.planner.desk import editor_of, page_context
from alarm_center.words import equipment_words as words_of

routes = web.RouteTableDef()


@routes.get("/equipment/table")
@require(Right.ARRANGE)
async def ask_table(request: web.Request) -> web.StreamResponse:
    """Ask for a table."""
    return await _show(request, {"town": await _town(request, request.query.get("town", ""))})


@routes.post("/equipment/table")
@require(Right.ARRANGE)
async def bring_in_table(request: web.Request) -> web.StreamResponse:
    """Show what the table changes, or what is wrong with it; once that is confirmed, bring it in whole."""
    speech, form = speech_of(request), await request.post()
    town = await _town(request, str(form.get("town", "")))
    text = _text(form.get("file")) or str(form.get("table", ""))
    own: dict[str, Any] = {"town": town, "table": text}
    if text == _UNREADABLE:
        return await _show(request, {"town": town, "wrong": [speech(words_of.NO_FILE)]}, status=400)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        pieces = await equipment.pieces(tx, [town.org])
    try:
        lines, problems = _read(text, pieces)
    except TableFault as fault:
        said = words_of.LONG_TABLE if fault.lines else words_of.EMPTY_TABLE
        return await _show(request, own | {"wrong": [speech(said)]}, status=400)
    change = equipment_changes.compare_table(lines, pieces)
    wrong = words_of.table_problems(sorted([*problems, *change.problems], key=lambda each: each.line), speech)
    if wrong:
        return await _show(request, own | {"wrong": wrong}, status=400)
    if change.is_nothing:
        return await _show(request, own | {"wrong": [speech(words_of.NOTHING_NEW)]})
    if "sure" not in form:
        counts = len(change.added), len(change.edited), len(change.moved)
        moved = [words_of.move_sentence(piece, goal, speech) for piece, goal in change.moved]
        return await _show(request, own | {"sentence": words_of.table_sentence(*counts, speech), "moved": moved})
    editor = await editor_of(request, Right.ARRANGE)
    try:
        await equipment_changes.bring_in_table(request.app[PLANNER_MEMORY], town.org, lines, editor=editor)
    except NumberTaken:
        return await _show(request, own | {"wrong": [speech(words_of.FAULTS[EquipmentFault.KNOWN])]}, status=409)
    except ChangedMeanwhile:
        return await _show(request, own | {"wrong": [speech(words_of.CHANGED)]}, status=409)
    return redirect("/equipment")


_UNREADABLE = "\0"


def _text(sent: object) -> str:
    """Return the text of the file that was sent; empty where there is none."""
    if not isinstance(sent, web.FileField) or not sent.filename:
        return ""
    try:
        return decode_town(sent.file.read())
    except TownErrors:
        return _UNREADABLE


def _read(text: str, pieces: Sequence[EquipmentPiece]) -> tuple[list[EquipmentLine], list[EquipmentProblem]]:
    known = {piece.number.casefold(): piece.kind for piece in pieces}
    return read_table(text, words_of.heading_names(), words_of.kind_names(), words_of.state_names(), known)


async def _town(request: web.Request, asked: str) -> Town:
    """Return the town that is meant.

    Raises:
        NotFound: the person arranges nothing in such a town.
    """
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        mine = [town for town in await towns.towns(tx) if not asked or town.org == asked]
    if not mine:
        raise NotFound(f"no town {asked}")
    return mine[0]


async def _show(request: web.Request, own: Mapping[str, Any], *, status: int = 200) -> web.StreamResponse:
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        context = await page_context(request, tx)
    empty: dict[str, Any] = {"table": "", "wrong": [], "sentence": "", "moved": []}
    return render(request, "planner/equipment_table.html", context | empty | dict(own), status=status)
