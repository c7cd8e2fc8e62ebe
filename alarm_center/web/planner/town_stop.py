"""Pages of a town's stop: what would follow, the proposal, a second person's word, and the way back.

For operators, supervisors, leads and planners. Numbers are of the whole town, also for somebody who sees a part of it.
"""

from datetime import datetime
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import Editor
from alarm_center.core import town_stop
from alarm_center.core.roles import Right
from alarm_center.core.town_stop import WHY_MOST, StopState
from alarm_center.preparation import town_stops
from alarm_center.preparation.town_stops import StopRefused
from alarm_center.store import incidents, towns, users
from alarm_center.store import town_stops as rows
from alarm_center.store.memory import Memory, Tx
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context
from alarm_center.words import stop_words, todo_words

routes = web.RouteTableDef()

_MOST: Final = 60
"""Visits shown in order."""
_PAGE: Final = "/stop-town"


@routes.get(_PAGE)
@require(Right.STOP)
async def show_town_stop(request: web.Request) -> web.StreamResponse:
    """Show how it stands with the town's stop, and the one next step; of several towns, which to choose."""
    return await _show(request, _town_of(request, request.query.get("town", "")))


@routes.get("/fragments/stop-town")
@require(Right.STOP)
async def show_status(request: web.Request) -> web.StreamResponse:
    """Show how it stands, and how many devices have confirmed."""
    org = _town_of(request, request.query.get("town", "")) or ""
    context = await _context(request, org)
    return render(request, "parts/town_stop.html", context | {"drawn": request.query.get("drawn", "")})


@routes.post(_PAGE)
@require(Right.STOP)
async def propose(request: web.Request) -> web.StreamResponse:
    """Propose the stop; nothing has stopped yet."""
    form = await request.post()
    why = str(form.get("why", "")).replace("\0", "").strip()[:WHY_MOST]

    async def deed(memory: Memory, org: str, *, editor: Editor) -> None:
        await town_stops.propose_stop(memory, org, why, editor=editor)

    if not why:
        org = _town_of(request, str(form.get("town", "")))
        return await _show(request, org, speech_of(request)(todo_words.SAY_WHY), status=400)
    return await _do(request, deed)


@routes.post(f"{_PAGE}/confirm")
@require(Right.STOP)
async def confirm(request: web.Request) -> web.StreamResponse:
    """Confirm the stop that another person has proposed: from now nobody looks."""
    return await _do(request, town_stops.confirm_stop)


@routes.post(f"{_PAGE}/return")
@require(Right.STOP)
async def propose_return(request: web.Request) -> web.StreamResponse:
    """Propose that looks begin again."""
    return await _do(request, town_stops.propose_return)


@routes.post(f"{_PAGE}/return/confirm")
@require(Right.STOP)
async def confirm_return(request: web.Request) -> web.StreamResponse:
    """Confirm that looks begin again."""
    return await _do(request, town_stops.confirm_return)


# ---- drawn ----


def _town_of(request: web.Request, asked: str) -> str | None:
    """Return the town that is meant; ``None``: there are several, and none is named.

    Raises:
        NotFound: the person may not stop the town that is named.
    """
    mine = request[PERSON].viewer(Right.STOP).orgs
    if asked and asked not in mine:
        raise NotFound(f"no town {asked}")
    return asked or (mine[0] if len(mine) == 1 else None)


class _Deed(Protocol):
    """One person's word about the stop of a town."""

    async def __call__(self, memory: Memory, org: str, *, editor: Editor) -> None: ...


async def _do(request: web.Request, deed: _Deed) -> web.StreamResponse:
    person, speech = request[PERSON], speech_of(request)
    org = _town_of(request, str((await request.post()).get("town", "")))
    if org is None:
        return await _show(request, None, status=400)
    try:
        editor = Editor(str(person.user_id), person.viewer(Right.STOP))
        await deed(request.app[PLANNER_MEMORY], org, editor=editor)
    except StopRefused as refused:
        return await _show(request, org, speech(stop_words.FAULTS[refused.fault]), status=409)
    return redirect(f"{_PAGE}?town={org}")


async def _show(request: web.Request, org: str | None, wrong: str = "", *, status: int = 200) -> web.StreamResponse:
    if org is None:
        async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.STOP)) as tx:
            context = await page_context(request, tx)
        return render(request, "planner/stop_towns.html", context, status=status)
    return render(request, "planner/town_stop.html", await _context(request, org) | {"wrong": wrong}, status=status)


async def _context(request: web.Request, org: str) -> dict[str, Any]:
    speech, person = speech_of(request), request[PERSON]
    async with request.app[MEMORY].transaction(person.viewer(Right.STOP)) as tx:
        context = await page_context(request, tx)
        head = next((each for each in context["heads"] if each.org == org), None)
        if head is None:
            raise NotFound(f"no town {org}")
        at, zone = context["now"], head.zone
        stop = await rows.newest(tx, org)
        state = stop.state_at(at) if stop is not None else StopState.NONE
        names = {str(user_id): name for user_id, name in (await users.colleague_names(tx)).items()}
        foreseen: dict[str, Any] = {}
        if state in (StopState.NONE, StopState.PROPOSED):
            foreseen = await _foreseen(request, tx, org, at, zone)
        holds = stop if state in (StopState.HOLDS, StopState.RETURN_PROPOSED) else None
        devices = stop_words.devices_answer(await rows.count_devices(tx, org), holds, speech) if holds else ""
        listed = [each for each in await incidents.open_incidents(tx) if each.org == org] if holds else []
    proposer = {StopState.PROPOSED: stop and stop.proposed_by, StopState.RETURN_PROPOSED: stop and stop.back_by}
    own = {
        "head": head, "zone": zone, "stop": stop, "state": state.value, "drawn": state.value,
        "status": stop_words.status(stop, state, names, at, zone, speech), "devices": devices,
        "incidents": listed, "mine": proposer.get(state) == str(person.user_id),
        "proposed_by": stop_words.name_of(stop.proposed_by, names, speech) if stop else "",
    }  # fmt: skip
    return context | own | foreseen


async def _foreseen(request: web.Request, tx: Tx, org: str, at: datetime, zone: str) -> dict[str, Any]:
    """Return what a stop would mean from now on."""
    speech, town = speech_of(request), await towns.town(tx, org)
    to_at = town_stop.last_end(at, ZoneInfo(zone))
    foreseen = town_stop.foresee(
        await rows.rounds_ahead(tx, org, to_at),
        await rows.patrols_ahead(tx, org, to_at),
        at,
        town.plan_of_area({}).arrive_within,
    )
    return {
        "sentences": stop_words.follows(foreseen, to_at, at, zone, speech),
        "beyond": any(each.begins_at is None for each in foreseen),
        "basis": stop_words.basis(speech),
        "areas": stop_words.by_area(foreseen, zone, speech),
        "order": stop_words.in_order(foreseen, zone, _MOST, speech),
        "left": max(0, len(foreseen) - _MOST),
    }
