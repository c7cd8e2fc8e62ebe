"""Page of a resident's run-in nights: how many, what follows in a sentence, and the button that keeps it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile
from alarm_center.core.roles import Right
from alarm_center.core.run_in import MOST_NIGHTS
from alarm_center.preparation import run_ins as changed_run_ins
from alarm_center.store import resident_page, residents, run_ins
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import drawn_from, editor_of, page_context, planned_night
from alarm_center.words import pause_words, run_in_words

routes = web.RouteTableDef()


@routes.get("/residents/{resident}/run-in")
@require(Right.ARRANGE)
async def show_run_in(request: web.Request) -> web.StreamResponse:
    """Show how many nights there are, and which tonight is."""
    return await _show(request, {})


@routes.post("/residents/{resident}/run-in")
@require(Right.ARRANGE)
async def change_run_in(request: web.Request) -> web.StreamResponse:
    """Say what another number of nights means; keep it once that was read. A form that is sent twice changes once."""
    form = {name: str(value).strip()[:10] for name, value in (await request.post()).items()}
    said = form.get("nights", "")
    if not (said.isascii() and said.isdigit() and int(said) <= MOST_NIGHTS):
        return await _show(request, {"wrong": run_in_words.NO_NUMBER, "said": said}, status=400)
    if form.get("read") != "yes":
        return await _show(request, {"said": said, "wanted": int(said)})
    resident_id, editor = path_uuid(request, "resident"), await editor_of(request, Right.ARRANGE)
    try:
        await changed_run_ins.change_nights(request.app[PLANNER_MEMORY], resident_id, int(said), editor=editor)
    except ChangedMeanwhile:
        return await _show(request, {"wrong": pause_words.CHANGED_BY_OTHER, "said": said}, status=409)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect(f"/residents/{resident_id}")


async def _show(request: web.Request, own: Mapping[str, Any], *, status: int = 200) -> web.StreamResponse:
    resident_id, speech = path_uuid(request, "resident"), speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        context = await page_context(request, tx)
        head, resident = await resident_page.head(tx, resident_id), await residents.hit(tx, resident_id)
        run_in = await run_ins.of_resident(tx, resident_id)
        if head is None or resident is None or run_in is None:
            raise NotFound(f"no run-in of resident {resident_id}")
    night, wanted = planned_night(context["now"], ZoneInfo(head.zone)), own.get("wanted")
    shown = {
        "head": head,
        "resident": resident,
        "most": MOST_NIGHTS,
        "revision": await drawn_from(request, head.revision) if status != 409 else head.revision,
        "said": own.get("said", str(run_in.nights)),
        "wrong": speech(own["wrong"]) if "wrong" in own else "",
        "state": run_in_words.state_sentence(run_in, night, speech),
        "outcome": run_in_words.outcome_sentence(replace(run_in, nights=wanted), night, speech) if wanted is not None else "",
    }  # fmt: skip
    return render(request, "planner/run_in.html", context | shown, status=status)
