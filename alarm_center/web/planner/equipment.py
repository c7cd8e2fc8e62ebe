"""Pages of the register: the list with search, one piece with its history, a new one, an edit, a move, and the register as a file.

Whoever plans reads it, and whoever arranges writes it. Installers do not: it says in whose home each camera is, and they see today's homes alone.
"""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile
from alarm_center.core.decision import IllegalMove
from alarm_center.core.equipment import (
    LONGEST,
    EquipmentFault,
    EquipmentFields,
    EquipmentKind,
    EquipmentPiece,
    EquipmentState,
    NumberTaken,
    read_equipment,
)
from alarm_center.core.roles import Right
from alarm_center.preparation import equipment_changes
from alarm_center.store import equipment, resident_page, towns
from alarm_center.store.memory import Tx
from alarm_center.web import csv_file
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import editor_of, nights_of, page_context
from alarm_center.words import equipment_words as words_of
from alarm_center.words import resident_page_words

routes = web.RouteTableDef()

_ON_A_PAGE: Final = 100
_FIRST_STATES: Final = (EquipmentState.STOCK, EquipmentState.ORDERED)
"""States that a new piece may have."""


@routes.get("/equipment")
@require(Right.PLAN)
async def show_equipment(request: web.Request) -> web.StreamResponse:
    """Show the register, a page at a time: all of it, one state, or what was searched for."""
    person, speech = request[PERSON], speech_of(request)
    asked, state = request.query.get("asked", "").strip()[:60], request.query.get("state", "")
    state = state if state in set(EquipmentState) else ""
    async with request.app[MEMORY].transaction(person.viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx)
        found = await equipment.pieces(tx, list(nights_of(context["heads"], context["now"])), asked)
    chosen = [each for each in found if not state or each.state == state]
    said = request.query.get("page", "1")
    page = min(max(int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 1, 1), _pages(len(chosen)))
    shown = chosen[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
    counts = [(each, sum(piece.state is each for piece in found)) for each in EquipmentState]
    own = {
        "rows": [_row(each, context["zone"], request) for each in shown],
        "counts": [(each.value, speech(words_of.STATES[each]), count) for each, count in counts if count],
        "all": len(found), "chosen": len(chosen), "asked": asked, "state": state, "page": page, "pages": _pages(len(chosen)),
        "state_name": speech(words_of.STATES[EquipmentState(state)]) if state else "",
    }  # fmt: skip
    return render(request, "planner/equipment.html", context | own)


@routes.get("/equipment.csv")
@require(Right.PLAN)
async def export_equipment(request: web.Request) -> web.StreamResponse:
    """Return the register as a file, which comes in again by the page of tables."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx)
        found = await equipment.pieces(tx, list(nights_of(context["heads"], context["now"])))
    day = context["now"].astimezone(ZoneInfo(context["zone"])).date()
    headings = [speech(text) for text in (*words_of.HEADINGS.values(), *words_of.REPORTED)]
    return csv_file.answer(
        "utrustning", day, [headings, *(words_of.row_of(each, context["zone"], speech) for each in found)]
    )


@routes.get("/equipment/new")
@require(Right.ARRANGE)
async def ask_new_piece(request: web.Request) -> web.StreamResponse:
    """Ask for a new piece."""
    return await _show_form(request, {"kind": EquipmentKind.CAMERA.value, "state": EquipmentState.STOCK.value})


@routes.post("/equipment/new")
@require(Right.ARRANGE)
async def add_piece(request: web.Request) -> web.StreamResponse:
    """Add the piece."""
    form, speech = await _sent(request), speech_of(request)
    read, state = read_equipment(_fields(form)), form.get("state", "")
    faults = dict(read.faults)
    if state not in {each.value for each in _FIRST_STATES}:
        faults["state"] = EquipmentFault.NO_STATE
    if faults:
        return await _show_form(request, form, words_of.fault_texts(faults, speech), status=400)
    editor = await editor_of(request, Right.ARRANGE)
    org = await _town(request, form.get("town", ""))
    try:
        made = await equipment_changes.add_piece(
            request.app[PLANNER_MEMORY], org, read, EquipmentState(state), editor=editor
        )
    except NumberTaken:
        taken = words_of.fault_texts({"number": EquipmentFault.KNOWN}, speech)
        return await _show_form(request, form, taken, status=409)
    return redirect(f"/equipment/{made}")


@routes.get("/equipment/{piece}")
@require(Right.PLAN)
async def show_piece(request: web.Request) -> web.StreamResponse:
    """Show a piece: whose it is, what its device reports, what may happen to it, and what has."""
    return await _show_piece(request)


@routes.post("/equipment/{piece}/move")
@require(Right.ARRANGE)
async def move_piece(request: web.Request) -> web.StreamResponse:
    """Say what the move means; once that is confirmed, make it."""
    form, speech = await _sent(request), speech_of(request)
    goal = form.get("goal", "")
    if goal not in set(EquipmentState):
        return await _show_piece(
            request, words_of.fault_texts({"state": EquipmentFault.NO_STATE}, speech)["state"], status=400
        )
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        context, piece = await page_context(request, tx), await _piece(tx, request)
    if "sure" not in form:
        own = {"piece": piece, "goal": goal, "sentence": words_of.move_sentence(piece, EquipmentState(goal), speech)}
        return render(request, "planner/equipment_move.html", context | own)
    editor = await editor_of(request, Right.ARRANGE)
    try:
        await equipment_changes.move_piece(
            request.app[PLANNER_MEMORY], piece.equipment_id, EquipmentState(goal), editor=editor
        )
    except ChangedMeanwhile:
        return await _show_piece(request, speech(words_of.CHANGED), status=409)
    except IllegalMove:
        said = words_of.fault_texts({"state": EquipmentFault.NO_MOVE}, speech)["state"]
        return await _show_piece(request, said, status=409)
    return redirect(f"/equipment/{piece.equipment_id}")


@routes.get("/equipment/{piece}/edit")
@require(Right.ARRANGE)
async def ask_edit(request: web.Request) -> web.StreamResponse:
    """Show the piece's form."""
    return await _show_form(request, None)


@routes.post("/equipment/{piece}/edit")
@require(Right.ARRANGE)
async def edit_piece(request: web.Request) -> web.StreamResponse:
    """Say what the edit changes; once that is confirmed, make it."""
    form, speech = await _sent(request), speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        context, piece = await page_context(request, tx), await _piece(tx, request)
    read = read_equipment(_fields(form | {"kind": piece.kind.value}), piece.kind)
    if read.faults or "change" in form:
        faults = {} if "change" in form else words_of.fault_texts(read.faults, speech)
        return await _show_form(request, form, faults, status=200 if "change" in form else 400)
    if "sure" not in form:
        before = {name: getattr(piece, name) for name in read.values}
        sentences = words_of.edit_sentences(before, read.values, speech)
        own = {"piece": piece, "form": form, "sentences": sentences}
        return render(request, "planner/equipment_confirm.html", context | own)
    editor = await editor_of(request, Right.ARRANGE)
    try:
        await equipment_changes.edit_piece(request.app[PLANNER_MEMORY], piece.equipment_id, read, editor=editor)
    except NumberTaken:
        taken = words_of.fault_texts({"number": EquipmentFault.KNOWN}, speech)
        return await _show_form(request, form, taken, status=409)
    except ChangedMeanwhile:
        return await _show_form(request, None, {"": speech(words_of.CHANGED)}, status=409)
    return redirect(f"/equipment/{piece.equipment_id}")


# ---- drawn ----


def _pages(count: int) -> int:
    return max(1, -(-count // _ON_A_PAGE))


def _row(piece: EquipmentPiece, zone: str, request: web.Request) -> dict[str, Any]:
    speech = speech_of(request)
    return {
        "piece": piece, "kind": speech(words_of.KINDS[piece.kind]), "state": words_of.state_words(piece.kind, piece.state, speech),
        "place": words_of.place_words(piece, speech), "heard": words_of.heard_words(piece, zone, speech),
    }  # fmt: skip


async def _sent(request: web.Request) -> dict[str, str]:
    """Return the form, each field no longer than the page would take."""
    form = await request.post()
    return {name: str(value).replace("\0", "").strip()[: LONGEST.get(name, 60) + 1] for name, value in form.items()}


def _fields(form: Mapping[str, str]) -> EquipmentFields:
    return EquipmentFields(**{name: form[name][: most + 1] for name, most in LONGEST.items() if name in form})


async def _town(request: web.Request, asked: str) -> str:
    """Return the town that is meant.

    Raises:
        NotFound: the person arranges nothing in such a town.
    """
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        mine = [town.org for town in await towns.towns(tx) if not asked or town.org == asked]
    if not mine:
        raise NotFound(f"no town {asked}")
    return mine[0]


async def _piece(tx: Tx, request: web.Request) -> EquipmentPiece:
    """Return the piece of the path.

    Raises:
        NotFound: the person's towns have none of that id.
    """
    found = await equipment.piece(tx, path_uuid(request, "piece"))
    if found is None:
        raise NotFound("no such piece of equipment")
    return found


async def _show_piece(request: web.Request, wrong: str = "", *, status: int = 200) -> web.StreamResponse:
    person, speech = request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.viewer(Right.PLAN)) as tx:
        context, piece = await page_context(request, tx), await _piece(tx, request)
        history = await equipment.history(tx, piece.equipment_id)
        decisions = await resident_page.decisions(tx, piece.resident_id) if piece.resident_id else []
    may = person.may(Right.ARRANGE, piece.org)
    own = _row(piece, context["zone"], request) | {
        "headings": words_of.HEADINGS, "wrong": wrong, "may": may, "moves": words_of.move_choices(piece, speech) if may else [],
        "decisions": [resident_page_words.decision_words(each, speech) for each in decisions],
        "history": [words_of.event_words(each, piece.kind, context["zone"], speech) for each in history],
    }  # fmt: skip
    return render(request, "planner/equipment_piece.html", context | own, status=status)


async def _show_form(
    request: web.Request, form: Mapping[str, str] | None, faults: Mapping[str, str] | None = None, *, status: int = 200
) -> web.StreamResponse:
    """Draw the form of a new piece, or of the path's; ``None`` fills it with what the register has."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        context = await page_context(request, tx)
        piece = await _piece(tx, request) if "piece" in request.match_info else None
        mine = [(town.org, town.name) for town in await towns.towns(tx)]
    filled = dict(form or {})
    if form is None and piece is not None:
        filled = {name: str(getattr(piece, name) or "") for name in LONGEST}
    own = {
        "piece": piece, "filled": filled, "faults": faults or {}, "mine": mine, "headings": words_of.HEADINGS, "longest": LONGEST,
        "kinds": [(each.value, speech(text)) for each, text in words_of.KINDS.items()],
        "states": [(each.value, speech(words_of.STATES[each])) for each in _FIRST_STATES],
        "revision": filled.get("revision") if form is not None and filled.get("revision") else piece.revision if piece else "",
    }  # fmt: skip
    return render(request, "planner/equipment_form.html", context | own, status=status)
