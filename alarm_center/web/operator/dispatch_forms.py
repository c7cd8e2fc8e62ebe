"""Routes of an operator's forms on a dispatch in progress: send another, ask again, call back; and which of them a case has."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from aiohttp import web

from alarm_center.casework import cases
from alarm_center.core.alarm import Alarm, AlarmState, NoticeState, alarm_events
from alarm_center.core.roles import Right
from alarm_center.store.case_pages import CaseNotice
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.taps import tap_of
from alarm_center.web.page import PERSON, path_uuid, redirect_or_tell, text_for
from alarm_center.words import page_words

routes = web.RouteTableDef()


def dispatch_forms(alarm: Alarm, asked: Iterable[CaseNotice], *, held_by_other: bool) -> dict[str, Any]:
    """Return the forms on the dispatch of *alarm*, whose notices are *asked*; none while somebody else has the case.

    ``replaceable`` are the carers in whose stead another can be sent: notice and patrol.
    """
    moving = alarm.state in (AlarmState.DISPATCHED, AlarmState.ACCEPTED) and not held_by_other
    on_the_way = {one.patrol: one for one in asked if one.state in (NoticeState.ASKED, NoticeState.TOOK)}
    return {
        "replaceable": [(one.notice_id, one.patrol) for one in on_the_way.values() if one.patrol] if moving else [],
        "can_ask_again": alarm.seeks and not held_by_other,
        "can_call_back": moving,
    }


async def _apply(request: web.Request, event: alarm_events.AlarmEvent) -> web.Response:
    alarm_id, person = path_uuid(request, "alarm"), request[PERSON]
    await cases.apply_to_alarm(
        request.app[MEMORY], alarm_id, event, actor=str(person.user_id), viewer=person.board_viewer,
        tap=await tap_of(request),
    )  # fmt: skip
    return redirect_or_tell(request, f"/alarm/{alarm_id}")


@routes.post("/alarm/{alarm}/replace")
@require(Right.WATCH)
async def replace_carer(request: web.Request) -> web.StreamResponse:
    """Send somebody else in a carer's stead."""
    try:
        notice_id = UUID(str((await request.post()).get("notice", "")))
    except ValueError:
        raise web.HTTPBadRequest(text=text_for(request, page_words.UNREADABLE)) from None
    return await _apply(request, alarm_events.ReplaceCarer(request[PERSON].user_id, notice_id))


@routes.post("/alarm/{alarm}/ask-again")
@require(Right.WATCH)
async def ask_again(request: web.Request) -> web.StreamResponse:
    """Have the carers asked again now."""
    return await _apply(request, alarm_events.AskCarersAgain(request[PERSON].user_id))


@routes.post("/alarm/{alarm}/call-back")
@require(Right.WATCH)
async def call_back(request: web.Request) -> web.StreamResponse:
    """Call the carers back: nobody has to go."""
    return await _apply(request, alarm_events.CancelDispatch(request[PERSON].user_id))
