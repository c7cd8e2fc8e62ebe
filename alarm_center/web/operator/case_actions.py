"""Routes of an operator's forms on a case: most are one event to the core, and then the page that comes next.

Claim, take over, release, call, send, close, answer, look again, look live, and the reading of carers' replies.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from aiohttp import web

from alarm_center.casework import cases, live_looks
from alarm_center.core import pausing
from alarm_center.core.alarm import alarm_events as alarm
from alarm_center.core.alarm.alarm_ending import NobodyFound
from alarm_center.core.check import AskAgain, Check, CheckState, PersonSaid
from alarm_center.core.decision import IllegalMove
from alarm_center.core.roles import Right
from alarm_center.store import case_pages, looks, screen_taps, shadow_nights
from alarm_center.store.memory import now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.faster_colleague import naming_the_faster
from alarm_center.web.operator.picture import clear_reason
from alarm_center.web.operator.taps import is_repeat, tap_of
from alarm_center.web.page import PERSON, path_uuid, redirect_or_tell, speech_of, text_for
from alarm_center.words import code_words, page_words
from schemas.vocabulary import Answer, Outcome, TroubleKind

routes = web.RouteTableDef()

LOOK_SECONDS: Final = 10
"""Length of a look that a person asks for."""
_BOARD: Final = "/"
FOLLOWED_BY: Final[Mapping[str, str]] = {str(each): f"outcome/{each}" for each in pausing.AWAY_BY} | {
    Outcome.DIED: "died"
}
"""Outcomes that change the nights to come, with the page of the case that shows how, and saves them."""


async def _apply(
    request: web.Request, event: alarm.AlarmEvent, goal: str | None = None, note: str | None = None
) -> web.Response:
    alarm_id, person = path_uuid(request, "alarm"), request[PERSON]
    await cases.apply_to_alarm(
        request.app[MEMORY], alarm_id, event, actor=str(person.user_id), viewer=person.board_viewer, note=note,
        tap=await tap_of(request),
    )  # fmt: skip
    return redirect_or_tell(request, goal or f"/alarm/{alarm_id}")


@routes.post("/alarm/{alarm}/claim")
@require(Right.WATCH)
async def claim(request: web.Request) -> web.StreamResponse:
    """Take the case; of two who do, the slower reads who was faster."""
    async with naming_the_faster(request, alarm_id=path_uuid(request, "alarm")):
        return await _apply(request, alarm.ClaimCase(request[PERSON].user_id))


@routes.post("/alarm/{alarm}/take-over")
@require(Right.WATCH)
async def take_over(request: web.Request) -> web.StreamResponse:
    """Take the case from a colleague, with a reason."""
    reason = str((await request.post()).get("reason", ""))
    if reason not in code_words.TAKE_OVER:
        raise web.HTTPBadRequest(text=text_for(request, page_words.CHOOSE_REASON))
    return await _apply(request, alarm.TakeOver(request[PERSON].user_id, reason))


@routes.post("/alarm/{alarm}/renew")
@require(Right.WATCH)
async def renew(request: web.Request) -> web.StreamResponse:
    """Renew the holder's lease; the answer says until when it lasts."""
    alarm_id, person = path_uuid(request, "alarm"), request[PERSON]
    event = alarm.Renew(person.user_id)
    renewed = await cases.apply_to_alarm(
        request.app[MEMORY], alarm_id, event, actor=str(person.user_id), viewer=person.board_viewer
    )
    response = redirect_or_tell(request, f"/alarm/{alarm_id}")
    if renewed.lease.until is not None:
        response.headers["X-Lease-Until"] = renewed.lease.until.isoformat()
    return response


@routes.post("/alarm/{alarm}/release")
@require(Right.WATCH)
async def release(request: web.Request) -> web.StreamResponse:
    """Release the case."""
    return await _apply(request, alarm.ReleaseCase(request[PERSON].user_id), _BOARD)


@routes.post("/alarm/{alarm}/call")
@require(Right.WATCH)
async def note_call(request: web.Request) -> web.StreamResponse:
    """Begin or end a call with the resident."""
    on = bool((await request.post()).get("on"))
    return await _apply(request, alarm.InCall(request[PERSON].user_id, on))


@routes.post("/alarm/{alarm}/send")
@require(Right.WATCH)
async def send_patrol(request: web.Request) -> web.StreamResponse:
    """Send a patrol now."""
    return await _apply(request, alarm.SendPatrol(request[PERSON].user_id))


@routes.post("/alarm/{alarm}/acknowledge")
@require(Right.WATCH)
async def acknowledge_trouble(request: web.Request) -> web.StreamResponse:
    """Acknowledge one trouble of the case: the person sees to it."""
    said = str((await request.post()).get("kind", ""))
    if said not in set(TroubleKind):
        raise web.HTTPBadRequest(text=text_for(request, page_words.UNREADABLE))
    return await _apply(request, alarm.AcknowledgeTrouble(request[PERSON].user_id, TroubleKind(said)))


