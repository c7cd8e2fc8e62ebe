"""Pages of an outcome that changes the nights to come, in place of the case's own form: what follows stands there first.

After *to hospital* and *known absence* the form of a pause is there, filled in: one click closes the case and pauses the
resident, before the camera looks at an empty bed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework import cases
from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile
from alarm_center.core import pausing
from alarm_center.core.alarm import AlarmState, alarm_events
from alarm_center.core.decision import IllegalMove
from alarm_center.core.pausing import PauseFault, PauseWish, SaidBy
from alarm_center.core.roles import Right
from alarm_center.preparation import pauses
from alarm_center.store import case_pages, day_pages
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import editor_of
from alarm_center.web.planner.pause import EMPTY, choices_of, filled_form, resident_context
from alarm_center.words import code_words, pause_words
from schemas.vocabulary import Instead, Outcome

routes = web.RouteTableDef()

_PATH: Final = "/alarm/{alarm}/outcome/{outcome:moved_to_hospital|not_at_home_known}"
NOTE_MOST: Final = 500
"""The longest note of a case."""


@routes.get(_PATH)
@require(Right.WATCH)
async def show_outcome(request: web.Request) -> web.StreamResponse:
    """Show what the outcome means for the nights to come; nothing has happened yet."""
    outcome = Outcome(request.match_info["outcome"])
    reasons = pausing.AWAY_BY[outcome]
    filled = {"said_by": SaidBy.STAFF.value, "instead": Instead.NOTHING.value, "note": ""}
    return await _show(request, EMPTY | filled | {"reason": reasons[0].value if len(reasons) == 1 else ""})


@routes.post(_PATH)
@require(Right.WATCH)
async def close_and_pause(request: web.Request) -> web.StreamResponse:
    """Pause the resident as the form says, and close the case with the outcome; with ``no_pause`` close it alone."""
    form, person, outcome = await request.post(), request[PERSON], Outcome(request.match_info["outcome"])
    note = str(form.get("note", "")).replace("\0", "").strip()[:NOTE_MOST]
    filled = await filled_form(request) | {"note": note}
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        resident_id = await resident_to_close(request, tx)
        context = await resident_context(request, tx, resident_id)
    if not form.get("no_pause"):
        wish = pausing.parse_pause(filled, context["now"], ZoneInfo(context["zone"]))
        if not isinstance(wish, PauseWish):
            return await _show(request, filled, wish)
        try:
            await pauses.pause_while_away(
                request.app[PLANNER_MEMORY], resident_id, wish, editor=await editor_of(request, Right.PAUSE)
            )
        except ChangedMeanwhile:
            return await _show(request, filled, changed=True)
    alarm_id = path_uuid(request, "alarm")
    closing = alarm_events.Close(person.user_id, outcome, note=bool(note))
    await cases.apply_to_alarm(
        request.app[MEMORY], alarm_id, closing, actor=str(person.user_id), viewer=person.board_viewer, note=note or None
    )
    return redirect("/")


async def resident_to_close(request: web.Request, tx: Tx) -> UUID:
    """Return whom the case is about.

    Raises:
        NotFound: the person sees no such case, or it is about nobody. IllegalMove: it is closed, or a colleague's.
    """
    case = await case_pages.alarm(tx, path_uuid(request, "alarm"))
    if case is None or case.alarm.resident_id is None:
        raise NotFound("no such case of a resident")
    closed = case.alarm.state is AlarmState.CLOSED
    if closed or case.alarm.is_held_by_other(request[PERSON].user_id, await now(tx)):
        raise IllegalMove(f"alarm {case.alarm.alarm_id}: closed, or somebody else has it")
    return case.alarm.resident_id


async def _show(
    request: web.Request, filled: Mapping[str, str], faults: Sequence[PauseFault] = (), *, changed: bool = False
) -> web.StreamResponse:
    speech, outcome = speech_of(request), Outcome(request.match_info["outcome"])
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        resident_id = await resident_to_close(request, tx)
        context = await resident_context(request, tx, resident_id)
        until = pausing.tomorrow_end(context["now"], ZoneInfo(context["zone"]))
        openings = await day_pages.openings_before(tx, resident_id, until)
    said: dict[str, Any] = choices_of(context, pausing.AWAY_BY[outcome], filled, faults, speech)
    said["changed"] = speech(pause_words.CHANGED_BY_OTHER) if changed else ""
    said["outcome"] = speech(code_words.OUTCOMES[outcome])
    said["act"] = request.path
    said["sentence"] = pause_words.falls_away(openings, context["now"], context["zone"], speech)
    status = 409 if changed else 400 if faults else 200
    return render(request, "planner/outcome.html", context | said, status=status)