@routes.post("/alarm/{alarm}/close")
@require(Right.WATCH)
async def close(request: web.Request) -> web.StreamResponse:
    """Close the case with its outcome."""
    form, speech = await request.post(), speech_of(request)
    said, note = str(form.get("outcome", "")), str(form.get("note", "")).strip()[:500]
    if said not in set(Outcome):
        raise web.HTTPBadRequest(text=speech(page_words.CHOOSE_OUTCOME))
    if said == Outcome.OTHER and not note:
        raise web.HTTPBadRequest(text=speech(page_words.WRITE_WHAT_HAPPENED))
    if said in FOLLOWED_BY and await _is_about_somebody(request):
        # What follows is shown before it is saved.
        return redirect_or_tell(request, f"/alarm/{path_uuid(request, 'alarm')}/{FOLLOWED_BY[said]}")
    event = alarm.Close(request[PERSON].user_id, Outcome(said), note=bool(note))
    try:
        return await _apply(request, event, _BOARD, note or None)
    except NobodyFound:
        raise web.HTTPBadRequest(text=speech(page_words.NOBODY_FOUND)) from None


async def _is_about_somebody(request: web.Request) -> bool:
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        case = await case_pages.alarm(tx, path_uuid(request, "alarm"))
    return case is not None and case.alarm.resident_id is not None


@routes.post("/alarm/{alarm}/read")
@require(Right.WATCH)
async def mark_replies_read(request: web.Request) -> web.StreamResponse:
    """Note that the carers' own words have been read."""
    alarm_id, person = path_uuid(request, "alarm"), request[PERSON]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        if await case_pages.alarm(tx, alarm_id) is None:
            raise cases.NotFound(f"alarm {alarm_id}")
        tap = await tap_of(request)
        if tap is None or await screen_taps.take(tx, tap):  # what has come since the first time is not read
            await case_pages.mark_replies_seen(tx, alarm_id, str(person.user_id), await now(tx))
    return redirect_or_tell(request, f"/alarm/{alarm_id}")


@routes.post("/alarm/{alarm}/live")
@require(Right.WATCH)
async def look_live(request: web.Request) -> web.StreamResponse:
    """Ask for a live look, clear if a reason is given; the answer says where its frames come."""
    alarm_id, person = path_uuid(request, "alarm"), request[PERSON]
    command_id = await live_looks.ask_live_look(
        request.app[MEMORY], alarm_id, LOOK_SECONDS, user=person.user_id, viewer=person.board_viewer,
        clear_for=await clear_reason(request) if "reason" in await request.post() else None, tap=await tap_of(request),
    )  # fmt: skip
    response = redirect_or_tell(request, f"/alarm/{alarm_id}")
    response.headers["X-Live"] = f"/live/{command_id}"
    return response


@routes.post("/{kind:alarm|check}/{case}/again")
@require(Right.WATCH)
async def look_again(request: web.Request) -> web.StreamResponse:
    """Have the device look once more."""
    person = request[PERSON]
    if not await is_repeat(request):
        await _apply_to_check(request, await _required_check(request), AskAgain(str(person.user_id), LOOK_SECONDS))
    return redirect_or_tell(request, f"/{request.match_info['kind']}/{request.match_info['case']}")


@routes.post("/{kind:alarm|check}/{case}/answer")
@require(Right.WATCH)
async def answer(request: web.Request) -> web.StreamResponse:
    """Give one of the four answers: it decides a check, and is evidence for an alarm."""
    form, person, speech = await request.post(), request[PERSON], speech_of(request)
    said, session_id = str(form.get("answer", "")), str(form.get("session_id", "")) or None
    if said not in set(Answer):
        raise web.HTTPBadRequest(text=speech(page_words.CHOOSE_ANSWER))
    if await is_repeat(request):
        if said == Answer.SOMETHING_WRONG:
            await _send_what_is_unsent(request)
        return await _go_on(request)
    check_id = await _required_check(request)
    if said == Answer.IN_BED:
        await _require_look(request, check_id, session_id)
    check = await _apply_to_check(request, check_id, PersonSaid(Answer(said), str(person.user_id), session_id))
    if said == Answer.SOMETHING_WRONG and check.alarm_id is not None:
        await _send_at_once(request, check.alarm_id)
    if session_id is not None:
        async with request.app[MEMORY].transaction(person.board_viewer) as tx:
            await looks.end(tx, session_id, person.user_id, await now(tx))
    return await _go_on(request)


async def _apply_to_check(request: web.Request, check_id: UUID, event: AskAgain | PersonSaid) -> Check:
    """Apply the person's answer or wish; who comes too late reads who was faster.

    Raises:
        web.HTTPConflict: it cannot happen in the check's state.
    """
    person = request[PERSON]
    async with naming_the_faster(request, check_id=check_id):
        return await cases.apply_to_check(
            request.app[MEMORY], check_id, event, actor=str(person.user_id), viewer=person.board_viewer,
            tap=await tap_of(request),
        )  # fmt: skip


async def _go_on(request: web.Request) -> web.Response:
    """Return where an answer leads: the alarm that the check has become, else the board."""
    case_id, person = path_uuid(request, "case"), request[PERSON]
    if request.match_info["kind"] == "alarm":
        return redirect_or_tell(request, f"/alarm/{case_id}")
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        check = await case_pages.check(tx, case_id)
        if check is None:
            raise cases.NotFound(f"no check {case_id}")
        if check.state == CheckState.ALARMED and check.alarm_id is not None:
            seen = await case_pages.alarm(tx, check.alarm_id) is not None
            return redirect_or_tell(request, f"/alarm/{check.alarm_id}" if seen else f"/check/{case_id}")
        blind = await shadow_nights.blind_answers(tx, case_id, person.user_id)
    # What the detector found is told now: the board says it beside the person's own answer.
    return redirect_or_tell(request, f"{_BOARD}?answered={case_id}" if blind else _BOARD)


async def _send_at_once(request: web.Request, alarm_id: UUID) -> None:
    """Send a patrol on the word that something is wrong, and take the case: whoever said it may call the patrol back there.

    Sent first: an alarm that is taken waits longer before it sends somebody by itself. Where somebody else has it, or staff
    are there, it stays as it is (ADR 0089).
    """
    person = request[PERSON]
    for event in (alarm.SendPatrol(person.user_id), alarm.ClaimCase(person.user_id)):
        try:
            await cases.apply_to_alarm(
                request.app[MEMORY], alarm_id, event, actor=str(person.user_id), viewer=person.board_viewer
            )
        except (IllegalMove, cases.NotFound):
            return


async def _send_what_is_unsent(request: web.Request) -> None:
    """Send on a repeated word that something is wrong, where the first was cut off before anybody was asked. One called back stays so."""
    alarm_id: UUID | None = path_uuid(request, "case")
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        if request.match_info["kind"] == "check":
            check = await case_pages.check(tx, path_uuid(request, "case"))
            alarm_id = None if check is None else check.alarm_id
        case = None if alarm_id is None else await case_pages.alarm(tx, alarm_id)
    if case is not None and case.alarm.dispatch is None:
        await _send_at_once(request, case.alarm.alarm_id)


async def _required_check(request: web.Request) -> UUID:
    """Return the check that the form is about, if it belongs to the case and nobody else has the case.

    Raises:
        NotFound: there is no such check or alarm that the person may see.
        web.HTTPConflict: somebody else has it, and is named.
    """
    case_id, person = path_uuid(request, "case"), request[PERSON]
    of_check = request.match_info["kind"] == "check"
    which = {"check_id": case_id} if of_check else {"alarm_id": case_id}
    async with naming_the_faster(request, **which), request.app[MEMORY].transaction(person.board_viewer) as tx:
        at = await now(tx)
        if of_check:
            if await looks.other_looker(tx, case_id, person.user_id, at) is not None:
                raise IllegalMove(f"check {case_id}: somebody else is looking")
            return case_id
        case = await case_pages.alarm(tx, case_id)
        if case is None:
            raise cases.NotFound(f"no alarm {case_id}")
        if not case.alarm.is_held_by(person.user_id, at):
            raise IllegalMove(f"alarm {case_id}: only its holder answers")
        asked = str((await request.post()).get("check_id", ""))
        for check_id in await case_pages.checks_of_alarm(tx, case_id):
            if str(check_id) == asked:
                return check_id
        raise cases.NotFound(f"alarm {case_id} has no check {asked}")


async def _require_look(request: web.Request, check_id: UUID, session_id: str | None) -> None:
    """Refuse green from a person who has not seen the check's picture that there is (docs/guarantees.md#2-green-needs-evidence)."""
    person = request[PERSON]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        looked = await looks.session_to_look_at(tx, session_id) if session_id is not None else None
        if looked is not None and not looked.shown:
            # Also where no picture came: a person may not look at all, so no person's word is evidence.
            raise web.HTTPConflict(text=text_for(request, page_words.CONSENT_FORBIDS_SEND))
        if session_id is None or not await looks.has_seen(tx, check_id, session_id, person.user_id):
            raise web.HTTPConflict(text=text_for(request, page_words.LOOK_FIRST))
